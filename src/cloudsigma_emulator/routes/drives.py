"""``/drives/``: definitions, copies, growth, and where drives are stored. Their bytes: `uploads`."""

from __future__ import annotations

from typing import Any

from ..domain import drive_states, drives, fields
from ..domain.permissions import CLONE, DELETE, EDIT, LIST
from ..domain.placement import groups
from ..domain.refusal import Refusal
from ..engine import cloning, drive_transitions
from ..engine.attachments import require_own_tags
from ..engine.sharing import require
from .listing import list_answer, single_answer
from .objects import avoided, fetch, uuids_in_body
from .rendering import render_drives
from .route import Answer, Call, Route

Doc = dict[str, Any]


def list_drives(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, "drives", render_drives, default_fields=drives.SHORT_FIELDS)


def list_drives_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, "drives", render_drives)


def get_drive(call: Call) -> Answer:
    """Answer one drive: also a library drive, and one whose deletion is not over yet."""
    return single_answer(call, _shown(call, fetch_any(call, LIST)))


def fetch_any(call: Call, permission: str) -> Doc:
    """Return the drive of the path, be it the caller's, the library's, or on its way out."""
    uuid = call.params["uuid"]
    for kind in ("drives", "libdrives", drive_transitions.LEAVING):
        drive = call.tx.get(kind, uuid)
        if drive is not None:
            if call.user_uuid not in drive.get("viewers", ()):
                require(call.tx, call.user_uuid, kind, drive, permission)
            return drive
    raise Refusal.not_found(uuid)


def fetch_own(call: Call, permission: str, uuid: str | None = None) -> Doc:
    """Return a drive that may be changed; a library drive is refused with 403."""
    wanted = call.params["uuid"] if uuid is None else uuid
    if call.tx.get("drives", wanted) is None and call.tx.get("libdrives", wanted) is not None:
        raise Refusal.lacks(call.user_uuid, permission, [wanted])
    return fetch(call, "drives", permission, wanted)


def create_drives(call: Call) -> Answer:
    """Create one drive or many, all or none."""
    bodies = call.objects("drive to create")
    avoid = avoided(call)
    stored = []
    for body in bodies:
        values = drives.read_drive(body)
        require_own_tags(call.tx, call.user_uuid, values["tags"])
        host = cloning.storage_host(call.tx, avoid)
        drive = drives.new_drive(call.tx.new_uuid(), call.user_uuid, values, drive_states.CREATING, host)
        drive_transitions.create(call.tx, drive)
        call.tx.audit("Drives", "create", drive["uuid"], details=body)
        stored.append(drive)
    return Answer(201, {"objects": render_drives(call.tx, stored, call)})


def update_drive(call: Call) -> Answer:
    """Change one drive; a bigger size begins to grow it."""
    drive = _change(call, call.params["uuid"], fields.body_object(call.object()))
    return Answer(200, _shown(call, drive))


