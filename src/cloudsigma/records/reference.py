"""References: how one resource names another in an answer, and what calls accept in place of one."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

from .record import Record

Meta: TypeAlias = dict[str, Any]
"""The user's own keys and values of a resource: keys of at most 32 characters, values that should be strings."""


class Reference(Record):
    """The name of another resource: what lists and nested fields of the API hold in place of the whole object."""

    resource_uri: str
    """Absolute path of the resource, beginning ``/api/2.0/``; it carries no host."""
    uuid: str
    """Identifier of the resource; for an IP it is the address itself."""


class SubscriptionReference(Record):
    """The subscription that pays for a resource."""

    id: int
    """Number of the subscription (the subscription itself gives it as a string)."""
    resource_uri: str
    """Absolute path of the subscription."""


T = TypeVar("T", bound=Record)

Ref: TypeAlias = str | Reference | T
"""What a call takes to name a resource: its uuid, its resource_uri, a reference to it, or its record."""
