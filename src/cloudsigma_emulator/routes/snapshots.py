"""``/snapshots/`` and ``/remotesnapshots/``: the states of drives that were kept, here or at another location."""

from __future__ import annotations

from typing import Any

from ..domain import drives, fields, snapshots
from ..domain.audit import CATEGORIES
from ..domain.filters import FilterSpec
from ..domain.permissions import CLONE, DELETE, EDIT, LIST
from ..domain.snapshots import LOCAL, REMOTE
from ..engine import snapshot_transitions
from ..engine.attachments import require_own_tags
from .drives import fetch_own
from .listing import list_answer, single_answer
from .objects import avoided, fetch, uuids_in_body
from .rendering import SNAPSHOT_RENDERERS, render_drives
from .route import Answer, Call, Handler, Route

Doc = dict[str, Any]

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid", "drive": "drive"}, contains={"name": "name"})


def _list(kind: str) -> Handler:
    def list_snapshots(call: Call) -> Answer:
        """Answer the caller's snapshots; the plain list has every key already."""
        return list_answer(call, kind, SNAPSHOT_RENDERERS[kind], filters=FILTERS)

    return list_snapshots


def _get(kind: str) -> Handler:
    def get_snapshot(call: Call) -> Answer:
        """Answer one snapshot."""
        return single_answer(call, _shown(call, kind, fetch(call, kind, LIST)))

    return get_snapshot


def _create(kind: str) -> Handler:
    def create_snapshots(call: Call) -> Answer:
        """Begin to make one snapshot or many, all or none."""
        tx = call.tx
        bodies = call.objects("snapshot to create")
        stored = []
        for body in bodies:
            values = snapshots.read_snapshot(kind, body)
            require_own_tags(tx, call.user_uuid, values["tags"])
            drive = fetch_own(call, CLONE, values["drive"])
            snapshot = snapshot_transitions.create(tx, call.app, kind, drive, call.user_uuid, values)
            tx.audit(CATEGORIES[kind], "create", snapshot["uuid"], details=body)
            stored.append(snapshot)
        return Answer(201, {"objects": SNAPSHOT_RENDERERS[kind](tx, stored, call)})

    return create_snapshots


def _update(kind: str) -> Handler:
    def update_snapshot(call: Call) -> Answer:
        """Change name, meta and tags of one snapshot."""
        snapshot = _change(call, kind, call.params["uuid"], fields.body_object(call.object()))
        return Answer(200, _shown(call, kind, snapshot))

    return update_snapshot


def _update_many(kind: str) -> Handler:
    def update_snapshots(call: Call) -> Answer:
        """Change many snapshots, all or none."""
        bodies = call.objects()
        changed = [_change(call, kind, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]
        return Answer(200, {"objects": SNAPSHOT_RENDERERS[kind](call.tx, changed, call)})

    return update_snapshots


def _change(call: Call, kind: str, uuid: str, body: Doc) -> Doc:
    tx = call.tx
    snapshot = fetch(call, kind, EDIT, uuid)
    snapshots.require_legal(kind, "edit", snapshot)
    values = snapshots.read_change(body, snapshot)
    if snapshot["owner"] != call.user_uuid:
        values["tags"] = snapshot["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], snapshot["tags"])
    snapshot.update(values)
    tx.update(kind, snapshot)
    tx.audit(CATEGORIES[kind], "update", uuid, details=body, owner=snapshot["owner"])
    return snapshot


def _delete(kind: str) -> Handler:
    def delete_snapshot(call: Call) -> Answer:
        """Delete one snapshot."""
        _remove(call, kind, call.params["uuid"])
        return Answer(204)

    return delete_snapshot


def _delete_many(kind: str) -> Handler:
    def delete_snapshots(call: Call) -> Answer:
        """Delete many snapshots, all or none."""
        for uuid in uuids_in_body(call):
            _remove(call, kind, uuid)
        return Answer(204)

    return delete_snapshots


def _remove(call: Call, kind: str, uuid: str) -> None:
    snapshot = fetch(call, kind, DELETE, uuid)
    snapshots.require_legal(kind, "delete", snapshot)
    snapshot_transitions.delete(call.tx, call.app, kind, snapshot)


def _clone(kind: str) -> Handler:
    def clone_snapshot(call: Call) -> Answer:
        """Begin to make a drive of a snapshot; the answer is the bare drive, its resource_uri a reference."""
        tx = call.tx
        snapshot = fetch(call, kind, CLONE)
        snapshots.require_legal(kind, "clone", snapshot)
        body = call.object()
        values = drives.read_clone(body, snapshots.as_source(snapshot))
        if "tags" not in body and snapshot["owner"] == call.user_uuid:
            values["tags"] = snapshot["tags"]
        require_own_tags(tx, call.user_uuid, values["tags"])
        drive = snapshot_transitions.clone(
            tx, call.app, kind, snapshot, call.user_uuid, values, avoided(call)
        )
        return Answer(202, snapshots.with_nested_uri(render_drives(tx, [drive], call)[0]))

    return clone_snapshot


def _shown(call: Call, kind: str, snapshot: Doc) -> Doc:
    return SNAPSHOT_RENDERERS[kind](call.tx, [snapshot], call)[0]


def _routes(kind: str) -> list[Route]:
    return [
        Route("GET", f"/{kind}/", _list(kind), id=f"{kind}.list"),
        Route("GET", f"/{kind}/detail/", _list(kind), id=f"{kind}.list_detail"),
        Route("POST", f"/{kind}/", _create(kind), id=f"{kind}.create"),
        Route("PUT", f"/{kind}/", _update_many(kind), id=f"{kind}.update_bulk"),
        Route("DELETE", f"/{kind}/", _delete_many(kind), id=f"{kind}.delete_bulk"),
        Route("GET", f"/{kind}/{{uuid}}/", _get(kind), id=f"{kind}.get"),
        Route("PUT", f"/{kind}/{{uuid}}/", _update(kind), id=f"{kind}.update"),
        Route("DELETE", f"/{kind}/{{uuid}}/", _delete(kind), id=f"{kind}.delete"),
        Route("POST", f"/{kind}/{{uuid}}/action/", _clone(kind), action="clone", id=f"{kind}.clone"),
    ]


ROUTES: list[Route] = [*_routes(LOCAL), *_routes(REMOTE)]
