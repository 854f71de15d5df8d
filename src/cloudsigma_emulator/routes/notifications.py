"""``/notification_contacts/`` and ``/notification_preferences/``: who is told what."""

from __future__ import annotations

from typing import Any

from ..domain import notifications
from ..domain.fields import body_object
from ..domain.filters import FilterSpec
from ..domain.notifications import KIND
from ..domain.permissions import DELETE, EDIT, LIST
from ..domain.refusal import Refusal
from .listing import choose_fields, list_answer, paging, single_answer
from .objects import fetch
from .rendering import Docs
from .route import Answer, Call, Route

Doc = dict[str, Any]

FILTERS = FilterSpec(exact={"name": "name", "email": "email", "uuid": "uuid"}, tagged=False)
_CONTACTS, _PREFERENCES = "Notification Contacts", "Notification Preferences"


def list_contacts(call: Call) -> Answer:
    """Answer the caller's contacts, the main one first."""
    return list_answer(call, KIND, lambda tx, documents, call: _shown(documents), filters=FILTERS)


def get_contact(call: Call) -> Answer:
    """Answer one contact."""
    return single_answer(call, _shown([fetch(call, KIND, LIST)])[0])


def create_contacts(call: Call) -> Answer:
    """Create one contact or many, all or none."""
    tx = call.tx
    bodies = call.objects("contact to create")
    stored = []
    for body in bodies:
        contact = notifications.new_contact(tx.new_uuid(), call.user_uuid, notifications.read_contact(body))
        tx.insert(KIND, contact)
        tx.audit(_CONTACTS, "create", contact["uuid"], details=body)
        stored.append(contact)
    return Answer(201, {"objects": _shown(stored)})


def update_contact(call: Call) -> Answer:
    """Change a contact, whole or in part; this answer alone names its ``pk``."""
    contact = fetch(call, KIND, EDIT)
    body = body_object(call.object())
    contact.update(notifications.read_contact(body, contact))
    call.tx.update(KIND, contact)
    call.tx.audit(_CONTACTS, "update", contact["uuid"], details=body)
    return Answer(200, {**_shown([contact])[0], "pk": contact["uuid"]})


def delete_contact(call: Call) -> Answer:
    """Delete a contact; the account's own one is refused with 403."""
    contact = fetch(call, KIND, DELETE)
    if contact["main"]:
        raise Refusal.permission("The main contact cannot be deleted")
    call.tx.remove(KIND, contact["uuid"])
    call.tx.audit(_CONTACTS, "delete", contact["uuid"])
    return Answer(204)


def list_preferences(call: Call) -> Answer:
    """Answer for each contact which notices it gets."""
    limit, offset = paging(call.query)
    rows = [
        notifications.render_preference(contact, notice)
        for contact in call.tx.find(KIND, owner=call.user_uuid)
        for notice in notifications.TYPES
    ]
    page = rows[offset : offset + limit] if limit else rows[offset:]
    meta = {"limit": limit, "offset": offset, "total_count": len(rows)}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


def update_preferences(call: Call) -> Answer:
    """Change one preference or many, all or none; the answer has the changed ones only."""
    tx = call.tx
    bodies = call.objects("preference to change")
    changed = []
    for body in bodies:
        uuid, notice, wanted = notifications.read_preference(body)
        contact = tx.get(KIND, uuid)
        if contact is None:
            raise Refusal.validation(f"Object with uuid {uuid} does not exist", "contact")
        contact = fetch(call, KIND, EDIT, uuid)
        contact["preferences"][notice] = wanted
        tx.update(KIND, contact)
        changed.append(notifications.render_preference(contact, notice))
    tx.audit(_PREFERENCES, "update", None, details=call.body)
    return Answer(202, {"objects": changed})


def _shown(documents: Docs) -> list[Doc]:
    return [notifications.render_contact(contact) for contact in documents]


ROUTES: list[Route] = [
    Route("GET", "/notification_contacts/", list_contacts, id="notification_contacts.list"),
    Route("POST", "/notification_contacts/", create_contacts, id="notification_contacts.create"),
    Route("GET", "/notification_contacts/{uuid}/", get_contact, id="notification_contacts.get"),
    Route("PUT", "/notification_contacts/{uuid}/", update_contact, id="notification_contacts.update"),
    Route("DELETE", "/notification_contacts/{uuid}/", delete_contact, id="notification_contacts.delete"),
    Route("GET", "/notification_preferences/", list_preferences, id="notification_preferences.list"),
    Route("PUT", "/notification_preferences/", update_preferences, id="notification_preferences.update"),
]
