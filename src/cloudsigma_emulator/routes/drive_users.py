"""``/driveusers/``: how many people use remote desktops on a Windows drive, by which that licence is billed.

A record is named by its drive and goes with it.
"""

from __future__ import annotations

from typing import Any

from ..domain import fields
from ..domain.permissions import EDIT
from ..domain.refs import read_ref, ref
from ..domain.refusal import Refusal
from ..domain.relations import MOUNT
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import Docs
from .route import Answer, Call, Route

Doc = dict[str, Any]
KIND = "driveusers"

_AMOUNT = fields.whole_number_within(1, 10**6)


def list_drive_users(call: Call) -> Answer:
    """List the caller's records."""
    return list_answer(call, KIND, lambda tx, documents, call: _shown(documents))


def get_drive_users(call: Call) -> Answer:
    """Answer the record of one drive."""
    return single_answer(call, _shown([fetch(call, KIND, "LIST")])[0])


def create_drive_users(call: Call) -> Answer:
    """Say how many use each drive that is named."""
    bodies = call.objects()
    if not bodies:
        raise Refusal.validation("The body names no drive", "drive")
    made = []
    for body in bodies:
        if body.get("drive") is None:
            raise Refusal.validation("This field is required", "drive")
        if body.get("amount") is None:
            raise Refusal.validation("This field is required", "amount")
        drive = fetch(call, "drives", EDIT, read_ref(body["drive"], "drive"))
        if call.tx.get(KIND, drive["uuid"]) is not None:
            raise Refusal.validation(f"The drive {drive['uuid']} has its users already", "drive")
        record = {
            "uuid": drive["uuid"],
            "owner": drive["owner"],
            "amount": _AMOUNT(body["amount"], "amount"),
        }
        call.tx.insert(KIND, record)
        call.tx.audit("Drive users", "create", drive["uuid"], details=body, owner=drive["owner"])
        made.append(record)
    return Answer(201, {"objects": _shown(made)})


def update_drive_users(call: Call) -> Answer:
    """Change how many use a drive; the answer is an envelope."""
    record = fetch(call, KIND, EDIT)
    body = call.object()
    if body.get("amount") is None:
        raise Refusal.validation("This field is required", "amount")
    record["amount"] = _AMOUNT(body["amount"], "amount")
    call.tx.update(KIND, record)
    call.tx.audit("Drive users", "update", record["uuid"], details=body, owner=record["owner"])
    return Answer(200, {"objects": _shown([record])})


def delete_drive_users(call: Call) -> Answer:
    """Remove the record of a drive that is on no server."""
    record = fetch(call, KIND, "DELETE")
    uuid = record["uuid"]
    if call.tx.sources(MOUNT, "drives", [uuid])[uuid]:
        raise Refusal.permission(f"The drive {uuid} is mounted on a server")
    call.tx.remove(KIND, uuid)
    call.tx.audit("Drive users", "delete", uuid, owner=record["owner"])
    return Answer(204)


def _shown(documents: Docs) -> list[Doc]:
    return [{"amount": each["amount"], "drive": ref("drives", each["uuid"])} for each in documents]


ROUTES = [
    Route("GET", "/driveusers/", list_drive_users, id="driveusers.list"),
    Route("POST", "/driveusers/", create_drive_users, id="driveusers.create"),
    Route("GET", "/driveusers/{uuid}/", get_drive_users, id="driveusers.get"),
    Route("PUT", "/driveusers/{uuid}/", update_drive_users, id="driveusers.update"),
    Route("DELETE", "/driveusers/{uuid}/", delete_drive_users, id="driveusers.delete"),
]
