"""Whether a user may do something with a stored object, by ownership or by what its owner's ACLs grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain import permissions
from ..store.transaction import Transaction


def granted(tx: Transaction, user: str, kind: str, document: Mapping[str, Any]) -> frozenset[str]:
    """Return what ACLs let a user do with an object; nothing for its owner, who needs no grant."""
    if document.get("owner") in (None, user):
        return permissions.NOTHING_GRANTED
    return tx.grants.of(kind, document["uuid"], user)


def may(tx: Transaction, user: str, kind: str, document: Mapping[str, Any], permission: str) -> bool:
    """Tell whether a user may use an object in one way."""
    return permissions.allowed(user, document, permission, granted(tx, user, kind, document))


def require(tx: Transaction, user: str, kind: str, document: Mapping[str, Any], permission: str) -> None:
    """Refuse with the cloud's 403 unless the user may use the object in this way."""
    permissions.require(user, document, permission, granted(tx, user, kind, document))
