"""LANs of virtual routers: what ``/lans/`` answers and takes."""

from __future__ import annotations

from typing import Any, TypedDict

from .record import Record
from .reference import Reference


class Lan(Record):
    """A router's interface in a private network."""

    dhcp_range_from: str | None
    """First address that DHCP hands out."""
    dhcp_range_to: str | None
    """Last address that DHCP hands out."""
    dhcp_vlan_gateway: str | None
    """Gateway that DHCP tells, with prefix length."""
    iface: str | None
    """Name of the interface on the router, such as ``vtnet1``."""
    internet_protocol: str
    """``ipv4``, ``ipv6`` or ``both``."""
    ip_aliases: list[Any]
    """More addresses of the router; seen empty only."""
    ipv4_address_gateway: str | None
    """The router's address with prefix length."""
    ipv4_dhcp_enabled: bool | None
    """Whether the router hands out addresses."""
    ipv6_address_gateway: str | None
    """The router's IPv6 address."""
    ipv6_router_advertirser_enabled: bool | None
    """Whether the router advertises itself by IPv6 (spelled as the API does)."""
    name: str | None
    """Name."""
    order: int
    """Place among the router's LANs."""
    resource_uri: str
    """Absolute path of the LAN."""
    uuid: str
    """Identifier."""
    virtual_router: str
    """The router, by uuid."""
    vlan: Reference
    """The private network."""


class LanChanges(TypedDict, total=False):
    """What of a LAN can be changed; the cloud ignores everything else."""

    name: str
    """Name."""
    order: int
    """Place among the router's LANs."""


class DhcpSpec(TypedDict, total=False):
    """How a LAN's DHCP is to be."""

    ipv4_dhcp_enabled: bool
    """Whether the router hands out addresses."""
    dhcp_range_from: str
    """First address to hand out."""
    dhcp_range_to: str
    """Last address to hand out."""
    dhcp_vlan_gateway: str
    """Gateway to tell, with prefix length: ``10.0.1.1/24``."""
