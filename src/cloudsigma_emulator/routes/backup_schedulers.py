"""``/backupschedulers/``, and ``do=set_scheduler`` by which a drive is given to one."""

from __future__ import annotations

from typing import Any

from ..domain import backup_schedulers, drive_states, fields
from ..domain.filters import FilterSpec
from ..domain.permissions import ATTACH, DELETE, EDIT, LIST, require
from ..domain.refs import read_ref
from ..domain.refusal import Refusal
from ..engine import backups
from ..engine.attachments import require_own_tags
from .drives import fetch_own
from .listing import list_answer, single_answer
from .objects import fetch, uuids_in_body
from .rendering import render_drives, render_schedulers
from .route import Answer, Call, Route

Doc = dict[str, Any]

KIND = "backupschedulers"
CATEGORY = "Backup Schedulers"

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid", "type": "type"}, contains={"name": "name"})


def list_schedulers(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(
        call, KIND, render_schedulers, default_fields=backup_schedulers.SHORT_FIELDS, filters=FILTERS
    )


def list_schedulers_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, KIND, render_schedulers, filters=FILTERS)


def get_scheduler(call: Call) -> Answer:
    """Answer one backup scheduler."""
    return single_answer(call, _shown(call, fetch(call, KIND, LIST)))


def create_schedulers(call: Call) -> Answer:
    """Create one backup scheduler or many, all or none."""
    tx = call.tx
    bodies = call.objects("backup scheduler to create")
    stored = []
    for body in bodies:
        values = backup_schedulers.read_scheduler(body)
        require_own_tags(tx, call.user_uuid, values["tags"])
        scheduler = {**values, "uuid": tx.new_uuid(), "owner": call.user_uuid}
        tx.insert(KIND, scheduler)
        tx.audit(CATEGORY, "create", scheduler["uuid"], details=body)
        stored.append(scheduler)
    return Answer(201, {"objects": render_schedulers(tx, stored, call)})


def update_scheduler(call: Call) -> Answer:
    """Change a backup scheduler; it runs by the new rule from now on."""
    tx = call.tx
    scheduler = fetch(call, KIND, EDIT)
    body = fields.body_object(call.object())
    values = backup_schedulers.read_scheduler(body, scheduler)
    if scheduler["owner"] != call.user_uuid:
        values["tags"] = scheduler["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], scheduler["tags"])
    scheduler.update(values)
    tx.update(KIND, scheduler)
    backups.plan(tx, scheduler)
    tx.audit(CATEGORY, "update", scheduler["uuid"], details=body, owner=scheduler["owner"])
    return Answer(200, _shown(call, scheduler))


def delete_scheduler(call: Call) -> Answer:
    """Delete a backup scheduler; the snapshots that it took stay."""
    _delete(call, call.params["uuid"])
    return Answer(204)


def delete_schedulers(call: Call) -> Answer:
    """Delete many backup schedulers, all or none."""
    for uuid in uuids_in_body(call):
        _delete(call, uuid)
    return Answer(204)


def _delete(call: Call, uuid: str) -> None:
    tx = call.tx
    scheduler = fetch(call, KIND, DELETE, uuid)
    tx.cancel(about=uuid)
    for drive in tx.find("drives", uuids=backups.drives_of(tx, uuid)):
        drive["backup_scheduler"] = None
        tx.update("drives", drive)
    tx.remove(KIND, uuid)
    tx.audit(CATEGORY, "delete", uuid, owner=scheduler["owner"])


def set_scheduler(call: Call) -> Answer:
    """Give a drive to a backup scheduler, or to none; the answer is the bare drive."""
    tx = call.tx
    drive = fetch_own(call, EDIT)
    body = call.object()
    if "backup_policy_uuid" not in body:
        raise Refusal.validation("This field is required", "backup_policy_uuid")
    wanted = body["backup_policy_uuid"]
    uuid = None if wanted in (None, "") else read_ref(wanted, "backup_policy_uuid")
    if uuid is not None:
        scheduler = tx.get(KIND, uuid)
        if scheduler is None:
            raise Refusal.validation(f"Object with uuid {uuid} does not exist", "backup_policy_uuid")
        # What a drive's owner could not give it, nobody else can either.
        require(drive["owner"], scheduler, ATTACH)
        if drive_states.is_ephemeral(drive):
            raise Refusal.permission("Cannot snapshot an ephemeral drive")
    before = drive.get("backup_scheduler")
    drive["backup_scheduler"] = uuid
    tx.update("drives", drive)
    for stored in tx.find(KIND, uuids=[each for each in (before, uuid) if each is not None]):
        backups.plan(tx, stored)
    tx.audit("Drives", "update", drive["uuid"], details=body, owner=drive["owner"])
    return Answer(202, render_drives(tx, [drive], call)[0])


def _shown(call: Call, scheduler: Doc) -> Doc:
    return render_schedulers(call.tx, [scheduler], call)[0]


ROUTES: list[Route] = [
    Route("GET", f"/{KIND}/", list_schedulers, id="backupschedulers.list"),
    Route("GET", f"/{KIND}/detail/", list_schedulers_in_detail, id="backupschedulers.list_detail"),
    Route("POST", f"/{KIND}/", create_schedulers, id="backupschedulers.create"),
    Route("DELETE", f"/{KIND}/", delete_schedulers, id="backupschedulers.delete_bulk"),
    Route("GET", f"/{KIND}/{{uuid}}/", get_scheduler, id="backupschedulers.get"),
    Route("PUT", f"/{KIND}/{{uuid}}/", update_scheduler, id="backupschedulers.update"),
    Route("DELETE", f"/{KIND}/{{uuid}}/", delete_scheduler, id="backupschedulers.delete"),
    Route("POST", "/drives/{uuid}/action/", set_scheduler, action="set_scheduler", id="drives.set_scheduler"),
]
