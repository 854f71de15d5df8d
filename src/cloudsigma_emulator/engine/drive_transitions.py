"""How drives come into being, change their size, and go."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from ..domain import drive_states, server_states
from ..domain.chunks import Span, covers, with_span
from ..domain.drive_states import CREATING, READY, RESIZING, UNAVAILABLE
from ..domain.drives import begun_upload, size_after_upload
from ..domain.relations import MOUNT, SNAPSHOT
from ..store.transaction import Transaction
from .transition import FollowUp, follow, move
from .world import World

Doc = dict[str, Any]

LEAVING = "leaving_drives"
"""Kind of a drive whose deletion was answered: in no list any more, still there for a GET."""

_LEAVING_SECONDS = 0.3
_BYTES_PER_SECOND = 512 * 2**20


def seconds_for(size: int, *, least: float, most: float) -> float:
    """Return how long work on so many bytes takes in the real cloud, within bounds in seconds."""
    return min(most, least + size / _BYTES_PER_SECOND)


def mounts_of(tx: Transaction, uuid: str) -> list[str]:
    """Return the uuids of the servers that have a drive."""
    return [server for _, server in tx.sources(MOUNT, "drives", [uuid])[uuid]]


def in_use(tx: Transaction, uuid: str) -> bool:
    """Tell whether a server that is not stopped has the drive."""
    return bool(users(tx, uuid))


def users(tx: Transaction, uuid: str) -> list[str]:
    """Return the uuids of the servers that have the drive and are not stopped."""
    servers = tx.find("servers", uuids=mounts_of(tx, uuid))
    return [server["uuid"] for server in servers if server["status"] != server_states.STOPPED]


def create(tx: Transaction, drive: Doc) -> None:
    """Store a new drive in ``creating``; it becomes ready by itself."""
    tx.insert("drives", drive)
    follow(tx, drive["uuid"], FollowUp("drive.ready", tx.random.uniform(1, 3)))


def settle(tx: Transaction, uuids: Iterable[str]) -> None:
    """Let ready drives show whether a server has them, after attachments changed."""
    wanted = list(dict.fromkeys(uuids))
    if not wanted:
        return
    servers = tx.sources(MOUNT, "drives", wanted)
    for drive in tx.find("drives", uuids=wanted):
        status = drive_states.settled_status(drive, mounted=bool(servers[drive["uuid"]]))
        if status != drive["status"]:
            drive["status"] = status
            tx.update("drives", drive)


def ready(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a drive has been made."""
    drive = tx.get("drives", payload["uuid"])
    if drive is not None and drive["status"] == CREATING:
        rest(tx, drive)


def rest(tx: Transaction, drive: Doc, **changes: Any) -> None:
    """End a drive's transition: mounted or not, and servers that waited for it go on."""
    servers = mounts_of(tx, drive["uuid"])
    move(tx, "drives", drive, drive_states.resting_status(mounted=bool(servers)), **changes)
    wake_servers(tx, servers)


def wake_servers(tx: Transaction, uuids: Iterable[str]) -> None:
    """Let servers that are starting look again whether their drives are ready."""
    for server in tx.find("servers", uuids=list(uuids)):
        if server["status"] == server_states.STARTING and not tx.waiting(server["uuid"]):
            follow(tx, server["uuid"], FollowUp("server.boot", 0))


def resize(tx: Transaction, drive: Doc, size: int) -> None:
    """Begin to grow a drive; it keeps its old size until the end. The caller has checked that it may."""
    seconds = seconds_for(size - drive["size"], least=1, most=30)
    move(tx, "drives", drive, RESIZING, new_size=size, then=FollowUp("drive.resized", seconds))


def resized(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a drive has grown."""
    drive = tx.get("drives", payload["uuid"])
    if drive is None or drive["status"] != RESIZING:
        return
    size = drive["new_size"]
    rest(tx, drive, size=size, new_size=None)
    tx.after_commit(partial(world.images.resize, drive["uuid"], size))


def uploaded(tx: Transaction, world: World, drive: Doc) -> None:
    """End an upload whose bytes are all there: the size is rounded, the image filled up with zeros."""
    size = size_after_upload(drive)
    rest(tx, drive, size=size)
    tx.after_commit(partial(world.images.resize, drive["uuid"], size))


def stored(tx: Transaction, world: World, drive: Doc, span: Span) -> None:
    """Take note that a stretch of an upload is in the image; the last one ends the upload."""
    upload = drive["upload"]
    upload["stored"] = with_span(upload["stored"], span)
    if covers(upload["stored"], Span(0, upload["size"])):
        uploaded(tx, world, drive)
    else:
        tx.update("drives", drive)


def delete(tx: Transaction, world: World, drive: Doc) -> None:
    """Delete a drive: out of every list at once, gone a moment later. The caller has checked that it may."""
    uuid = drive["uuid"]
    viewers = sorted(tx.grants.viewers("drives", uuid))
    tx.cancel(about=uuid)
    for server in tx.find("servers", uuids=mounts_of(tx, uuid)):
        server["drives"] = [item for item in server["drives"] if item["drive"] != uuid]
        tx.update("servers", server)
    _delete_snapshots(tx, world, drive)
    tx.remove("drives", uuid)
    tx.remove("driveusers", uuid)
    tx.audit("Drives", "delete", uuid, owner=drive["owner"])
    if tx.instant:
        tx.after_commit(partial(world.images.remove, uuid))
        return
    tx.insert(LEAVING, {**drive, "tags": [], "backup_scheduler": None, "viewers": viewers})
    follow(tx, uuid, FollowUp("drive.gone", _LEAVING_SECONDS))


def _delete_snapshots(tx: Transaction, world: World, drive: Doc) -> None:
    """Delete the local snapshots of a drive that goes; the remote ones outlive it."""
    uuids = [uuid for _, uuid in tx.sources(SNAPSHOT, "drives", [drive["uuid"]])[drive["uuid"]]]
    for snapshot in tx.find("snapshots", uuids=uuids) if uuids else ():
        tx.cancel(about=snapshot["uuid"])
        tx.remove("snapshots", snapshot["uuid"])
        tx.audit("Snapshots", "delete", snapshot["uuid"], owner=snapshot["owner"])
        tx.after_commit(partial(world.images.remove, snapshot["uuid"]))


def gone(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: nothing is left of a deleted drive."""
    uuid = payload["uuid"]
    drive = tx.get(LEAVING, uuid)
    if drive is not None:
        tx.remove(LEAVING, uuid)
        for viewer in (drive["owner"], *drive.get("viewers", ())):
            tx.event("drives", uuid, viewer)
        tx.after_commit(partial(world.images.remove, uuid))


def outage(tx: Transaction, drive: Doc) -> bool:
    """Let the platform fail under a ready drive; False when its state does not know outages."""
    if drive["status"] not in READY:
        return False
    move(tx, "drives", drive, UNAVAILABLE)
    return True


def recover(tx: Transaction, drive: Doc) -> bool:
    """End an outage under a drive; False when there is none."""
    if drive["status"] != UNAVAILABLE:
        return False
    rest(tx, drive)
    return True


def begin_upload(tx: Transaction, drive: Doc) -> None:
    """Store a drive whose bytes will be uploaded."""
    drive["upload"] = begun_upload(drive["size"])
    tx.insert("drives", drive)
    tx.audit("Drives", "init_upload", drive["uuid"], owner=drive["owner"])
