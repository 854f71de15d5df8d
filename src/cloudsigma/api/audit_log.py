"""The audit log: what was done to the resources of the account, by whom."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.audit_entry import AuditEntry, AuditLogFilters
from ..records.page import Page
from .collection import Listed, Schemed


class AuditLog(Listed[F, AuditEntry], Schemed[F]):
    """The audit log (``/logs/``), the latest entry first. It is long: ``page`` and ``iterate`` read parts of it."""

    _path = "logs"
    _list_path = "logs/"
    _record = AuditEntry
    _filters = AuditLogFilters

    @call
    async def list(self, **filters: Unpack[AuditLogFilters]) -> List[AuditEntry]:
        """Return every entry that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.AuditLogFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /logs/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[AuditLogFilters]
    ) -> AsyncGenerator[AuditEntry, None]:
        """Yield every entry that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[AuditLogFilters]
    ) -> Page[AuditEntry]:
        """Return one page of the entries that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[AuditLogFilters]) -> AuditEntry | None:
        """Return the only entry that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)
