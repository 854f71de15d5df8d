"""Discounts on long subscriptions."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)

from ..core.call import F, call
from ..core.pages import fetch_all
from ..records.pricing import Discount
from .collection import Schemed


class Discounts(Schemed[F]):
    """The discounts (``/discount/``)."""

    _path = "discount"

    @call
    async def list(self) -> List[Discount]:
        """Return all discounts: of those whose period is not longer than the subscription, the greatest counts."""
        return await fetch_all(self._requests, "discount/", Discount)
