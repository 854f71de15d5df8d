"""Drives: their fields and limits, and how they are shown.

Stored is what the user defined, ``status`` and what a transition under way needs (``new_size`` while
resizing, ``upload`` while uploading). Which servers have a drive, and its jobs, are relations kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import fields, limits
from .drive_states import CLONING_DST, CREATING, UPLOADING, is_ephemeral
from .fields import Field
from .refs import optional_ref, read_refs, refs, resource_uri
from .refusal import Refusal

Drive = dict[str, Any]

MEDIA = ("cdrom", "disk")
STORAGE_TYPES = ("magnetic", "ssd", "dssd", "zadara", "nvme", "local_nvme")
STORAGE_ALIASES = {"hdd": "dssd"}
LIVE_FIELDS = ("name", "meta", "tags", "allow_multimount")
"""What a change may touch of a drive whose server runs; everything else in it is ignored."""


def _storage_type(value: Any, name: str) -> str:
    if isinstance(value, str):
        value = STORAGE_ALIASES.get(value, value)
    chosen: str = fields.choice(*STORAGE_TYPES)(value, name)
    return chosen


_SIZE = fields.whole_number_within(1, 2**63 - 1)
_STORAGE_TYPE = fields.nullable(_storage_type, lambda: limits.DEFAULT_STORAGE_TYPE)

FIELDS: tuple[Field, ...] = (
    Field("name", fields.text, required=True),
    Field("size", _SIZE, required=True),
    Field("media", fields.choice(*MEDIA), required=True),
    Field("affinities", fields.list_of(fields.choice("ssd")), default=list),
    Field("allow_multimount", fields.nullable(fields.boolean, lambda: False), default=lambda: False),
    Field("iops", fields.nullable(fields.whole_number)),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)

CREATE_FIELDS: tuple[Field, ...] = (
    *FIELDS,
    Field("storage_type", _STORAGE_TYPE, default=lambda: limits.DEFAULT_STORAGE_TYPE),
)

UPLOAD_FIELDS: tuple[Field, ...] = (
    Field("name", fields.text, required=True),
    Field("size", _SIZE, required=True),
    Field("media", fields.nullable(fields.choice(*MEDIA), lambda: "disk"), default=lambda: "disk"),
    *CREATE_FIELDS[3:],
)

CLONE_FIELDS: tuple[Field, ...] = (
    Field("name", fields.optional_text),
    Field("media", fields.nullable(fields.choice(*MEDIA))),
    Field("size", fields.nullable(_SIZE)),
    Field("storage_type", fields.nullable(_storage_type)),
    Field("affinities", fields.nullable(fields.list_of(fields.choice("ssd")))),
    Field("meta", fields.nullable(fields.meta)),
    Field("tags", read_refs, default=list),
)


def read_drive(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read and check the definition of a new drive; its size comes back rounded as the cloud stores it."""
    values = fields.read_fields(CREATE_FIELDS, body)
    check_storage(values)
    return {**values, "size": limits.round_size(values["size"])}


