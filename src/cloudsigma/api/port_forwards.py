"""Ports that virtual routers pass on."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import Sequence
from typing import Unpack

from ..core.call import F, call
from ..records.forward import PortForward, PortForwardSpec
from .collection import DEFAULT_WAIT
from .router_parts import CreatablePart, DeletablePart, RouterPart, with_uuids

_KINDS = {"nat": None}


class PortForwards(RouterPart[F, PortForward], CreatablePart[F, PortForward], DeletablePart[F, PortForward]):
    """The forwards of ports of virtual routers (``/portforwards/``)."""

    _path = "portforwards"
    _list_path = "portforwards/"
    _record = PortForward

    @call
    async def create(
        self, *, wait: bool = False, timeout: float | None = DEFAULT_WAIT, **fields: Unpack[PortForwardSpec]
    ) -> PortForward:
        """Create a forward and return it: with ``wait`` when the job that makes it is done.

        ``fields`` are the keys of ``cloudsigma.records.PortForwardSpec``. ``timeout`` is in seconds and holds for the
        waiting. Sends ``POST /portforwards/``. Raises ``cloudsigma.errors.ValidationError``,
        ``cloudsigma.errors.OutcomeUnknown`` when no answer came, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await self._create(with_uuids(fields, _KINDS), wait, timeout)

    @call
    async def create_many(self, specs: Sequence[PortForwardSpec]) -> List[PortForward]:
        """Create several forwards of ports in one request and return them in the order given."""
        return await self._create_many([with_uuids(spec, _KINDS) for spec in specs])
