"""``/ledger/``, ``/burstusage/`` and ``/dailyburstusage/``: what was paid, and for what burst."""

from __future__ import annotations

import uuid as uuids_module
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..domain.burst import CYCLE
from ..domain.ledger import moment, size_of
from ..domain.money import BOOKS, ZERO, stored
from ..domain.ranges import Comparison, comparisons, narrowed, seconds, whole
from ..engine import books
from .listing import choose_fields, paging
from .route import Answer, Call, Route

Doc = dict[str, Any]

_USUAL_DAYS = 30
_DAY = 86400


def list_ledger(call: Call) -> Answer:
    """List the bookings, the newest first; ``order_by=time`` turns that round."""
    tx, owner = call.tx, call.user_uuid
    limit, offset = paging(call.query)
    bounds = comparisons(call.query.pairs, {"time": seconds, "billing_cycle": whole})
    rising = call.query.get("order_by") == "time"
    if not bounds and not rising:
        count = books.bookings_of(tx, owner)
        page = books.newest(tx, owner, offset, limit)
    else:
        parts = [
            (place, stretch, which)
            for place, stretch in books.stretches(tx, owner)
            if (which := _bookings_within(stretch, bounds))
        ]
        count = sum(len(which) for _, _, which in parts)
        if not rising:
            parts = [(place, stretch, which[::-1]) for place, stretch, which in reversed(parts)]
        page = books.chosen(parts, offset, limit)
    meta = {"limit": limit, "offset": offset, "total_count": count}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


def list_burst_usage(call: Call) -> Answer:
    """List what burst cost and how much it was, resource by resource, by default in the last 30 days."""
    bounds = comparisons(call.query.pairs, {"date": seconds}) or [_lately(call)]
    sums = _sums(call, bounds, lambda polled: "")
    objects = [
        {
            "amount": str(amount),
            "resource_type": resource,
            "usage": usage,
            "uuid": str(uuids_module.uuid5(uuids_module.UUID(call.user_uuid), resource)),
        }
        for (_, resource), (amount, usage) in sorted(sums.items())
    ]
    return _page(call, objects)


def list_daily_burst_usage(call: Call) -> Answer:
    """List what burst cost and how much it was, by day and resource; a date means the midnight it begins with."""
    given = comparisons(call.query.pairs, {"date": seconds})
    # The first day asked for counts, the last one does not.
    bounds = [Comparison("date", {"gt": "gte", "lte": "lt"}.get(b.lookup, b.lookup), b.value) for b in given]
    sums = _sums(call, bounds or [_lately(call)], lambda polled: f"{moment(polled):%Y-%m-%d}")
    objects = [
        {"amount": str(amount), "date": day, "resource_type": resource, "usage": usage}
        for (day, resource), (amount, usage) in sorted(sums.items())
    ]
    return _page(call, objects)


def _lately(call: Call) -> Comparison:
    return Comparison("date", "gte", (call.tx.now - timedelta(days=_USUAL_DAYS)).timestamp())


def _sums(
    call: Call, bounds: list[Comparison], group: Callable[[float], str]
) -> dict[tuple[str, str], tuple[Decimal, int]]:
    """Return money and amount of the burst within bounds, by group and resource.

    ``group`` gives the name of a moment's group; it changes at midnight at most.
    """
    sums: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for _, stretch in books.stretches(call.tx, call.user_uuid):
        if "charges" not in stretch:
            continue
        for polled, cycles in _days(stretch, _cycles_within(stretch, bounds)):
            for resource, amount, _, price in stretch["charges"]:
                key = (group(polled), resource)
                money, usage = sums.get(key, (ZERO, 0))
                cost = BOOKS.multiply(Decimal(price), Decimal(cycles))
                sums[key] = (stored(BOOKS.add(money, cost)), usage + amount * cycles)
    return sums


def _days(stretch: Doc, which: range) -> Iterator[tuple[float, int]]:
    """Cut cycles at each midnight: gives when the first of a day was polled, and how many there are."""
    number = which.start
    while number < which.stop:
        polled = stretch["polled"] + number * CYCLE
        midnight = (polled // _DAY + 1) * _DAY
        following = min(which.stop, number + int(-((polled - midnight) // CYCLE)))
        yield polled, following - number
        number = following


def _cycles_within(stretch: Doc, bounds: list[Comparison]) -> range:
    which = range(stretch["cycles"])
    for field in ("date", "time", "billing_cycle"):
        own = [bound for bound in bounds if bound.field == field]
        first, step = (stretch["cycle"], 1) if field == "billing_cycle" else (stretch["polled"], CYCLE)
        which = narrowed(which, own, lambda number, first=first, step=step: first + number * step)  # type: ignore[misc]
    return which


def _bookings_within(stretch: Doc, bounds: list[Comparison]) -> range:
    if "charges" in stretch:
        which, each = _cycles_within(stretch, bounds), len(stretch["charges"])
        return range(which.start * each, which.stop * each)
    within = all(bound.field != "billing_cycle" and bound.holds(stretch["polled"]) for bound in bounds)
    return range(size_of(stretch)) if within else range(0)


def _page(call: Call, found: list[Doc]) -> Answer:
    limit, offset = paging(call.query)
    page = found[offset : offset + limit] if limit else found[offset:]
    meta = {"limit": limit, "offset": offset, "total_count": len(found)}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


ROUTES = [
    Route("GET", "/ledger/", list_ledger, id="ledger.list"),
    Route("GET", "/burstusage/", list_burst_usage, id="burstusage.list"),
    Route("GET", "/dailyburstusage/", list_daily_burst_usage, id="dailyburstusage.list"),
]
