"""``/global_context/``: the dictionary that all guests of an account can read."""

from __future__ import annotations

from ..domain import fields
from ..domain.refusal import Refusal
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the caller's global context."""
    doc = call.tx.get("global_context", call.user_uuid)
    assert doc is not None
    return Answer(200, doc["values"])


def replace(call: Call) -> Answer:
    """Replace the whole dictionary by the one in the body."""
    body = call.body
    if not isinstance(body, dict):
        raise Refusal.validation("The global context is an object of strings")
    doc = call.tx.get("global_context", call.user_uuid)
    assert doc is not None
    doc["values"] = fields.meta(body, "global_context")
    call.tx.update("global_context", doc)
    call.tx.audit("Global Context", "update", call.user_uuid, details=body)
    return Answer(200, doc["values"])


ROUTES = [
    Route("GET", "/global_context/", get, id="global_context.get"),
    Route("POST", "/global_context/", replace, id="global_context.update"),
]
