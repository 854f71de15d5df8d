"""The ledger of the account."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.ledger import LedgerEntry, LedgerFilters
from ..records.page import Page
from .collection import Listed, Schemed
from .given_filters import with_times


class Ledger(Listed[F, LedgerEntry], Schemed[F]):
    """Every movement of the account's money (``/ledger/``), the newest first."""

    _path = "ledger"
    _list_path = "ledger/"
    _record = LedgerEntry
    _filters = LedgerFilters

    @call
    async def list(self, **filters: Unpack[LedgerFilters]) -> List[LedgerEntry]:
        """Return every entry that matches, which may be very many: see ``iterate`` and ``page``.

        ``filters`` are the keys of ``cloudsigma.records.LedgerFilters``; all given must hold. Raises
        ``TypeError`` for a filter that there is not, and the errors of ``cloudsigma.errors``.
        """
        return await self._all(with_times(filters))

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[LedgerFilters]
    ) -> AsyncGenerator[LedgerEntry, None]:
        """Yield every entry that matches, reading ``page_size`` at a time, so that memory does not grow.

        Entries that are booked meanwhile move the others, so that some may come twice; ``filters`` (as in ``list``)
        with an end, such as ``time__lt``, prevent that.
        """
        return self._walk(with_times(filters), page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[LedgerFilters]
    ) -> Page[LedgerEntry]:
        """Return one page of the entries that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, with_times(filters))
