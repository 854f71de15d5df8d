"""The README cannot lie: its Python programs run as they stand, against the emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator

README = Path(__file__).resolve().parent.parent / "README.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_readme_has_programs() -> None:
    assert len(PROGRAMS) >= 3


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda text: text.strip().splitlines()[0])
def test_program_runs(program: str, cloudsigma_emulator: Emulator, tmp_path: Path) -> None:
    environment = {**os.environ, "CLOUDSIGMA_CONFIG": str(cloudsigma_emulator.config_path)}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
