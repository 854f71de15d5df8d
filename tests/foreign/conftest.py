"""The environment of the old library."""

from __future__ import annotations

from pathlib import Path

import pytest

from .old_library import old_interpreter


@pytest.fixture(scope="session")
def old_python() -> Path:
    """The interpreter of an environment with the old library."""
    return old_interpreter()
