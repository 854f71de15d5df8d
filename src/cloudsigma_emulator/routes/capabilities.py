"""``/capabilities/``: what the cloud offers the caller, and how much of it."""

from __future__ import annotations

from ..domain.limits import capabilities
from .listing import single_answer
from .route import Answer, Call, Route

FREE_RESOURCES: dict[str, dict[str, int]] = {
    "total": {"cpu": 8 * 96000, "mem": 8 * 558345748480},
    "most_free_by_cpu": {"cpu": 96000, "mem": 558345748480},
    "most_free_by_memory": {"cpu": 96000, "mem": 558345748480},
}
"""MHz and bytes that nobody needs, told to accounts that may use them. Only the three names are known."""


def get(call: Call) -> Answer:
    """Return the limits, with the caller's numbers of snapshots, and what is free for backfilling servers."""
    snapshots = call.tx.count("snapshots", owner=call.user_uuid)
    remote = call.tx.count("remotesnapshots", owner=call.user_uuid)
    answer = capabilities(snapshots, remote)
    if call.app.options.backfilling:
        answer.update(backfilling=True, free_resources=FREE_RESOURCES)
    return single_answer(call, answer)


ROUTES = [Route("GET", "/capabilities/", get, id="capabilities.get")]
