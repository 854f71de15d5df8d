"""Backup schedulers at work: when they run next, the snapshots they take, and those they let go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..domain import limits, server_states
from ..domain.audit import CATEGORIES
from ..domain.backup_schedule import calendar_of, zone_of
from ..domain.backup_schedulers import RUNNING_TYPES
from ..domain.refusal import Refusal
from ..domain.relations import SCHEDULER
from ..domain.retention import superfluous
from ..domain.snapshots import AVAILABLE, REMOTE
from ..store.transaction import Transaction
from . import snapshot_transitions
from .drive_transitions import mounts_of
from .world import World

Doc = dict[str, Any]


def drives_of(tx: Transaction, scheduler: str) -> list[str]:
    """Return the uuids of the drives that a scheduler looks after."""
    return [uuid for _, uuid in tx.sources(SCHEDULER, "backupschedulers", [scheduler])[scheduler]]


def plan(tx: Transaction, scheduler: Doc) -> datetime | None:
    """Let a scheduler's next run follow by itself; there is none for one that is disabled or has no drives.

    :returns: when it will be, UTC.
    """
    uuid = scheduler["uuid"]
    tx.cancel(about=uuid)
    if not scheduler["is_enabled"] or scheduler["type"] not in RUNNING_TYPES or not drives_of(tx, uuid):
        return None
    moment = calendar_of(scheduler).next_after(tx.now)
    if moment is not None:
        tx.later((moment - tx.now).total_seconds(), "backup.run", about=uuid, at_speed=False, uuid=uuid)
    return moment


def run(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: take a snapshot of each of a scheduler's drives that a running server has, and let old ones go."""
    scheduler = tx.get("backupschedulers", payload["uuid"])
    if scheduler is None:
        return
    kind = RUNNING_TYPES[scheduler["type"]]
    for drive in tx.find("drives", uuids=drives_of(tx, scheduler["uuid"])):
        if _runs(tx, drive):
            _take(tx, world, kind, scheduler, drive)
            _let_go(tx, world, kind, scheduler, drive)
    plan(tx, scheduler)


def _runs(tx: Transaction, drive: Doc) -> bool:
    servers = tx.find("servers", uuids=mounts_of(tx, drive["uuid"]))
    return any(server["status"] == server_states.RUNNING for server in servers)


def _take(tx: Transaction, world: World, kind: str, scheduler: Doc, drive: Doc) -> None:
    values: Doc = {"drive": drive["uuid"], "name": None, "meta": {}, "tags": []}
    if kind == REMOTE:
        values["location"] = scheduler["remote_location"] or limits.REMOTE_LOCATIONS[0]
    owner = drive["owner"]
    category = CATEGORIES[kind]
    try:
        snapshot = snapshot_transitions.create(
            tx, world, kind, drive, owner, values, scheduler=scheduler["uuid"]
        )
    except Refusal as refusal:
        tx.audit(category, "create", drive["uuid"], actor=owner, owner=owner, error=refusal.body()[0])
        return
    tx.audit(category, "create", snapshot["uuid"], actor=owner, owner=owner, details=values)


def _let_go(tx: Transaction, world: World, kind: str, scheduler: Doc, drive: Doc) -> None:
    """Delete what the retention policy does not keep of the snapshots that this scheduler took of a drive."""
    taken = {
        snapshot["uuid"]: snapshot
        for snapshot in tx.find(kind, uuids=snapshot_transitions.snapshots_of(tx, kind, drive["uuid"]))
        if snapshot["scheduler"] == scheduler["uuid"] and snapshot["status"] == AVAILABLE
    }
    times = [(uuid, datetime.fromisoformat(snapshot["timestamp"])) for uuid, snapshot in taken.items()]
    rules = scheduler["retention_policy"]["rules"]
    for uuid in superfluous(times, rules, tx.now, zone_of(scheduler["user_timezone"])):
        snapshot_transitions.delete(tx, world, kind, taken[uuid], actor=scheduler["owner"])
