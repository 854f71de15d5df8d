"""What a refused request leaves in the account's log: an entry that says what was tried and why it failed."""

from __future__ import annotations

from ..domain.audit import entry_names, without_secrets
from ..domain.refusal import Refusal
from .route import Call

_LONGEST = 16 * 1024
"""Bytes of a request's body above which the log does not keep it."""
_NOT_LOGGED = frozenset({401, 429})


def log_refusal(call: Call, refusal: Refusal, size: int) -> None:
    """Write the entry, in a transaction of its own: that of the request was undone.

    :param call: the request; one that only reads leaves nothing.
    :param refusal: the answer that it gets.
    :param size: the length of its body in bytes.
    """
    names = entry_names(call.route.id)
    if call.method in ("GET", "HEAD") or not call.user or names is None or refusal.status in _NOT_LOGGED:
        return
    category, action = names
    defines = action in ("create", "update") and 0 < size <= _LONGEST
    with call.transaction() as tx:
        tx.audit(
            category,
            action,
            call.params.get("uuid"),
            details=without_secrets(call.body) if defines else None,
            error=refusal.body()[0],
        )
