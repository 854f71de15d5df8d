"""The library: images that the cloud offers, to be cloned (disks) or attached as they are (cdroms)."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.drive import Drive
from ..records.drive_body import DriveCloneSpec
from ..records.library_drive import LibraryDrive, LibraryDriveFilters
from ..records.page import Page
from ..records.reference import Ref
from .bodies import Avoid, avoided, body_of
from .collection import DEFAULT_WAIT, Listed, Readable, Schemed
from .waits import wait_for_drive


class LibraryDrives(Listed[F, LibraryDrive], Readable[F, LibraryDrive], Schemed[F]):
    """The library drives (``/libdrives/``). Nothing of them can be changed."""

    _path = "libdrives"
    _list_path = "libdrives/detail/"
    _record = LibraryDrive
    _filters = LibraryDriveFilters

    @call
    async def list(self, **filters: Unpack[LibraryDriveFilters]) -> List[LibraryDrive]:
        """Return every library drive that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.LibraryDriveFilters``; all given must hold, a sequence of values
        means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /libdrives/detail/``, or with ``fields`` ``GET /libdrives/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[LibraryDriveFilters]
    ) -> AsyncGenerator[LibraryDrive, None]:
        """Yield every library drive that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[LibraryDriveFilters]
    ) -> Page[LibraryDrive]:
        """Return one page of the library drives that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[LibraryDriveFilters]) -> LibraryDrive | None:
        """Return the only library drive that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def clone(
        self,
        ref: Ref[LibraryDrive],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        avoid: Avoid = None,
        **fields: Unpack[DriveCloneSpec],
    ) -> Drive:
        """Make a drive of the caller's own from a library drive and return it.

        ``fields`` are the keys of ``cloudsigma.records.DriveCloneSpec``; without a name the copy has the
        library drive's. ``avoid`` names drives whose storage hosts to keep away from, best first. With ``wait`` it
        returns when the copy is ready, otherwise while it is still ``cloning_dst``; ``timeout`` is in seconds.

        Raises ``cloudsigma.errors.ValidationError`` for a size below the source's,
        ``cloudsigma.errors.WaitFailed`` and ``cloudsigma.errors.WaitTimeout``.

        Sends ``POST /libdrives/{uuid}/action/?do=clone``.
        """
        copy = await self._act(ref, "clone", Drive, body_of(fields), avoid=avoided(avoid))
        return await wait_for_drive(self._requests, copy, timeout) if wait else copy
