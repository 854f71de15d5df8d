"""The schemas of virtual routers and of their parts. That of tunnels is a guess."""

from __future__ import annotations

from typing import Any

from ..router_filters import ICMP_TYPES
from .build import NAMED, NO, F, Schema

_ORDER = ["uuid", "name"]
_JOBS = F("jobs", "related", NO, "readonly required")
_URI = F("resource_uri", "string", NO, "readonly required")
_UUID = F("uuid", "string", None, "readonly")
_NEEDED_UUID = F("uuid", "string", None, "readonly required")

ROUTERS = Schema(
    ["get", "put", "delete", "post"],
    ["get", "put", "delete"],
    (
        F("configuration", "related", NO, "required"),
        _JOBS,
        F("owner", "related", None, "readonly required"),
        _URI,
        F(
            "runtime",
            "related",
            NO,
            "readonly",
            fields=(F("stats", "string", {}, "required"), F("timestamp", "string", None, "required")),
        ),
        F("state", "string", None, "readonly"),
        F("status", "string", NO, "readonly"),
        F("type", "string", NO, "required"),
        _NEEDED_UUID,
    ),
    filtering=NAMED,
)

LANS = Schema(
    ["get", "put", "delete", "post"],
    ["get", "put", "delete"],
    (
        F("dhcp_range_from", "string"),
        F("dhcp_range_to", "string"),
        F("dhcp_vlan_gateway", "string"),
        F("iface", "string"),
        F("internet_protocol", "string", None, "required", choices=("ipv4", "ipv6", "both")),
        F("ip_aliases", "list", []),
        F("ipv4_address_gateway", "string"),
        F("ipv4_dhcp_enabled", "boolean"),
        F("ipv6_address_gateway", "string"),
        F("ipv6_router_advertirser_enabled", "boolean"),
        F("name", "string"),
        F("order", "integer", None, "required"),
        _URI,
        _NEEDED_UUID,
        F("virtual_router", "string", None, "required"),
        F("vlan", "related", None, "required"),
    ),
    filtering=NAMED,
    ordering=_ORDER,
)

UPSTREAM = Schema(
    [],
    [],
    (
        F("man_settings", "string"),
        _URI,
        F("type", "string", None, "required"),
        _NEEDED_UUID,
        F("virtual_router", "string", None, "required"),
        F("vlan_settings", "string"),
        F("wan_settings", "string"),
    ),
    filtering=NAMED,
    ordering=_ORDER,
)


def _part(methods: list[str], *fields: F) -> Schema:
    return Schema(methods, methods, fields, filtering=NAMED, ordering=_ORDER)


_ADDED = ["get", "post", "delete"]
_CHANGED = ["get", "put", "post", "delete"]
_FIREWALL = ["get", "post", "delete", "put"]

ALIASES = _part(
    _ADDED, F("interface", "string"), F("ip_address", "string", None, "required"), _JOBS, _URI, _UUID
)
ADDRESS_FORWARDS = _part(
    _ADDED,
    _JOBS,
    F("local_ipv4_address", "string", None, "required"),
    F("nat", "string"),
    F("order", "integer", 0),
    _URI,
    F("upstream_ipv4_address", "string", None, "required"),
    F("upstream_to_local", "boolean", True),
    _UUID,
)
PORT_FORWARDS = _part(
    _ADDED,
    F("forwarding_host", "string", None, "required"),
    F("forwarding_port", "integer", None, "required"),
    _JOBS,
    F("mapped_port", "integer", None, "required"),
    F("nat", "string"),
    F("order", "integer", 0),
    F("protocol", "string", None, "required"),
    _URI,
    _UUID,
)
ROUTES = _part(
    _CHANGED,
    F("gateway", "string"),
    F("inet", "string", None, "required", choices=("inet6", "inet")),
    _JOBS,
    F("network", "string"),
    _URI,
    _NEEDED_UUID,
    F("virtual_router", "string", None, "required"),
)
TUNNELS = _part(_CHANGED, _JOBS, _URI, _NEEDED_UUID, F("virtual_router", "string", None, "required"))
POLICIES = _part(
    _FIREWALL,
    F("active", "boolean", None, "required"),
    F("filters", "related", NO, "required"),
    _JOBS,
    F("lan_interface", "related"),
    F("name", "string", None, "required"),
    F("order", "integer", None, "required"),
    _URI,
    F("upstream_interface", "related"),
    _NEEDED_UUID,
)
FILTERS = _part(
    _FIREWALL,
    F("action", "string", None, "", choices=("allow", "deny")),
    F("action_queue", "string"),
    F("dst", "string", ""),
    F("dst_addr_op", "boolean", True, "required"),
    F("dst_port", "string", None, "required"),
    F("dst_port_op", "boolean", True, "required"),
    F("icmp_type", "string", None, "", choices=tuple(ICMP_TYPES)),
    _JOBS,
    F("log", "boolean", False),
    F("order", "integer", None, "required"),
    F("protocol", "string", None, "required", choices=("tcp", "udp", "icmp")),
    _URI,
    F("src", "string", ""),
    F("src_addr_op", "boolean", True, "required"),
    F("src_port", "string", None, "required"),
    F("src_port_op", "boolean", True, "required"),
    _NEEDED_UUID,
)


def _routers() -> dict[str, Any]:
    document = ROUTERS.document()
    # The API names the fields of the configuration, and then none of them.
    document["fields"]["configuration"]["fields"] = {}
    return document


SCHEMAS: dict[str, dict[str, Any]] = {
    "virtualrouters": _routers(),
    "lans": LANS.document(),
    "upstream": UPSTREAM.document(),
    "ipaliases": ALIASES.document(),
    "addressforwards": ADDRESS_FORWARDS.document(),
    "portforwards": PORT_FORWARDS.document(),
    "routes": ROUTES.document(),
    "tunnels": TUNNELS.document(),
    "vrfwpolicies": POLICIES.document(),
    "vrfwfilters": FILTERS.document(),
}
