"""The command as a process: exit codes, streams, and what it says when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cloudsigma.version import __version__

from .conftest import COMMAND, run


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment without any configuration."""
    return {"HOME": str(tmp_path)}


def test_version_loads_nothing() -> None:
    probe = (
        "import sys; from cloudsigma.cli.main import main; code = main(['--version']); "
        "print(sorted({'click', 'orjson', 'h11', 'rich', 'inspect', 'cloudsigma.client'} & set(sys.modules)), code)"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == [f"cloudsigma {__version__}", "[] 0"]


def test_version_among_other_options(nowhere: dict[str, str]) -> None:
    result = run("--verbose", "--version", env=nowhere)
    assert (result.returncode, result.stdout) == (0, f"cloudsigma {__version__}\n")


def test_unknown_command_is_a_usage_error_that_names_near_ones(nowhere: dict[str, str]) -> None:
    result = run("server", "list", env=nowhere)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "servers" in result.stderr
    assert run("servers", "lst", env=nowhere).returncode == 2
    assert run("servers", "show", env=nowhere).returncode == 2


def test_no_configuration(nowhere: dict[str, str]) -> None:
    result = run("servers", "list", env=nowhere)
    assert result.returncode == 3
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("cloudsigma: ")
    assert ".cloudsigma.conf" in line


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("username = u\npassword = p\n", "api_endpoint"),
        ("api_endpoint = http://127.0.0.1:9/api/2.0/\nusername = u\n", "password"),
        ("api_endpoint = not a url\nusername = u\npassword = s3cret\n", "api_endpoint"),
    ],
)
def test_doubtful_configuration_names_the_key(
    text: str, word: str, nowhere: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "conf"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    result = run("servers", "list", env=nowhere | {"CLOUDSIGMA_CONFIG": str(path)})
    assert result.returncode == 3
    (line,) = result.stderr.splitlines()
    assert word in line
    assert "s3cret" not in result.stderr


def test_unknown_profile(nowhere: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "conf"
    path.touch(mode=0o600)
    path.write_text("location = zrh\nusername = u\npassword = p\n", encoding="utf-8")
    for arguments in (["--profile", "absent", "servers", "list"], ["servers", "list", "--profile", "absent"]):
        result = run("--config", str(path), *arguments, env=nowhere)
        assert result.returncode == 3
        assert "absent" in result.stderr


def test_a_file_that_others_can_read_is_warned_about_in_one_line(
    nowhere: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "conf"
    path.write_text(
        "api_endpoint = http://127.0.0.1:9/api/2.0/\nusername = u\npassword = s3cret\n", encoding="utf-8"
    )
    path.chmod(0o644)
    result = run("servers", "list", "--timeout", "2", env=nowhere | {"CLOUDSIGMA_CONFIG": str(path)})
    first, second = result.stderr.splitlines()
    assert first.startswith("cloudsigma: warning: ")
    assert str(path) in first
    assert "600" in first
    assert second.startswith("cloudsigma: ")
    assert result.returncode == 4
    assert "s3cret" not in result.stderr


def test_connection_refused(nowhere: dict[str, str]) -> None:
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    env = nowhere | {"CLOUDSIGMA_USERNAME": "u", "CLOUDSIGMA_PASSWORD": "s3cret"}
    result = run(
        "--api-endpoint", f"http://127.0.0.1:{port}/api/2.0/", "--timeout", "2", "balance", "show", env=env
    )
    assert result.returncode == 4
    (line,) = result.stderr.splitlines()
    assert line.startswith("cloudsigma: ")
    assert f"127.0.0.1:{port}" in line
    assert "s3cret" not in line


def test_no_password_on_the_command_line(nowhere: dict[str, str]) -> None:
    result = run("--password", "s3cret", "servers", "list", env=nowhere)
    assert result.returncode == 2
    assert "s3cret" not in result.stderr
    assert "--password" not in run("--help", env=nowhere).stdout


def test_completion(nowhere: dict[str, str]) -> None:
    script = run(env=nowhere | {"_CLOUDSIGMA_COMPLETE": "bash_source"})
    assert script.returncode == 0
    assert "_cloudsigma_completion" in script.stdout
    words = run(
        env=nowhere
        | {"_CLOUDSIGMA_COMPLETE": "bash_complete", "COMP_WORDS": "cloudsigma servers st", "COMP_CWORD": "2"}
    )
    assert {line.partition(",")[2] for line in words.stdout.split()} >= {"start", "stop"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_a_full_disk_is_told_in_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("cloudsigma: ")
    assert "space" in line


def test_a_closed_pipe_is_quiet_whatever_is_written() -> None:
    for arguments in (["--version"], ["--help"]):
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.close()
        _, words = process.communicate(timeout=60)
        assert (process.returncode, words) == (141, "")


def test_an_error_of_the_program_itself_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cloudsigma.cli import main, raw

    def broken(*_: object, **__: object) -> None:
        raise LookupError("not\nfound")

    monkeypatch.setattr(raw.command, "callback", broken)
    assert main.main(["api", "GET", "x"]) == 70
    assert (
        capsys.readouterr().err
        == "cloudsigma: internal error: LookupError: not found; --verbose shows where\n"
    )
    assert main.main(["--verbose", "api", "GET", "x"]) == 70
    assert "Traceback" in capsys.readouterr().err
