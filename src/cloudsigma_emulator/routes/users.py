"""``/user/{uuid}/``: where the ``owner`` of every object points."""

from __future__ import annotations

from ..domain.refusal import Refusal
from .listing import single_answer
from .route import Answer, Call, Route


def get(call: Call) -> Answer:
    """Return the caller; somebody else is 403, nobody 404."""
    uuid = call.params["uuid"]
    if uuid == call.user_uuid:
        document = {"email": call.user["email"], "resource_uri": f"/api/2.0/user/{uuid}/", "uuid": uuid}
        return single_answer(call, document)
    if call.tx.get("accounts", uuid) is None:
        raise Refusal.not_found(uuid)
    raise Refusal.lacks(call.user_uuid, "LIST", [uuid])


ROUTES = [Route("GET", "/user/{uuid}/", get, id="user.get")]
