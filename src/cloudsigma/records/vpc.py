"""Virtual private clouds: what ``/vpc/`` and ``/nodes/`` answer and take. No answer of the cloud is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .grantee import Grantee
from .record import Record
from .reference import Meta, Ref, Reference
from .tag import Tag


class Node(Record):
    """A whole machine of one's own, bought by a subscription."""

    resource_uri: str | None
    """Absolute path of the node."""
    status: str | None
    """``active``."""
    uuid: str
    """Identifier."""
    vpc: Reference | None
    """The private cloud that it belongs to; null for none."""


class Vpc(Record):
    """A private cloud on machines of one's own, bought by a subscription."""

    allocation_pool: str | None
    """Its pool, by uuid: what a server is created with to run there."""
    description: str | None
    """Words about it."""
    grantees: list[Grantee] | None
    """Whom the owner let in."""
    meta: Meta | None
    """The user's keys and values."""
    name: str
    """Name."""
    nodes: list[Node]
    """Its machines."""
    owner: Reference | None
    """The user that it belongs to."""
    permissions: list[str] | None
    """What the caller may do with somebody else's."""
    resource_uri: str | None
    """Absolute path of the private cloud."""
    servers: list[Reference]
    """The servers that run there."""
    status: str
    """``active``."""
    tags: list[Reference] | None
    """The caller's tags."""
    uuid: str
    """Identifier."""


class VpcChanges(TypedDict, total=False):
    """What of a private cloud can be changed."""

    name: str
    """Name."""
    description: str
    """Words about it."""
    nodes: Sequence[Ref[Node]]
    """All its machines: those left out leave it."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class NodeFilters(TypedDict, total=False):
    """What nodes can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""

    uuid: str | Sequence[str]
    """Identifier."""
    status: str | Sequence[str]
    """``active``."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
