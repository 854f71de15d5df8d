"""The ticket for the websocket: who, since when, and a signature. Nothing is stored; it ends with the clock."""

from __future__ import annotations

import base64
import hmac

SECONDS = 120


def issue(secret: bytes, account: str, now: float) -> str:
    """Return ``base64(uuid)|unix seconds|40 hex``, the value of the cookie ``async_auth``."""
    who, stamp = base64.b64encode(account.encode()).decode(), str(int(now))
    return f"{who}|{stamp}|{_sign(secret, who, stamp)}"


def account_of(secret: bytes, ticket: str, now: float) -> str | None:
    """Return the account of a ticket that is ours and not too old."""
    parts = ticket.strip('"').split("|")
    if len(parts) != 3 or not _same(_sign(secret, parts[0], parts[1]), parts[2]):
        return None
    if now - int(parts[1]) > SECONDS:
        return None
    return base64.b64decode(parts[0]).decode()


def _sign(secret: bytes, who: str, stamp: str) -> str:
    return hmac.new(secret, f"{who}|{stamp}".encode(), "sha1").hexdigest()


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
