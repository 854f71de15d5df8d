"""``/balance/``: the caller's money."""

from __future__ import annotations

from .listing import single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return balance, credit limit and currency."""
    doc = call.tx.get("balance", call.user_uuid)
    assert doc is not None
    return single_answer(call, {key: doc[key] for key in ("balance", "credit_limit", "currency")})


ROUTES = [Route("GET", "/balance/", get, id="balance.get")]
