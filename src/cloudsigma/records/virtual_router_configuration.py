"""What is inside a virtual router, in the words of its ``configuration``.

They differ from those of the parts as resources of their own: ``DENY`` here is ``deny`` there, ``hostA`` is ``src``.
What is not set is an empty text, false or an empty list, not null.
"""

# ruff: noqa: N815  (the API's own words)

from __future__ import annotations

from typing import Any

from .record import Record


class IpRange(Record):
    """The addresses that DHCP hands out: from ``ip_range["from"]``, which is a word of Python's, to ``to``."""

    to: str
    """The last address."""


class RouterIpAlias(Record):
    """Another address of the router in a LAN."""

    ip_address: str
    """Address with prefix length, ``10.0.10.1/24``."""
    uuid: str
    """Identifier among ``/ipaliases/``."""


class RouterLan(Record):
    """A router's interface in a private network."""

    default_gateway: str
    """Gateway of the network."""
    dhcp: bool
    """Whether the router hands out addresses there."""
    ip_address: str
    """The router's address with prefix length, ``10.0.1.1/24``."""
    ip_address_v6: str
    """The same for IPv6."""
    ip_aliases: list[RouterIpAlias]
    """More addresses of the router."""
    ip_range: IpRange
    """Addresses that DHCP hands out."""
    ipv4_enabled: bool
    """Whether it is for IPv4 only."""
    ipv4_ipv6_enabled: bool
    """Whether it is for both."""
    ipv6_enabled: bool
    """Whether it is for IPv6 only."""
    name: str
    """Name, by which a new router's policies refer to it."""
    router_advertiser: bool
    """Whether the router advertises itself by IPv6."""
    uuid: str
    """Identifier among ``/lans/``."""
    vlan: str
    """The private network, by uuid."""


class RouterFilter(Record):
    """A rule of a policy: what goes from A to B."""

    action: str
    """``ALLOW`` or ``DENY``."""
    hostA: str
    """Source address or network; empty for any."""
    hostA_to_portA: bool
    """Whether ``portA`` is meant as it stands, not its opposite."""
    hostB: str
    """Destination address or network; empty for any."""
    hostB_to_portB: bool
    """Whether ``portB`` is meant as it stands, not its opposite."""
    icmp_type: int
    """Type of ICMP message; -1 for none."""
    log: bool
    """Whether packets that it meets are logged."""
    order: int
    """Place in the policy, from 1."""
    portA: str
    """Source port; empty for any."""
    portB: str
    """Destination port; empty for any."""
    protocol_type: str
    """``TCP``, ``UDP`` or ``ICMP``."""
    to_hostA: bool
    """Whether ``hostA`` is meant as it stands, not its opposite."""
    to_hostB: bool
    """Whether ``hostB`` is meant as it stands, not its opposite."""
    uuid: str
    """Identifier among ``/vrfwfilters/``."""


class RouterPolicy(Record):
    """A firewall policy of one LAN."""

    filters: list[RouterFilter]
    """Its rules."""
    isActive: bool
    """Whether the rules are applied."""
    lan_interface: str
    """The LAN, by uuid (a new router names it by name)."""
    order: int
    """Place among the policies, from 1."""
    policy_name: str
    """Name."""
    uuid: str
    """Identifier among ``/vrfwpolicies/``."""


class RouterFirewall(Record):
    """The firewall of a router."""

    active: bool
    """Whether it is on."""
    policies: list[RouterPolicy]
    """Its policies."""
    uuid: str
    """Identifier."""


class RouterAddressForward(Record):
    """A public address that is passed on to a private one."""

    local_ipv4: str
    """The private address."""
    nat: str
    """The ``nat`` of the router, by uuid."""
    order: int
    """Place, from 1."""
    upstream_ipv4: str
    """The public address."""
    uuid: str
    """Identifier among ``/addressforwards/``."""


class RouterPortForward(Record):
    """A public port that is passed on to a port of a private address."""

    forwarding_host: str
    """The private address."""
    forwarding_port: int
    """The port inside."""
    mapped_port: int
    """The port outside."""
    nat: str
    """The ``nat`` of the router, by uuid."""
    order: int
    """Place, from 1."""
    protocol: str
    """``TCP`` or ``UDP``."""
    uuid: str
    """Identifier among ``/portforwards/``."""


class RouterNat(Record):
    """The translation of addresses."""

    active: bool
    """Whether it is on."""
    address_forwarding: list[RouterAddressForward]
    """Addresses passed on."""
    port_forwarding: list[RouterPortForward]
    """Ports passed on."""
    uuid: str
    """Identifier, which forwards are created with."""


class RouterRoute(Record):
    """A route of a router."""

    gateway: str
    """Where to."""
    inet: str
    """``inet`` or ``inet6``."""
    network: str
    """Destination with prefix length, or ``default``."""
    uuid: str
    """Identifier among ``/routes/``."""


class RouterIpConfig(Record):
    """How the outer side gets its addresses."""

    default_gateway: str
    """Gateway."""
    dhcp_client: bool
    """Whether by DHCP."""
    ip_address: str
    """Fixed address."""
    ip_address_v6: str
    """Fixed IPv6 address."""
    ipv6_automatic: bool
    """Whether IPv6 configures itself."""
    router_ipv6_default_gateway: str
    """IPv6 gateway."""
    upstream_lines: str
    """Lines of configuration of the outer side."""
    vlan: str
    """The network outside, by uuid, where it is not the internet."""


class RouterVpn(Record):
    """The VPN that people dial in by."""

    active: bool
    """Whether it is on."""
    password: str
    """Password. It is a secret."""
    username: str
    """User name."""
    vpn_type: str
    """``pptp`` or ``ikev2``."""


class RouterUpstream(Record):
    """The outer side of a router."""

    ip_config: RouterIpConfig
    """How it gets its addresses."""
    ipv4_address: str
    """The public address that the cloud gave it; empty until then."""
    uuid: str
    """Identifier, for ``upstreams.configure_vpn``."""
    vpn: RouterVpn
    """The VPN."""
    wan_type: str
    """``internet``."""


class RouterConfiguration(Record):
    """All parts of a router."""

    firewall: RouterFirewall
    """The firewall."""
    firewall_logging: bool
    """Whether the firewall logs."""
    lan_interface: list[RouterLan]
    """The private networks."""
    load_balancing: dict[str, Any] | None
    """Only in the oldest answers."""
    name: str
    """Name of the router."""
    nat: RouterNat
    """The translation of addresses."""
    qos: dict[str, Any] | None
    """Only in the oldest answers."""
    routes: list[RouterRoute]
    """Routes; the cloud adds a default one."""
    type: str | None
    """As ``type`` of the router."""
    upstream: RouterUpstream
    """The outer side."""
    vpn: dict[str, Any] | None
    """Only in the oldest answers; the VPN is in ``upstream``."""
