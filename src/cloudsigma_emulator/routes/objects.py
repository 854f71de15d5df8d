"""Finding the object that a request is about, and saying that it is not there or not the caller's."""

from __future__ import annotations

from typing import Any

from ..domain.refs import read_ref
from ..domain.refusal import Refusal
from ..engine.sharing import require
from .route import Call

Doc = dict[str, Any]


def fetch(call: Call, kind: str, permission: str, uuid: str | None = None) -> Doc:
    """Return a stored object that the caller may use in this way.

    :param kind: the kind to look in.
    :param permission: what the caller is about to do with it.
    :param uuid: of the object; the one in the path when None.
    :raises Refusal: 404 when there is none, 403 when it is somebody else's who has not granted the permission.
    """
    wanted = call.params["uuid"] if uuid is None else uuid
    document = call.tx.get(kind, wanted)
    if document is None:
        raise Refusal.not_found(wanted)
    require(call.tx, call.user_uuid, kind, document, permission)
    return document


def uuids_in_body(call: Call) -> list[str]:
    """Return the uuids that a bulk request names: ``{"objects": [{"uuid": ...}, ...]}``.

    :raises Refusal: 400 when the body names no object: nothing is ever deleted because nothing was said.
    """
    body = call.body
    if isinstance(body, dict) and isinstance(body.get("objects"), list):
        body = body["objects"]
    if not isinstance(body, list) or not body:
        raise Refusal.validation('The body must name the objects: {"objects": [{"uuid": ...}]}', "objects")
    return list(dict.fromkeys(read_ref(item, "uuid") for item in body))


def avoided(call: Call) -> list[str]:
    """Return the uuids in the ``avoid`` parameter, the most important first."""
    return [uuid for text in call.query.all("avoid") for uuid in text.split(",") if uuid]
