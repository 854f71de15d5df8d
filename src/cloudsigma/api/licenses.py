"""Licences that can be subscribed."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..core.references import path_of
from ..records.license import License, LicenseFilters, LicenseType
from ..records.page import Page
from .collection import Schemed
from .narrowing import Narrowed


class Licenses(Narrowed[F, License], Schemed[F]):
    """The licences (``/licenses/``). They have a number in their path, and neither ``id`` nor ``uuid``."""

    _path = "licenses"
    _list_path = "licenses/"
    _record = License
    _filters = LicenseFilters

    @call
    async def list(self, **filters: Unpack[LicenseFilters]) -> List[License]:
        """Return every licence that matches.

        ``filters`` are the keys of ``cloudsigma.records.LicenseFilters``; all given must hold, a sequence of values
        means any of them. The API filters no licences, so all are read.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[License, None]:
        """Yield every licence, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[License]:
        """Return one page of the licences: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[LicenseFilters]) -> License | None:
        """Return the only licence that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only_matching(filters)

    @call
    async def get(self, ref: str | int | LicenseType) -> License:
        """Return one licence: ``ref`` is its number, its resource_uri or a record of it, as a drive has it too.

        Raises ``cloudsigma.errors.NotFound``.
        """
        named = str(ref) if isinstance(ref, int) else ref
        return await self._fetch_one(path_of(named, "licenses"), License)
