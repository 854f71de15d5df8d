"""Public keys: the SSH keypairs without their private halves."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.keypair import KeyFilters, Pubkey
from ..records.page import Page
from .collection import Readable
from .narrowing import Narrowed


class Pubkeys(Narrowed[F, Pubkey], Readable[F, Pubkey]):
    """The SSH public keys (``/pubkeys/``), a view of the keypairs with the same uuids; nothing is changed here."""

    _path = "pubkeys"
    _list_path = "pubkeys/"
    _record = Pubkey
    _filters = KeyFilters

    @call
    async def list(self, **filters: Unpack[KeyFilters]) -> List[Pubkey]:
        """Return every public key that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.KeyFilters``; all given must hold, a sequence of
        values means any of them. The API filters none, so all are read. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /pubkeys/``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Pubkey, None]:
        """Yield every public key, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Pubkey]:
        """Return one page of the public keys: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[KeyFilters]) -> Pubkey | None:
        """Return the only public key that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match: names need not be unique.
        """
        return await self._only_matching(filters)
