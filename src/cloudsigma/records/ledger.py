"""The ledger: every movement of money, as ``/ledger/`` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .record import Record
from .values import Moment


class LedgerEntry(Record):
    """A movement of money. Amounts are decimals of 20 fractional digits; ``to_decimal`` reads them exactly."""

    amount: str
    """How much: above 0 was charged, below 0 was paid in."""
    billing_cycle: int | None
    """Number of the five-minute cycle; null for payments, purchases and renewals."""
    end: str
    """Balance after it: ``initial`` less ``amount``."""
    human_interval: str | None
    """What was billed for in words, ``5 minutes``; ``to_timedelta`` of ``cloudsigma.records`` reads it."""
    id: str
    """Number, in text."""
    initial: str
    """Balance before it."""
    interval: int | None
    """Seconds billed for."""
    poll_time: str | None
    """When the use was measured, ISO 8601 with offset; not in the oldest answers."""
    reason: str
    """What for: ``Burst: 4.50 GB of dssd for 5 minutes at 2014-06-05 09:06``, ``Payment through card - …`` …"""
    resource_amount: str | None
    """Bytes or MHz used; ``1`` for payments."""
    time: str
    """When it was booked, ISO 8601 with offset."""


class LedgerFilters(TypedDict, total=False):
    """What the ledger can be narrowed by; times may be text, a datetime, or a date for its midnight (UTC)."""

    time: Moment
    """Booked at this very time."""
    time__gt: Moment
    """Booked after."""
    time__gte: Moment
    """Booked then or after."""
    time__lt: Moment
    """Booked before."""
    time__lte: Moment
    """Booked then or before."""
    billing_cycle: int | Sequence[int]
    """In this cycle."""
    billing_cycle__gt: int
    """In a later cycle."""
    billing_cycle__gte: int
    """In this or a later cycle."""
    billing_cycle__lt: int
    """In an earlier cycle."""
    billing_cycle__lte: int
    """In this or an earlier cycle."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
