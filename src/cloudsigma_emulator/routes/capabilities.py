"""``/capabilities/``: what the cloud offers the caller, and how much of it."""

from __future__ import annotations

from ..domain.limits import capabilities
from .listing import single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the limits, with the caller's numbers of snapshots."""
    snapshots = call.tx.count("snapshots", owner=call.user_uuid)
    remote = call.tx.count("remotesnapshots", owner=call.user_uuid)
    return single_answer(call, capabilities(snapshots, remote))


ROUTES = [Route("GET", "/capabilities/", get, id="capabilities.get")]
