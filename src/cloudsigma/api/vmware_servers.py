"""VMware servers, which this API only shows."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator
from typing import Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.page import Page
from ..records.vmware_server import VmwareServer, VmwareServerFilters
from .collection import Readable, Schemed
from .narrowing import Narrowed


class VmwareServers(Narrowed[F, VmwareServer], Readable[F, VmwareServer], Schemed[F]):
    """The VMware servers (``/vmware_servers/``)."""

    _path = "vmware_servers"
    _list_path = "vmware_servers/"
    _record = VmwareServer
    _filters = VmwareServerFilters

    @call
    async def list(self, **filters: Unpack[VmwareServerFilters]) -> List[VmwareServer]:
        """Return every VMware server that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.VmwareServerFilters``; all given must hold, a sequence of
        values means any of them. The API filters none, so all are read. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /vmware_servers/``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[VmwareServer, None]:
        """Yield every VMware server, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[VmwareServer]:
        """Return one page of the VMware servers: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[VmwareServerFilters]) -> VmwareServer | None:
        """Return the only VMware server that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match: names need not be unique.
        """
        return await self._only_matching(filters)
