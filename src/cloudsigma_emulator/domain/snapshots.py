"""Snapshots of drives, local ones and remote ones: their fields, states and limits, and how they are shown.

Stored is what the user gave, the state, and ``drive_meta``: what the drive was like at the moment of the snapshot.
How much a local snapshot takes is measured on the bytes and never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from . import fields, limits
from .fields import Field
from .refs import optional_ref, read_ref, read_refs, ref, refs, resource_uri
from .refusal import Refusal

Snapshot = dict[str, Any]

LOCAL, REMOTE = "snapshots", "remotesnapshots"
CREATING, TRANSFERRING, AVAILABLE = "creating", "transferring", "available"

UNFINISHED = frozenset({CREATING, TRANSFERRING})

_LEGAL: dict[tuple[str, str], frozenset[str]] = {
    (LOCAL, "edit"): frozenset({CREATING, AVAILABLE}),
    (LOCAL, "delete"): frozenset({AVAILABLE}),
    (LOCAL, "clone"): frozenset({AVAILABLE}),
    (REMOTE, "edit"): frozenset({AVAILABLE}),
    (REMOTE, "delete"): frozenset({AVAILABLE}),
    (REMOTE, "clone"): frozenset({AVAILABLE}),
}

_KEPT_OF_DRIVE = (
    "affinities",
    "allow_multimount",
    "iops",
    "licenses",
    "media",
    "name",
    "size",
    "storage_type",
)
_SHOWN_OF_DRIVE = ("media", "name", "size", "storage_type")

CHANGE_FIELDS: tuple[Field, ...] = (
    Field("name", fields.optional_text),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)


def _location(value: Any, name: str) -> str:
    if value is None or value == "":
        raise Refusal.validation("This field is required", name)
    location: str = fields.choice(*limits.REMOTE_LOCATIONS)(value, name)
    return location


LOCAL_FIELDS: tuple[Field, ...] = (Field("drive", read_ref, required=True), *CHANGE_FIELDS)
REMOTE_FIELDS: tuple[Field, ...] = (*LOCAL_FIELDS, Field("location", _location, required=True))


def read_snapshot(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the definition of a new snapshot; ``drive`` is required, of a remote one ``location`` too."""
    return fields.read_fields(LOCAL_FIELDS if kind == LOCAL else REMOTE_FIELDS, body)


def read_change(body: Mapping[str, Any], snapshot: Snapshot) -> dict[str, Any]:
    """Read a change of a snapshot: name, meta and tags; everything else in the body is ignored."""
    values = fields.read_fields(CHANGE_FIELDS, body, snapshot)
    if values["name"] is None:
        values["name"] = snapshot["name"]
    return values


def default_name(drive: str, now: datetime) -> str:
    """Return the name of a snapshot that was given none."""
    return f"{drive}__{now:%Y-%m-%d}__{now:%H_%M_%S}"


def stamp(moment: datetime) -> str:
    """Return a UTC time as snapshots write it: with a blank between date and time."""
    return moment.isoformat(sep=" ", timespec="microseconds")


def new_snapshot(
    uuid: str,
    owner: str,
    drive: Mapping[str, Any],
    values: Mapping[str, Any],
    now: datetime,
    *,
    scheduler: str | None = None,
) -> Snapshot:
    """Return a stored snapshot that is being made.

    :param drive: the stored drive.
    :param values: from `read_snapshot`; a name of None is made up.
    :param scheduler: uuid of the backup scheduler that takes it; only those are ever deleted by one.
    """
    name = values["name"] if values["name"] is not None else default_name(drive["uuid"], now)
    return {
        **values,
        "uuid": uuid,
        "owner": owner,
        "name": name,
        "drive": drive["uuid"],
        "drive_meta": {**{key: drive[key] for key in _KEPT_OF_DRIVE}, "src_uuid": drive["uuid"]},
        "status": CREATING,
        "timestamp": stamp(now),
        "last_state_change": stamp(now),
        "allocated_size": 0,
        "scheduler": scheduler,
    }


