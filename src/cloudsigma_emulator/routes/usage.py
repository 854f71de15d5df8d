"""``/currentusage/`` and ``/usage/``: what the caller uses now, and used at each poll."""

from __future__ import annotations

from ..domain.ranges import comparisons, seconds
from ..domain.usage import current_usage
from ..engine import metering, samples
from ..engine.books import balance_of
from .listing import choose_fields, paging, single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the balance and the usage of each resource, counted now."""
    balance = balance_of(call.tx, call.user_uuid)
    usage = current_usage(metering.held(call.tx, call.user_uuid))
    money = {"balance": balance["balance"], "currency": balance["currency"]}
    return single_answer(call, {"balance": money, "usage": usage})


def list_samples(call: Call) -> Answer:
    """List what each server and drive used at each poll, the oldest first."""
    limit, offset = paging(call.query)
    bounds = comparisons(call.query.pairs, {"poll_time": seconds}, loose=True)
    page, count = samples.page(call.tx, call.user_uuid, bounds, offset, limit)
    meta = {"limit": limit, "offset": offset, "total_count": count}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


ROUTES = [
    Route("GET", "/currentusage/", get, id="currentusage.get"),
    Route("GET", "/usage/", list_samples, id="usage.list"),
]
