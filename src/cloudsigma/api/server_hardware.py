"""Attaching drives and network cards to a server, and taking them off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.call import F, call
from ..core.references import path_of
from ..records.attachment import Device
from ..records.drive import Drive
from ..records.firewall_policy import FirewallPolicy
from ..records.ip import Ip
from ..records.library_drive import LibraryDrive
from ..records.nic import IpMode, Nic
from ..records.reference import Ref
from ..records.server import Server
from ..records.vlan import Vlan
from .attaching import (
    Change,
    attachment,
    has_gained,
    has_nic,
    mac_of,
    network_card,
    require_attached,
    without_drive,
    without_nic,
)
from .editing import Editable, require_applied

RUNNING_TAKES = frozenset({"name", "meta", "tags"})
"""What can be changed while a server is not stopped."""


class ServerHardware(Editable[F, Server]):
    """The verbs of a server's drives and network cards: each reads the server, changes it and writes it back."""

    _record = Server

    @call
    async def attach_drive(
        self,
        ref: Ref[Server],
        drive: Ref[Drive] | LibraryDrive,
        *,
        device: Device = "virtio",
        dev_channel: str | None = None,
        boot_order: int | None = None,
        bootable: bool = True,
    ) -> Server:
        """Attach a ``drive`` to a stopped server and return the server.

        ``device`` is how the guest sees it: ``virtio``, ``ide`` or ``scsi``. ``dev_channel`` is ``controller:unit``;
        left out, the first free one is taken. ``boot_order`` counts from 1; left out, the drive comes after all that
        the server boots from. ``bootable`` is False for a drive that is not booted from. A drive that the server already
        has stays as it is, once.

        Raises ``cloudsigma.errors.IllegalState`` when the server is not stopped,
        ``cloudsigma.errors.PermissionError`` for a library disk, which must be cloned first, and
        ``cloudsigma.errors.InvalidArgument`` when all channels are taken.

        Sends ``PUT /servers/{uuid}/``.
        """
        change = attachment(drive, device, dev_channel, boot_order, bootable)
        path = path_of(ref, self._path)
        _, after = await self._edit_path(path, change)
        require_attached(after, drive, True, path)
        return after

    @call
    async def detach_drive(self, ref: Ref[Server], drive: Ref[Drive] | LibraryDrive) -> Server:
        """Take a ``drive`` off a stopped server and return the server; one that it does not have is no error.

        Raises ``cloudsigma.errors.IllegalState`` when the server is not stopped.

        Sends ``PUT /servers/{uuid}/``.
        """
        path = path_of(ref, self._path)
        _, after = await self._edit_path(path, without_drive(drive))
        require_attached(after, drive, False, path)
        return after

    @call
    async def attach_nic(
        self,
        ref: Ref[Server],
        *,
        ip_v4: IpMode | None = None,
        ip: Ref[Ip] | None = None,
        vlan: Ref[Vlan] | None = None,
        firewall_policy: Ref[FirewallPolicy] | None = None,
        model: str = "virtio",
        boot_order: int | None = None,
    ) -> Server:
        """Add a network card, after those that a stopped server has, and return the server.

        A public card by DHCP when nothing is said; with ``ip`` (an owned address) a public card with that one, with
        ``ip_v4="manual"`` one whose address the guest sets, with ``vlan`` a private one. ``model`` is ``virtio``,
        ``e1000`` or ``rtl8139``; ``boot_order`` counts from 1 and boots over the network, None does not. A
        ``firewall_policy`` works for public cards, where the location still has them.

        Raises ``cloudsigma.errors.IllegalState`` when the server is not stopped,
        ``cloudsigma.errors.InvalidArgument`` for a combination that there is not, and
        ``cloudsigma.errors.ValidationError`` for an address that is not owned or not free.

        Sends ``PUT /servers/{uuid}/``.
        """
        card = network_card(ip_v4, ip, vlan, firewall_policy, model, boot_order)
        return await self._edit_nics(
            ref,
            lambda server: {"nics": [*server["nics"], card]},
            lambda before, after: has_gained(before, after, card),
        )

    @call
    async def detach_nic(self, ref: Ref[Server], mac: str | Nic) -> Server:
        """Remove the network card with the hardware address ``mac`` from a stopped server and return the server.

        The card itself, as in ``nics`` of the server, will do, too; the others keep their addresses and their order.

        Raises ``cloudsigma.errors.InvalidArgument`` when it has no such card,
        ``cloudsigma.errors.IllegalState`` when the server is not stopped.

        Sends ``PUT /servers/{uuid}/``.
        """
        wanted = mac_of(mac)
        return await self._edit_nics(ref, without_nic(wanted), lambda _, after: not has_nic(after, wanted))

    async def _edit_nics(
        self, ref: Any, change: Change, done: Callable[[Server, Server], bool] | None = None
    ) -> Server:
        path = path_of(ref, self._path)
        before, after = await self._edit_path(path, change, done=done)
        if after.get("status") != "stopped":
            changed = {"nics": change(before)["nics"]}
            require_applied(before, after, changed, RUNNING_TAKES, path, "a server that is not stopped")
        return after
