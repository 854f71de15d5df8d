"""Price arithmetic, to the digit: subscriptions with their discounts, burst, and the rows of ``/pricing/``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .money import PRICING
from .periods import Term, parse_period
from .tariff import TRAFFIC, Price

DISCOUNTS: tuple[tuple[str, str], ...] = (
    ("3 months", "0.0300000000"),
    ("6 months", "0.1000000000"),
    ("1 year", "0.2500000000"),
    ("2 years", "0.3500000000"),
    ("3 years", "0.4500000000"),
)
"""Least term, and the share that is taken off for it."""

_DAY = 86400


@dataclass(frozen=True)
class Quote:
    """What something costs: the price to pay, and the discount that it contains already."""

    price: Decimal
    percent: Decimal
    taken_off: Decimal

    @property
    def discounts(self) -> dict[str, str]:
        """The discounts by their kind, as answers show them."""
        return {"period": str(self.percent)} if self.percent else {}


def discount_for(term: Term) -> Decimal:
    """Return the share taken off for a term: that of the longest least term which it reaches."""
    share = Decimal("0")
    for period, value in DISCOUNTS:
        try:
            if parse_period(period).after(term.start) <= term.end:
                share = Decimal(value)
        except (OverflowError, ValueError):
            break
    return share


def quote(price: Price, amount: int, term: Term) -> Quote:
    """Return what an amount of a resource costs by subscription.

    :param price: the row of level 0. Traffic costs the same however long it may last, and gets no discount.
    :param amount: bytes, MHz or pieces.
    """
    if price.unit == TRAFFIC:
        share, gross = Decimal("0"), charge(price, amount, 1)
    else:
        share, gross = discount_for(term), charge(price, amount, term.days * _DAY)
    rest = PRICING.subtract(Decimal(1), share)
    net = PRICING.multiply(gross, rest)
    # In this order the digits come out as the cloud's do, trailing zeros included.
    return Quote(net, share, PRICING.divide(PRICING.multiply(net, share), rest))


def charge(price: Price, amount: int, seconds: int) -> Decimal:
    """Return what an amount costs for some seconds; for traffic the seconds do not matter."""
    gross = PRICING.multiply(price.price, Decimal(amount))
    if price.unit != TRAFFIC:
        gross = PRICING.multiply(gross, Decimal(seconds))
    return PRICING.divide(gross, Decimal(price.multiplier))


def render_price(price: Price) -> dict[str, Any]:
    """Return a row as ``/pricing/`` shows it."""
    return {
        "currency": price.currency,
        "id": str(price.id),
        "level": price.level,
        "multiplier": price.multiplier,
        "price": str(price.price),
        "resource": price.resource,
        "unit": price.unit,
    }
