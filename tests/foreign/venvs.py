"""Clients that this project did not write, each in a virtual environment of its own below ``.tools``.

An environment that is complete is used again; one that was interrupted is made anew.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".tools"


def python_with(name: str, *requirements: str) -> Path:
    """Return the interpreter of the environment ``name`` that has these requirements, made if need be."""
    CACHE.mkdir(exist_ok=True)
    name = f"{name}-python{sys.version_info.major}.{sys.version_info.minor}"
    folder = CACHE / name
    # By path and not resolved: behind the link there would be the interpreter without the environment.
    python = folder / "bin" / "python"
    wanted = "\n".join([sys.version, *requirements])
    complete = folder / "complete"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if complete.is_file() and complete.read_text() == wanted and python.exists():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *requirements,
        ]
        result = subprocess.run(install, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        complete.write_text(wanted)
    return python
