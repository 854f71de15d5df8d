"""Balance and ledger: no money moves but by a booking here, so that the two always agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from ..domain import ledger
from ..domain.burst import Charge, cost_of
from ..domain.money import BOOKS, stored
from ..domain.tariff import CURRENCIES
from ..store.transaction import Transaction

Doc = dict[str, Any]

_MOST = Decimal(10) ** 15


def balance_of(tx: Transaction, owner: str) -> Doc:
    """Return an account's balance document."""
    found = tx.get("balance", owner)
    assert found is not None, "every account has a balance"
    return found


def funds_of(balance: Doc) -> Decimal:
    """Return what an account can spend: its money and its credit."""
    return BOOKS.add(Decimal(balance["balance"]), credit_of(balance))


def credit_of(balance: Doc) -> Decimal:
    """Return how far a balance may fall below zero."""
    return Decimal(balance["credit_limit"] or 0)


def book(tx: Transaction, owner: str, amount: Decimal, reason: str) -> None:
    """Take an amount from a balance (a negative one adds to it); nothing is booked for zero."""
    amount = stored(amount)
    if not amount:
        return
    balance = balance_of(tx, owner)
    _append(tx, owner, ledger.new_booking(amount, stored(Decimal(balance["balance"])), reason, tx.now))
    _set(tx, balance, BOOKS.subtract(Decimal(balance["balance"]), amount))


def book_cycles(
    tx: Transaction, owner: str, cycle: int, cycles: int, polled: float, charged: tuple[Charge, ...]
) -> None:
    """Take the cost of equal billing cycles from a balance.

    :param cycle: the number of the first one.
    :param polled: when the first was measured, seconds since 1970.
    """
    if not charged or not cycles:
        return
    balance = balance_of(tx, owner)
    initial = stored(Decimal(balance["balance"]))
    last = _last(tx, owner)
    if last is not None and ledger.goes_on(last[1], cycle, charged):
        place, stretch = last
        stretch["cycles"] += cycles
        tx.execute(
            "UPDATE ledger SET bookings=?, doc=? WHERE owner=? AND place=?",
            (ledger.size_of(stretch), orjson.dumps(stretch), owner, place),
        )
    else:
        _append(tx, owner, ledger.new_stretch(cycle, cycles, polled, initial, charged))
    _set(tx, balance, BOOKS.subtract(initial, BOOKS.multiply(cost_of(charged), Decimal(cycles))))


def set_money(tx: Transaction, owner: str, changes: Doc) -> Doc:
    """Let an account have other money than it has; a new balance is booked like a payment.

    :param changes: ``balance`` and ``credit_limit`` (decimals as text; no credit: null), ``currency``.
    :raises ValueError: for what is not a finite decimal or no currency of the price list.
    """
    balance = balance_of(tx, owner)
    if "currency" in changes:
        if changes["currency"] not in CURRENCIES:
            raise ValueError(f"currency is one of {', '.join(CURRENCIES)}")
        balance["currency"] = changes["currency"]
    if "credit_limit" in changes:
        limit = changes["credit_limit"]
        balance["credit_limit"] = None if limit is None else str(stored(_decimal(limit, "credit_limit")))
    tx.update("balance", balance)
    if "balance" in changes:
        wanted = stored(_decimal(changes["balance"], "balance"))
        taken = BOOKS.subtract(Decimal(balance["balance"]), wanted)
        book(tx, owner, taken, "Set by the emulator's control plane")
    return balance_of(tx, owner)


def _decimal(value: Any, name: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{name} is a decimal number") from None
    if not found.is_finite() or abs(found) >= _MOST:
        raise ValueError(f"{name} is a decimal number below {_MOST}")
    return found


def bookings_of(tx: Transaction, owner: str) -> int:
    """Return how many bookings an account has."""
    rows = tx.execute(
        "SELECT place + bookings FROM ledger WHERE owner=? ORDER BY place DESC LIMIT 1", (owner,)
    )
    return int(rows[0][0]) if rows else 0


def stretches(tx: Transaction, owner: str, *, since: int = 0) -> Iterator[tuple[int, Doc]]:
    """Give (place, stretch) of an account, the oldest first, from the one that holds a place on."""
    rows = tx.execute(
        "SELECT place, doc FROM ledger WHERE owner=? AND place + bookings > ? ORDER BY place", (owner, since)
    )
    for place, doc in rows:
        yield int(place), orjson.loads(doc)


def newest(tx: Transaction, owner: str, offset: int, limit: int) -> list[Doc]:
    """Return a page of bookings, the newest first; a limit of 0 has no end."""
    top = bookings_of(tx, owner) - offset
    bottom = max(0, top - limit) if limit else 0
    if top <= bottom:
        return []
    rows = tx.execute(
        "SELECT place, bookings, doc FROM ledger WHERE owner=? AND place<? AND place + bookings > ?"
        " ORDER BY place DESC",
        (owner, top, bottom),
    )
    found: list[Doc] = []
    for place, size, doc in rows:
        which = range(max(bottom - place, 0), min(top - place, size))
        found += ledger.bookings(orjson.loads(doc), place, which[::-1])
    return found


def chosen(parts: Sequence[tuple[int, Doc, range]], offset: int, limit: int) -> list[Doc]:
    """Return a page out of parts of stretches, in the order in which they are given."""
    found: list[Doc] = []
    for place, stretch, which in parts:
        if offset >= len(which):
            offset -= len(which)
            continue
        wanted = which[offset:] if not limit else which[offset : offset + limit - len(found)]
        found += ledger.bookings(stretch, place, wanted)
        offset = 0
        if limit and len(found) >= limit:
            break
    return found


def _last(tx: Transaction, owner: str) -> tuple[int, Doc] | None:
    rows = tx.execute("SELECT place, doc FROM ledger WHERE owner=? ORDER BY place DESC LIMIT 1", (owner,))
    return (int(rows[0][0]), orjson.loads(rows[0][1])) if rows else None


def _append(tx: Transaction, owner: str, stretch: Doc) -> None:
    tx.execute(
        "INSERT INTO ledger(owner, place, bookings, doc) VALUES(?,?,?,?)",
        (owner, bookings_of(tx, owner), ledger.size_of(stretch), orjson.dumps(stretch)),
    )


def _set(tx: Transaction, balance: Doc, amount: Decimal) -> None:
    tx.update("balance", {**balance, "balance": str(stored(amount))})
