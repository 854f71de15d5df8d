"""What local and remote snapshots have in common: all but how they are taken."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Generic, TypeVar, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..core.references import path_of
from ..records.drive import Drive
from ..records.page import Page
from ..records.reference import Ref
from ..records.snapshot import Snapshot
from ..records.snapshot_body import SnapshotChanges, SnapshotCloneSpec, SnapshotFilters
from .bodies import Avoid, avoided, body_of, drive_uuid
from .bulk import delete_together, update_together
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed
from .editing import required
from .idempotency import create_once
from .plain_uris import with_plain_uri
from .tagging import Tagged
from .waits import wait_for_drive, wait_for_status, wait_until_gone

S = TypeVar("S", bound=Snapshot)

READY = "available"
"""The state of a snapshot that can be used."""


class SnapshotVerbs(Listed[F, S], Readable[F, S], Tagged[F, S], Schemed[F], Generic[F, S]):
    """Snapshots that exist: finding, changing, deleting them, and making drives of them."""

    _filters = SnapshotFilters

    @call
    async def list(self, **filters: Unpack[SnapshotFilters]) -> List[S]:
        """Return every snapshot that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.SnapshotFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /{collection}/detail/``, or with ``fields`` ``GET /{collection}/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[SnapshotFilters]
    ) -> AsyncGenerator[S, None]:
        """Yield every snapshot that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[SnapshotFilters]) -> Page[S]:
        """Return one page of the snapshots that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[SnapshotFilters]) -> S | None:
        """Return the only snapshot that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def update(self, ref: Ref[S], **changes: Unpack[SnapshotChanges]) -> S:
        """Change a snapshot's name, meta or tags and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.SnapshotChanges``; ``meta`` and ``tags`` that are named
        are replaced as a whole. The snapshot is read, changed and written back.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value,
        ``cloudsigma.errors.PermissionError`` for a remote one that is not there yet,
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record whose meta or tags have changed since.

        Sends ``PUT /{collection}/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))

    @call
    async def update_many(self, refs: Sequence[Ref[S]], **changes: Unpack[SnapshotChanges]) -> List[S]:
        """Make the same changes to several snapshots and return them in the order given.

        As ``update``, in one request for all; where the location does not take that, in one for each.

        Sends ``PUT /{collection}/``.
        """
        required(changes)
        return await update_together(self, refs, body_of(changes))

    @call
    async def delete(self, ref: Ref[S], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT) -> None:
        """Delete a snapshot; the drive and its other snapshots stay.

        The cloud takes a moment, in which a GET may still find it; with ``wait`` this returns when it is gone, after
        ``timeout`` seconds at most. Raises ``cloudsigma.errors.PermissionError`` while it is being taken.

        Sends ``DELETE /{collection}/{uuid}/``.
        """
        path = path_of(ref, self._path)
        await self._requests.request("DELETE", path)
        if wait:
            await wait_until_gone(self._requests, path, timeout)

    @call
    async def delete_many(self, refs: Sequence[Ref[S]]) -> None:
        """Delete several snapshots in one request. Raises as ``delete``.

        Sends ``DELETE /{collection}/``.
        """
        await delete_together(self, refs)

    @call
    async def wait(
        self, ref: Ref[S], status: str | Sequence[str] = READY, *, timeout: float | None = DEFAULT_WAIT
    ) -> S:
        """Wait until a snapshot has a ``status``, or one of several, and return it; by default ``available``.

        ``timeout`` is in seconds, None waits for ever. Raises ``cloudsigma.errors.WaitTimeout``, and
        ``cloudsigma.errors.NotFound`` when it is deleted.
        """
        return await wait_for_status(self._requests, path_of(ref, self._path), self._record, status, timeout)

    @call
    async def clone(
        self,
        ref: Ref[S],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        **fields: Unpack[SnapshotCloneSpec],
    ) -> Drive:
        """Make a drive of a snapshot and return the drive: with ``wait`` when it is ready.

        ``fields`` are the keys of ``cloudsigma.records.SnapshotCloneSpec``; size and media are those of the drive
        that the snapshot was taken of. Without ``wait`` the new drive is still ``cloning_dst``, and can be attached.
        ``timeout`` is in seconds; ``avoid`` names drives whose storage hosts to keep away from.

        Raises ``cloudsigma.errors.PermissionError`` for a snapshot that is not available yet,
        ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /{collection}/{uuid}/action/?do=clone``.
        """
        answer = await self._act(ref, "clone", Drive, dict(fields), avoid=avoided(avoid))
        drive = with_plain_uri(answer)
        return await wait_for_drive(self._requests, drive, timeout) if wait else drive

    async def _take(
        self,
        body: dict[str, Any],
        sent: Mapping[str, Any],
        wait: bool,
        timeout: float | None,
        key: str | None,
    ) -> S:
        path = f"{self._path}/"
        if key is not None:
            snapshot = await create_once(self._requests, path, self._record, body, key)
        else:
            snapshot = await self._send("POST", path, self._record, sent)
        if not wait:
            return snapshot
        taken = path_of(snapshot, self._path)
        return await wait_for_status(self._requests, taken, self._record, READY, timeout)


def snapshot_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body for a snapshot to take."""
    body = body_of(fields)
    body["drive"] = drive_uuid(body["drive"])
    return body
