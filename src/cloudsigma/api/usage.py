"""Samples of what the account used."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.page import Page
from ..records.usage import UsageFilters, UsageSample
from .collection import Listed
from .given_filters import with_times


class Usage(Listed[F, UsageSample]):
    """The samples (``/usage/``): one for each server or drive and resource, every five minutes."""

    _path = "usage"
    _list_path = "usage/"
    _record = UsageSample
    _filters = UsageFilters

    @call
    async def list(self, **filters: Unpack[UsageFilters]) -> List[UsageSample]:
        """Return every sample of a time, which may be very many: see ``iterate`` and ``page``.

        ``filters`` are the keys of ``cloudsigma.records.UsageFilters``; neither bound is in it. Raises
        ``TypeError`` for a filter that there is not, and the errors of ``cloudsigma.errors``.
        """
        return await self._all(with_times(filters))

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[UsageFilters]
    ) -> AsyncGenerator[UsageSample, None]:
        """Yield every sample of a time, reading ``page_size`` at a time. ``filters`` as in ``list``."""
        return self._walk(with_times(filters), page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[UsageFilters]
    ) -> Page[UsageSample]:
        """Return one page of the samples of a time.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, which the cloud was seen to count wrong here.
        """
        return await self._page(offset, limit, with_times(filters))
