"""Prices and discounts, as ``/pricing/`` and ``/discount/`` answer them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from .record import Record


class Price(Record):
    """The price of one resource in one currency at one burst level.

    An amount (bytes, MHz or a count) over seconds costs ``price * amount * seconds / multiplier``; for traffic the time
    does not count.
    """

    currency: str
    """ISO 4217 code."""
    id: str
    """Number, in text."""
    level: int
    """0 is the price of subscriptions, 1 and above those of burst use at that level."""
    multiplier: int
    """What to divide by, see above."""
    price: str
    """Price of one ``unit``, a decimal."""
    resource: str
    """What is priced."""
    unit: str
    """``GB/month``, ``GB/hour``, ``GHz/hour``, ``GB``, ``IP`` …; empty for a count a month."""


class PriceList(Record):
    """Prices with the burst levels in force."""

    current: dict[str, int]
    """The level at which burst use of each resource is billed now."""
    meta: dict[str, Any] | None
    """Page and count; not always true."""
    next: dict[str, int]
    """The levels from the next five minutes on."""
    objects: list[Price]
    """The prices."""


class PriceFilters(TypedDict, total=False):
    """What prices can be listed by."""

    level: int | Sequence[int]
    """Burst level; 0 for subscriptions."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""


class Discount(Record):
    """What is taken off long subscriptions."""

    period: str
    """The least length: ``3 months``, ``1 year``."""
    value: str
    """Fraction, a decimal: ``0.0300000000`` is three per cent."""
