"""What a server definition refers to: whether it may, and what follows for the things referred to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..domain import drive_states, permissions, server_states
from ..domain.nics import static_addresses
from ..domain.permissions import ATTACH
from ..domain.refusal import Refusal
from ..domain.relations import MOUNT, NIC_IP
from ..store.transaction import Transaction
from .bought import let_go
from .drive_transitions import settle
from .private_clouds import require_pool
from .sharing import require

Doc = dict[str, Any]

_NOTHING: Doc = {"nics": ()}


def require_usable(tx: Transaction, server: Doc, previous: Doc | None = None) -> None:
    """Refuse a definition that names what the server's owner may not use.

    :param server: the definition, with ``uuid`` and ``owner``.
    :param previous: the stored server, when it is changed: what it has already is not asked about again.
    """
    if previous is None or server["allocation_pool"] != previous["allocation_pool"]:
        require_pool(tx, server)
    had = {item["drive"] for item in previous["drives"]} if previous else set[str]()
    new = [item["drive"] for item in server["drives"] if item["drive"] not in had]
    _require_drives(tx, server, new)
    _require_nics(tx, server, previous)
    had_keys = set(previous["pubkeys"]) if previous else set[str]()
    _require_known(
        tx,
        "keypairs",
        [uuid for uuid in server["pubkeys"] if uuid not in had_keys],
        server["owner"],
        "pubkeys",
    )


def _require_drives(tx: Transaction, server: Doc, uuids: Collection[str]) -> None:
    if not uuids:
        return
    own = {drive["uuid"]: drive for drive in tx.find("drives", uuids=uuids)}
    library = {drive["uuid"]: drive for drive in tx.find("libdrives", uuids=uuids)}
    elsewhere = tx.sources(MOUNT, "drives", list(uuids))
    for uuid in uuids:
        if uuid in library:
            if library[uuid]["media"] != "cdrom":
                raise Refusal.permission(
                    f"The library drive {uuid} is a disk; clone it and attach the copy", "drives"
                )
            continue
        drive = own.get(uuid)
        if drive is None:
            raise Refusal.not_found(uuid)
        require(tx, server["owner"], "drives", drive, ATTACH)
        drive_states.require_legal("attach", drive)
        others = [other for _, other in elsewhere[uuid] if other != server["uuid"]]
        if others and drive["media"] == "disk" and not drive["allow_multimount"]:
            raise Refusal.permission(
                f"The drive {uuid} is attached to another server and does not allow multimount", "drives"
            )


def _require_nics(tx: Transaction, server: Doc, previous: Doc | None) -> None:
    before = previous["nics"] if previous else []
    had_vlans = {nic["vlan"] for nic in before}
    vlans = {nic["vlan"] for nic in server["nics"] if nic["vlan"]} - had_vlans
    _require_known(tx, "vlans", sorted(vlans), server["owner"], "nics")
    had_policies = {nic["firewall_policy"] for nic in before}
    policies = {nic["firewall_policy"] for nic in server["nics"] if nic["firewall_policy"]} - had_policies
    _require_known(tx, "fwpolicies", sorted(policies), server["owner"], "nics")
    had_addresses = {address for nic in before for address in static_addresses(nic)}
    wanted = {address for nic in server["nics"] for address in static_addresses(nic)} - had_addresses
    if not wanted:
        return
    known = {ip["uuid"]: ip for ip in tx.find("ips", uuids=wanted)}
    users = tx.sources(NIC_IP, "ips", sorted(wanted))
    for address in sorted(wanted):
        ip = known.get(address)
        if ip is None or ip["subscription"] is None:
            raise Refusal.validation(
                f"{address} is not an address that the server's owner has subscribed", "nics"
            )
        require(tx, server["owner"], "ips", ip, ATTACH)
        if any(other != server["uuid"] for _, other in users[address]):
            raise Refusal.validation(f"The address {address} is attached to another server", "nics")


def _require_known(tx: Transaction, kind: str, uuids: Collection[str], owner: str, point: str) -> None:
    if not uuids:
        return
    known = {document["uuid"]: document for document in tx.find(kind, uuids=uuids)}
    for uuid in uuids:
        if uuid not in known:
            raise Refusal.validation(f"Object with uuid {uuid} does not exist", point)
        require(tx, owner, kind, known[uuid], ATTACH)


def require_own_tags(tx: Transaction, user: str, uuids: Collection[str], had: Collection[str] = ()) -> None:
    """Refuse tags that do not exist (400) or belong to somebody else (403).

    :param had: tags that the resource carries already.
    """
    new = [uuid for uuid in uuids if uuid not in had]
    known = {tag["uuid"]: tag for tag in tx.find("tags", uuids=new)} if new else {}
    for uuid in new:
        if uuid not in known:
            raise Refusal.validation(f"There is no tag with uuid {uuid}", "tags")
        permissions.require(user, known[uuid], ATTACH)


def attachments_changed(tx: Transaction, before: Doc | None, after: Doc | None) -> None:
    """Let the drives and addresses of a server follow, once its new definition (None: its end) is stored."""
    old = {item["drive"] for item in before["drives"]} if before else set[str]()
    new = {item["drive"] for item in after["drives"]} if after else set[str]()
    settle(tx, sorted(old ^ new))
    held = {address for nic in (before or _NOTHING)["nics"] for address in static_addresses(nic)}
    kept = {address for nic in (after or _NOTHING)["nics"] for address in static_addresses(nic)}
    let_go(tx, sorted(held - kept))


def delete_server(tx: Transaction, server: Doc) -> None:
    """Delete a stopped server; its drives are unmounted and its addresses free in the same step."""
    server_states.require_legal("delete", server)
    tx.cancel(about=server["uuid"])
    tx.remove("servers", server["uuid"])
    attachments_changed(tx, server, None)
    tx.audit("Servers", "delete", server["uuid"], owner=server["owner"])
