"""The money of an account, as ``/balance/`` answers it."""

from __future__ import annotations

from .record import Record


class Balance(Record):
    """How much money the account has."""

    balance: str
    """Amount, a decimal of 20 fractional digits; ``to_decimal`` of ``cloudsigma.records`` reads it exactly."""
    credit_limit: str | None
    """How far below zero it may go, a decimal."""
    currency: str
    """ISO 4217 code."""
