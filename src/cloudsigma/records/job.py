"""Jobs: background work of the cloud, as ``/jobs/`` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .record import Record


class JobData(Record):
    """How far a job has come."""

    progress: int
    """Per cent, 0 to 100."""


class Job(Record):
    """A background job, kept for three days after its end."""

    children: list[Job] | None
    """Jobs that it began, whole; a server's clone has one for each disk."""
    created: str
    """Time it was begun, ISO 8601 with offset."""
    data: JobData | None
    """How far it has come."""
    last_modified: str
    """Time of its last change, ISO 8601 with offset."""
    operation: str | None
    """``drive_clone``, ``server_clone`` …"""
    resource_uri: str
    """Absolute path of the job."""
    resources: list[str] | None
    """Paths of what it works on; empty once these are gone."""
    state: str
    """``started``, ``success``, or another word for a failure."""
    uuid: str
    """Identifier."""


class JobFilters(TypedDict, total=False):
    """What the list of jobs can be narrowed by."""

    state: str | Sequence[str]
    """``started``, ``success`` …"""
    order_by: str
    """``-last_modified``: the latest first."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
