"""``/currentusage/``: what the caller uses now."""

from __future__ import annotations

from ..domain.usage import current_usage
from .listing import single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the balance and the usage of each resource, counted now."""
    tx, owner = call.tx, call.user_uuid
    balance = tx.get("balance", owner)
    assert balance is not None
    usage = current_usage(
        tx.find("servers", owner=owner), tx.find("drives", owner=owner), tx.find("subscriptions", owner=owner)
    )
    money = {"balance": balance["balance"], "currency": balance["currency"]}
    return single_answer(call, {"balance": money, "usage": usage})


ROUTES = [Route("GET", "/currentusage/", get, id="currentusage.get")]
