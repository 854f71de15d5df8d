"""What the account uses now."""

from __future__ import annotations

from ..core.call import F, call
from ..records.usage import CurrentUsage
from .collection import Schemed


class AccountUsage(Schemed[F]):
    """The use of each resource now, and the money (``/currentusage/``)."""

    _path = "currentusage"

    @call
    async def get(self) -> CurrentUsage:
        """Return what is used, what is subscribed, and what goes beyond, by resource."""
        return await self._fetch_one("currentusage/", CurrentUsage)
