"""Prices."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in
from ..records.page import Page
from ..records.pricing import Price, PriceFilters, PriceList
from .collection import Listed, Schemed


class Pricing(Listed[F, Price], Schemed[F]):
    """The prices (``/pricing/``): one for each resource, currency and burst level."""

    _path = "pricing"
    _list_path = "pricing/"
    _record = Price
    _filters = PriceFilters

    @call
    async def get(self, **filters: Unpack[PriceFilters]) -> PriceList:
        """Return the prices that match together with the burst levels in force now and next.

        ``filters`` as in ``list``. The cloud reckons the levels anew every five minutes.
        """
        path, params, _ = self._query(filters)
        answer = await self._requests.request("GET", path, params={**params, "limit": 0})
        return PriceList({"objects": objects_in(answer), **_levels(answer.data)})

    @call
    async def list(self, **filters: Unpack[PriceFilters]) -> List[Price]:
        """Return every price that matches; ``get`` has the burst levels, too.

        ``filters`` are the keys of ``cloudsigma.records.PriceFilters``. Raises ``TypeError`` for a filter that
        there is not, and the errors of ``cloudsigma.errors``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[PriceFilters]
    ) -> AsyncGenerator[Price, None]:
        """Yield every price that matches, reading ``page_size`` at a time. ``filters`` as in ``list``."""
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[PriceFilters]) -> Page[Price]:
        """Return one page of the prices that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all, as the cloud counts.
        """
        return await self._page(offset, limit, filters)


def _levels(data: object) -> dict[str, object]:
    """Return what stands beside the prices; ``current`` and ``next`` are there even where a location leaves them out."""
    beside = data if isinstance(data, dict) else {}
    return {"current": {}, "next": {}, **{name: beside[name] for name in beside if name != "objects"}}
