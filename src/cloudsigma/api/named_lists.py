"""The lists of what has a name and cannot be filtered by the cloud: all is read, and what does not match is left out."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Generic, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.filters import NamedFilters
from ..records.page import Page
from .collection import T
from .narrowing import Narrowed


class Named(Narrowed[F, T], Generic[F, T]):
    """A collection of things with names."""

    _filters = NamedFilters

    @call
    async def list(self, **filters: Unpack[NamedFilters]) -> List[T]:
        """Return every one that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.NamedFilters``; all given must hold, a sequence of values
        means any of them. The API filters none of these, so all are read. Raises ``TypeError`` for a filter that
        there is not, and the errors of ``cloudsigma.errors``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[T, None]:
        """Yield every one, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[T]:
        """Return one page of them: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[NamedFilters]) -> T | None:
        """Return the only one that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only_matching(filters)
