"""Machines of one's own. They come and go with their subscriptions."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.page import Page
from ..records.vpc import Node, NodeFilters
from .collection import Readable
from .narrowing import Narrowed


class Nodes(Narrowed[F, Node], Readable[F, Node]):
    """The nodes (``/nodes/``); ``vpcs.update`` puts them into a private cloud."""

    _path = "nodes"
    _list_path = "nodes/"
    _record = Node
    _filters = NodeFilters

    @call
    async def list(self, **filters: Unpack[NodeFilters]) -> List[Node]:
        """Return every node that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.NodeFilters``; all given must hold, a sequence of values
        means any of them. The API filters no nodes, so all are read.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Node, None]:
        """Yield every node, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Node]:
        """Return one page of the nodes: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[NodeFilters]) -> Node | None:
        """Return the only node that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only_matching(filters)
