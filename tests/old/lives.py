"""Every life, by the name of the old class."""

from __future__ import annotations

from . import lives_account, lives_compute, lives_router
from .verbs import LIVES

__all__ = ["LIVES", "lives_account", "lives_compute", "lives_router"]
