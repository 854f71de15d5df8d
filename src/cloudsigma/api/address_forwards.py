"""Addresses that virtual routers pass on."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..records.forward import AddressForward, AddressForwardSpec
from .collection import DEFAULT_WAIT
from .router_parts import CreatablePart, DeletablePart, RouterPart, with_uuids

_KINDS = {"nat": None}


class AddressForwards(
    RouterPart[F, AddressForward], CreatablePart[F, AddressForward], DeletablePart[F, AddressForward]
):
    """The forwards of addresses of virtual routers (``/addressforwards/``)."""

    _path = "addressforwards"
    _list_path = "addressforwards/"
    _record = AddressForward

    @call
    async def create(
        self,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[AddressForwardSpec],
    ) -> AddressForward:
        """Create a forward and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.AddressForwardSpec``. ``timeout`` is in seconds and holds for the
        waiting. Sends ``POST /addressforwards/``. Raises ``cloudsigma.errors.ValidationError``,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(with_uuids(fields, _KINDS), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[AddressForwardSpec]) -> List[AddressForward]:
        """Create several forwards of addresses in one request and return them in the order given."""
        return await self._create_many([with_uuids(spec, _KINDS) for spec in specs])
