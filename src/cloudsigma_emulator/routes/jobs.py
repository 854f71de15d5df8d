"""``/jobs/``: the cloud's longer work, to be read."""

from __future__ import annotations

from ..domain.filters import FilterSpec
from ..domain.permissions import LIST, require
from ..domain.refusal import Refusal
from .listing import list_answer, single_answer
from .rendering import render_jobs
from .route import Answer, Call, Route

FILTERS = FilterSpec(exact={"state": "state"}, tagged=False, order=("last_modified",))


def list_jobs(call: Call) -> Answer:
    """Answer the jobs that are not part of another one."""
    return list_answer(call, "jobs", render_jobs, filters=FILTERS)


def get_job(call: Call) -> Answer:
    """Answer one job, also one that is part of another."""
    uuid = call.params["uuid"]
    job = call.tx.get("jobs", uuid) or call.tx.get("subjobs", uuid)
    if job is None:
        raise Refusal.not_found(uuid)
    require(call.user_uuid, job, LIST)
    return single_answer(call, render_jobs(call.tx, [job], call)[0])


ROUTES: list[Route] = [
    Route("GET", "/jobs/", list_jobs, id="jobs.list"),
    Route("GET", "/jobs/{uuid}/", get_job, id="jobs.get"),
]
