"""Firewall policies: what ``/fwpolicies/`` answers and takes. Newer locations have none any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict

from .grantee import Grantee
from .record import Record
from .reference import Meta, Ref, Reference
from .tag import Tag
from .tagged_filters import TaggedFilters


class FirewallRule(Record):
    """One rule. The first one that matches a packet decides."""

    action: str
    """``accept`` or ``drop``."""
    comment: str | None
    """Words about it."""
    direction: str
    """``in``, ``out`` or ``both``."""
    dst_ip: str | None
    """Destination, as a network such as ``192.0.2.0/24``, with ``!`` in front for all others; null is any."""
    dst_port: str | None
    """Destination port such as ``22`` or ``1:1024``, with ``!`` in front for all others; null is any."""
    ip_proto: str | None
    """``tcp``, ``udp``, or null for any."""
    src_ip: str | None
    """Source, as ``dst_ip``."""
    src_port: str | None
    """Source port, as ``dst_port``."""


class FirewallPolicy(Record):
    """Rules for network cards; the plain list lacks rules, servers and tags."""

    grantees: list[Grantee] | None
    """Whom the owner let in; not everywhere."""
    meta: Meta
    """The user's keys and values."""
    name: str | None
    """Name."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str] | None
    """What the caller may do with somebody else's; not everywhere."""
    resource_uri: str
    """Absolute path of the policy."""
    rules: list[FirewallRule]
    """The rules, in the order they are tried; what none matches is accepted."""
    servers: list[Reference]
    """Servers with a card that has the policy."""
    tags: list[Reference] | None
    """The caller's tags; not everywhere."""
    uuid: str
    """Identifier."""


class FirewallRuleSpec(TypedDict, total=False):
    """One rule, in a body."""

    action: Required[Literal["accept", "drop"]]
    """``accept`` or ``drop``."""
    direction: Required[Literal["in", "out", "both"]]
    """``in``, ``out`` or ``both``."""
    ip_proto: Literal["tcp", "udp"] | None
    """``tcp``, ``udp``, or null for any."""
    src_ip: str | None
    """Address or network, with ``!`` in front for all others."""
    dst_ip: str | None
    """Address or network, with ``!`` in front for all others."""
    src_port: str | int | None
    """Port or range ``1:1024``, with ``!`` in front for all others."""
    dst_port: str | int | None
    """Port or range ``1:1024``, with ``!`` in front for all others."""
    comment: str | None
    """Words about it."""


class FirewallPolicySpec(TypedDict, total=False):
    """A policy to create, or what of it can be changed."""

    name: str | None
    """Name."""
    rules: Sequence[FirewallRuleSpec | FirewallRule]
    """All rules, in the order they are tried."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class FirewallPolicyFilters(TaggedFilters, total=False):
    """What lists of policies can be narrowed by; several must all hold, a sequence means any of its values."""
