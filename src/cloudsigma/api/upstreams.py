"""The outer sides of virtual routers."""

from __future__ import annotations

from typing import Unpack

from ..core.call import F, call
from ..records.reference import Ref
from ..records.upstream import VpnSpec
from ..records.virtual_router import RouterAction
from ..records.virtual_router_configuration import RouterUpstream
from .collection import DEFAULT_WAIT, Schemed
from .router_parts import act_on_router


class Upstreams(Schemed[F]):
    """The outer sides of virtual routers (``/upstream/``); each is read as ``configuration.upstream`` of its router."""

    _path = "upstream"

    @call
    async def configure_vpn(
        self,
        ref: Ref[RouterUpstream],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[VpnSpec],
    ) -> RouterAction:
        """Say what the VPN that people dial in by is like.

        ``fields`` are the keys of ``cloudsigma.records.VpnSpec``; ``vpn_type`` is required, ``vpn_access`` switches
        it on or off. With ``wait`` it returns when the job is done, in ``timeout`` seconds at most.
        Sends ``POST /upstream/{uuid}/action/?do=configure_vpn``.
        """
        return await act_on_router(self, ref, "configure_vpn", wait, timeout, fields)
