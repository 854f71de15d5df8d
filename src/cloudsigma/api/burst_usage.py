"""What the account used beyond its subscriptions, added up."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from typing import Unpack

from ..core.call import F, call
from ..records.page import Page
from ..records.usage import BurstUsage, BurstUsageFilters, DailyBurstUsage, DailyBurstUsageFilters
from .collection import Listed, R, Schemed
from .given_filters import with_times


class BurstUsages(Listed[F, BurstUsage], Schemed[F]):
    """What each resource cost beyond its subscriptions over a time (``/burstusage/``)."""

    _path = "burstusage"
    _list_path = "burstusage/"
    _record = BurstUsage
    _filters = BurstUsageFilters

    @call
    async def list(self, **filters: Unpack[BurstUsageFilters]) -> List[BurstUsage]:
        """Return the burst use of a time, by default of the last 30 days.

        ``filters`` are the keys of ``cloudsigma.records.BurstUsageFilters``. Raises ``TypeError`` for a filter
        that there is not, and the errors of ``cloudsigma.errors``.
        """
        return in_text(await self._all(with_times(filters)))

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[BurstUsageFilters]
    ) -> Page[BurstUsage]:
        """Return one page of it.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``.
        """
        page = await self._page(offset, limit, with_times(filters))
        in_text(page.objects)
        return page


class DailyBurstUsages(Listed[F, DailyBurstUsage]):
    """What each resource cost beyond its subscriptions, day by day (``/dailyburstusage/``)."""

    _path = "dailyburstusage"
    _list_path = "dailyburstusage/"
    _record = DailyBurstUsage
    _filters = DailyBurstUsageFilters

    @call
    async def list(self, **filters: Unpack[DailyBurstUsageFilters]) -> List[DailyBurstUsage]:
        """Return the burst use of each day, by default of the last 30, in no order.

        ``filters`` are the keys of ``cloudsigma.records.DailyBurstUsageFilters``: ``date__gt`` is in it, ``date__lt``
        is not. Raises ``TypeError`` for a filter that there is not, and the errors of ``cloudsigma.errors``.
        """
        return in_text(await self._all(with_times(filters)))

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[DailyBurstUsageFilters]
    ) -> Page[DailyBurstUsage]:
        """Return one page of it.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``.
        """
        page = await self._page(offset, limit, with_times(filters))
        in_text(page.objects)
        return page


def in_text(found: List[R]) -> List[R]:
    """Write amounts that came as numbers as their text, in place, so that money is text everywhere."""
    for item in found:
        amount = item.get("amount")
        if isinstance(amount, (int, float)):
            item["amount"] = repr(amount)
    return found
