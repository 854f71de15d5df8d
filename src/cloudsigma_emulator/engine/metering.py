"""What accounts use and have subscribed, live and since when; and the burst levels at which it is charged."""

from __future__ import annotations

from ..domain.burst import Change
from ..store.transaction import Transaction

_LEVELS = "burst_levels"
_NEXT_LEVELS = "next_burst_levels"


def held(tx: Transaction, owner: str) -> dict[str, int]:
    """Return what an account uses and has subscribed at this moment."""
    rows = tx.execute("SELECT resource, amount FROM held WHERE owner=? AND amount<>0", (owner,))
    return {resource: int(amount) for resource, amount in rows}


def changes(tx: Transaction, owner: str, after: float) -> list[Change]:
    """Return everything of an account that began or ended after a moment, seconds since 1970."""
    rows = tx.execute(
        "SELECT resource, amount, since, NULL FROM holdings WHERE owner=? AND since>?", (owner, after)
    ) + tx.execute(
        "SELECT resource, amount, since, until FROM past_holdings WHERE owner=? AND until>?", (owner, after)
    )
    return [Change(*row) for row in rows]


def levels_now(tx: Transaction) -> dict[str, int]:
    """Return the burst level of each resource that is not at the first one."""
    found: dict[str, int] = tx.setting(_LEVELS) or {}
    return found


def levels_next(tx: Transaction) -> dict[str, int]:
    """Return the burst levels from the next poll on."""
    found: dict[str, int] | None = tx.setting(_NEXT_LEVELS)
    return levels_now(tx) if found is None else found


def set_levels(tx: Transaction, levels: dict[str, int]) -> None:
    """Set burst levels that hold from the next poll on; resources that are not named keep theirs."""
    tx.set_setting(_NEXT_LEVELS, {**levels_next(tx), **levels})


def take_next_levels(tx: Transaction) -> None:
    """Let the next levels be the present ones: a poll has come."""
    following = levels_next(tx)
    if following != levels_now(tx):
        tx.set_setting(_LEVELS, following)
