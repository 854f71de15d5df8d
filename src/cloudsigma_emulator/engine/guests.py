"""Between the rows and the machines: what guests read about themselves, and what they report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..domain import context
from ..drivers.hypervisor import DriveFile, Report
from ..store.transaction import Transaction
from . import drive_transitions
from .server_transitions import attached_drives, could_not_run, guest_powered_off, happen
from .world import World

Doc = dict[str, Any]

EVENTS = (
    "power_off",
    "host_crash",
    "illegal_operation",
    "outage",
    "recover",
    "ignore_power_button",
    "obey_power_button",
)


class Guests:
    """What a hypervisor sees of the cloud (see `drivers.hypervisor.Cloud`)."""

    def __init__(self, world: World) -> None:
        self._world = world

    def context_answer(self, server: str, path: str) -> bytes:
        """Return the bytes that answer a request for the server context."""
        with self._world.transaction() as tx:
            document = context_of(tx, server)
        return context.answer(document, path)

    def report(self, server: str, what: Report, why: str = "") -> None:
        """Bring the rows in line with what a guest did; why one could not be run goes to the log of the API too."""
        with self._world.transaction() as tx:
            stored = tx.get("servers", server)
            if stored is None:
                return
            if what == "powered_off":
                guest_powered_off(tx, server)
            elif what == "illegal_operation":
                happen(tx, self._world, stored, "illegal_operation")
            elif what == "crashed":
                if not happen(tx, self._world, stored, "host_crash", gone=True):
                    guest_powered_off(tx, server)
            elif stored["status"] != "stopped":
                could_not_run(tx, self._world, stored, why)

    def drive_files(self, server: str) -> list[DriveFile]:
        """Return the drives of a server with the files of their bytes, which the guest may write to."""
        with self._world.transaction() as tx:
            stored = tx.get("servers", server)
            drives = (
                {drive["uuid"]: drive for drive in attached_drives(tx, stored)} if stored is not None else {}
            )
        found: list[DriveFile] = []
        for item in stored["drives"] if stored is not None else ():
            drive = drives[item["drive"]]
            found.append(
                DriveFile(
                    uuid=drive["uuid"],
                    path=self._file(drive),
                    device=item["device"],
                    dev_channel=item["dev_channel"],
                    boot_order=item["boot_order"],
                    cdrom=drive["media"] == "cdrom",
                    shared=bool(drive["allow_multimount"]),
                )
            )
        return found

    def _file(self, drive: Doc) -> Path:
        images = self._world.images
        path = images.existing(drive["uuid"])
        if drive["media"] == "cdrom" and path is not None:
            return path
        path = images.own(drive["uuid"])
        # Never cut here: another guest may have it open.
        if not path.exists() or path.stat().st_size < drive["size"]:
            return images.create(drive["uuid"], drive["size"])
        return path


def context_of(tx: Transaction, uuid: str) -> Doc | None:
    """Return the context document of a server as it is now, None when the server is gone."""
    server = tx.get("servers", uuid)
    if server is None:
        return None
    attached = [item["drive"] for item in server["drives"]]
    drives = {**_by_uuid(tx, "libdrives", attached), **_by_uuid(tx, "drives", attached)}
    ips = _by_uuid(
        tx,
        "ips",
        [
            address
            for nic in server["nics"]
            for address in (nic["lent_ip"], (nic["ip_v4_conf"] or {}).get("ip"))
            if address
        ],
    )
    vlans = _by_uuid(tx, "vlans", [nic["vlan"] for nic in server["nics"] if nic["vlan"]])
    pubkeys = _by_uuid(tx, "keypairs", server["pubkeys"])
    tagged = [server, *drives.values(), *ips.values(), *vlans.values(), *pubkeys.values()]
    tags = _by_uuid(tx, "tags", [tag for document in tagged for tag in document["tags"]])
    stored = tx.get("global_context", server["owner"])
    return context.context_document(
        server,
        drives=drives,
        ips=ips,
        vlans=vlans,
        pubkeys=pubkeys,
        tags=tags,
        global_context=(stored or {}).get("values", {}),
    )


def _by_uuid(tx: Transaction, kind: str, uuids: list[str]) -> dict[str, Doc]:
    return {document["uuid"]: document for document in tx.find(kind, uuids=uuids)} if uuids else {}


def machines(world: World) -> dict[str, Doc]:
    """Return for each server that is not stopped what the control plane shows: its status and serial port."""
    with world.transaction() as tx:
        servers = [server for server in tx.find("servers") if server["status"] != "stopped"]
    return {
        server["uuid"]: {
            "name": server["name"],
            "serial_port": world.hypervisor.serial_port(server["uuid"]),
            "ssh": world.hypervisor.ssh(server["uuid"]),
            "status": server["status"],
        }
        for server in servers
    }


def let_happen(world: World, uuid: str, event: str) -> bool:
    """Let the platform do something to a server or a drive, for tests of programs that have to bear it.

    :param event: one of `EVENTS`; of these, drives know ``outage`` and ``recover``.
    :returns: False when there is no such object or the event means nothing in its state.
    :raises ValueError: for an unknown event.
    """
    if event not in EVENTS:
        raise ValueError(f"{event} is not one of {', '.join(EVENTS)}")
    with world.transaction() as tx:
        server = tx.get("servers", uuid)
        if server is not None:
            return happen(tx, world, server, event)
        drive = tx.get("drives", uuid)
        change = {"outage": drive_transitions.outage, "recover": drive_transitions.recover}.get(event)
        return drive is not None and change is not None and change(tx, drive)
