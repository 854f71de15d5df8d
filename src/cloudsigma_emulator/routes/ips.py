"""``/ips/``: addresses owned by subscription, then those that dhcp lends to the caller's running servers."""

from __future__ import annotations

from ..domain import ips
from ..domain.permissions import LIST
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import render_ips
from .route import Answer, Call, Route
from .vlans import FILTERS, change_meta


def list_ips(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, "ips", render_ips, default_fields=ips.SHORT_FIELDS, filters=FILTERS)


def list_ips_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, "ips", render_ips, filters=FILTERS)


def get_ip(call: Call) -> Answer:
    """Answer one address."""
    return single_answer(call, render_ips(call.tx, [fetch(call, "ips", LIST)], call)[0])


def update_ip(call: Call) -> Answer:
    """Change the meta and the tags of an address."""
    ip = change_meta(call, "ips")
    return Answer(200, render_ips(call.tx, [ip], call)[0])


ROUTES: list[Route] = [
    Route("GET", "/ips/", list_ips, id="ips.list"),
    Route("GET", "/ips/detail/", list_ips_in_detail, id="ips.list_detail"),
    Route("GET", "/ips/{uuid}/", get_ip, id="ips.get"),
    Route("PUT", "/ips/{uuid}/", update_ip, id="ips.update"),
]
