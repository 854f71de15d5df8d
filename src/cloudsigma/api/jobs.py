"""Jobs: the background work of the cloud."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.job import Job, JobFilters
from ..records.page import Page
from ..records.reference import Ref
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed
from .waits import wait_for_job


class Jobs(Listed[F, Job], Readable[F, Job], Schemed[F]):
    """The jobs (``/jobs/``), kept for three days after their end."""

    _path = "jobs"
    _list_path = "jobs/"
    _record = Job
    _filters = JobFilters

    @call
    async def list(self, **filters: Unpack[JobFilters]) -> List[Job]:
        """Return every job that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.JobFilters``; all given must hold, a sequence of values
        means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /jobs/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[JobFilters]
    ) -> AsyncGenerator[Job, None]:
        """Yield every job that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[JobFilters]) -> Page[Job]:
        """Return one page of the jobs that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[JobFilters]) -> Job | None:
        """Return the only job that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def wait(
        self, ref: Ref[Job], status: str = "success", *, timeout: float | None = DEFAULT_WAIT
    ) -> Job:
        """Wait until a job has ended and return it.

        ``status`` is the value of its ``state`` to wait for; ``timeout`` is in seconds, None waits for ever.
        Raises ``cloudsigma.errors.WaitFailed`` when it ended in another state, and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await wait_for_job(self._requests, ref, status, timeout)
