"""How snapshots come into being, what is copied from them, and how they go."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..domain import drive_states
from ..domain.audit import CATEGORIES
from ..domain.drives import new_drive
from ..domain.jobs import new_job
from ..domain.relations import REMOTE_SNAPSHOT, SNAPSHOT
from ..domain.snapshots import (
    AVAILABLE,
    CREATING,
    LOCAL,
    REMOTE,
    TRANSFERRING,
    new_snapshot,
    require_legal,
    require_pause,
    require_room,
    stamp,
)
from ..store.transaction import Transaction
from .cloning import name_of_clone, storage_host
from .drive_transitions import in_use, seconds_for, users
from .world import World

Doc = dict[str, Any]

RELATIONS = {LOCAL: SNAPSHOT, REMOTE: REMOTE_SNAPSHOT}


def snapshots_of(tx: Transaction, kind: str, drive: str) -> list[str]:
    """Return the uuids of a drive's snapshots of one kind, the oldest first."""
    return [uuid for _, uuid in tx.sources(RELATIONS[kind], "drives", [drive])[drive]]


def create(
    tx: Transaction,
    world: World,
    kind: str,
    drive: Doc,
    owner: str,
    values: Doc,
    *,
    scheduler: str | None = None,
) -> Doc:
    """Begin to make a snapshot; it has the bytes of this moment, whatever happens to the drive later.

    :param kind: ``snapshots`` or ``remotesnapshots``.
    :param drive: the stored drive.
    :param owner: whose the snapshot will be.
    :param values: from `domain.snapshots.read_snapshot`.
    :param scheduler: uuid of the backup scheduler that takes it.
    :returns: the stored snapshot.
    :raises Refusal: 403 for a drive in the wrong state, above the limits, or too soon after another.
    """
    drive_states.require_legal("snapshot", drive)
    present = snapshots_of(tx, kind, drive["uuid"])
    require_room(kind, tx.count(kind, owner=owner), len(present))
    if kind == REMOTE:
        siblings = tx.find(kind, uuids=present)
        interval = world.options.remote_snapshot_interval
        require_pause(siblings, drive.get("remote_snapshot_at"), tx.now, interval)
        drive["remote_snapshot_at"] = tx.now.isoformat()
        tx.update("drives", drive)
    snapshot = new_snapshot(tx.new_uuid(), owner, drive, values, tx.now, scheduler=scheduler)
    tx.insert(kind, snapshot)
    _go_on(tx, world, kind, snapshot, least=1, most=10)
    # The file is shared before the commit, so that no crash comes between.
    world.images.share(drive["uuid"], snapshot["uuid"])
    tx.if_undone(partial(world.images.remove, snapshot["uuid"]))
    return snapshot


def _go_on(tx: Transaction, world: World, kind: str, snapshot: Doc, *, least: float, most: float) -> None:
    uuid = snapshot["uuid"]
    seconds = seconds_for(snapshot["drive_meta"]["size"], least=least, most=most)
    if snapshot["status"] == CREATING and world.hypervisor.writes_images and in_use(tx, snapshot["drive"]):
        tx.later(0, "snapshot.part", about=uuid, kind=kind, uuid=uuid, seconds=seconds)
    else:
        tx.later(seconds, "snapshot.go_on", about=uuid, kind=kind, uuid=uuid)


def part(world: World, payload: Doc) -> None:
    """Long task: give a snapshot of a drive that guests write to bytes of its own, as they are at one moment."""
    uuid = payload["uuid"]
    with world.transaction() as tx:
        snapshot = tx.get(payload["kind"], uuid)
        writing = users(tx, snapshot["drive"]) if snapshot is not None else []
    with world.hypervisor.standing_still(writing):
        world.images.own(uuid)
    with world.transaction() as tx:
        if tx.get(payload["kind"], uuid) is None:
            tx.after_commit(partial(world.images.remove, uuid))
            return
        tx.later(payload.get("seconds", 0), "snapshot.go_on", about=uuid, kind=payload["kind"], uuid=uuid)


def go_on(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a snapshot reaches its next state; a remote one is transferred before it is available."""
    kind, uuid = payload["kind"], payload["uuid"]
    snapshot = tx.get(kind, uuid)
    if snapshot is None or snapshot["status"] == AVAILABLE:
        return
    if kind == REMOTE and snapshot["status"] == CREATING:
        _show(tx, kind, snapshot, TRANSFERRING)
        _go_on(tx, world, kind, snapshot, least=2, most=60)
        return
    if kind == REMOTE:
        snapshot["allocated_size"] = world.images.allocated(uuid)
    _show(tx, kind, snapshot, AVAILABLE)


def _show(tx: Transaction, kind: str, snapshot: Doc, status: str) -> None:
    snapshot.update(status=status, last_state_change=stamp(tx.now))
    tx.update(kind, snapshot)


def delete(tx: Transaction, world: World, kind: str, snapshot: Doc, *, actor: str | None = None) -> None:
    """Delete a snapshot at once. The caller has checked that it may.

    :param actor: who does it, when it is not the caller of the API.
    """
    uuid = snapshot["uuid"]
    tx.cancel(about=uuid)
    tx.remove(kind, uuid)
    tx.audit(CATEGORIES[kind], "delete", uuid, actor=actor, owner=snapshot["owner"])
    tx.after_commit(partial(world.images.remove, uuid))


def clone(
    tx: Transaction,
    world: World,
    kind: str,
    snapshot: Doc,
    owner: str,
    values: Doc,
    avoid: Sequence[str] = (),
) -> Doc:
    """Begin to make a drive of a snapshot.

    :param kind: ``snapshots`` or ``remotesnapshots``.
    :param owner: whose the drive will be.
    :param values: what it shall be like, from `drives.read_clone`; a name of None is made up.
    :param avoid: uuids of drives and servers from whose storage hosts to keep away.
    :returns: the stored drive.
    """
    require_legal(kind, "clone", snapshot)
    name = values["name"] if values["name"] is not None else name_of_clone(tx, owner, snapshot["name"])
    meta = snapshot["meta"] if values["meta"] is None else values["meta"]
    copy = new_drive(
        tx.new_uuid(),
        owner,
        {**values, "name": name, "meta": meta},
        drive_states.CLONING_DST,
        storage_host(tx, avoid),
        snapshot["drive_meta"]["licenses"],
    )
    tx.insert("drives", copy)
    resources = [(kind, snapshot["uuid"]), ("drives", copy["uuid"])]
    job = new_job(tx.new_uuid(), owner, "drive_clone", resources, tx.now)
    tx.insert("jobs", job)
    tx.audit(CATEGORIES[kind], "clone_src", snapshot["uuid"], owner=snapshot["owner"])
    tx.audit(CATEGORIES["drives"], "clone_dst", copy["uuid"], owner=owner)
    tx.later(
        seconds_for(values["size"], least=1, most=60),
        "drive.copy",
        about=copy["uuid"],
        uuid=copy["uuid"],
        source=snapshot["uuid"],
        job=job["uuid"],
        shared=True,
    )
    # The bytes are the drive's from now on, even if the snapshot goes before they are copied.
    world.images.share(snapshot["uuid"], copy["uuid"])
    tx.if_undone(partial(world.images.remove, copy["uuid"]))
    return copy
