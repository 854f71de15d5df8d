"""What each resource says about its own fields: the answers of ``/{resource}/schema/``, as data."""

from __future__ import annotations

from typing import Any

from . import account, backups, billing, network, routers, servers, storage, vmware
from .build import F, Schema

_TEXT = ("alternative_frontend_url", "api_endpoint", "country_code", "default_frontend_signup_url",
         "default_frontend_url", "display_name", "documentation_url", "id", "upload_url", "websocket_url")  # fmt: skip

LOCATIONS = Schema(["get"], [], tuple(F(name, "string", None, "readonly") for name in _TEXT))
"""Not recorded anywhere: the fields that a location has."""

SCHEMAS: dict[str, dict[str, Any]] = {
    "servers": servers.SERVERS.document(),
    "drives": storage.DRIVES.document(),
    "libdrives": storage.LIBDRIVES.document(),
    "snapshots": backups.SNAPSHOTS.document(),
    "remotesnapshots": backups.REMOTE_SNAPSHOTS.document(),
    "backupschedulers": backups.SCHEDULERS.document(),
    "jobs": storage.JOBS.document(),
    "vlans": network.VLANS.document(),
    "ips": network.IPS.document(),
    "tags": network.TAGS.document(),
    **routers.SCHEMAS,
    "acls": network.ACLS.document(),
    "vmware_servers": vmware.VMWARE_SERVERS.document(),
    "fwpolicies": network.FWPOLICIES.document(),
    "logs": account.LOGS.document(),
    "profile": account.PROFILE.document(),
    "balance": account.BALANCE.document(),
    "currentusage": account.CURRENTUSAGE.document(),
    "subscriptions": account.SUBSCRIPTIONS.document(),
    "pricing": billing.PRICING.document(),
    "discount": billing.DISCOUNT.document(),
    "licenses": billing.LICENSES.document(),
    "ledger": billing.LEDGER.document(),
    "burstusage": billing.BURSTUSAGE.document(),
    "locations": LOCATIONS.document(),
    "capabilities": {
        "allowed_methods": ["get"],
        "help_text": "What the cloud offers here, and how much of it",
    },
}
"""The answer of each resource's ``/schema/``."""
