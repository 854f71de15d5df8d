"""``/acls/``: what accounts let each other do. Listed are the caller's own, and those that name the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain import acls, fields
from ..domain.filters import FilterSpec
from ..domain.permissions import DELETE, EDIT, LIST
from ..domain.refusal import Refusal
from ..engine import credentials
from ..engine.attachments import require_own_tags
from ..store.transaction import Transaction
from .listing import list_answer, single_answer
from .objects import fetch, uuids_in_body
from .rendering import render_acls
from .route import Answer, Call, Route

Doc = dict[str, Any]
KIND, CATEGORY = "acls", "ACLs"

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid"}, contains={"name": "name"}, tagged=False)


def list_acls(call: Call) -> Answer:
    """Answer the caller's ACLs, then those of others in which the caller is named."""
    return list_answer(call, KIND, render_acls, filters=FILTERS)


def get_acl(call: Call) -> Answer:
    """Answer one ACL."""
    return single_answer(call, render_acls(call.tx, [fetch(call, KIND, LIST)], call)[0])


def create_acls(call: Call) -> Answer:
    """Create one ACL or many, all or none."""
    tx = call.tx
    bodies = call.objects("ACL to create")
    stored = []
    for body in bodies:
        values = acls.read_acl(body)
        values["grantees"] = _users(tx, values["grantees"], call.user_uuid)
        require_own_tags(tx, call.user_uuid, values["tags"])
        acl = {"uuid": tx.new_uuid(), "owner": call.user_uuid, **values}
        tx.insert(KIND, acl)
        tx.audit(CATEGORY, "create", acl["uuid"], details=body)
        stored.append(acl)
    return Answer(201, {"objects": render_acls(tx, stored, call)})


def update_acl(call: Call) -> Answer:
    """Change an ACL: each of its parts that is sent is replaced, the rest stays."""
    acl = _change(call, call.params["uuid"], fields.body_object(call.object()))
    return Answer(200, render_acls(call.tx, [acl], call)[0])


def update_acls(call: Call) -> Answer:
    """Change many ACLs, all or none."""
    bodies = call.objects()
    changed = [_change(call, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]
    return Answer(200, {"objects": render_acls(call.tx, changed, call)})


def _change(call: Call, uuid: str, body: Doc) -> Doc:
    tx = call.tx
    acl = fetch(call, KIND, EDIT, uuid)
    values = acls.read_acl(body, acl)
    values["grantees"] = _users(tx, values["grantees"], acl["owner"])
    require_own_tags(tx, call.user_uuid, values["tags"], acl["tags"])
    acl.update(values)
    tx.update(KIND, acl)
    tx.audit(CATEGORY, "update", uuid, details=body)
    return acl


def delete_acl(call: Call) -> Answer:
    """Delete an ACL; what it granted ends at once."""
    _delete(call, call.params["uuid"])
    return Answer(204)


def delete_acls(call: Call) -> Answer:
    """Delete many ACLs, all or none."""
    for uuid in uuids_in_body(call):
        _delete(call, uuid)
    return Answer(204)


def _delete(call: Call, uuid: str) -> None:
    fetch(call, KIND, DELETE, uuid)
    call.tx.remove(KIND, uuid)
    call.tx.audit(CATEGORY, "delete", uuid)


def _users(tx: Transaction, named: Sequence[str], owner: str) -> list[str]:
    """Return the uuids of the accounts that an ACL names; its owner, who needs no grant, is left out.

    Refuses with 400 somebody who has no account.
    """
    by_uuid = {found["uuid"]: found["uuid"] for found in tx.find("accounts", uuids=named)}
    users: list[str] = []
    for name in named:
        account = credentials.account_by_email(tx, name) if name not in by_uuid else None
        user = by_uuid.get(name) or (account["uuid"] if account is not None else None)
        if user is None:
            raise Refusal.validation(f"There is no account {name}", "grantees")
        users.append(user)
    return [user for user in dict.fromkeys(users) if user != owner]


ROUTES: list[Route] = [
    Route("GET", "/acls/", list_acls, id="acls.list"),
    Route("POST", "/acls/", create_acls, id="acls.create"),
    Route("PUT", "/acls/", update_acls, id="acls.bulk_update"),
    Route("DELETE", "/acls/", delete_acls, id="acls.bulk_delete"),
    Route("GET", "/acls/{uuid}/", get_acl, id="acls.get"),
    Route("PUT", "/acls/{uuid}/", update_acl, id="acls.update"),
    Route("DELETE", "/acls/{uuid}/", delete_acl, id="acls.delete"),
]
