"""The environment of a measured program: that of one which is installed, so that it has its bytecode."""

from __future__ import annotations

import os
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of this process without those that change what is measured; bytecode goes to ``folder``."""
    unwanted = ("CLOUDSIGMA_", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
