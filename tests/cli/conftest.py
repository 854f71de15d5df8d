"""The real command in a process of its own, against a cloud of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from cloudsigma_emulator import Emulator

COMMAND = [sys.executable, "-m", "cloudsigma.cli.main"]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without what would configure the command."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDSIGMA_")}
    return inherited | {"PYTHONWARNINGS": "default"} | dict(extra or {})


def run(
    *arguments: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(env), input=stdin, capture_output=True, text=True, timeout=60
    )


class Shell:
    """A shell whose ``cloudsigma`` talks to one cloud."""

    def __init__(self, cloud: Emulator) -> None:
        self.cloud = cloud
        self.env = {"CLOUDSIGMA_CONFIG": str(cloud.config_path)}

    def run(self, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command, whatever comes of it."""
        return run(*arguments, env=self.env | env, stdin=stdin)

    def out(self, *arguments: str, stdin: str = "") -> str:
        """Run the command, which must succeed without a word on standard error, and return what it wrote."""
        result = self.run(*arguments, stdin=stdin)
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """Return the JSON that the command wrote."""
        return json.loads(self.out(*arguments, "-o", "json", stdin=stdin))

    def refused(self, code: int, *arguments: str, stdin: str = "", **env: str) -> str:
        """Run the command, which must end with this code and one line on standard error; return the line."""
        result = self.run(*arguments, stdin=stdin, **env)
        assert result.returncode == code, result
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert line.startswith("cloudsigma: ")
        return line

    def start(self, *arguments: str, **keywords: Any) -> subprocess.Popen[str]:
        """Start the command and return the process."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=environment(self.env),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **keywords,
        )


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """A cloud for one file of tests."""
    with Emulator(port=0, speed="instant") as emulator:
        yield emulator


@pytest.fixture
def shell(cloud: Emulator) -> Shell:
    """A shell on the cloud, which is clean."""
    cloud.reset()
    return Shell(cloud)


@pytest.fixture
def started() -> Iterator[Callable[[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """Something that takes care of a process until the test ends."""
    processes: list[subprocess.Popen[str]] = []

    def keep(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
        processes.append(process)
        return process

    yield keep
    for process in processes:
        process.kill()
        process.communicate()
