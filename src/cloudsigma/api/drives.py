"""Drives: their life, copies and sizes."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Sequence
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of, uuid_of
from ..records.backup_scheduler import BackupScheduler
from ..records.drive import Drive
from ..records.drive_body import DriveChanges, DriveCloneSpec, DriveFilters, DriveResizeChanges, DriveSpec
from ..records.library_drive import LibraryDrive
from ..records.page import Page
from ..records.reference import Ref
from .availability import fetch_group, fetch_groups
from .bodies import Avoid, avoided, body_of, drive_uuid
from .bulk import delete_together, update_together
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed
from .editing import require_applied, required
from .idempotency import create_once
from .tagging import Tagged
from .transfers import DriveTransfers
from .waits import DEAD_DRIVE, READY_DRIVE, wait_for_drive, wait_for_status, wait_until_gone

RUNNING_TAKES = frozenset({"name", "meta", "tags", "allow_multimount"})
"""What can be changed while a server runs that has the drive."""

FIXED = frozenset({"storage_type"})
"""What is never changed, whatever a body says."""

GRANULE = 16384
"""Sizes are rounded up to a multiple of this many bytes."""


class Drives(Listed[F, Drive], Readable[F, Drive], Tagged[F, Drive], DriveTransfers[F], Schemed[F]):
    """The drives (``/drives/``)."""

    _path = "drives"
    _list_path = "drives/detail/"
    _record = Drive
    _filters = DriveFilters

    @call
    async def list(self, **filters: Unpack[DriveFilters]) -> List[Drive]:
        """Return every drive that matches, with all its fields.

        Library drives are not among them. ``filters`` are the keys of ``cloudsigma.records.DriveFilters``; all
        given must hold, a sequence of values means any of them. Raises ``TypeError`` for a filter that there is
        not, and the errors of ``cloudsigma.errors``.

        Asks ``GET /drives/detail/``, or with ``fields`` ``GET /drives/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[DriveFilters]
    ) -> AsyncGenerator[Drive, None]:
        """Yield every drive that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[DriveFilters]) -> Page[Drive]:
        """Return one page of the drives that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[DriveFilters]) -> Drive | None:
        """Return the only drive that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        idempotency_key: str | None = None,
        **fields: Unpack[DriveSpec],
    ) -> Drive:
        """Create an empty drive and return it: with ``wait`` when it is ready, otherwise while it is ``creating``.

        ``fields`` are the keys of ``cloudsigma.records.DriveSpec``: name, size (bytes) and media (``disk`` or
        ``cdrom``) are required. A drive that is still ``creating`` can be attached. ``timeout`` is in seconds and
        holds for the waiting; ``avoid`` names drives whose storage hosts to keep away from. With ``idempotency_key``
        (any text) it is created at most once: the key is kept in ``meta["idempotency_key"]``, and a drive of that
        name which already has it is returned instead, also by a later run of the program.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value,
        ``cloudsigma.errors.Unavailable`` for a storage type without room,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came and no key was given,
        ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /drives/``.
        """
        body, params = body_of(fields), {"avoid": avoided(avoid)}
        if idempotency_key is not None:
            drive = await create_once(self._requests, "drives/", Drive, body, idempotency_key, params)
        else:
            drive = await self._send("POST", "drives/", Drive, {"objects": [body]}, **params)
        return await wait_for_drive(self._requests, drive, timeout) if wait else drive

    @call
    async def create_many(self, specs: Sequence[DriveSpec], *, avoid: Avoid = None) -> List[Drive]:
        """Create several drives in one request, all or none, and return them in the order given.

        ``specs`` are as the fields of ``create``, ``avoid`` too.
        """
        if not specs:
            return []
        body = {"objects": [body_of(spec) for spec in specs]}
        answer = await self._requests.request("POST", "drives/", body=body, params={"avoid": avoided(avoid)})
        return typed(objects_in(answer), Drive)

    @call
    async def update(self, ref: Ref[Drive], **changes: Unpack[DriveChanges]) -> Drive:
        """Change a drive and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.DriveChanges``; ``meta`` and ``tags`` that are named are
        replaced as a whole. A new ``size`` begins a resize: the drive is then ``resizing`` and still has the old one.
        The drive is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.IllegalState`` when the cloud left something unchanged because a server that
        has the drive runs, or while the drive is being made, copied or resized;
        ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value;
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record whose meta or tags have changed since.

        Sends ``PUT /drives/{uuid}/``.
        """
        required(changes)
        body = body_of(changes)
        path = path_of(ref, "drives")
        before, after = await self._update_path(path, ref, body)
        if after.get("status") == "mounted":
            wanted = {name: value for name, value in body.items() if name not in FIXED}
            if "size" in wanted and same_size(wanted["size"], before.get("size")):
                del wanted["size"]
            require_applied(before, after, wanted, RUNNING_TAKES, path, "a drive whose server runs")
        return after

    @call
    async def update_many(self, refs: Sequence[Ref[Drive]], **changes: Unpack[DriveChanges]) -> List[Drive]:
        """Make the same changes to several drives and return them in the order given.

        As ``update``, in one request for all; where the location does not take that, in one for each.

        Sends ``PUT /drives/``.
        """
        required(changes)
        return await update_together(self, refs, body_of(changes))

    @call
    async def delete(
        self, ref: Ref[Drive], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> None:
        """Delete a drive and its local snapshots; servers that have it must be stopped and lose it.

        The cloud takes a moment, in which a GET may still find it; with ``wait`` this returns when it is gone, after
        ``timeout`` seconds at most. Raises ``cloudsigma.errors.PermissionError`` while a server that has it runs
        or it is being copied or resized.

        Sends ``DELETE /drives/{uuid}/``.
        """
        path = path_of(ref, "drives")
        await self._requests.request("DELETE", path)
        if wait:
            await wait_until_gone(self._requests, path, timeout)

    @call
    async def delete_many(self, refs: Sequence[Ref[Drive]]) -> None:
        """Delete several drives in one request. Raises as ``delete``.

        Sends ``DELETE /drives/``.
        """
        await delete_together(self, refs)

    @call
    async def wait(
        self,
        ref: Ref[Drive],
        status: str | Sequence[str] = tuple(sorted(READY_DRIVE)),
        *,
        timeout: float | None = DEFAULT_WAIT,
    ) -> Drive:
        """Wait until a drive has a ``status``, or one of several, and return it; by default until it is ready for use.

        ``timeout`` is in seconds, None waits for ever. It is told by the websocket, and looks again now and then where
        there is none. Raises ``cloudsigma.errors.WaitFailed`` when the drive is ``unavailable`` (unless that is
        waited for), ``cloudsigma.errors.WaitTimeout``, and ``cloudsigma.errors.NotFound`` when it is
        deleted.
        """
        path = path_of(ref, "drives")
        return await wait_for_status(self._requests, path, Drive, status, timeout, DEAD_DRIVE)

    @call
    async def wait_deleted(self, ref: Ref[Drive], *, timeout: float | None = DEFAULT_WAIT) -> None:
        """Wait until a drive is gone. ``timeout`` is in seconds. Raises ``cloudsigma.errors.WaitTimeout``."""
        await wait_until_gone(self._requests, path_of(ref, "drives"), timeout)

    @call
    async def clone(
        self,
        ref: Ref[Drive] | LibraryDrive,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        **fields: Unpack[DriveCloneSpec],
    ) -> Drive:
        """Copy a drive or library drive and return the copy: with ``wait`` when it is ready.

        ``fields`` are the keys of ``cloudsigma.records.DriveCloneSpec``; without a name the profile's
        ``clone_naming`` makes one. Without ``wait`` the copy is still ``cloning_dst``, and can be attached.
        ``timeout`` is in seconds; ``avoid`` names drives whose storage hosts to keep away from.

        Raises ``cloudsigma.errors.ValidationError`` for a size below the source's,
        ``cloudsigma.errors.IllegalState`` while the source is being made or resized,
        ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /drives/{uuid}/action/?do=clone``.
        """
        copy = await self._act(drive_uuid(ref, "ref"), "clone", Drive, body_of(fields), avoid=avoided(avoid))
        return await wait_for_drive(self._requests, copy, timeout) if wait else copy

    @call
    async def resize(
        self,
        ref: Ref[Drive],
        size: int,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **changes: Unpack[DriveResizeChanges],
    ) -> Drive:
        """Make a drive bigger and return it: with ``wait`` when it has its new size.

        ``size`` is in bytes and rounded up to a multiple of 16384. ``changes`` of other fields are made with it, as by
        ``update``, but this fails where that ignores. Without ``wait`` the drive is ``resizing`` and still has the
        old size; ``timeout`` is in seconds. The file system in it does not grow by itself.

        Raises ``cloudsigma.errors.IllegalState`` while a server runs that has it,
        ``cloudsigma.errors.ValidationError`` for a smaller size, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /drives/{uuid}/action/?do=resize``.
        """
        present = await self._fetch(ref)
        body = {**present, **body_of(changes), "size": size}
        drive = await self._act(ref, "resize", Drive, body)
        return await wait_for_drive(self._requests, drive, timeout, at_least=size) if wait else drive

    @call
    async def set_scheduler(self, ref: Ref[Drive], scheduler: Ref[BackupScheduler] | None) -> Drive:
        """Let a backup ``scheduler`` take the snapshots of a drive, or with None no longer, and return the drive.

        Sends ``POST /drives/{uuid}/action/?do=set_scheduler``.
        """
        uuid = None if scheduler is None else uuid_of(scheduler, "backupschedulers", "scheduler")
        return await self._act(ref, "set_scheduler", Drive, {"backup_policy_uuid": uuid})

    @call
    async def availability_groups(self) -> List[List[str]]:
        """Return the uuids of all drives, those on one storage host together.

        Asks ``GET /drives/availability_groups/``.
        """
        return await fetch_groups(self._requests, "drives/availability_groups/")

    @call
    async def availability_group(self, ref: Ref[Drive]) -> List[str]:
        """Return the uuids of the drives on the storage host of one, itself included.

        Asks ``GET /drives/availability_groups/{uuid}/``.
        """
        uuid = uuid_of(ref, "drives")
        return await fetch_group(self._requests, f"drives/availability_groups/{uuid}/")


def same_size(wanted: int, present: object) -> bool:
    """Tell whether a size in bytes is the present one once the cloud has rounded it."""
    return bool(-(-wanted // GRANULE) * GRANULE == present)
