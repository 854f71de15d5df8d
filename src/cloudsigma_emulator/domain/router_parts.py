"""The parts of virtual routers that are resources of their own, and how each is read and shown.

A part is stored as a document of its own that names its router; the router's ``configuration`` is put together from
them, so that the two can never differ.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from . import fields
from .fields import Field
from .network_values import (
    ORDER,
    PORT,
    address,
    interface,
    interface_with_network,
    ipv4_address,
)
from .refs import optional_ref, read_optional_ref, read_ref, ref, refs, resource_uri
from .refusal import Refusal

Part = dict[str, Any]

LANS, ALIASES, ROUTES, TUNNELS = "lans", "ipaliases", "routes", "tunnels"
PORT_FORWARDS, ADDRESS_FORWARDS = "portforwards", "addressforwards"
POLICIES, FILTERS = "vrfwpolicies", "vrfwfilters"
KINDS = (LANS, ALIASES, PORT_FORWARDS, ADDRESS_FORWARDS, ROUTES, POLICIES, FILTERS, TUNNELS)
"""The kinds of parts, by their URL collections."""


def _zero() -> int:
    return 0


def _false() -> bool:
    return False


_ORDER = fields.nullable(ORDER, _zero)
_BOOLEAN = fields.nullable(fields.boolean, _false)


def _protocol(value: Any, name: str) -> str:
    return str(fields.choice("TCP", "UDP")(value.upper() if isinstance(value, str) else value, name))


def _network(value: Any, name: str) -> str:
    return "default" if value in (None, "", "default") else interface(value, name)


def _gateway(value: Any, name: str) -> str:
    return "" if value in (None, "") else address(value, name)


ALIAS_FIELDS: tuple[Field, ...] = (Field("ip_address", interface, required=True),)
PORT_FORWARD_FIELDS: tuple[Field, ...] = (
    Field("forwarding_host", ipv4_address, required=True),
    Field("forwarding_port", PORT, required=True),
    Field("mapped_port", PORT, required=True),
    Field("order", _ORDER, default=_zero),
    Field("protocol", _protocol, required=True),
)
ADDRESS_FORWARD_FIELDS: tuple[Field, ...] = (
    Field("local_ipv4_address", ipv4_address, required=True),
    Field("order", _ORDER, default=_zero),
    Field("upstream_ipv4_address", ipv4_address, required=True),
    Field("upstream_to_local", _BOOLEAN, default=_false),
)
ROUTE_FIELDS: tuple[Field, ...] = (
    Field("gateway", _gateway, default=str),
    Field("inet", fields.choice("inet", "inet6"), required=True),
    Field("network", _network, default=lambda: "default"),
)
POLICY_FIELDS: tuple[Field, ...] = (
    Field("active", fields.boolean, required=True),
    Field("lan_interface", read_optional_ref),
    Field("name", fields.text, required=True),
    Field("order", ORDER, required=True),
    Field("upstream_interface", read_optional_ref),
)
LAN_FIELDS: tuple[Field, ...] = (
    Field("name", fields.nullable(fields.text, str), default=str),
    Field("order", ORDER, default=_zero),
)
DHCP_FIELDS: tuple[Field, ...] = (
    Field("dhcp_range_from", _gateway, default=str),
    Field("dhcp_range_to", _gateway, default=str),
    Field("dhcp_vlan_gateway", fields.nullable(fields.text, str), default=str),
    Field("ipv4_dhcp_enabled", _BOOLEAN, default=_false),
)


def read_part(table: tuple[Field, ...], body: Mapping[str, Any], previous: Part | None = None) -> Part:
    """Read a part by its table; of one that is changed, what the body leaves out stays."""
    if previous is not None:
        body = {**{field.name: previous[field.name] for field in table}, **body}
    return fields.read_fields(table, body, previous)


def required_ref(body: Mapping[str, Any], name: str) -> str:
    """Read the reference by which a new part says where it belongs. Refuses with 400 when it is missing."""
    if body.get(name) in (None, ""):
        raise Refusal.validation("This field is required", name)
    return read_ref(body[name], name)


def require_range(first: str, last: str, network: ipaddress.IPv4Network, point: str) -> None:
    """Refuse with 400 a range of addresses that DHCP could not hand out in a network."""
    try:
        low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    except ValueError:
        raise Refusal.validation("DHCP needs a range: the first and the last address", point) from None
    if low > high or low not in network or high not in network:
        raise Refusal.validation(f"The range from {low} to {high} is not inside {network}", point)


def read_dhcp(lan: Part, body: Mapping[str, Any]) -> Part:
    """Read how a LAN shall hand out addresses; what the body leaves out stays."""
    values = read_part(DHCP_FIELDS, body, shown_dhcp(lan))
    gateway = values["dhcp_vlan_gateway"]
    if gateway:
        interface_with_network(gateway, "dhcp_vlan_gateway")
    if values["ipv4_dhcp_enabled"]:
        network = interface_with_network(gateway or lan["ip_address"], "dhcp_vlan_gateway").network
        require_range(values["dhcp_range_from"], values["dhcp_range_to"], network, "dhcp_range_from")
    return {
        "dhcp": values["ipv4_dhcp_enabled"],
        "range_from": values["dhcp_range_from"],
        "range_to": values["dhcp_range_to"],
        "dhcp_gateway": gateway,
    }


def shown_dhcp(lan: Part) -> Part:
    """Return the four values by which a LAN hands out addresses, under their names in ``/lans/``."""
    return {
        "dhcp_range_from": lan["range_from"],
        "dhcp_range_to": lan["range_to"],
        "dhcp_vlan_gateway": lan["dhcp_gateway"] or lan["ip_address"],
        "ipv4_dhcp_enabled": lan["dhcp"],
    }


def render_lan(lan: Part, aliases: list[Part]) -> Part:
    """Return a LAN as ``/lans/`` shows it; unlike other parts it tells no jobs."""
    both = lan["ipv4_ipv6_enabled"] or (lan["ipv4_enabled"] and lan["ipv6_enabled"])
    return {
        **shown_dhcp(lan),
        "iface": lan["iface"],
        "internet_protocol": "both" if both else "ipv6" if lan["ipv6_enabled"] else "ipv4",
        "ip_aliases": [{"ip_address": alias["ip_address"], "uuid": alias["uuid"]} for alias in aliases],
        "ipv4_address_gateway": lan["ip_address"] or None,
        "ipv6_address_gateway": lan["ip_address_v6"] or None,
        # Misspelt so on the wire.
        "ipv6_router_advertirser_enabled": lan["router_advertiser"],
        "name": lan["name"],
        "order": lan["order"],
        "resource_uri": resource_uri(LANS, lan["uuid"]),
        "uuid": lan["uuid"],
        "virtual_router": lan["router"],
        "vlan": ref("vlans", lan["vlan"]),
    }


_SHOWN: Mapping[str, tuple[tuple[Field, ...], Mapping[str, str]]] = {
    ALIASES: (ALIAS_FIELDS, {"interface": "lan"}),
    PORT_FORWARDS: (PORT_FORWARD_FIELDS, {"nat": "nat"}),
    ADDRESS_FORWARDS: (ADDRESS_FORWARD_FIELDS, {"nat": "nat"}),
    ROUTES: (ROUTE_FIELDS, {"virtual_router": "router"}),
    TUNNELS: ((), {"virtual_router": "router"}),
}


def render_part(kind: str, part: Part, jobs: list[str]) -> Part:
    """Return an alias, a forward, a route or a tunnel as its own resource shows it."""
    table, more = _SHOWN[kind]
    return {
        **part.get("values", {}),
        **{field.name: part[field.name] for field in table},
        **{name: part[key] for name, key in more.items()},
        "jobs": refs("jobs", jobs),
        "resource_uri": resource_uri(kind, part["uuid"]),
        "uuid": part["uuid"],
    }


def render_policy(policy: Part, filters: list[Part], jobs: list[str]) -> Part:
    """Return a firewall policy as ``/vrfwpolicies/`` shows it.

    :param filters: the policy's filters as they are shown in it.
    """
    return {
        "active": policy["active"],
        "filters": filters,
        "jobs": refs("jobs", jobs),
        "lan_interface": optional_ref(LANS, policy["lan_interface"]),
        "name": policy["name"],
        "order": policy["order"],
        "resource_uri": resource_uri(POLICIES, policy["uuid"]),
        "upstream_interface": optional_ref("upstream", policy["upstream_interface"]),
        "uuid": policy["uuid"],
    }
