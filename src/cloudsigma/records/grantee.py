"""Who else may use a resource, as its owner sees it."""

from __future__ import annotations

from .record import Record
from .reference import Reference


class GranteeUser(Reference):
    """The user that a permission was granted to."""

    email: str | None
    """Login name of the user; null where the cloud does not tell it."""


class Grantee(Record):
    """One user and what an access control list lets him do."""

    permissions: list[str]
    """Granted permissions such as ``LIST``, ``EDIT``, ``START``; the order means nothing."""
    user: GranteeUser
    """The user that has them."""
