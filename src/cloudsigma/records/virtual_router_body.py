"""What ``/virtualrouters/`` takes. What is left out is off or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from .reference import Ref
from .vlan import Vlan

_From = TypedDict(
    "_From", {"from": str}, total=False
)  # a word of Python's, which no class can have for a key


class IpRangeSpec(_From, total=False):
    """The addresses that DHCP hands out, inside the LAN: the first one is ``from``."""

    to: str
    """The last address."""


class RouterIpAliasSpec(TypedDict, total=False):
    """Another address of a new router in a LAN."""

    ip_address: Required[str]
    """Address with prefix length."""
    value: str
    """Taken and dropped by the cloud."""


class RouterLanSpec(TypedDict, total=False):
    """A private network of a new router."""

    vlan: Required[Ref[Vlan]]
    """The VLAN."""
    name: Required[str]
    """Name, for ``lan_interface`` of policies."""
    ip_address: str
    """The router's address with prefix length; required with ``ipv4_enabled``."""
    ip_address_v6: str
    """The same for IPv6."""
    default_gateway: str
    """Gateway of the network."""
    dhcp: bool
    """Whether the router hands out addresses."""
    ip_range: IpRangeSpec
    """Which ones; required with ``dhcp``."""
    ip_aliases: Sequence[RouterIpAliasSpec]
    """More addresses of the router."""
    ipv4_enabled: bool
    """For IPv4 only."""
    ipv6_enabled: bool
    """For IPv6 only."""
    ipv4_ipv6_enabled: bool
    """For both."""
    ipv6_exposed: bool
    """Taken and dropped by the cloud."""
    router_advertiser: bool
    """Whether it advertises itself by IPv6."""


class RouterFilterSpec(TypedDict, total=False):
    """A rule of a new router's policy: what goes from A to B. A false ``to_…`` means the opposite."""

    action: Required[str]
    """``ALLOW`` or ``DENY``."""
    protocol_type: Required[str]
    """``TCP``, ``UDP`` or ``ICMP``."""
    order: Required[int]
    """Place in the policy, from 1."""
    hostA: str
    """Source; empty for any."""
    portA: str
    """Source port; empty for any."""
    hostB: str
    """Destination; empty for any."""
    portB: str
    """Destination port; empty for any."""
    to_hostA: bool
    """Whether ``hostA`` is meant as it stands."""
    hostA_to_portA: bool
    """Whether ``portA`` is meant as it stands."""
    to_hostB: bool
    """Whether ``hostB`` is meant as it stands."""
    hostB_to_portB: bool
    """Whether ``portB`` is meant as it stands."""
    portA_to_hostB: bool
    """Taken and dropped by the cloud."""
    icmp_type: int
    """Type of ICMP message; -1 for none."""
    log: bool
    """Whether to log."""


class RouterPolicySpec(TypedDict, total=False):
    """A firewall policy of a new router."""

    policy_name: Required[str]
    """Name."""
    lan_interface: Required[str]
    """The LAN, by the name that it has in the same body."""
    order: Required[int]
    """Place among the policies, from 1."""
    isActive: bool
    """Whether the rules are applied."""
    filters: Sequence[RouterFilterSpec]
    """Its rules."""


class RouterFirewallSpec(TypedDict, total=False):
    """The firewall of a new router."""

    active: bool
    """Whether it is on."""
    policies: Sequence[RouterPolicySpec]
    """Its policies."""


class RouterPortForwardSpec(TypedDict, total=False):
    """A port that a new router passes on."""

    forwarding_host: Required[str]
    """The private address."""
    forwarding_port: Required[int | str]
    """The port inside."""
    mapped_port: Required[int | str]
    """The port outside."""
    protocol: Required[str]
    """``TCP`` or ``UDP``."""
    order: int
    """Place, from 1."""


class RouterAddressForwardSpec(TypedDict, total=False):
    """An address that a new router passes on."""

    local_ipv4: Required[str]
    """The private address."""
    upstream_ipv4: Required[str]
    """The public address."""
    order: int
    """Place, from 1."""


class RouterNatSpec(TypedDict, total=False):
    """The translation of addresses of a new router."""

    active: bool
    """Whether it is on."""
    address_forwarding: Sequence[RouterAddressForwardSpec]
    """Addresses passed on."""
    address_forwarding_active: bool
    """Taken and dropped by the cloud."""
    port_forwarding: Sequence[RouterPortForwardSpec]
    """Ports passed on."""


class RouterRouteSpec(TypedDict, total=False):
    """A route of a new router."""

    gateway: str
    """Where to."""
    inet: str
    """``inet`` or ``inet6``."""
    network: str
    """Destination with prefix length, or ``default``."""


class RouterIpConfigSpec(TypedDict, total=False):
    """How the outer side of a new router gets its addresses."""

    default_gateway: str
    """Gateway."""
    dhcp_client: bool
    """Whether by DHCP; answered as false all the same."""
    ip_address: str
    """Fixed address."""
    ip_address_v6: str
    """Fixed IPv6 address."""
    ipv6_automatic: bool
    """Whether IPv6 configures itself; answered as false all the same."""
    router_ipv6_default_gateway: str
    """IPv6 gateway."""
    upstream_lines: str
    """Lines of configuration."""
    vlan: str
    """A network instead of the internet, by uuid."""


class RouterVpnSpec(TypedDict, total=False):
    """The VPN that people dial in to a new router by."""

    active: bool
    """Whether it is on."""
    password: str
    """Password."""
    username: str
    """User name."""
    vpn_type: str
    """``pptp`` or ``ikev2``."""


class RouterUpstreamSpec(TypedDict, total=False):
    """The outer side of a new router."""

    ip_config: RouterIpConfigSpec
    """How it gets its addresses."""
    vpn: RouterVpnSpec
    """The VPN."""
    wan_type: str
    """``internet``."""


class RouterConfigurationSpec(TypedDict, total=False):
    """All parts of a new router."""

    name: Required[str]
    """Name."""
    lan_interface: Required[Sequence[RouterLanSpec]]
    """The private networks, one at least."""
    firewall: RouterFirewallSpec
    """The firewall."""
    nat: RouterNatSpec
    """The translation of addresses."""
    routes: Sequence[RouterRouteSpec]
    """Routes; the cloud adds a default one."""
    upstream: RouterUpstreamSpec
    """The outer side."""
    vpn: Mapping[str, Any]
    """Taken and dropped by the cloud; the VPN is in ``upstream``."""


class VirtualRouterSpec(TypedDict, total=False):
    """A router to create."""

    configuration: Required[RouterConfigurationSpec]
    """All its parts."""
    type: str
    """Size: ``basic`` (default) and those that the price list has after ``vrouter_``."""


class VirtualRouterChanges(TypedDict, total=False):
    """What of a router can be changed as a whole; the rest is changed by its parts and actions."""

    name: str
    """Name."""
