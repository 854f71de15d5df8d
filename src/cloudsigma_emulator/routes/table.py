"""The URL table: every route of the emulator, one line each, module by module."""

from __future__ import annotations

import importlib
import importlib.util

from .route import Route

_MODULES = (
    "accounts", "profile", "balance", "global_context", "locations", "cloud_status", "capabilities", "schemas",
    "users", "usage", "subscriptions", "servers", "bservers", "drives", "uploads", "library_drives", "jobs", "tags",
    "vlans", "ips",
)  # fmt: skip


def _load() -> list[Route]:
    found: list[Route] = []
    for name in _MODULES:
        if importlib.util.find_spec(f"{__package__}.{name}") is not None:
            found += importlib.import_module(f".{name}", __package__).ROUTES
    return found


ROUTES: list[Route] = _load()
