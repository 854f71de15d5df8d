"""``/bservers/``: backfilling servers, which the accounts of this cloud may not use."""

from __future__ import annotations

from ..domain.refusal import Refusal
from .route import Answer, Call, Route

_ACTIONS = (
    "start",
    "stop",
    "restart",
    "shutdown",
    "open_vnc",
    "close_vnc",
    "open_console",
    "close_console",
    "clone",
)


def refuse(call: Call) -> Answer:
    """Answer that the account has no permission for backfilling."""
    raise Refusal.permission("Backfilling servers are not enabled for this account")


ROUTES: list[Route] = [
    Route("GET", "/bservers/", refuse, id="bservers.list"),
    Route("GET", "/bservers/detail/", refuse, id="bservers.list_detail"),
    Route("POST", "/bservers/", refuse, id="bservers.create"),
    Route("GET", "/bservers/{uuid}/", refuse, id="bservers.get"),
    Route("PUT", "/bservers/{uuid}/", refuse, id="bservers.update"),
    Route("DELETE", "/bservers/{uuid}/", refuse, id="bservers.delete"),
    Route("GET", "/bservers/{uuid}/runtime/", refuse, id="bservers.runtime"),
    *(
        Route("POST", "/bservers/{uuid}/action/", refuse, action=action, id=f"bservers.{action}")
        for action in _ACTIONS
    ),
]
