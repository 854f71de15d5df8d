"""What is used beyond what is subscribed, second by second, and what it costs.

A billing cycle of five minutes is cut where anything began or ended; what is over in a piece is charged for its
seconds at the resource's burst level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .money import BOOKS, ZERO, stored
from .prices import charge
from .tariff import TRAFFIC, price_of
from .usage import use_of

CYCLE = 300
"""Seconds from one poll to the next."""
DAYS_OF_FUNDS = 5
FIRST_LEVEL = 1


@dataclass(frozen=True)
class Change:
    """Something that was held only since, or only until, some moment (seconds since 1970)."""

    resource: str
    amount: int
    since: float
    until: float | None


@dataclass(frozen=True)
class Charge:
    """What one resource costs for a piece of a cycle."""

    resource: str
    amount: int
    seconds: int
    price: Decimal


def burst_of(totals: Mapping[str, int]) -> dict[str, int]:
    """Return what an account uses beyond its subscriptions, by resource."""
    return {name: using - held for name, (using, held) in use_of(totals).items() if using > held}


def pieces(
    totals: Mapping[str, int], changes: Sequence[Change], begin: float, end: float
) -> dict[tuple[str, int], float]:
    """Return for how many seconds of a stretch of time each resource was how far beyond its subscriptions.

    :param totals: what the account holds now.
    :param changes: everything that began or ended after ``begin``.
    """
    levels = dict(totals)
    found: dict[tuple[str, int], float] = {}
    moments = {change.since for change in changes} | {change.until for change in changes if change.until}
    upper = end
    for moment in [*sorted((moment for moment in moments if moment > begin), reverse=True), begin]:
        if moment < upper:
            for name, amount in burst_of(levels).items():
                key = (name, amount)
                found[key] = found.get(key, 0.0) + upper - moment
            upper = moment
        for change in changes:
            if change.until == moment:
                levels[change.resource] = levels.get(change.resource, 0) + change.amount
            if change.since == moment:
                levels[change.resource] = levels.get(change.resource, 0) - change.amount
    return found


def charges(
    used: Mapping[tuple[str, int], float], currency: str, levels: Mapping[str, int]
) -> tuple[Charge, ...]:
    """Return what the pieces of a cycle cost, each quantised as it is booked; what costs nothing is left out.

    :param levels: the burst level of each resource, `FIRST_LEVEL` for those that are not named.
    """
    found = []
    for (resource, amount), length in sorted(used.items()):
        price = price_of(resource, currency, levels.get(resource, FIRST_LEVEL))
        seconds = round(length)
        if price is None or price.unit == TRAFFIC or not seconds:
            continue
        cost = stored(charge(price, amount, seconds))
        if cost:
            found.append(Charge(resource, amount, seconds, cost))
    return tuple(found)


def cost_of(charged: Iterable[Charge]) -> Decimal:
    """Return the exact sum of charges."""
    cost = ZERO
    for item in charged:
        cost = BOOKS.add(cost, item.price)
    return cost


def cost_of_days(totals: Mapping[str, int], currency: str, levels: Mapping[str, int]) -> Decimal:
    """Return what an account's burst costs for the days for which there must be funds to start a server."""
    length = float(DAYS_OF_FUNDS * 86400)
    used = dict.fromkeys(burst_of(totals).items(), length)
    return cost_of(charges(used, currency, levels))
