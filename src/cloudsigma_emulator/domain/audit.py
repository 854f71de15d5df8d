"""The account's log: how entries are named and shown, and which entry a refused request leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refs import optional_ref

CATEGORIES = {
    "acls": "ACLs",
    "addressforwards": "Virtual Routers",
    "backupschedulers": "Backup Schedulers",
    "bservers": "Servers",
    "drives": "Drives",
    "driveusers": "Drive users",
    "fwpolicies": "Firewall Policies",
    "global_context": "Global Context",
    "hostallocationpools": "Host Allocation Pools",
    "initupload": "Drives",
    "ipaliases": "Virtual Routers",
    "ips": "IPs",
    "keypairs": "Keypairs",
    "lans": "Virtual Routers",
    "libdrives": "Drives",
    "nodes": "Nodes",
    "notification_contacts": "Notification Contacts",
    "notification_preferences": "Notification Preferences",
    "portforwards": "Virtual Routers",
    "profile": "Profile",
    "remotesnapshots": "Remote Snapshots",
    "routes": "Virtual Routers",
    "servers": "Servers",
    "snapshots": "Snapshots",
    "subscriptions": "Subscriptions",
    "tags": "Tags",
    "tunnels": "Virtual Routers",
    "upstream": "Virtual Routers",
    "virtualrouters": "Virtual Routers",
    "vlans": "Vlans",
    "vpc": "VPCs",
    "vrfwfilters": "Virtual Routers",
    "vrfwpolicies": "Virtual Routers",
}
"""Names of the categories by URL collection. Of these only ``Servers`` was ever seen; the rest is by analogy."""

_ACTIONS = {
    "initupload.create": "init_upload",
    "start": "start_send",
    "stop": "stop_send",
    "shutdown": "shutdown_ACPI_send",
    "clone": "clone_src",
    "create": "create",
    "update": "update",
    "update_bulk": "update",
    "bulk_update": "update",
    "delete": "delete",
    "delete_bulk": "delete",
    "bulk_delete": "delete",
    "set_scheduler": "update",
    "resize": "update",
}

_SECRET = frozenset({"private_key", "password"})
"""Keys whose values stay out of the log. The cloud's own log does hold the ``vnc_password`` of servers."""

_HIDDEN = "***"


def entry_names(endpoint: str) -> tuple[str, str] | None:
    """Return category and action of the entry for a request, None for one that leaves none.

    :param endpoint: the catalogue's name of the endpoint, for instance ``servers.start``.
    """
    resource, _, verb = endpoint.partition(".")
    category = CATEGORIES.get(resource)
    if category is None or not verb:
        return None
    return category, _ACTIONS.get(endpoint) or _ACTIONS.get(verb, verb)


def without_secrets(details: Any) -> Any:
    """Return a request's body as the log may keep it."""
    if isinstance(details, Mapping):
        return {
            key: _HIDDEN if key in _SECRET and value is not None else without_secrets(value)
            for key, value in details.items()
        }
    if isinstance(details, list):
        return [without_secrets(item) for item in details]
    return details


def render_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as ``/logs/`` shows it: 10 keys."""
    return {**entry, "actor": optional_ref("users", entry["actor"])}