def require_legal(kind: str, operation: str, snapshot: Snapshot) -> None:
    """Refuse with 403 what the state of a snapshot does not allow: to ``edit``, ``delete`` or ``clone`` it."""
    legal = _LEGAL[kind, operation]
    if snapshot["status"] not in legal:
        raise Refusal.permission(
            f"Cannot {operation} snapshot in state '{snapshot['status']}'."
            f" Snapshot should be in state: {', '.join(sorted(legal))}"
        )


def require_room(kind: str, of_account: int, of_drive: int) -> None:
    """Refuse with 403 a snapshot above the limits.

    :param of_account: how many of the kind the account has.
    :param of_drive: how many of them are of the drive.
    """
    bounds = limits.CAPABILITIES["snapshots" if kind == LOCAL else "remote_snapshots"]
    if of_account >= bounds["max"]:
        raise Refusal.permission(f"An account may have at most {bounds['max']} of these snapshots")
    per_drive = bounds.get("max_per_drive")
    if per_drive is not None and of_drive >= per_drive:
        raise Refusal.permission(f"A drive may have at most {per_drive} snapshots")


def require_pause(snapshots: Sequence[Snapshot], last: str | None, now: datetime, interval: float) -> None:
    """Refuse with 403 a remote snapshot that follows another of its drive too closely.

    :param snapshots: the drive's remote snapshots.
    :param last: when the last one was begun, be it there still or not.
    :param interval: the least time between two, in seconds.
    """
    if any(snapshot["status"] in UNFINISHED for snapshot in snapshots):
        raise Refusal.permission("A remote snapshot of this drive is being made already")
    if last is not None and now - datetime.fromisoformat(last) < timedelta(seconds=interval):
        raise Refusal.permission(
            f"The last remote snapshot of this drive is less than {interval / 60:g} minutes old"
        )


def as_source(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as something that a drive can be copied from: see `drives.read_clone`."""
    return {
        **snapshot["drive_meta"],
        "uuid": snapshot["uuid"],
        "owner": snapshot["owner"],
        "name": snapshot["name"],
        "meta": snapshot["meta"],
    }


def render_snapshot(
    kind: str,
    snapshot: Snapshot,
    *,
    allocated: int,
    permissions: Sequence[str] = (),
    grantees: Sequence[Any] = (),
) -> dict[str, Any]:
    """Return a snapshot as every answer shows it: 12 keys, 15 of a remote one.

    :param allocated: bytes that a local snapshot takes; of no matter while it is being made, and for a remote one.
    :param permissions: what a viewer who is not the owner may do with it.
    :param grantees: whom it is shared with, for its owner's eyes.
    """
    shown = {
        "allocated_size": allocated if snapshot["status"] == AVAILABLE else None,
        "drive": ref("drives", snapshot["drive"]),
        "grantees": list(grantees),
        "meta": snapshot["meta"],
        "name": snapshot["name"],
        "owner": optional_ref("users", snapshot["owner"]),
        "permissions": list(permissions),
        "resource_uri": resource_uri(kind, snapshot["uuid"]),
        "status": snapshot["status"],
        "tags": refs("tags", snapshot["tags"]),
        "timestamp": snapshot["timestamp"],
        "uuid": snapshot["uuid"],
    }
    if kind == REMOTE:
        drive = snapshot["drive_meta"]
        shown["allocated_size"] = snapshot["allocated_size"]
        shown["drive_meta"] = {
            **{key: drive[key] for key in _SHOWN_OF_DRIVE},
            "src_uuid": drive["src_uuid"],
        }
        shown["last_state_change"] = snapshot["last_state_change"]
        shown["location"] = snapshot["location"]
    return shown


def with_nested_uri(drive: Mapping[str, Any]) -> dict[str, Any]:
    """Return a drive as the answer to the clone of a snapshot shows it: its resource_uri is a nested reference."""
    return {**drive, "resource_uri": ref("drives", drive["uuid"])}
