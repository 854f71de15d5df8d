"""``/fwpolicies/``: rules for the traffic of network cards. With the feature switched off every answer is a 404."""

from __future__ import annotations

from typing import Any

from ..domain import fields, firewall_policies, server_states
from ..domain.permissions import DELETE, EDIT, LIST
from ..domain.refusal import Refusal
from ..domain.relations import POLICY
from ..engine.attachments import require_own_tags
from .listing import list_answer, single_answer
from .objects import fetch, uuids_in_body
from .rendering import render_policies
from .route import Answer, Call, Handler, Route

Doc = dict[str, Any]

KIND = "fwpolicies"
CATEGORY = "Firewall Policies"


def list_policies(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, KIND, render_policies, default_fields=firewall_policies.SHORT_FIELDS)


def list_policies_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, KIND, render_policies)


def get_policy(call: Call) -> Answer:
    """Answer one policy."""
    return single_answer(call, _shown(call, fetch(call, KIND, LIST)))


def create_policies(call: Call) -> Answer:
    """Create one policy or many, all or none."""
    tx = call.tx
    bodies = call.objects("firewall policy to create")
    stored = []
    for body in bodies:
        values = firewall_policies.read_policy(body)
        require_own_tags(tx, call.user_uuid, values["tags"])
        policy = {**values, "uuid": tx.new_uuid(), "owner": call.user_uuid}
        tx.insert(KIND, policy)
        tx.audit(CATEGORY, "create", policy["uuid"], details=body)
        stored.append(policy)
    return Answer(201, {"objects": render_policies(tx, stored, call)})


def update_policy(call: Call) -> Answer:
    """Change one policy."""
    policy = _change(call, call.params["uuid"], fields.body_object(call.object()))
    return Answer(200, _shown(call, policy))


def update_policies(call: Call) -> Answer:
    """Change many policies, all or none."""
    bodies = call.objects()
    changed = [_change(call, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]
    return Answer(200, {"objects": render_policies(call.tx, changed, call)})


def _change(call: Call, uuid: str, body: Doc) -> Doc:
    tx = call.tx
    policy = fetch(call, KIND, EDIT, uuid)
    values = firewall_policies.read_policy(body, policy)
    if policy["owner"] != call.user_uuid:
        values["tags"] = policy["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], policy["tags"])
    policy.update(values)
    tx.update(KIND, policy)
    tx.audit(CATEGORY, "update", uuid, details=body, owner=policy["owner"])
    return policy


def delete_policy(call: Call) -> Answer:
    """Delete one policy that no running server uses; network cards lose it."""
    _delete(call, call.params["uuid"])
    return Answer(204)


def delete_policies(call: Call) -> Answer:
    """Delete many policies, all or none."""
    for uuid in uuids_in_body(call):
        _delete(call, uuid)
    return Answer(204)


def _delete(call: Call, uuid: str) -> None:
    tx = call.tx
    policy = fetch(call, KIND, DELETE, uuid)
    users = [server for _, server in tx.sources(POLICY, KIND, [uuid])[uuid]]
    servers = tx.find("servers", uuids=users) if users else []
    if any(server["status"] != server_states.STOPPED for server in servers):
        raise Refusal.validation("The firewall policy is used by a server that is not stopped")
    for server in servers:
        for nic in server["nics"]:
            if nic["firewall_policy"] == uuid:
                nic["firewall_policy"] = None
        tx.update("servers", server)
    tx.remove(KIND, uuid)
    tx.audit(CATEGORY, "delete", uuid, owner=policy["owner"])


def _shown(call: Call, policy: Doc) -> Doc:
    return render_policies(call.tx, [policy], call)[0]


def _switched(handler: Handler) -> Handler:
    """Let a handler answer only while the cloud has firewall policies."""

    def answer(call: Call) -> Answer:
        if not call.app.options.firewall_policies:
            raise Refusal.missing("This cloud has no firewall policies")
        return handler(call)

    return answer


_HANDLERS: tuple[tuple[str, str, str, Handler], ...] = (
    ("list", "GET", "/fwpolicies/", list_policies),
    ("list_detail", "GET", "/fwpolicies/detail/", list_policies_in_detail),
    ("create", "POST", "/fwpolicies/", create_policies),
    ("bulk_update", "PUT", "/fwpolicies/", update_policies),
    ("bulk_delete", "DELETE", "/fwpolicies/", delete_policies),
    ("get", "GET", "/fwpolicies/{uuid}/", get_policy),
    ("update", "PUT", "/fwpolicies/{uuid}/", update_policy),
    ("delete", "DELETE", "/fwpolicies/{uuid}/", delete_policy),
)

ROUTES: list[Route] = [
    Route(method, pattern, _switched(handler), id=f"{KIND}.{name}")
    for name, method, pattern, handler in _HANDLERS
]
