"""IP addresses. Owned ones come and go with their subscriptions, lent ones with the servers that run."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.ip import Ip, IpChanges, IpFilters
from ..records.page import Page
from ..records.reference import Ref
from .bodies import body_of
from .collection import Listed, Readable, Schemed
from .editing import required
from .tagging import Tagged


class Ips(Listed[F, Ip], Readable[F, Ip], Tagged[F, Ip], Schemed[F]):
    """The public addresses (``/ips/``); the uuid of one is the address itself."""

    _path = "ips"
    _list_path = "ips/detail/"
    _record = Ip
    _filters = IpFilters

    @call
    async def list(self, **filters: Unpack[IpFilters]) -> List[Ip]:
        """Return every address that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.IpFilters``; all given must hold, a sequence of values
        means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /ips/detail/``, or with ``fields`` ``GET /ips/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[IpFilters]
    ) -> AsyncGenerator[Ip, None]:
        """Yield every address that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[IpFilters]) -> Page[Ip]:
        """Return one page of the addresses that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[IpFilters]) -> Ip | None:
        """Return the only address that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def update(self, ref: Ref[Ip], **changes: Unpack[IpChanges]) -> Ip:
        """Change the meta or the tags of an address and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.IpChanges``. The address is read, changed and written
        back. Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value.

        Sends ``PUT /ips/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))
