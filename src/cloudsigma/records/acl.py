"""Access control lists: what ``/acls/`` answers and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from .filters import NamedFilters
from .grantee import GranteeUser
from .record import Record
from .reference import Meta, Ref, Reference
from .tag import Tag

Permission: TypeAlias = Literal["LIST", "EDIT", "DELETE", "ATTACH", "CLONE", "START", "STOP", "OPEN_VNC"]
"""What may be done with the tagged resources."""


class AclGrantee(Record):
    """A user that an access control list lets in."""

    email: str | None
    """Login name of the user."""
    resource_uri: Reference | str
    """Path of the user: in answers so far a reference with path and uuid, not a text."""
    uuid: str
    """Identifier of the user."""


class AclRule(Record):
    """One permission of an access control list."""

    permission: str
    """``LIST``, ``EDIT``, ``DELETE``, ``ATTACH``, ``CLONE``, ``START``, ``STOP`` or ``OPEN_VNC``."""


class Acl(Record):
    """Who may do what with everything that has certain tags."""

    grantees: list[AclGrantee]
    """The users that are let in."""
    meta: Meta
    """The user's keys and values."""
    name: str
    """Name; need not be unique."""
    owner: Reference
    """The user that it belongs to; lists also hold those of others that let the caller in."""
    resource_uri: str
    """Absolute path of the list."""
    rules: list[AclRule]
    """What they may do."""
    tags: list[Reference]
    """The tags whose resources this is about; hidden from all but the owner."""
    uuid: str
    """Identifier."""


class AclGranteeSpec(TypedDict, total=False):
    """A user to let in, in a body: by either of the two."""

    uuid: str
    """Identifier of the user."""
    email: str | None
    """Login name of the user."""


class AclRuleSpec(TypedDict):
    """One permission, in a body."""

    permission: Permission
    """What may be done."""


class AclSpec(TypedDict, total=False):
    """An access control list to create, or what of it can be changed."""

    name: str
    """Name; need not be unique (default "")."""
    grantees: Sequence[str | AclGranteeSpec | AclGrantee | GranteeUser]
    """All users that are let in: each by uuid, by e-mail, or as an object."""
    rules: Sequence[Permission | AclRuleSpec | AclRule]
    """All that they may do; what does not fit a tagged resource has no effect."""
    tags: Sequence[Ref[Tag]]
    """All tags whose resources this is about."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""


class AclFilters(NamedFilters, total=False):
    """What lists can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""
