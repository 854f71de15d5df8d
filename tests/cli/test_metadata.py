"""``cloudsigma metadata`` on the serial line of a running server of the emulator."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma.cli import metadata
from guest.host import Host, host_of

from .conftest import COMMAND, Shell, environment, run


def key(letter: bytes, comment: str) -> str:
    fields = (b"ssh-ed25519", letter * 32)
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {comment}"


KEY = key(b"1", "user@example.com")
OTHER = key(b"2", "other@example.com")


@pytest.fixture
def line(shell: Shell) -> str:
    """The device of a running server's second serial port."""
    body = {
        "name": "web",
        "cpu": 1000,
        "mem": 1024**3,
        "vnc_password": "s3cret",
        "meta": {"ssh_public_key": KEY, "script": "#!/bin/sh\necho hello\n"},
    }
    uuid = shell.json("servers", "create", "--data", json.dumps(body))["uuid"]
    shell.json("servers", "start", uuid)
    return str(shell.cloud.runtime()[uuid]["serial_port"])


def test_the_whole_context_is_json(line: str) -> None:
    result = run("metadata", "--port", line)
    assert (result.returncode, result.stderr) == (0, "")
    context = json.loads(result.stdout)
    assert context["name"] == "web"
    assert context["meta"]["ssh_public_key"] == KEY


def test_a_text_is_written_as_it_is(line: str) -> None:
    env = {"CLOUDSIGMA_SERIAL_PORT": line}
    assert run("metadata", "meta/ssh_public_key", env=env).stdout == KEY + "\n"
    assert run("metadata", "/meta/ssh_public_key/", "-o", "json", env=env).stdout == json.dumps(KEY) + "\n"
    assert run("metadata", "meta/script", env=env).stdout == "#!/bin/sh\necho hello\n"


def test_other_values_are_json_unless_text_is_asked_for(line: str) -> None:
    env = {"CLOUDSIGMA_SERIAL_PORT": line}
    assert run("metadata", "cpu", env=env).stdout == "1000\n"
    assert json.loads(run("metadata", "meta", env=env).stdout)["ssh_public_key"] == KEY
    assert json.loads(run("metadata", "meta", "-o", "text", env=env).stdout)["ssh_public_key"] == KEY
    assert json.loads(run("-o", "json", "metadata", "name", env=env).stdout) == "web"


def test_nothing_there(line: str) -> None:
    result = run("metadata", "meta/absent", "--port", line)
    assert (result.returncode, result.stdout) == (5, "")
    assert "meta/absent" in result.stderr


def test_no_such_device() -> None:
    result = run("metadata", "--port", "/dev/does-not-exist")
    assert (result.returncode, result.stdout) == (4, "")
    (words,) = result.stderr.splitlines()
    assert "/dev/does-not-exist" in words


def test_nobody_answers() -> None:
    master, slave = os.openpty()
    try:
        result = run("metadata", "--port", os.ttyname(slave), "--timeout", "0.5")
    finally:
        os.close(master)
        os.close(slave)
    assert (result.returncode, result.stdout) == (4, "")
    assert len(result.stderr.splitlines()) == 1


def test_no_credentials_and_no_transport_are_needed(line: str, tmp_path: object) -> None:
    result = run("metadata", "name", env={"CLOUDSIGMA_SERIAL_PORT": line, "HOME": str(tmp_path)})
    assert result.stdout == "web\n"


def test_yaml(line: str) -> None:
    env = {"CLOUDSIGMA_SERIAL_PORT": line}
    said = run("metadata", "meta", "-o", "yaml", env=env).stdout
    assert sorted(said.splitlines()) == ['script: "#!/bin/sh\\necho hello\\n"', f"ssh_public_key: {KEY}"]
    assert run("metadata", "name", "-o", "yaml", env=env).stdout == "web\n"


def test_keys_are_installed_once(line: str, tmp_path: Path) -> None:
    file = tmp_path / "ssh" / "authorized_keys"
    words = ("metadata", "install-ssh-keys", "--port", line, "--file", str(file))
    first = run(*words)
    assert (first.returncode, first.stdout) == (0, f"{file}: 1 added, 0 there already\n")
    second = run(*words)
    assert (second.returncode, second.stdout) == (0, f"{file}: 0 added, 1 there already\n")
    assert file.read_text() == KEY + "\n"


