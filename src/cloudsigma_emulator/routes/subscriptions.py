"""``/subscriptions/``, read only: what the seed bought. Buying is not built yet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..domain.filters import split_values
from ..domain.refusal import Refusal
from .listing import choose_fields, paging, single_answer
from .route import Answer, Call, Route

Doc = dict[str, Any]


def list_subscriptions(call: Call) -> Answer:
    """List the caller's subscriptions, with the sum of their prices."""
    limit, offset = paging(call.query)
    found = [doc for doc in call.tx.find("subscriptions", owner=call.user_uuid) if _wanted(call, doc)]
    page = found[offset : offset + limit] if limit else found[offset:]
    price = sum((Decimal(doc["price"]) for doc in page), Decimal("0E-20"))
    body = {
        "meta": {"limit": limit, "offset": offset, "total_count": len(found)},
        "objects": choose_fields([_shown(doc) for doc in page], call.query, None),
        "price": str(price),
    }
    return Answer(200, body)


def get(call: Call) -> Answer:
    """Return one subscription, named by its id or its uuid."""
    name = call.params["uuid"]
    for doc in call.tx.find("subscriptions"):
        if name in (doc["id"], doc["uuid"]):
            if doc["owner"] != call.user_uuid:
                raise Refusal.lacks(call.user_uuid, "LIST", [name])
            return single_answer(call, _shown(doc))
    raise Refusal.not_found(name)


def _wanted(call: Call, doc: Doc) -> bool:
    status = call.query.get("status") or "all"
    states = {"all": None, "notexpired": ("active", "inactive")}.get(status, (status,))
    if states is not None and doc["status"] not in states:
        return False
    for key in ("resource", "subscribed_object"):
        for text in call.query.all(key):
            if doc[key] not in split_values(text):
                return False
    return True


def _shown(doc: Doc) -> Doc:
    return {key: value for key, value in doc.items() if key != "owner"}


ROUTES = [
    Route("GET", "/subscriptions/", list_subscriptions, id="subscriptions.list"),
    Route("GET", "/subscriptions/{uuid}/", get, id="subscriptions.get"),
]
