"""A cloud for the old modules, and a home directory whose ``~/.cloudsigma.conf`` names it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator


class Home:
    """A home directory with a configuration file, in which scripts run as processes of their own."""

    def __init__(self, path: Path, cloud: Emulator) -> None:
        self.path = path
        self.config = path / ".cloudsigma.conf"
        self.write(
            api_endpoint=cloud.api_endpoint,
            ws_endpoint=cloud.ws_endpoint,
            username=cloud.username,
            password=cloud.password,
        )

    def write(self, **settings: str) -> None:
        """Write the configuration file anew, in the documented format."""
        self.config.unlink(missing_ok=True)
        self.config.touch(mode=0o600)
        self.config.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def environment(self, **extra: str) -> dict[str, str]:
        """Return an environment in which only the file configures."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDSIGMA_")}
        return {**inherited, "HOME": str(self.path), "PYTHONUNBUFFERED": "1", **extra}

    def run(self, script: str, **extra: str) -> str:
        """Run a script to its end, which must be a good one without a warning, and return what it printed."""
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.path,
        )
        assert (result.returncode, result.stderr) == (0, ""), f"{result.stdout}\n{result.stderr}"
        return result.stdout

    def start(self, script: str) -> subprocess.Popen[str]:
        """Start a script that goes on."""
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script],
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.path,
        )


@pytest.fixture(scope="session")
def running_cloud() -> Iterator[Emulator]:
    """One emulator for all tests of the old modules."""
    with Emulator(speed="instant") as cloud:
        yield cloud


@pytest.fixture
def cloud(running_cloud: Emulator) -> Emulator:
    """The emulator, clean for each test."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def home(cloud: Emulator, tmp_path: Path) -> Home:
    """A home directory configured for the cloud."""
    return Home(tmp_path, cloud)


@pytest.fixture
def configured(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Have this process configured by the file in the home directory."""
    for key in list(os.environ):
        if key.startswith("CLOUDSIGMA_"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(home.path))
    return home
