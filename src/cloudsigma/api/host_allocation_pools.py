"""Pools: the machines of private clouds as servers are placed on them. Each comes with its private cloud."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from ..core.call import F, call
from ..records.host_allocation import HostAllocationPool, HostAllocationPoolChanges
from ..records.reference import Ref
from .collection import Readable
from .editing import Editable, required
from .named_lists import Named


class HostAllocationPools(
    Named[F, HostAllocationPool], Readable[F, HostAllocationPool], Editable[F, HostAllocationPool]
):
    """The pools (``/hostallocationpools/``); the uuid of one is ``allocation_pool`` of servers that are to run there."""

    _path = "hostallocationpools"
    _list_path = "hostallocationpools/"
    _record = HostAllocationPool

    @call
    async def update(
        self, ref: Ref[HostAllocationPool], **changes: Unpack[HostAllocationPoolChanges]
    ) -> HostAllocationPool:
        """Change a pool and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.HostAllocationPoolChanges``. The pool is read, changed and
        written back. Sends ``PUT /hostallocationpools/{uuid}/``. Raises ``cloudsigma.errors.ValidationError`` for
        what is no number, and ``cloudsigma.errors.NotFound`` for somebody else's pool.
        """
        required(changes)
        body = {name: str(value) if isinstance(value, Decimal) else value for name, value in changes.items()}
        return await self._update(ref, body)
