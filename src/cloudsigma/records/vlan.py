"""VLANs: what ``/vlans/`` answers and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from .grantee import Grantee
from .record import Record
from .reference import Meta, Ref, Reference, SubscriptionReference
from .tag import Tag
from .tagged_filters import TaggedFilters


class Vlan(Record):
    """A private network of layer 2; it exists as long as a ``vlan`` subscription does."""

    bottom_vlan_tag: int | None
    """Inner VLAN tag; always null so far."""
    grantees: list[Grantee]
    """Whom the owner let in."""
    meta: Meta
    """The user's keys and values; by custom its name is in ``meta["name"]``."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str]
    """What the caller may do with somebody else's; empty for his own."""
    resource_uri: str
    """Absolute path of the VLAN."""
    servers: list[Reference]
    """Servers with a card in it."""
    subscription: SubscriptionReference | None
    """The subscription that pays for it."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """Identifier."""


class VlanChanges(TypedDict, total=False):
    """What of a VLAN can be changed."""

    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class VlanFilters(TaggedFilters, total=False):
    """What lists of VLANs can be narrowed by; several must all hold, a sequence means any of its values."""
