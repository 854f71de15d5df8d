"""Who may do what with which object: owners everything, others what the owners' ACLs grant them.

An ACL names tags; what it grants holds for every object of its owner that carries one of them. Grants of several
ACLs add up, nothing is ever denied, and an object without tags is nobody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .refusal import Refusal

LIST, EDIT, DELETE, ATTACH = "LIST", "EDIT", "DELETE", "ATTACH"
CLONE, START, STOP, OPEN_VNC = "CLONE", "START", "STOP", "OPEN_VNC"

PERMISSIONS = (ATTACH, CLONE, DELETE, EDIT, LIST, OPEN_VNC, START, STOP)
"""What a rule of an ACL may say."""

APPLICABLE: Mapping[str, frozenset[str]] = {
    "servers": frozenset({LIST, EDIT, DELETE, CLONE, START, STOP, OPEN_VNC}),
    "drives": frozenset({LIST, EDIT, DELETE, CLONE, ATTACH}),
    "ips": frozenset({LIST, EDIT, ATTACH}),
    "vlans": frozenset({LIST, EDIT, ATTACH}),
    "fwpolicies": frozenset({LIST, EDIT, DELETE, ATTACH}),
    "snapshots": frozenset({LIST, EDIT, DELETE, CLONE}),
    "remotesnapshots": frozenset({LIST, EDIT, DELETE, CLONE}),
    "keypairs": frozenset({LIST, EDIT, DELETE}),
    "backupschedulers": frozenset({LIST, EDIT, DELETE}),
    "vpc": frozenset({LIST, EDIT}),
}
"""Kinds that can be shared, and which rules mean something for them; any other rule is legal and without effect."""

NOTHING_GRANTED: frozenset[str] = frozenset()

Grants = dict[str, frozenset[str]]
"""Permissions by user."""


def grants_of(kind: str, document: Mapping[str, Any], acls: Iterable[Mapping[str, Any]]) -> Grants:
    """Return what others may do with an object.

    An ACL itself may be read by those whom it names.

    :param kind: the kind of the object.
    :param document: the stored object, with ``owner`` and ``tags``.
    :param acls: stored ACLs; those of somebody else and those that name none of the object's tags grant nothing.
    """
    owner = document.get("owner")
    if owner is None:
        return {}
    if kind == "acls":
        return {user: frozenset({LIST}) for user in document["grantees"] if user != owner}
    applicable = APPLICABLE.get(kind, NOTHING_GRANTED)
    tags = set(document.get("tags") or ())
    granted: Grants = {}
    for acl in acls:
        if acl["owner"] != owner or tags.isdisjoint(acl["tags"]):
            continue
        permissions = applicable.intersection(acl["rules"])
        for user in acl["grantees"]:
            if user != owner and permissions:
                granted[user] = granted.get(user, NOTHING_GRANTED) | permissions
    return granted


def allowed(
    user: str, document: Mapping[str, Any], permission: str, grants: Collection[str] = NOTHING_GRANTED
) -> bool:
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
