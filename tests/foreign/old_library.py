"""The old library 2.0.0 in an environment of its own: scripts that it runs, and a process that lives the lives of its classes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

from cloudsigma_emulator import Emulator

from .venvs import python_with

TESTS = Path(__file__).resolve().parents[1]


def old_interpreter() -> Path:
    """Return the interpreter of an environment with the old library, made if need be."""
    return python_with("cloudsigma-2.0.0", "cloudsigma==2.0.0")


def environment(cloud: Emulator, **extra: str) -> dict[str, str]:
    """Return an environment in which the old library is configured for a cloud and nothing else is."""
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("CLOUDSIGMA_", "PYTHON"))
    }
    return {**inherited, "CLOUDSIGMA_CONFIG": str(cloud.config_path), **extra}


def run(python: Path, cloud: Emulator, script: str, *arguments: str) -> Any:
    """Run a script with the old library to its end; return what it printed, read as JSON."""
    result = subprocess.run(
        [str(python), "-c", script, *arguments],
        env=environment(cloud),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class OldSpeaker:
    """A process in which the old library lives its classes' lives; see ``old.speak``."""

    def __init__(self, python: Path, cloud: Emulator, folder: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), "-m", "old.speak", str(folder)],
            env=environment(cloud, PYTHONPATH=str(TESTS)),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        first = self._line()
        self.version: str = first["version"]
        self.classes: dict[str, list[str]] = {name: found["own"] for name, found in first["classes"].items()}
        """The verbs that each class has of its own."""
        self.roots: dict[str, str] = {name: found["root"] for name, found in first["classes"].items()}

    def __enter__(self) -> OldSpeaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def live(self, name: str) -> dict[str, Any]:
        """Have a class live its life; return what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the old library's process ended"
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer
