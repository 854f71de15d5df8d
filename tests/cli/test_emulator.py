"""``cloudsigma emulator`` hands over to the emulator, and says how to install it when it is absent."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COMMAND, environment, run


def test_its_help_is_the_emulators_own() -> None:
    result = run("emulator", "--help")
    assert result.returncode == 0
    for option in ("--port", "--config-out", "--hypervisor", "--speed", "--seed", "--data"):
        assert option in result.stdout


def test_its_refusals_are_the_emulators_own() -> None:
    result = run("emulator", "--speed", "never")
    assert result.returncode == 2
    assert "never" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_a_signal(
    number: signal.Signals,
    tmp_path: Path,
    started: Callable[[subprocess.Popen[str]], subprocess.Popen[str]],
) -> None:
    config = tmp_path / "emulator.conf"
    process = started(
        subprocess.Popen(
            [*COMMAND, "emulator", "--port", "0", "--config-out", str(config), "--speed", "instant"],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "configuration" in line:
            break
    listed = run("drives", "list", "-o", "json", "--config", str(config))
    assert (listed.returncode, listed.stderr) == (0, "")
    assert isinstance(json.loads(listed.stdout), list)
    process.send_signal(number)
    output, words = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output == ""
    assert "Traceback" not in words


@pytest.mark.parametrize("absent", ["uvicorn", "cloudsigma_emulator.command"])
def test_without_the_extra_it_says_how_to_get_it(absent: str) -> None:
    probe = (
        "import sys; "
        f"sys.modules[{absent!r}] = None; "
        "from cloudsigma.cli.main import main; "
        "sys.exit(main(['emulator', '--port', '0']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert (
        line
        == f"cloudsigma: the emulator needs {absent}; install it with: pip install 'cloudsigma[emulator]'"
    )
