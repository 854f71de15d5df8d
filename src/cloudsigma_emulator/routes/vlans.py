"""``/vlans/``: private networks; bought and ended by subscription, only meta and tags can be changed."""

from __future__ import annotations

from typing import Any

from ..domain import fields, vlans
from ..domain.filters import FilterSpec
from ..domain.permissions import EDIT, LIST
from ..engine.attachments import require_own_tags
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import render_vlans
from .route import Answer, Call, Route

Doc = dict[str, Any]


def name_in_meta(document: Doc) -> Any:
    """Return the name that users give to what has no name of its own."""
    return document["meta"].get("name")


FILTERS = FilterSpec(exact={"name": name_in_meta, "uuid": "uuid"}, contains={"name": name_in_meta})


def list_vlans(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, "vlans", render_vlans, default_fields=vlans.SHORT_FIELDS, filters=FILTERS)


def list_vlans_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, "vlans", render_vlans, filters=FILTERS)


def get_vlan(call: Call) -> Answer:
    """Answer one VLAN."""
    return single_answer(call, render_vlans(call.tx, [fetch(call, "vlans", LIST)], call)[0])


def update_vlan(call: Call) -> Answer:
    """Change the meta and the tags of a VLAN."""
    vlan = change_meta(call, "vlans")
    return Answer(200, render_vlans(call.tx, [vlan], call)[0])


def change_meta(call: Call, kind: str) -> Doc:
    """Change meta and tags of the VLAN or address in the path, and return it as stored."""
    tx = call.tx
    document = fetch(call, kind, EDIT)
    body = fields.body_object(call.object())
    values = fields.read_fields(vlans.FIELDS, body, document)
    if document["owner"] != call.user_uuid:
        values["tags"] = document["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], document["tags"])
    document.update(values)
    tx.update(kind, document)
    category = "Vlans" if kind == "vlans" else "IPs"
    tx.audit(category, "update", document["uuid"], details=body, owner=document["owner"])
    return document


ROUTES: list[Route] = [
    Route("GET", "/vlans/", list_vlans, id="vlans.list"),
    Route("GET", "/vlans/detail/", list_vlans_in_detail, id="vlans.list_detail"),
    Route("GET", "/vlans/{uuid}/", get_vlan, id="vlans.get"),
    Route("PUT", "/vlans/{uuid}/", update_vlan, id="vlans.update"),
]
