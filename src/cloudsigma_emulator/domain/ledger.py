"""The ledger: every change of a balance, each booking continuing where the one before ended.

Equal cycles of burst that follow each other are kept as one stretch, however many they are, and shown as the
bookings that they stand for. A stretch has ``cycle`` (the number of its first cycle), ``cycles``, ``polled`` (when the
first was measured, seconds since 1970), ``initial`` (the balance before it) and ``charges``; anything else is one
booking, kept as its own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .burst import CYCLE, Charge
from .jobs import timestamp
from .money import BOOKS, ZERO
from .tariff import GB_HOUR, GB_MONTH, GHZ_HOUR, price_of

Stretch = dict[str, Any]


def moment(seconds: float) -> datetime:
    """Return a time, UTC, from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def human_interval(seconds: int) -> str:
    """Return an interval in words: whole minutes, or seconds when there is less than one."""
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = (seconds + 30) // 60
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def quantity(resource: str, amount: int) -> str:
    """Return an amount in the words of a booking: ``4.50 GB``, ``12.00 GHz``, ``1.00 IP``."""
    price = price_of(resource, "USD", 0)
    unit = price.unit if price is not None else ""
    if unit in (GB_MONTH, GB_HOUR):
        return f"{Decimal(amount) / 2**30:.2f} GB"
    if unit == GHZ_HOUR:
        return f"{Decimal(amount) / 1000:.2f} GHz"
    return f"{amount}.00 {unit.partition('/')[0] or 'units'}"


def burst_reason(resource: str, amount: int, seconds: int, polled: datetime) -> str:
    """Return the wording by which clients know a booking of burst."""
    return (
        f"Burst: {quantity(resource, amount)} of {resource} for {human_interval(seconds)}"
        f" at {polled:%Y-%m-%d %H:%M}"
    )


def new_stretch(
    cycle: int, cycles: int, polled: float, initial: Decimal, charged: tuple[Charge, ...]
) -> Stretch:
    """Return the stored form of equal cycles."""
    return {
        "cycle": cycle,
        "cycles": cycles,
        "polled": polled,
        "initial": str(initial),
        "charges": [[each.resource, each.amount, each.seconds, str(each.price)] for each in charged],
    }


def new_booking(amount: Decimal, initial: Decimal, reason: str, now: datetime) -> Stretch:
    """Return the stored form of a payment (negative) or a purchase."""
    return {"amount": str(amount), "initial": str(initial), "reason": reason, "polled": now.timestamp()}


def goes_on(stretch: Stretch, cycle: int, charged: tuple[Charge, ...]) -> bool:
    """Tell whether a cycle is one more of a stretch."""
    if "charges" not in stretch or stretch["cycle"] + stretch["cycles"] != cycle:
        return False
    return bool(stretch["charges"] == new_stretch(0, 0, 0, ZERO, charged)["charges"])


def size_of(stretch: Stretch) -> int:
    """Return for how many bookings a stretch stands."""
    return stretch["cycles"] * len(stretch["charges"]) if "charges" in stretch else 1


def bookings(stretch: Stretch, place: int, which: range) -> Iterator[dict[str, Any]]:
    """Give bookings of a stretch as ``/ledger/`` shows them.

    :param place: how many bookings of the account come before the stretch.
    :param which: their numbers within it, from 0, in any order.
    """
    if "charges" not in stretch:
        for number in which:
            yield _single(stretch, place + number)
        return
    charged = stretch["charges"]
    before = [ZERO]
    for _, _, _, price in charged:
        before.append(BOOKS.add(before[-1], Decimal(price)))
    for number in which:
        cycle, index = divmod(number, len(charged))
        spent = BOOKS.add(BOOKS.multiply(before[-1], Decimal(cycle)), before[index])
        initial = BOOKS.subtract(Decimal(stretch["initial"]), spent)
        resource, amount, seconds, price = charged[index]
        polled = moment(stretch["polled"] + cycle * CYCLE)
        yield {
            "amount": price,
            "billing_cycle": stretch["cycle"] + cycle,
            "end": str(BOOKS.subtract(initial, Decimal(price))),
            "human_interval": human_interval(seconds),
            "id": str(place + number + 1),
            "initial": str(initial),
            "interval": seconds,
            "poll_time": timestamp(polled),
            "reason": burst_reason(resource, amount, seconds, polled),
            "resource_amount": str(amount),
            "time": timestamp(polled),
        }


def _single(booking: Mapping[str, Any], place: int) -> dict[str, Any]:
    booked = timestamp(moment(booking["polled"]))
    return {
        "amount": booking["amount"],
        "billing_cycle": None,
        "end": str(BOOKS.subtract(Decimal(booking["initial"]), Decimal(booking["amount"]))),
        "human_interval": None,
        "id": str(place + 1),
        "initial": booking["initial"],
        "interval": None,
        "poll_time": booked,
        "reason": booking["reason"],
        "resource_amount": "1",
        "time": booked,
    }
