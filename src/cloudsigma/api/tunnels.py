"""VPN tunnels of virtual routers. The cloud documents their address, not what they hold."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE
from ..records.page import Page
from ..records.reference import Ref
from ..records.tunnel import Tunnel
from ..records.virtual_router import RouterPartFilters
from .collection import DEFAULT_WAIT, Listed, Readable
from .editing import Editable, required
from .router_parts import CreatablePart, DeletablePart, done


class Tunnels(
    Listed[F, Tunnel],
    Readable[F, Tunnel],
    CreatablePart[F, Tunnel],
    Editable[F, Tunnel],
    DeletablePart[F, Tunnel],
):
    """The VPN tunnels of virtual routers (``/tunnels/``)."""

    _path = "tunnels"
    _list_path = "tunnels/"
    _record = Tunnel
    _filters = RouterPartFilters

    @call
    async def list(self) -> List[Tunnel]:
        """Return every tunnel, with all its fields."""
        return await self._all({})

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Tunnel, None]:
        """Yield every tunnel, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Tunnel]:
        """Return one page of the tunnels: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def create(
        self, fields: Mapping[str, Any], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> Tunnel:
        """Create a tunnel and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are sent as they are; the cloud documents none of them. ``timeout`` is in seconds and holds for the
        waiting. Sends ``POST /tunnels/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        return await self._create(fields, wait, timeout)

    @call
    async def update(
        self,
        ref: Ref[Tunnel],
        changes: Mapping[str, Any],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
    ) -> Tunnel:
        """Change a tunnel and return it: with ``wait`` when its jobs are done, in ``timeout`` seconds at most.

        The tunnel is read, changed and written back. Sends ``PUT /tunnels/{uuid}/``.
        """
        required(changes)
        return await done(self._requests, await self._update(ref, changes), wait, timeout)
