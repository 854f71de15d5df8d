"""``cloudsigma metadata`` on the serial line of a running server of the emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Shell, run

KEY = "ssh-ed25519 AAAA user@example.com"


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
    assert run("metadata", "meta/script", env=env).stdout.startswith("#!/bin/sh\necho hello\n")


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
    import os

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
