"""LANs: a virtual router's interfaces in private networks. They are made and go with the router."""

from __future__ import annotations

from typing import Unpack

from ..core.call import F, call
from ..records.lan import DhcpSpec, Lan, LanChanges
from ..records.reference import Ref
from ..records.virtual_router import RouterAction
from ..records.virtual_router_configuration import RouterLan
from .collection import DEFAULT_WAIT, Schemed
from .editing import Editable, required
from .router_parts import RouterPart, act_on_router


class Lans(RouterPart[F, Lan], Editable[F, Lan], Schemed[F]):
    """The LANs of virtual routers (``/lans/``)."""

    _path = "lans"
    _list_path = "lans/"
    _record = Lan

    @call
    async def update(self, ref: Ref[Lan | RouterLan], **changes: Unpack[LanChanges]) -> Lan:
        """Change the name or the order of a LAN and return it; the cloud ignores every other change.

        ``changes`` are the keys of ``cloudsigma.records.LanChanges``. The LAN is read, changed and written back.
        Sends ``PUT /lans/{uuid}/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        required(changes)
        return await self._update(ref, changes)

    @call
    async def configure_dhcp(
        self,
        ref: Ref[Lan | RouterLan],
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_WAIT,
        **fields: Unpack[DhcpSpec],
    ) -> RouterAction:
        """Say which addresses a LAN's router hands out, if any.

        ``fields`` are the keys of ``cloudsigma.records.DhcpSpec``. With ``wait`` it returns when the job is done,
        in ``timeout`` seconds at most. Sends ``POST /lans/{uuid}/action/?do=configure_dhcp``.
        """
        return await act_on_router(self, ref, "configure_dhcp", wait, timeout, fields)
