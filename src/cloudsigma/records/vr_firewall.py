"""The firewall of virtual routers: what ``/vrfwpolicies/`` and ``/vrfwfilters/`` answer and take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict

from .lan import Lan
from .record import Record
from .reference import Ref, Reference
from .virtual_router_configuration import RouterLan, RouterPolicy


class _Filter(Record):
    action: str | None
    """``allow`` or ``deny``."""
    action_queue: str | None
    """Seen null only."""
    dst: str
    """Destination address or network; empty for any."""
    dst_addr_op: bool
    """Whether ``dst`` is meant as it stands, not its opposite."""
    dst_port: str
    """Destination port; empty for any."""
    dst_port_op: bool
    """Whether ``dst_port`` is meant as it stands, not its opposite."""
    icmp_type: str | None
    """Kind of ICMP message in words, such as ``Echo request``."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    log: bool
    """Whether packets that it meets are logged."""
    order: int
    """Place in the policy, from 1."""
    protocol: str
    """``tcp``, ``udp`` or ``icmp``."""
    src: str
    """Source address or network; empty for any."""
    src_addr_op: bool
    """Whether ``src`` is meant as it stands, not its opposite."""
    src_port: str
    """Source port; empty for any."""
    src_port_op: bool
    """Whether ``src_port`` is meant as it stands, not its opposite."""
    uuid: str
    """Identifier."""


class VrFirewallFilter(_Filter):
    """A rule of a policy."""

    policy: str | None
    """The policy, by uuid; only in the answer to creating it."""
    resource_uri: str
    """Absolute path of the filter."""


class PolicyFilter(_Filter):
    """A rule as its policy lists it."""

    resource_uri: Reference
    """The rule's path, here inside a reference."""


class VrFirewallPolicy(Record):
    """Rules for one side of a router."""

    active: bool
    """Whether the rules are applied."""
    filters: list[PolicyFilter]
    """The rules in their order; a policy that is read anew has new ones after each update."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    lan_interface: Reference | None
    """The LAN that it is for."""
    name: str
    """Name."""
    order: int
    """Place among the policies, from 1."""
    resource_uri: str
    """Absolute path of the policy."""
    upstream_interface: Reference | None
    """The outer side, if it is for that."""
    uuid: str
    """Identifier."""


class PolicyFilterSpec(TypedDict, total=False):
    """A rule in the body of its policy. An ``…_op`` of false, or ``"!="``, means the opposite."""

    order: Required[int]
    """Place in the policy, from 1."""
    protocol: Required[str]
    """``tcp``, ``udp`` or ``icmp``."""
    action: str
    """``allow`` or ``deny``."""
    src: str
    """Source address or network; empty for any."""
    src_port: str
    """Source port; empty for any."""
    dst: str
    """Destination address or network; empty for any."""
    dst_port: str
    """Destination port; empty for any."""
    src_addr_op: bool | str
    """True or ``"="``: ``src`` as it stands."""
    src_port_op: bool | str
    """True or ``"="``: ``src_port`` as it stands."""
    dst_addr_op: bool | str
    """True or ``"="``: ``dst`` as it stands."""
    dst_port_op: bool | str
    """True or ``"="``: ``dst_port`` as it stands."""
    icmp_type: str | None
    """Kind of ICMP message in words, such as ``Echo request``."""
    log: bool
    """Whether to log."""


class VrFirewallFilterSpec(PolicyFilterSpec, total=False):
    """A rule to create."""

    policy: Required[Ref[VrFirewallPolicy | RouterPolicy]]
    """The policy that it belongs to."""


class VrFirewallFilterChanges(TypedDict, total=False):
    """What of a rule can be changed."""

    order: int
    """Place in the policy, from 1."""
    protocol: str
    """``tcp``, ``udp`` or ``icmp``."""
    action: str
    """``allow`` or ``deny``."""
    src: str
    """Source address or network; empty for any."""
    src_port: str
    """Source port; empty for any."""
    dst: str
    """Destination address or network; empty for any."""
    dst_port: str
    """Destination port; empty for any."""
    src_addr_op: bool | str
    """True or ``"="``: ``src`` as it stands."""
    src_port_op: bool | str
    """True or ``"="``: ``src_port`` as it stands."""
    dst_addr_op: bool | str
    """True or ``"="``: ``dst`` as it stands."""
    dst_port_op: bool | str
    """True or ``"="``: ``dst_port`` as it stands."""
    icmp_type: str | None
    """Kind of ICMP message in words, such as ``Echo request``."""
    log: bool
    """Whether to log."""


class VrFirewallPolicySpec(TypedDict, total=False):
    """A policy to create."""

    name: Required[str]
    """Name."""
    order: Required[int]
    """Place among the policies, from 1."""
    active: bool
    """Whether the rules are applied (false)."""
    filters: Sequence[PolicyFilterSpec | PolicyFilter]
    """The rules."""
    lan_interface: Ref[Lan | RouterLan] | None
    """The LAN that it is for."""


class VrFirewallPolicyChanges(TypedDict, total=False):
    """What of a policy can be changed."""

    name: str
    """Name."""
    order: int
    """Place among the policies, from 1."""
    active: bool
    """True applies all rules, false takes them from the firewall."""
    filters: Sequence[PolicyFilterSpec | PolicyFilter]
    """All rules: those left out go."""
    lan_interface: Ref[Lan | RouterLan] | None
    """The LAN that it is for."""