def test_installing_says_what_is_wrong(shell: Shell, tmp_path: Path) -> None:
    body = {"name": "bare", "cpu": 1000, "mem": 1024**3, "vnc_password": "s3cret", "meta": {}}
    uuid = shell.json("servers", "create", "--data", json.dumps(body))["uuid"]
    shell.json("servers", "start", uuid)
    port = str(shell.cloud.runtime()[uuid]["serial_port"])
    file = tmp_path / "authorized_keys"
    words = ("metadata", "install-ssh-keys", "--port", port, "--file", str(file))
    assert run(*words).returncode == 5
    shell.json(
        "servers", "update", uuid, "--data", '{"meta": {"ssh_public_key": "command=\\"id\\" ssh-rsa AAAA"}}'
    )
    refused = run(*words)
    assert refused.returncode == 1
    assert "public key" in refused.stderr
    assert not file.exists()


def test_help_names_the_command_below() -> None:
    assert "install-ssh-keys" in run("metadata", "--help").stdout
    assert "authorized_keys" in run("metadata", "install-ssh-keys", "--help").stdout


def refused(code: int, *arguments: str, **env: str) -> str:
    """Run the command, which must end with this code and one line on standard error; return the line."""
    result = run("metadata", *arguments, env=env)
    assert (result.returncode, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    return line


DOCUMENT: dict[str, Any] = {
    "name": "web",
    "cpu_model": None,
    "meta": {"a/b": "slash", "half": "\ud800", "city": "Zürich", "steer": "\x1b[2J\nsecond\x9b"},
    "nics": [{"mac": "22:00:00:00:00:01"}],
    "tags": [],
}


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("nam", "'nam'; the keys are name, cpu_model, meta, nics, tags"),
        ("meta/town", "'meta/town'; the keys of 'meta' are a/b, half, city, steer"),
        ("nics/1", "'nics/1'; the list 'nics' has 1 item, counted from 0"),
        ("/nics/-1/", "the list 'nics' has 1 item"),
        ("tags/0", "the list 'tags' has 0 items"),
        ("cpu_model", "'cpu_model': it is null"),
        ("name/first", "nothing at 'name/first'"),
    ],
)
def test_nothing_there_says_what_is_there_instead(path: str, hint: str) -> None:
    with host_of(DOCUMENT) as host:
        assert hint in refused(5, path, CLOUDSIGMA_SERIAL_PORT=host.port)


@pytest.mark.parametrize("path", ["a<b", "a\nb", b"\xff"])
def test_a_path_that_cannot_be_asked_for(path: Any) -> None:
    with host_of(DOCUMENT) as host:
        assert "a context path" in refused(2, path, CLOUDSIGMA_SERIAL_PORT=host.port)
        assert host.requests == []


def test_a_timeout_that_is_none() -> None:
    assert "above 0" in refused(2, "--timeout", "nan")


def test_the_timeout_before_the_command_counts_too() -> None:
    with Host(lambda _: []) as host:
        result = run("--timeout", "0.25", "metadata", "--port", host.port)
    assert result.returncode == 4
    assert "within 0.25 s" in result.stderr


def test_keys_with_slashes_and_texts_that_are_none() -> None:
    with host_of(DOCUMENT) as host:
        env = {"CLOUDSIGMA_SERIAL_PORT": host.port}
        assert run("metadata", "meta/a/b", env=env).stdout == "slash\n"
        assert json.loads(run("metadata", env=env).stdout) == DOCUMENT
        ascii_only = run("metadata", env=env | {"PYTHONIOENCODING": "ascii"}).stdout
        assert ascii_only.isascii()
        assert json.loads(ascii_only) == DOCUMENT
        assert run("metadata", "-o", "yaml", env=env).returncode == 0
        assert run("metadata", "meta/half", env=env).stdout == "\\ud800\n"


def test_a_terminal_is_not_steered() -> None:
    with host_of(DOCUMENT) as host:
        assert run("metadata", "meta/steer", "--port", host.port).stdout == "\x1b[2J\nsecond\x9b\n"
        master, slave = os.openpty()
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, master)
            subprocess.run(
                [*COMMAND, "metadata", "meta/steer", "--port", host.port],
                env=environment(), stdout=slave, stderr=subprocess.STDOUT, check=True, timeout=60,
            )  # fmt: skip
            os.close(slave)
            shown = b""
            with contextlib.suppress(OSError):
                while data := os.read(master, 1000):
                    shown += data
    assert shown.split() == [b"\\x1b[2J", b"second\\x9b"]


@pytest.mark.parametrize("words", [["metadata"], ["metadata", "install-ssh-keys"]])
def test_ctrl_c_ends_it_without_a_word(words: list[str]) -> None:
    master, slave = os.openpty()
    try:
        program = subprocess.Popen(
            [*COMMAND, *words, "--port", os.ttyname(slave), "--timeout", "600"],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert os.read(master, 10).startswith(b"<")
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=60) == (b"", b"")
        assert program.returncode == 130
    finally:
        os.close(master)
        os.close(slave)


