"""What the declarations of the library cannot know: which fields make a good table, and which are secret.

A collection that is not named here still has all its commands; its tables then show the usual fields that its
records have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COLUMNS: Mapping[str, Sequence[str]] = {
    "servers": ("uuid", "name", "status", "cpu", "mem"),
    "drives": ("uuid", "name", "status", "size", "media", "storage_type"),
    "library_drives": ("uuid", "name", "size", "media", "os", "distribution", "version", "arch"),
    "jobs": ("uuid", "operation", "state", "data.progress", "created"),
    "tags": ("uuid", "name"),
    "vlans": ("uuid", "meta.name", "servers"),
    "ips": ("uuid", "server", "subscription.id", "tags"),
    "snapshots": ("uuid", "name", "status", "drive", "allocated_size", "timestamp"),
    "remote_snapshots": ("uuid", "name", "status", "drive", "location", "allocated_size", "timestamp"),
    "backup_schedulers": ("uuid", "name", "type", "is_enabled", "user_timezone"),
    "keypairs": ("uuid", "name", "fingerprint"),
    "pubkeys": ("uuid", "name", "fingerprint", "has_private_key"),
    "drive_users": ("drive", "amount"),
    "vmware_servers": ("uuid", "name", "powered", "cpus", "memory"),
    "bservers": ("uuid", "name", "status", "cpu", "mem"),
    "firewall_policies": ("uuid", "name", "servers"),
    "acls": ("uuid", "name", "grantees", "rules", "tags"),
    "audit_log": ("timestamp", "category", "action", "success", "uuid", "error_message"),
    "locations": ("id", "display_name", "country_code", "api_endpoint"),
    "virtual_routers": ("uuid", "configuration.name", "status", "state", "type"),
    "lans": ("uuid", "name", "virtual_router", "vlan", "ipv4_address_gateway", "ipv4_dhcp_enabled"),
    "ip_aliases": ("uuid", "interface", "ip_address"),
    "port_forwards": ("uuid", "protocol", "mapped_port", "forwarding_host", "forwarding_port", "order"),
    "address_forwards": ("uuid", "upstream_ipv4_address", "local_ipv4_address", "order"),
    "get_log": ("index", "datetime", "message"),
    "routes": ("uuid", "virtual_router", "inet", "network", "gateway"),
    "vr_firewall_policies": ("uuid", "name", "active", "order", "lan_interface"),
    "vr_firewall_filters": (
        "uuid",
        "order",
        "action",
        "protocol",
        "src",
        "src_port",
        "dst",
        "dst_port",
        "log",
    ),
    "subscriptions": (
        "id",
        "resource",
        "amount",
        "status",
        "start_time",
        "end_time",
        "auto_renew",
        "price",
        "subscribed_object",
    ),
    "ledger": ("time", "amount", "end", "reason"),
    "pricing": ("resource", "currency", "level", "price", "unit"),
    "discounts": ("period", "value"),
    "licenses": ("name", "long_name", "type", "user_metric", "burstable"),
    "usage": ("poll_time", "resource", "amount", "uuid"),
    "burst_usage": ("date", "resource_type", "usage", "amount"),
    "daily_burst_usage": ("date", "resource_type", "usage", "amount"),
    "notification_contacts": ("uuid", "name", "email", "phone", "main"),
    "notification_preferences": ("contact", "medium", "type", "value"),
    "vpcs": ("uuid", "name", "status", "allocation_pool", "description"),
    "nodes": ("uuid", "status", "vpc"),
    "host_allocation_pools": ("uuid", "name", "cpu_alloc", "cpu_alloc_last_resort"),
    "host_availability_zones": ("uuid", "name"),
}

# Tried for collections without an entry above.
USUAL_COLUMNS = (
    "uuid",
    "id",
    "name",
    "status",
    "state",
    "size",
    "created",
    "start_time",
    "end_time",
    "amount",
)

# Shown only with --reveal, and in JSON.
SECRETS = frozenset({"vnc_password", "password", "private_key", "token", "auth_token"})

# Numbers of bytes: shown with a unit, accepted with one.
BYTES = frozenset({"allocated_size", "size", "mem"})

# Verbs of the library that have no use of their own on a command line.
HIDDEN_VERBS = frozenset({"page", "iterate", "find", "create_many", "delete_many"})

# Those of single collections: a command ends before a session or a ticket could be of use.
HIDDEN_BY_COLLECTION: Mapping[str, frozenset[str]] = {
    "accounts": frozenset({"authenticate_asynchronous", "login", "logout"}),
    "drives": frozenset({"init_upload", "upload_chunk_link", "resumable_test"}),
}

# What people look for first; the other verbs follow in the order of their declaration.
ORDER = ("list", "show", "create", "update", "delete", "start", "stop")

# The command line's words where they differ from the library's.
VERB_NAMES: Mapping[str, str] = {"get": "show"}

# Names of parameters that mean something else among the shared options, or that read badly in a shell.
PARAMETER_NAMES: Mapping[str, str] = {"timeout": "wait-timeout"}

# Required things that read better with their name before them.
ALWAYS_OPTIONS = frozenset({"status"})

PARAMETER_WORDS: Mapping[str, str] = {
    "wait": "Come back when it is done, or as soon as the cloud has accepted it.",
    "timeout": "Longest time to wait, in seconds.",
    "status": "State to wait for; given several times, any of them.",
    "fields": "Only these fields, with commas or given several times.",
    "avoid": "Objects whose hosts to keep away from, if possible.",
    "boot_order": "Place in the boot order, from 1; without it nothing boots from it.",
    "detail": "All fields of each, or the few of the plain list.",
    "device": "Kind of controller that the guest sees.",
    "ip_v4": "How a public card gets its address.",
    "username": "User name; by default that of the configuration.",
    "password": "Password.",
    "idempotency_key": "Any text; with it the object is created once, however often this is repeated.",
}


def columns_of(collection: str, rows: Sequence[Mapping[str, object]], verb: str = "") -> Sequence[str]:
    """Return the columns of a table of ``rows``, what the ``verb`` of ``collection`` returned."""
    if verb in COLUMNS:  # such as the servers of a tag
        collection = verb
    if collection in COLUMNS:
        columns = COLUMNS[collection]
        known = [name for name in columns if any(name.partition(".")[0] in row for row in rows)]
        return known if rows else columns
    known = [column for column in USUAL_COLUMNS if any(column in row for row in rows)]
    if known:
        return known
    scalars = [key for key, value in rows[0].items() if isinstance(value, (str, int, float))] if rows else []
    return scalars[:6] or ("uuid",)
