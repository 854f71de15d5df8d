"""Who may do what with which object.

Owners may do everything; others what ACLs grant them on the object. ACLs are not written yet: callers pass
the set of granted permissions, and everything here already reckons with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .refusal import Refusal

LIST, EDIT, DELETE, ATTACH = "LIST", "EDIT", "DELETE", "ATTACH"
CLONE, START, STOP, OPEN_VNC = "CLONE", "START", "STOP", "OPEN_VNC"

NOTHING_GRANTED: frozenset[str] = frozenset()


def allowed(user: str, document: Mapping[str, Any], permission: str, grants: Collection[str]) -> bool:
    """Tell whether a user may use an object in one way.

    :param user: uuid of the caller.
    :param document: the stored object; an owner of None marks a library drive, which everyone may see and copy.
    :param permission: one of the API's permission names.
    :param grants: what ACLs grant this user on this object.
    """
    owner = document.get("owner")
    if owner is None:
        return permission in (LIST, CLONE)
    return bool(owner == user) or permission in grants


def require(
    user: str, document: Mapping[str, Any], permission: str, grants: Collection[str] = NOTHING_GRANTED
) -> None:
    """Refuse with the cloud's 403 unless the user may use the object in this way."""
    if not allowed(user, document, permission, grants):
        raise Refusal.lacks(user, permission, [document["uuid"]])
