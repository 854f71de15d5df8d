"""Events: what the websocket tells."""

from __future__ import annotations

from typing import Any

from .record import Record


class Event(Record):
    """Something changed, and a GET of it already shows the change (404 for what was deleted)."""

    object: dict[str, Any] | None
    """The resource itself, where the cloud sends it along."""
    resource_type: str
    """Collection of the resource: ``servers``, ``drives``, ``jobs``, ``balance`` …"""
    resource_uri: str
    """Absolute path of the resource."""
