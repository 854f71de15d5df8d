"""Jobs: what the cloud tells about its longer work, and how they are shown.

A job is stored with the objects it concerns as ``[kind, uuid]`` pairs. The children of a server clone are
stored under a kind of their own, ``subjobs``: they are found by uuid but do not stand in the list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .refs import resource_uri

Job = dict[str, Any]

STARTED, SUCCESS, ERROR = "started", "success", "error"
KEPT_FOR = timedelta(days=3)
"""How long a finished job can still be asked for."""


def timestamp(moment: datetime) -> str:
    """Return a UTC time as most answers write it: ISO 8601 with microseconds and ``+00:00``."""
    return moment.isoformat(timespec="microseconds")


def new_job(
    uuid: str,
    owner: str,
    operation: str,
    resources: Sequence[tuple[str, str]],
    now: datetime,
    *,
    children: Sequence[str] = (),
    parent: str | None = None,
) -> Job:
    """Return a stored job that has just begun.

    :param operation: ``drive_clone`` or ``server_clone``.
    :param resources: kind and uuid of what it concerns, the source first.
    :param children: uuids of the jobs it is made of.
    :param parent: uuid of the job it is part of.
    """
    return {
        "uuid": uuid,
        "owner": owner,
        "operation": operation,
        "state": STARTED,
        "progress": 0,
        "created": timestamp(now),
        "last_modified": timestamp(now),
        "resources": [list(resource) for resource in resources],
        "children": list(children),
        "parent": parent,
    }


def finished(job: Job, now: datetime, state: str = SUCCESS) -> Job:
    """Return a job as it is stored when its work has ended."""
    progress = 100 if state == SUCCESS else job["progress"]
    return {**job, "state": state, "progress": progress, "last_modified": timestamp(now)}


def render_job(
    job: Job, children: Mapping[str, Job], existing: Collection[tuple[str, str]] | None = None
) -> dict[str, Any]:
    """Return a job as answers show it: 9 keys, its children nested in full.

    :param children: the stored child jobs by uuid.
    :param existing: kind and uuid of those of its resources that still exist; None when all do.
    """
    return {
        "children": [
            render_job(children[uuid], children, existing) for uuid in job["children"] if uuid in children
        ],
        "created": job["created"],
        "data": {"progress": job["progress"]},
        "last_modified": job["last_modified"],
        "operation": job["operation"],
        "resource_uri": resource_uri("jobs", job["uuid"]),
        "resources": [
            resource_uri(kind, uuid)
            for kind, uuid in job["resources"]
            if existing is None or (kind, uuid) in existing
        ],
        "state": job["state"],
        "uuid": job["uuid"],
    }