def read_upload(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the definition of a drive to be uploaded: the size stays exactly as sent, however small."""
    values = fields.read_fields(UPLOAD_FIELDS, body)
    check_storage({**values, "size": max(values["size"], smallest_size(values["storage_type"]))})
    return values


def read_change(body: Mapping[str, Any], drive: Drive) -> dict[str, Any]:
    """Read and check a change of a drive; sizes are compared after rounding, and may not shrink.

    :param body: what was sent: name, size and media are required, the rest keeps its value when left out.
    :param drive: the stored drive.
    """
    values = fields.read_fields(FIELDS, body, drive)
    size = limits.round_size(values["size"])
    if size < drive["size"]:
        raise Refusal.validation(
            f"size must be at least the present size of the drive, {drive['size']} bytes", "size"
        )
    if size != drive["size"] or values["iops"] != drive["iops"]:
        # The largest size is no multiple of the step: what is checked is what was asked for.
        check_storage({**values, "storage_type": drive["storage_type"]})
    return {**values, "size": size}


def read_clone(body: Mapping[str, Any], source: Drive) -> dict[str, Any]:
    """Read and check what a copy shall be like; what is not said follows the source.

    The ``name`` comes back None when it was not given, so that the caller can make one up.
    """
    given = fields.read_fields(CLONE_FIELDS, body)
    size = source["size"] if given["size"] is None else limits.round_size(given["size"])
    if size < source["size"]:
        raise Refusal.validation(
            f"size must be at least the size of the source, {source['size']} bytes", "size"
        )
    values = {
        "name": given["name"],
        "media": given["media"] or source["media"],
        "size": size,
        "storage_type": given["storage_type"] or source["storage_type"],
        "affinities": source["affinities"] if given["affinities"] is None else given["affinities"],
        "allow_multimount": source["allow_multimount"],
        "iops": source["iops"],
        "meta": given["meta"],
        "tags": given["tags"],
    }
    if values["storage_type"] != source["storage_type"] or size != source["size"]:
        check_storage({**values, "size": given["size"] or size})
    return values


def check_storage(values: Mapping[str, Any]) -> None:
    """Refuse a storage type that is not offered (503), and a size or iops out of its limits (400)."""
    storage_type = values["storage_type"]
    offered = limits.storage_limits(storage_type)
    if offered is None:
        raise Refusal.backend(
            f"We currently cannot provide enough resources to create a {storage_type} drive"
        )
    for name in ("size", "iops"):
        bounds = offered[name]
        if values[name] is not None:
            fields.whole_number_within(bounds["min"], bounds["max"])(values[name], name)


def smallest_size(storage_type: str) -> int:
    """Return the least size in bytes of a drive of a storage type, rounded as the cloud rounds."""
    offered = limits.storage_limits(storage_type)
    return limits.round_size(int(offered["size"]["min"])) if offered else 0


def begun_upload(size: int) -> dict[str, Any]:
    """Return what a drive stores about its upload: the exact size, and the stretches that are there."""
    return {"size": size, "stored": []}


def size_after_upload(drive: Drive) -> int:
    """Return the size that an uploaded drive ends with: rounded up, and grown to the least one allowed."""
    return max(limits.round_size(drive["size"]), smallest_size(drive["storage_type"]))


def new_drive(
    uuid: str,
    owner: str | None,
    values: Mapping[str, Any],
    status: str,
    host: str,
    licenses: Sequence[Any] = (),
) -> Drive:
    """Return a stored drive from a checked definition.

    :param status: the state it starts in.
    :param host: the storage host that holds it (availability groups).
    :param licenses: what the library binds to it.
    """
    return {
        **values,
        "meta": values["meta"] or {},
        "uuid": uuid,
        "owner": owner,
        "status": status,
        "licenses": list(licenses),
        "host": host,
        "backup_scheduler": None,
        "new_size": None,
        "upload": None,
        "recovered_status": None,
    }


def render_licenses(drive: Drive) -> list[dict[str, Any]]:
    """Return the licences bound to a drive."""
    return [
        {
            "amount": bound["amount"],
            "license": bound["license"],
            "user": optional_ref("users", bound["user"]),
        }
        for bound in drive["licenses"]
    ]


def render_drive(
    drive: Drive,
    *,
    mounted_on: Sequence[str] = (),
    jobs: Sequence[str] = (),
    snapshots: Sequence[str] = (),
    remote_snapshots: Sequence[str] = (),
    allocated: int = 0,
    permissions: Sequence[str] = (),
    grantees: Sequence[Any] = (),
) -> dict[str, Any]:
    """Return a drive as the detail list and single answers show it: 22 keys.

    :param mounted_on: uuids of the servers that have it.
    :param jobs: uuids of the jobs that concern it.
    :param snapshots: uuids of its local snapshots; ``remote_snapshots`` of the remote ones.
    :param allocated: bytes that its local snapshots take.
    :param permissions: what a viewer who is not the owner may do with it.
    :param grantees: whom it is shared with, for its owner's eyes.
    """
    ephemeral = is_ephemeral(drive)
    unfinished = drive["status"] in (CREATING, CLONING_DST, UPLOADING)
    return {
        "affinities": drive["affinities"],
        "allow_multimount": drive["allow_multimount"],
        "backup_scheduler": optional_ref("backupschedulers", drive.get("backup_scheduler")),
        "grantees": list(grantees),
        "iops": drive["iops"],
        "jobs": refs("jobs", list(jobs)),
        "licenses": render_licenses(drive),
        "media": drive["media"],
        "meta": drive["meta"],
        "mounted_on": refs("servers", list(mounted_on)),
        "name": drive["name"],
        "owner": optional_ref("users", drive["owner"]),
        "permissions": list(permissions),
        "remote_snapshots": refs("remotesnapshots", list(remote_snapshots)),
        "resource_uri": resource_uri("drives", drive["uuid"]),
        "runtime": {
            "is_downloadable": None if unfinished else not ephemeral,
            "is_ephemeral": ephemeral,
            "is_snapshotable": None if unfinished else not ephemeral,
            "snapshots_allocated_size": allocated,
            "storage_type": drive["storage_type"],
        },
        "size": drive["size"],
        "snapshots": refs("snapshots", list(snapshots)),
        "status": drive["status"],
        "storage_type": drive["storage_type"],
        "tags": refs("tags", drive["tags"]),
        "uuid": drive["uuid"],
    }


SHORT_FIELDS = ("owner", "resource_uri", "status", "uuid")