def update_drives(call: Call) -> Answer:
    """Change many drives, all or none."""
    bodies = call.objects()
    changed = [_change(call, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]
    return Answer(200, {"objects": render_drives(call.tx, changed, call)})


def resize_drive(call: Call) -> Answer:
    """Change one drive as a PUT does, but refuse what a PUT ignores while its server runs."""
    drive = _change(call, call.params["uuid"], fields.body_object(call.object()), strict=True)
    return Answer(202, {"objects": [_shown(call, drive)]})


def _change(call: Call, uuid: str, body: Doc, *, strict: bool = False) -> Doc:
    tx = call.tx
    drive = fetch_own(call, EDIT, uuid)
    in_use = drive_transitions.in_use(tx, uuid)
    drive_states.require_legal("resize" if strict else "edit", drive, in_use=in_use)
    live = in_use and not strict
    if live and "size" in body:
        # Whatever size was sent is ignored while the server runs.
        body = {**body, "size": drive["size"]}
    values = drives.read_change(body, drive)
    if live:
        values = {key: values[key] for key in drives.LIVE_FIELDS}
    if drive["owner"] != call.user_uuid:
        values["tags"] = drive["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], drive["tags"])
    size = values.pop("size", drive["size"])
    drive.update(values)
    if size > drive["size"]:
        drive_transitions.resize(tx, drive, size)
    else:
        tx.update("drives", drive)
    tx.audit("Drives", "update", uuid, details=body, owner=drive["owner"])
    return drive


def delete_drive(call: Call) -> Answer:
    """Delete one drive; one whose deletion is under way is deleted already."""
    uuid = call.params["uuid"]
    leaving = call.tx.get(drive_transitions.LEAVING, uuid)
    if leaving is not None:
        if call.user_uuid not in leaving.get("viewers", ()):
            require(call.tx, call.user_uuid, drive_transitions.LEAVING, leaving, DELETE)
    else:
        _delete(call, uuid)
    return Answer(204)


def delete_drives(call: Call) -> Answer:
    """Delete many drives, all or none."""
    for uuid in uuids_in_body(call):
        _delete(call, uuid)
    return Answer(204)


def _delete(call: Call, uuid: str) -> None:
    drive = fetch_own(call, DELETE, uuid)
    in_use = drive_transitions.in_use(call.tx, uuid)
    drive_states.require_legal("delete", drive, in_use=in_use)
    drive_transitions.delete(call.tx, call.app, drive)


def clone_drive(call: Call) -> Answer:
    """Begin to copy a drive or a library drive; the answer is an envelope with the copy."""
    source = call.tx.get("drives", call.params["uuid"]) or fetch(call, "libdrives", CLONE)
    require(call.tx, call.user_uuid, "drives", source, CLONE)
    cloning.require_copyable(source)
    body = call.object()
    values = drives.read_clone(body, source)
    require_own_tags(call.tx, call.user_uuid, values["tags"])
    copy, _ = cloning.clone_drive(call.tx, source, call.user_uuid, values, avoid=avoided(call))
    return Answer(202, {"objects": [_shown(call, copy)]})


def list_groups(call: Call) -> Answer:
    """Answer the caller's drives storage host by storage host."""
    return Answer(200, groups(call.tx.find("drives", owner=call.user_uuid)))


def get_group(call: Call) -> Answer:
    """Answer the drives on the storage host of one, itself included."""
    drive = fetch(call, "drives", LIST)
    own = call.tx.find("drives", owner=call.user_uuid)
    all_groups = groups(own if drive["owner"] == call.user_uuid else [*own, drive])
    return Answer(200, next((group for group in all_groups if drive["uuid"] in group), []))


def _shown(call: Call, drive: Doc) -> Doc:
    return render_drives(call.tx, [drive], call)[0]


ROUTES: list[Route] = [
    Route("GET", "/drives/", list_drives, id="drives.list"),
    Route("GET", "/drives/detail/", list_drives_in_detail, id="drives.list_detail"),
    Route("POST", "/drives/", create_drives, id="drives.create"),
    Route("PUT", "/drives/", update_drives, id="drives.update_bulk"),
    Route("DELETE", "/drives/", delete_drives, id="drives.delete_bulk"),
    Route("GET", "/drives/availability_groups/", list_groups, id="drives.availability_groups"),
    Route("GET", "/drives/availability_groups/{uuid}/", get_group, id="drives.availability_group"),
    Route("GET", "/drives/{uuid}/", get_drive, id="drives.get"),
    Route("PUT", "/drives/{uuid}/", update_drive, id="drives.update"),
    Route("DELETE", "/drives/{uuid}/", delete_drive, id="drives.delete"),
    Route("POST", "/drives/{uuid}/action/", clone_drive, action="clone", id="drives.clone"),
    Route("POST", "/drives/{uuid}/action/", resize_drive, action="resize", id="drives.resize"),
]
