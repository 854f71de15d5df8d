"""Readers of the values that the API writes as text: times in three shapes, and exact decimals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation


def to_datetime(text: str) -> datetime:
    """Return a time of the API as an aware :class:`datetime.datetime`.

    Takes ``2015-03-19T13:52:51+00:00``, the same with microseconds, and the audit log's form with a blank in place
    of the ``T``; a time without offset is UTC. Raises :class:`ValueError` for anything else.
    """
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def to_decimal(text: str | int) -> Decimal:
    """Return an amount of the API, such as ``0E-20`` or ``10.266666666666666666666667``, without rounding.

    Raises :class:`ValueError` for anything that is not a finite number; a float is refused, for it was rounded.
    """
    if isinstance(text, (float, bool)):
        raise ValueError(f"an exact amount is needed, not the {type(text).__name__} {text!r}")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal number: {text!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not a finite number: {text!r}")
    return amount
