"""VLANs: private networks. They come and go with their subscriptions, so none is created or deleted here."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.page import Page
from ..records.reference import Ref
from ..records.vlan import Vlan, VlanChanges, VlanFilters
from .bodies import body_of
from .collection import Listed, Readable, Schemed
from .editing import required
from .tagging import Tagged


class Vlans(Listed[F, Vlan], Readable[F, Vlan], Tagged[F, Vlan], Schemed[F]):
    """The VLANs (``/vlans/``)."""

    _path = "vlans"
    _list_path = "vlans/detail/"
    _record = Vlan
    _filters = VlanFilters

    @call
    async def list(self, **filters: Unpack[VlanFilters]) -> List[Vlan]:
        """Return every VLAN that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.VlanFilters``; all given must hold, a sequence of values
        means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /vlans/detail/``, or with ``fields`` ``GET /vlans/``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[VlanFilters]
    ) -> AsyncGenerator[Vlan, None]:
        """Yield every VLAN that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[VlanFilters]) -> Page[Vlan]:
        """Return one page of the VLANs that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[VlanFilters]) -> Vlan | None:
        """Return the only VLAN that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def update(self, ref: Ref[Vlan], **changes: Unpack[VlanChanges]) -> Vlan:
        """Change the meta or the tags of a VLAN and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.VlanChanges``. The VLAN is read, changed and written
        back. Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value.

        Sends ``PUT /vlans/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, body_of(changes))
