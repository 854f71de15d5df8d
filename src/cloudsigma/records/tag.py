"""Tags: what ``/tags/`` answers and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from .filters import NamedFilters
from .record import Record
from .reference import Meta, Ref, Reference


class TaggedResource(Reference):
    """A resource that has the tag."""

    owner: Reference | None
    """The user that it belongs to."""
    res_type: str
    """Its collection: ``servers``, ``drives``, ``ips``, ``vlans``, ``snapshots`` …"""


class Tag(Record):
    """A word that resources of all kinds can be given; private to its owner."""

    meta: Meta
    """The user's keys and values."""
    name: str
    """Name; need not be unique."""
    owner: Reference
    """The user that it belongs to."""
    resource_uri: str
    """Absolute path of the tag."""
    resources: list[TaggedResource]
    """What has the tag, in no order."""
    uuid: str
    """Identifier."""


class TagChanges(TypedDict, total=False):
    """What of a tag can be changed."""

    name: str
    """Name."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    resources: Sequence[Ref[Record]]
    """All that has the tag: what is left out loses it."""


class TagSpec(TypedDict, total=False):
    """A tag to create."""

    name: Required[str]
    """Name; need not be unique."""
    meta: Mapping[str, Any]
    """Keys and values."""
    resources: Sequence[Ref[Record]]
    """What has the tag, of any kinds mixed."""


class TagFilters(NamedFilters, total=False):
    """What tags can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""
