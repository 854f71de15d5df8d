"""IP addresses: what ``/ips/`` answers and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from .grantee import Grantee
from .record import Record
from .reference import Meta, Ref, Reference, SubscriptionReference
from .tag import Tag
from .tagged_filters import TaggedFilters


class Ip(Record):
    """A public address: bought by a subscription, or lent to a server by DHCP (then ``subscription`` is null)."""

    gateway: str
    """Default gateway."""
    grantees: list[Grantee]
    """Whom the owner let in."""
    meta: Meta
    """The user's keys and values."""
    nameservers: list[str]
    """Addresses of name servers."""
    netmask: int
    """Length of the network prefix, in bits."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str]
    """What the caller may do with somebody else's; empty for his own."""
    resource_uri: str
    """Absolute path of the address."""
    server: Reference | None
    """The one server that uses it; null for a free one."""
    subscription: SubscriptionReference | None
    """The subscription that pays for it; null for an address lent by DHCP."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """The address itself."""


class IpChanges(TypedDict, total=False):
    """What of an address can be changed."""

    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class IpFilters(TaggedFilters, total=False):
    """What lists of addresses can be narrowed by; several must all hold, a sequence means any of its values."""
