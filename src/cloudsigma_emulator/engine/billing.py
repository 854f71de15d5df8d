"""The poll: every five minutes of the clock, what each account used beyond its subscriptions is booked.

Cycles in which nothing changes are equal, so any number of them costs no more than one; the clock may jump over
them (``quiet_until``), and after a time without an emulator the next poll makes up for all of it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..domain import burst
from ..domain.burst import CYCLE, Change, Charge
from ..domain.money import BOOKS
from ..domain.usage import METERED
from ..store.transaction import Transaction
from . import books, metering
from .server_transitions import stop_unpaid
from .world import World

Doc = dict[str, Any]

POLL = "billing.poll"
_ABOUT = "billing"
_WITHOUT_END = 2**62
_TOLERANCE = 0.001


def begin(tx: Transaction) -> None:
    """Let the polls begin, unless one is waiting already."""
    if tx.waiting(_ABOUT):
        return
    for kind in METERED:
        for document in tx.find(kind):
            tx.update(kind, document)  # of an older store: nobody has taken note yet of what it uses
    start = int(tx.now.timestamp())
    _follow(tx, start, 0)


def poll(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: book the cycles that are over, for every account."""
    start, cycle = payload["start"], payload["cycle"]
    cycles = max(0, int((tx.now.timestamp() + _TOLERANCE - start) // CYCLE))
    for owner in _accounts(tx) if cycles else ():
        _bill(tx, world, owner, start, cycle, cycles)
    if cycles:
        metering.take_next_levels(tx)
    _follow(tx, start + cycles * CYCLE, cycle + cycles)


def quiet_until(tx: Transaction, until: float) -> float:
    """Return the last poll, at or before a time, up to which nothing but bookings follows from the present."""
    waiting = tx.waiting(_ABOUT)
    if not waiting:
        return until
    start = waiting[0][2]["start"]
    cycles = max(1, int((until - start) // CYCLE))
    if metering.levels_next(tx) != metering.levels_now(tx):
        cycles = 1
    for owner in _accounts(tx) if cycles > 1 else ():
        if metering.changes(tx, owner, start):
            cycles = 1
            break
        charged = _charges(tx, owner, start, [])
        cycles = min(cycles, _quiet_cycles(tx, owner, charged))
    return float(start + cycles * CYCLE)


def last_poll(tx: Transaction) -> tuple[int, int]:
    """Return when the present cycle began (seconds since 1970) and its number."""
    payload = tx.waiting(_ABOUT)[0][2]
    return payload["start"], payload["cycle"]


def _follow(tx: Transaction, start: int, cycle: int) -> None:
    seconds = start + CYCLE - tx.now.timestamp()
    tx.later(max(seconds, 0.0), POLL, about=_ABOUT, at_speed=False, start=start, cycle=cycle)


def _accounts(tx: Transaction) -> list[str]:
    """Return every account that ever used anything: what it used in a cycle may be gone at its end."""
    rows = tx.execute("SELECT DISTINCT owner FROM held WHERE owner<>'' ORDER BY owner")
    found = [str(row[0]) for row in rows]
    known = {document["uuid"] for document in tx.find("balance", uuids=found)}
    return [owner for owner in found if owner in known]


def _charges(tx: Transaction, owner: str, begin: float, changes: list[Change]) -> tuple[Charge, ...]:
    used = burst.pieces(metering.held(tx, owner), changes, begin, begin + CYCLE)
    return burst.charges(used, books.balance_of(tx, owner)["currency"], metering.levels_now(tx))


def _bill(tx: Transaction, world: World, owner: str, start: int, cycle: int, cycles: int) -> None:
    done = 0
    while done < cycles:
        begin = start + done * CYCLE
        changes = metering.changes(tx, owner, begin)
        charged = _charges(tx, owner, begin, changes)
        count = 1 if changes else min(cycles - done, _quiet_cycles(tx, owner, charged))
        books.book_cycles(tx, owner, cycle + done, count, begin + CYCLE, charged)
        _top_up(tx, owner)
        balance = books.balance_of(tx, owner)
        if charged and books.funds_of(balance) <= 0:
            stop_unpaid(tx, world, owner)
        done += count


def _quiet_cycles(tx: Transaction, owner: str, charged: tuple[Charge, ...]) -> int:
    """Return how many such cycles there can be until the balance has a consequence."""
    cost = burst.cost_of(charged)
    if not cost:
        return _WITHOUT_END
    balance = books.balance_of(tx, owner)
    found = _WITHOUT_END
    funds = books.funds_of(balance)
    if funds > 0:
        found = -int(BOOKS.divide_int(-funds, cost)) + (1 if BOOKS.remainder(funds, cost) else 0)
    if (automatic := _automatic(tx, owner)) is not None:
        left = BOOKS.subtract(Decimal(balance["balance"]), automatic[0])
        found = min(found, int(BOOKS.divide_int(left, cost)) + 1 if left > 0 else 1)
    return found


def _top_up(tx: Transaction, owner: str) -> None:
    """Recharge a balance that has fallen below its owner's threshold."""
    automatic = _automatic(tx, owner)
    if automatic is not None and Decimal(books.balance_of(tx, owner)["balance"]) < automatic[0]:
        books.book(tx, owner, -automatic[1], f"Payment through card - {tx.new_uuid()}")


def _automatic(tx: Transaction, owner: str) -> tuple[Decimal, Decimal] | None:
    profile = tx.get("profile", owner)
    if profile is None or not profile.get("has_autotopup"):
        return None
    amount = Decimal(str(profile["autotopup_amount"]))
    return (Decimal(str(profile["autotopup_threshold"])), amount) if amount > 0 else None
