"""Backup schedulers: plans by which snapshots of drives are taken and deleted."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of
from ..records.backup_scheduler import BackupScheduler
from ..records.backup_scheduler_body import (
    BackupSchedulerChanges,
    BackupSchedulerFilters,
    BackupSchedulerSpec,
)
from ..records.page import Page
from ..records.reference import Ref
from .bodies import body_of
from .bulk import delete_together
from .collection import Listed, Readable, Schemed
from .editing import required
from .idempotency import create_once
from .tagging import Tagged


class BackupSchedulers(
    Listed[F, BackupScheduler], Readable[F, BackupScheduler], Tagged[F, BackupScheduler], Schemed[F]
):
    """The backup schedulers (``/backupschedulers/``)."""

    _path = "backupschedulers"
    _list_path = "backupschedulers/detail/"
    _record = BackupScheduler
    _filters = BackupSchedulerFilters

    @call
    async def list(self, **filters: Unpack[BackupSchedulerFilters]) -> List[BackupScheduler]:
        """Return every backup scheduler that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.BackupSchedulerFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /backupschedulers/detail/``, or with ``fields`` ``GET /backupschedulers/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[BackupSchedulerFilters]
    ) -> AsyncGenerator[BackupScheduler, None]:
        """Yield every backup scheduler that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[BackupSchedulerFilters]
    ) -> Page[BackupScheduler]:
        """Return one page of the backup schedulers that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[BackupSchedulerFilters]) -> BackupScheduler | None:
        """Return the only backup scheduler that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[BackupSchedulerSpec]
    ) -> BackupScheduler:
        """Create a backup scheduler and return it. It serves the drives that ``drives.set_scheduler`` gives it.

        ``fields`` are the keys of ``cloudsigma.records.BackupSchedulerSpec``: type, name and incremental_backup
        are required, and a retention_policy for the types ``snapshot`` and ``backup``. All times are in its
        ``user_timezone``. With ``idempotency_key`` (any text) it is created at most once: the key is kept in
        ``meta["idempotency_key"]``, and a scheduler of that name which already has it is returned instead, also by a
        later run of the program.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value.

        Sends ``POST /backupschedulers/``.
        """
        body = body_of(fields)
        if idempotency_key is not None:
            return await create_once(
                self._requests, "backupschedulers/", BackupScheduler, body, idempotency_key
            )
        return await self._send("POST", "backupschedulers/", BackupScheduler, body)

    @call
    async def create_many(self, specs: Sequence[BackupSchedulerSpec]) -> List[BackupScheduler]:
        """Create several backup schedulers in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [body_of(spec) for spec in specs]}
        return typed(
            objects_in(await self._requests.request("POST", "backupschedulers/", body=body)), BackupScheduler
        )

    @call
    async def update(
        self, ref: Ref[BackupScheduler], **changes: Unpack[BackupSchedulerChanges]
    ) -> BackupScheduler:
        """Change a backup scheduler and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.BackupSchedulerChanges``; a list or ``meta`` that is named is
        replaced as a whole. The scheduler is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value, and
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record and a list or ``meta`` to be replaced has
        changed since it was read.

        Sends ``PUT /backupschedulers/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))

    @call
    async def delete(self, ref: Ref[BackupScheduler]) -> None:
        """Delete a backup scheduler. Its snapshots stay, and drives that it served have none any more.

        Raises ``cloudsigma.errors.NotFound`` when there is none.

        Sends ``DELETE /backupschedulers/{uuid}/``.
        """
        await self._requests.request("DELETE", path_of(ref, self._path))

    @call
    async def delete_many(self, refs: Sequence[Ref[BackupScheduler]]) -> None:
        """Delete several backup schedulers in one request; where the location does not take that, in one for each.

        Sends ``DELETE /backupschedulers/``.
        """
        await delete_together(self, refs)
