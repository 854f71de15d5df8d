"""Readers of the values that the API writes as text: times, lengths of time, and exact decimals."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

Moment: TypeAlias = str | date
"""A time in a filter: text as the API takes it, a datetime (UTC where it has no offset), or a date for its midnight."""

_UNIX = re.compile(r"[0-9]{9,12}(?:\.[0-9]{1,9})?\Z")
_LENGTH = re.compile(
    r"(?:(?P<days>[+-]?[0-9]{1,9}) days?,? *)?"
    r"(?P<hours>[0-9]{1,2}):(?P<minutes>[0-9]{2}):(?P<seconds>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?\Z"
)
_WORDS = re.compile(r"([0-9]{1,12}) *(week|day|hour|minute|second)s?(?:,? +|\Z)", re.IGNORECASE)
_LOGGED = re.compile(r"([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})\Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def to_datetime(text: str) -> datetime:
    """Return a time of the API as an aware ``datetime.datetime``.

    Takes ``2015-03-19T13:52:51+00:00``, the same with microseconds, the audit log's form with a blank in place of the
    ``T``, a day (its midnight), and a router's seconds since 1970; a time without offset is UTC. Raises
    ``ValueError`` for anything else.
    """
    if _UNIX.match(text):
        seconds = Decimal(text)
        return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(seconds % 1 * 10**6))
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def to_log_datetime(text: str, year: int) -> datetime:
    """Return the time of a router's log line, ``Jun 26 22:21:18``, which carries no year, in the ``year`` given (UTC).

    Raises ``ValueError`` for anything else.
    """
    found = _LOGGED.match(text)
    if found is None or found[1] not in _MONTHS:
        raise ValueError(f"not the time of a log line: {text!r}")
    day, hour, minute, second = (int(found[group]) for group in (2, 3, 4, 5))
    return datetime(year, _MONTHS.index(found[1]) + 1, day, hour, minute, second, tzinfo=UTC)


def from_datetime(time: datetime | date) -> str:
    """Return a time as the API takes it: ISO 8601 with offset; without one it is UTC, and a day is its midnight."""
    if not isinstance(time, datetime):
        return time.isoformat()
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).isoformat()


def to_timedelta(text: str | int) -> timedelta:
    """Return a length of time of the API, exactly.

    Takes a subscription's ``31 days, 1:31:53.888650``, the ledger's ``5 minutes`` and its seconds as a number, and
    words such as ``1 week 2 days``. Raises ``ValueError`` for anything else; ``1 month`` is among it, for months
    and years have no length before they have a beginning.
    """
    if isinstance(text, bool):
        raise ValueError(f"not a length of time: {text!r}")
    try:
        return timedelta(seconds=text) if isinstance(text, int) else _length_in(text)
    except OverflowError:
        raise ValueError(f"longer than can be told: {text!r}") from None


def _length_in(text: str) -> timedelta:
    found = _LENGTH.match(text)
    if found is not None:
        return timedelta(
            days=int(found["days"] or 0),
            hours=int(found["hours"]),
            minutes=int(found["minutes"]),
            seconds=int(found["seconds"]),
            microseconds=int((found["fraction"] or "").ljust(6, "0")),
        )
    total, rest = timedelta(), text.strip()
    while words := _WORDS.match(rest):
        total += timedelta(**{f"{words[2].lower()}s": int(words[1])})
        rest = rest[words.end() :]
    if rest or not text.strip():
        raise ValueError(f"not a length of time: {text!r}")
    return total


def to_decimal(text: str | int) -> Decimal:
    """Return an amount of the API, such as ``0E-20`` or ``10.266666666666666666666667``, without rounding.

    Raises ``ValueError`` for anything that is not a finite number; a float is refused, for it was rounded.
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
