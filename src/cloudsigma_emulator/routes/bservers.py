"""``/bservers/``: backfilling servers, which run on what capacity nobody needs.

They are servers with ``is_grey`` and stand in ``/servers/`` too. An account without the feature gets 403 for all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..domain import servers as rules
from ..domain.refusal import Refusal
from ..domain.schemas import SCHEMAS
from . import servers
from .listing import list_answer
from .rendering import render_servers, render_short_servers
from .route import Answer, Call, Handler, Route

Doc = dict[str, Any]


def is_grey(server: Doc) -> bool:
    """Tell whether a stored server is a backfilling one."""
    return bool(server["is_grey"])


def list_bservers(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, "servers", render_short_servers, default_fields=rules.SHORT_FIELDS, keep=is_grey)


def list_bservers_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, "servers", render_servers, keep=is_grey)


def create_bservers(call: Call) -> Answer:
    """Create one backfilling server or many, all or none."""
    call.request_body = [{**body, "is_grey": True} for body in call.objects()]
    return servers.create_servers(call)


def update_bserver(call: Call) -> Answer:
    """Change a backfilling server; it stays one."""
    call.request_body = {**call.object(), "is_grey": True}
    return servers.update_server(call)


def get_schema(call: Call) -> Answer:
    """Answer what a server says about its fields."""
    return Answer(200, SCHEMAS["servers"])


def _enabled(handler: Handler) -> Handler:
    """Return a handler for accounts with the feature alone, and for backfilling servers alone."""

    def handle(call: Call) -> Answer:
        if not call.app.options.backfilling:
            raise Refusal.permission("Backfilling servers are not enabled for this account")
        uuid = call.params.get("uuid")
        if uuid is not None:
            server = call.tx.get("servers", uuid)
            if server is None or not is_grey(server):
                raise Refusal.not_found(uuid)
        return handler(call)

    handle.__doc__ = handler.__doc__
    return handle


_LISTS = {"servers.list": list_bservers, "servers.list_detail": list_bservers_in_detail}
_OWN = {**_LISTS, "servers.create": create_bservers, "servers.update": update_bserver}
_ELSEWHERE = {
    "servers.update_bulk", "servers.delete_bulk", "servers.availability_groups", "servers.availability_group",
}  # fmt: skip

ROUTES: list[Route] = [
    Route("GET", "/bservers/schema/", _enabled(get_schema), id="bservers.schema"),
    *(
        replace(
            route,
            pattern=f"/b{route.pattern[1:]}",
            id=f"b{route.id}",
            handler=_enabled(_OWN.get(route.id, route.handler)),
        )
        for route in servers.ROUTES
        if route.id not in _ELSEWHERE
    ),
]
