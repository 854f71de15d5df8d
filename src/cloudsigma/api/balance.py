"""The money of the account."""

from __future__ import annotations

from ..core.call import F, call
from ..records.balance import Balance
from .collection import Schemed


class AccountBalance(Schemed[F]):
    """The balance of the account (``/balance/``)."""

    _path = "balance"

    @call
    async def get(self) -> Balance:
        """Return how much money the account has, as a decimal in text."""
        return await self._fetch_one("balance/", Balance)
