"""Decimal money as the cloud keeps it: 20 fractional digits when stored, 28 significant ones when computed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

PRICING = Context(prec=28, rounding=ROUND_HALF_EVEN)
"""In which prices are computed."""
BOOKS = Context(prec=80, rounding=ROUND_HALF_EVEN)
"""In which sums of stored amounts are exact, however large they are."""
ZERO = Decimal("0E-20")

_STEP = Decimal("1E-20")


def stored(amount: Decimal) -> Decimal:
    """Return an amount as it is kept: with exactly 20 fractional digits."""
    return BOOKS.quantize(amount, _STEP)


def total(amounts: list[Decimal]) -> Decimal:
    """Return the exact sum of amounts; of none it is zero as stored money shows it."""
    found = None
    for amount in amounts:
        found = amount if found is None else BOOKS.add(found, amount)
    return ZERO if found is None else found