def test_no_transport_and_no_encoder_is_loaded() -> None:
    program = (
        "import sys; from cloudsigma.cli.main import main; code = main(['metadata', 'meta']); "
        "names = 'h11 websockets orjson asyncio ssl serial cloudsigma.client'.split(); "
        "print(code, [name for name in names if name in sys.modules], file=sys.stderr)"
    )
    with host_of(DOCUMENT) as host:
        result = subprocess.run(
            [sys.executable, "-c", program],
            env=environment({"CLOUDSIGMA_SERIAL_PORT": host.port}),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.stderr == "0 []\n"


def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user who owns nothing."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root with setpriv can be somebody else")
    words = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", *COMMAND]
    if subprocess.run([*words, "--version"], env=environment(), capture_output=True).returncode:
        pytest.skip("others may not read this folder")
    return subprocess.run([*words, *arguments], env=environment(), capture_output=True, text=True, timeout=60)


def test_no_permission() -> None:
    with host_of(DOCUMENT) as host:
        Path(host.port).chmod(0o600)
        result = as_nobody("metadata", "--port", host.port)
    assert result.returncode == 4
    assert "dialout" in result.stderr


# install-ssh-keys


def installed(file: Path, *keys: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
    with host_of({"meta": {"ssh_public_key": "\n".join(keys)}, "pubkeys": []}) as host:
        return subprocess.run(
            [*COMMAND, "metadata", "--port", host.port, "install-ssh-keys", "--file", str(file)],
            env=environment(), capture_output=True, text=True, timeout=60, **keywords,
        )  # fmt: skip


def test_a_bad_key_does_not_lock_the_others_out(tmp_path: Path) -> None:
    file = tmp_path / ".ssh" / "authorized_keys"
    result = installed(file, KEY, 'command="id" ' + OTHER, OTHER[:40], OTHER)
    assert (result.returncode, result.stdout) == (1, f"{file}: 2 added, 0 there already\n")
    (line,) = result.stderr.splitlines()
    for words in (
        "key 2 of 4: it has options",
        "key 3 of 4: it is cut off",
        "field ssh_public_key of the server's meta",
    ):
        assert words in line
    assert file.read_text() == f"{KEY}\n{OTHER}\n"


def test_no_key_says_where_keys_come_from(tmp_path: Path) -> None:
    result = installed(tmp_path / "keys")
    assert result.returncode == 5
    assert "ssh_public_key" in result.stderr
    assert list(tmp_path.iterdir()) == []


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# mine\n")
    result = installed(file, KEY, preexec_fn=limit_files)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"cloudsigma: {file}: File too large; nothing was installed\n"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    assert file.read_text() == "# mine\n"


def test_a_home_that_is_missing_is_not_made(tmp_path: Path) -> None:
    result = installed(tmp_path / "home" / ".ssh" / "authorized_keys", KEY)
    assert result.returncode == 1
    assert f"{tmp_path}/home does not exist" in result.stderr
    assert "--file" in result.stderr


def test_something_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".ssh").symlink_to("nowhere")
    result = installed(tmp_path / ".ssh" / "authorized_keys", KEY)
    assert result.returncode == 1
    assert "is no folder" in result.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into; those of pytest are in one that nobody may."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_of_somebody_else_is_named(open_folder: Path) -> None:
    (open_folder / ".ssh").mkdir(mode=0o755)
    file = open_folder / ".ssh" / "authorized_keys"
    with host_of({"meta": {"ssh_public_key": KEY}, "pubkeys": []}) as host:
        Path(host.port).chmod(0o666)
        result = as_nobody("metadata", "install-ssh-keys", "--port", host.port, "--file", str(file))
    assert result.returncode == 1
    assert "belongs to root" in result.stderr
    assert "nothing was installed" in result.stderr
    assert not file.exists()


def test_where_the_system_tells_no_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(path: Path) -> str:
        raise NotImplementedError("Path.owner() is unsupported on this system")

    monkeypatch.setattr(Path, "owner", unsupported)
    words = metadata._of_file(PermissionError(13, "Permission denied"), tmp_path / "keys")
    assert words.startswith(f"{tmp_path}/keys: Permission denied; ")


def test_run_several_times_at_once(tmp_path: Path) -> None:
    file = tmp_path / ".ssh" / "authorized_keys"
    with host_of({"meta": {"ssh_public_key": KEY}, "pubkeys": []}) as host:
        words = [*COMMAND, "metadata", "install-ssh-keys", "--port", host.port, "--file", str(file)]
        programs = [
            subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        said = sorted(program.communicate(timeout=60)[0] for program in programs)
    assert said == [f"{file}: 0 added, 1 there already\n"] * 3 + [f"{file}: 1 added, 0 there already\n"]
    assert file.read_text() == KEY + "\n"
