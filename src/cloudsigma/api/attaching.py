"""Changes of a server's drives and network cards, made from its present state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..core.references import uuid_of
from ..errors import IllegalState, InvalidArgument
from ..records.server import Server
from .bodies import drive_uuid
from .channels import free_channel
from .staleness import plain

Change: TypeAlias = Callable[[Server], Mapping[str, Any]]


def attachment(
    drive: Any, device: str, dev_channel: str | None, boot_order: int | None, bootable: bool
) -> Change:
    """Return the change that attaches a drive; nothing is changed for one that is attached already."""
    uuid = drive_uuid(drive)
    if not bootable and boot_order is not None:
        raise InvalidArgument(
            "boot_order is given for a drive that is not bootable; leave out one of the two"
        )

    def change(server: Server) -> Mapping[str, Any]:
        attached = server["drives"]
        if has_drive(server, uuid):
            return {}
        channel = free_channel(device, attached) if dev_channel is None else dev_channel
        order = boot_order
        if bootable and order is None:
            # Network cards share the order with drives.
            taken = [item.get("boot_order") or 0 for item in (*attached, *server.get("nics", ()))]
            order = max(taken, default=0) + 1
        added = {"device": device, "dev_channel": channel, "drive": uuid, "boot_order": order}
        return {"drives": [*attached, added]}

    return change


def without_drive(drive: Any) -> Change:
    """Return the change that detaches a drive; nothing is changed for one that is not attached."""
    uuid = drive_uuid(drive)

    def change(server: Server) -> Mapping[str, Any]:
        if not has_drive(server, uuid):
            return {}
        return {"drives": [item for item in server["drives"] if item["drive"]["uuid"] != uuid]}

    return change


def has_drive(server: Server, uuid: str) -> bool:
    """Tell whether a drive is attached to a server."""
    return any(item["drive"]["uuid"] == uuid for item in server["drives"])


def require_attached(server: Server, drive: Any, wanted: bool, path: str) -> None:
    """Raise ``cloudsigma.errors.IllegalState`` when the cloud silently left the drives as they were."""
    uuid = drive_uuid(drive)
    if has_drive(server, uuid) != wanted:
        verb = "attach" if wanted else "detach"
        raise IllegalState(
            f"the cloud did not {verb} drive {uuid}: the server is {server.get('status')}, and its drives can be "
            f"changed only while it is stopped",
            method="PUT",
            path=f"/{path}",
        )


def network_card(
    ip_v4: str | None, ip: Any, vlan: Any, firewall_policy: Any, model: str, boot_order: int | None
) -> Mapping[str, Any]:
    """Return the element of ``nics`` for a new card.

    Raises ``cloudsigma.errors.InvalidArgument`` for combinations that the API refuses.
    """
    card: dict[str, Any] = {"model": model, "boot_order": boot_order, "ip_v6_conf": None}
    if firewall_policy is not None:
        card["firewall_policy"] = uuid_of(firewall_policy, "fwpolicies", "firewall_policy")
    if vlan is not None:
        if ip_v4 is not None or ip is not None:
            raise InvalidArgument("a card is either private (vlan) or public (ip_v4, ip), not both")
        return {**card, "vlan": uuid_of(vlan, "vlans", "vlan"), "ip_v4_conf": None}
    if ip_v4 is None:
        ip_v4 = "dhcp" if ip is None else "static"
    if ip_v4 not in ("dhcp", "static", "manual"):
        raise InvalidArgument(f"ip_v4 must be dhcp, static or manual, not {ip_v4!r}")
    if (ip_v4 == "static") != (ip is not None):
        raise InvalidArgument("an address goes with ip_v4='static', and only with it")
    address = None if ip is None else uuid_of(ip, "ips", "ip")
    return {**card, "vlan": None, "ip_v4_conf": {"conf": ip_v4, "ip": address}}


def has_gained(before: Server, after: Server, card: Mapping[str, Any]) -> bool:
    """Tell whether a server has a card like ``card`` that it did not have before."""
    known = {item.get("mac") for item in before["nics"]}
    wanted = plain(card)
    return any(
        item.get("mac") not in known
        and {key: value for key, value in plain(item).items() if key != "mac"} == wanted
        for item in after["nics"]
    )


def mac_of(card: Any) -> str:
    """Return the hardware address of a card that is given by it, or as a record."""
    mac = card.get("mac") if isinstance(card, Mapping) else card
    if not isinstance(mac, str) or not mac:
        raise InvalidArgument("mac must be the hardware address of a card, or the card itself")
    return mac.lower()


def has_nic(server: Server, mac: str) -> bool:
    """Tell whether a server has the card with a hardware address."""
    return any(str(card.get("mac")).lower() == mac for card in server["nics"])


def without_nic(mac: str) -> Change:
    """Return the change that removes the card with a hardware address."""

    def change(server: Server) -> Mapping[str, Any]:
        if not has_nic(server, mac):
            macs = ", ".join(str(card.get("mac")) for card in server["nics"]) or "none"
            raise InvalidArgument(f"the server has no card with mac {mac!r}; it has: {macs}")
        return {"nics": [card for card in server["nics"] if str(card.get("mac")).lower() != mac]}

    return change
