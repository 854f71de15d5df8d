"""What each resource says about its own fields: the answers of ``/{resource}/schema/``, as data."""

from __future__ import annotations

from typing import Any

from . import account, network, servers, storage
from .build import F, Schema

_TEXT = ("alternative_frontend_url", "api_endpoint", "country_code", "default_frontend_signup_url",
         "default_frontend_url", "display_name", "documentation_url", "id", "upload_url", "websocket_url")  # fmt: skip

LOCATIONS = Schema(["get"], [], tuple(F(name, "string", None, "readonly") for name in _TEXT))
"""Not recorded anywhere: the fields that a location has."""

SCHEMAS: dict[str, dict[str, Any]] = {
    "servers": servers.SERVERS.document(),
    "drives": storage.DRIVES.document(),
    "libdrives": storage.LIBDRIVES.document(),
    "jobs": storage.JOBS.document(),
    "vlans": network.VLANS.document(),
    "ips": network.IPS.document(),
    "tags": network.TAGS.document(),
    "profile": account.PROFILE.document(),
    "balance": account.BALANCE.document(),
    "currentusage": account.CURRENTUSAGE.document(),
    "subscriptions": account.SUBSCRIPTIONS.document(),
    "locations": LOCATIONS.document(),
    "capabilities": {
        "allowed_methods": ["get"],
        "help_text": "What the cloud offers here, and how much of it",
    },
}
"""The answer of each resource's ``/schema/``."""
