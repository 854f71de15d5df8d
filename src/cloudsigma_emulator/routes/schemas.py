"""``/{resource}/schema/``: what a resource says about its fields."""

from __future__ import annotations

from ..domain.refusal import Refusal
from ..domain.schemas import SCHEMAS
from .route import Answer, Call, Handler, Route


def _answer(resource: str) -> Handler:
    def get(call: Call) -> Answer:
        if resource == "fwpolicies" and not call.app.options.firewall_policies:
            raise Refusal.missing("This cloud has no firewall policies")
        return Answer(200, SCHEMAS[resource])

    return get


ROUTES = [
    Route("GET", f"/{name}/schema/", _answer(name), auth=name != "locations", id=f"{name}.schema")
    for name in SCHEMAS
]
