"""``/tags/``: tags, their members, and the members' lists by type."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from ..domain import drives, fields, ips, servers, tags, vlans
from ..domain.filters import FilterSpec
from ..domain.permissions import DELETE, EDIT, LIST, require
from ..domain.refs import read_refs
from ..domain.refusal import Refusal
from ..domain.relations import ACL_TAG, TAG
from ..store.transaction import Transaction
from .listing import choose_fields, list_answer, paging, single_answer
from .objects import fetch
from .rendering import render_drives, render_ips, render_servers, render_tags, render_vlans
from .route import Answer, Call, Route

Doc = dict[str, Any]
Render = Callable[[Transaction, Sequence[Doc], Call], list[Doc]]

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid"}, contains={"name": "name"}, tagged=False)

_LISTED: dict[str, tuple[Render, Collection[str]]] = {
    "servers": (render_servers, servers.SHORT_FIELDS),
    "drives": (render_drives, drives.SHORT_FIELDS),
    "ips": (render_ips, ips.SHORT_FIELDS),
    "vlans": (render_vlans, vlans.SHORT_FIELDS),
}


def list_tags(call: Call) -> Answer:
    """Answer the caller's tags; the plain list has every key already."""
    return list_answer(call, "tags", render_tags, filters=FILTERS)


def get_tag(call: Call) -> Answer:
    """Answer one tag."""
    return single_answer(call, render_tags(call.tx, [fetch(call, "tags", LIST)], call)[0])


def create_tags(call: Call) -> Answer:
    """Create one tag or many, all or none, with the members that they name."""
    tx = call.tx
    bodies = call.objects("tag to create")
    stored = []
    for body in bodies:
        tag = {"uuid": tx.new_uuid(), "owner": call.user_uuid, **tags.read_tag(body)}
        tx.insert("tags", tag)
        if "resources" in body:
            _replace_members(call, tag["uuid"], read_refs(body["resources"], "resources"))
        tx.audit("Tags", "create", tag["uuid"], details=body)
        stored.append(tag)
    return Answer(201, {"objects": render_tags(tx, stored, call)})


def update_tag(call: Call) -> Answer:
    """Change a tag; its members are replaced when the body has ``resources``, and kept when it has not."""
    tx = call.tx
    tag = fetch(call, "tags", EDIT)
    body = fields.body_object(call.object())
    tag.update(tags.read_tag(body, tag))
    tx.update("tags", tag)
    if "resources" in body:
        _replace_members(call, tag["uuid"], read_refs(body["resources"], "resources"))
    tx.audit("Tags", "update", tag["uuid"], details=body)
    return Answer(200, render_tags(tx, [tag], call)[0])


def delete_tag(call: Call) -> Answer:
    """Delete a tag; its members and the ACLs about it lose it and stay as they are."""
    tag = fetch(call, "tags", DELETE)
    _replace_members(call, tag["uuid"], [])
    for _, uuid in call.tx.sources(ACL_TAG, "tags", [tag["uuid"]])[tag["uuid"]]:
        if (acl := call.tx.get("acls", uuid)) is not None:
            acl["tags"] = [other for other in acl["tags"] if other != tag["uuid"]]
            call.tx.update("acls", acl)
    call.tx.remove("tags", tag["uuid"])
    call.tx.audit("Tags", "delete", tag["uuid"])
    return Answer(204)


def _replace_members(call: Call, tag: str, uuids: Sequence[str]) -> None:
    tx = call.tx
    present = tx.sources(TAG, "tags", [tag])[tag]
    wanted = _resources(call, uuids)
    for kind, uuid in present:
        if (kind, uuid) not in wanted:
            document = tx.get(kind, uuid)
            if document is not None:
                document["tags"] = [other for other in document["tags"] if other != tag]
                tx.update(kind, document)
    for (kind, uuid), document in wanted.items():
        if (kind, uuid) not in present:
            document["tags"] = [*document["tags"], tag]
            tx.update(kind, document)


def _resources(call: Call, uuids: Sequence[str]) -> dict[tuple[str, str], Doc]:
    """Find what the uuids name, whatever its kind. Refuses unknown ones with 400, foreign ones with 403."""
    found: dict[str, tuple[str, Doc]] = {}
    for kind in tags.TAGGABLE:
        left = [uuid for uuid in uuids if uuid not in found]
        if not left:
            break
        for document in call.tx.find(kind, uuids=left):
            found[document["uuid"]] = (kind, document)
    for uuid in uuids:
        if uuid not in found:
            raise Refusal.validation(f"Object with uuid {uuid} does not exist", "resources")
        # Only the owner may tag, whatever is granted: tags are how things are shared.
        require(call.user_uuid, found[uuid][1], EDIT)
    return {(found[uuid][0], uuid): found[uuid][1] for uuid in uuids}


def _list_members(kind: str, *, detail: bool) -> Callable[[Call], Answer]:
    render, short_fields = _LISTED[kind]

    def list_members(call: Call) -> Answer:
        """Answer the members of one type: in short form with a nested resource_uri, or in full."""
        tx = call.tx
        tag = fetch(call, "tags", LIST)
        limit, offset = paging(call.query)
        members = tx.sources(TAG, "tags", [tag["uuid"]])[tag["uuid"]]
        uuids = [uuid for found, uuid in members if found == kind]
        page = tx.find(kind, uuids=uuids, limit=limit or None, offset=offset)
        shown = render(tx, page, call)
        if not detail:
            shown = [tags.with_nested_uri(kind, item) for item in shown]
        objects = choose_fields(shown, call.query, None if detail else short_fields)
        meta = {"limit": limit, "offset": offset, "total_count": len(uuids)}
        return Answer(200, {"meta": meta, "objects": objects})

    return list_members


ROUTES: list[Route] = [
    Route("GET", "/tags/", list_tags, id="tags.list"),
    Route("GET", "/tags/detail/", list_tags, id="tags.list_detail"),
    Route("POST", "/tags/", create_tags, id="tags.create"),
    Route("GET", "/tags/{uuid}/", get_tag, id="tags.get"),
    Route("PUT", "/tags/{uuid}/", update_tag, id="tags.update"),
    Route("DELETE", "/tags/{uuid}/", delete_tag, id="tags.delete"),
    *(
        Route("GET", f"/tags/{{uuid}}/{kind}/", _list_members(kind, detail=False), id=f"tags.list_{kind}")
        for kind in _LISTED
    ),
    *(
        Route(
            "GET",
            f"/tags/{{uuid}}/{kind}/detail/",
            _list_members(kind, detail=True),
            id=f"tags.list_{kind}_detail",
        )
        for kind in _LISTED
    ),
]
