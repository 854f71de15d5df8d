"""``/vrfwpolicies/`` and ``/vrfwfilters/``: the firewalls of virtual routers."""

from __future__ import annotations

from typing import Any

from ..domain import fields, router_filters, router_parts
from ..domain.permissions import DELETE, EDIT, LIST
from ..domain.refs import ref
from ..domain.refusal import Refusal
from ..domain.relations import OF_POLICY
from ..domain.router_filters import read_filter, require_distinct_orders
from ..domain.router_parts import FILTERS, LANS, POLICIES, POLICY_FIELDS, read_part, required_ref
from ..domain.virtual_routers import CATEGORY
from ..engine import router_work
from ..store.transaction import Transaction
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import Docs, jobs_of
from .route import Answer, Call, Handler, Route
from .router_parts import begin_job, owned, removed

Doc = dict[str, Any]

_POLICY, _FILTER = "firewall_policy", "firewall_filter"


def _filters_of(tx: Transaction, policies: Docs) -> dict[str, list[Doc]]:
    """Return the filters of policies by policy, in their order."""
    uuids = [policy["uuid"] for policy in policies]
    found: dict[str, list[Doc]] = {uuid: [] for uuid in uuids}
    sources = tx.sources(OF_POLICY, POLICIES, uuids) if uuids else {}
    for item in tx.find(FILTERS, uuids=[uuid for pairs in sources.values() for _, uuid in pairs]):
        found[item["policy"]].append(item)
    return {uuid: sorted(items, key=lambda item: int(item["order"])) for uuid, items in found.items()}


def render_policies(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return policies with their filters."""
    filters = _filters_of(tx, documents)
    jobs = jobs_of(tx, POLICIES, documents)
    of_filters = jobs_of(tx, FILTERS, [item for items in filters.values() for item in items])
    shown = []
    for policy in documents:
        inside = [
            router_filters.render_filter(item, of_filters[item["uuid"]], nested_uri=True)
            for item in filters[policy["uuid"]]
        ]
        shown.append(router_parts.render_policy(policy, inside, jobs[policy["uuid"]]))
    return shown


def list_policies(call: Call) -> Answer:
    """Answer the firewall policies of all the caller's routers."""
    return list_answer(call, POLICIES, render_policies)


def get_policy(call: Call) -> Answer:
    """Answer one policy."""
    return single_answer(call, render_policies(call.tx, [fetch(call, POLICIES, LIST)], call)[0])


def create_policies(call: Call) -> Answer:
    """Add one policy or many to the firewalls of routers, all or none."""
    tx = call.tx
    bodies = call.objects("policy to create")
    stored = []
    for body in bodies:
        if "filters" not in body:
            raise Refusal.validation("This field is required", "filters")
        values = read_part(POLICY_FIELDS, body)
        policy = {"uuid": tx.new_uuid(), "owner": call.user_uuid, **values, "router": _router(call, values)}
        tx.insert(POLICIES, policy)
        _replace_filters(call, policy, body["filters"])
        begin_job(call, POLICIES, policy, f"{_POLICY}_create")
        tx.audit(CATEGORY, f"{_POLICY}_create", policy["uuid"])
        stored.append(policy)
    return Answer(202, {"objects": render_policies(tx, stored, call)})


def _router(call: Call, values: Doc) -> str:
    """Return the router of a policy: it sits on a LAN or on the upstream."""
    tx = call.tx
    if values["lan_interface"] is not None:
        uuid = values["lan_interface"]
        return str(owned(call, tx.get(LANS, uuid), uuid, "lan_interface")["router"])
    uuid = values["upstream_interface"]
    if uuid is None:
        raise Refusal.validation("A policy needs a lan_interface or an upstream_interface", "lan_interface")
    return str(owned(call, router_work.router_by_upstream(tx, uuid), uuid, "upstream_interface")["uuid"])


def update_policy(call: Call) -> Answer:
    """Change a policy; its filters are replaced by new ones when the body has some."""
    tx = call.tx
    policy = fetch(call, POLICIES, EDIT)
    body = fields.body_object(call.object())
    values = read_part(POLICY_FIELDS, body, policy)
    if _router(call, values) != policy["router"]:
        raise Refusal.validation("A policy stays with its router", "lan_interface")
    policy.update(values)
    tx.update(POLICIES, policy)
    if "filters" in body:
        _replace_filters(call, policy, body["filters"])
    begin_job(call, POLICIES, policy, f"{_POLICY}_update")
    tx.audit(CATEGORY, f"{_POLICY}_update", policy["uuid"])
    return Answer(202, render_policies(tx, [policy], call)[0])


def _replace_filters(call: Call, policy: Doc, given: Any) -> None:
    tx = call.tx
    bodies = [] if given == {} else fields.list_of(lambda item, _: fields.body_object(item))(given, "filters")
    filters = [read_filter(body) for body in bodies]
    require_distinct_orders(filters)
    for item in _filters_of(tx, [policy])[policy["uuid"]]:
        tx.remove(FILTERS, item["uuid"])
    for values in filters:
        tx.insert(FILTERS, _new_filter(tx, policy, values))


def _new_filter(tx: Transaction, policy: Doc, values: Doc) -> Doc:
    place = {"policy": policy["uuid"], "router": policy["router"]}
    return {"uuid": tx.new_uuid(), "owner": policy["owner"], **place, **values}


def delete_policy(call: Call) -> Answer:
    """Delete a policy with its filters."""
    policy = fetch(call, POLICIES, DELETE)
    for item in _filters_of(call.tx, [policy])[policy["uuid"]]:
        call.tx.remove(FILTERS, item["uuid"])
    call.tx.remove(POLICIES, policy["uuid"])
    return removed(call, POLICIES, policy, _POLICY)


def _switch_policy(action: str) -> Handler:
    def switch(call: Call) -> Answer:
        """Apply the filters of a policy, or apply them no longer."""
        policy = fetch(call, POLICIES, EDIT)
        policy["active"] = action == "enable"
        call.tx.update(POLICIES, policy)
        job = begin_job(call, POLICIES, policy, f"{_POLICY}_{action}")
        call.tx.audit(CATEGORY, f"{_POLICY}_{action}", policy["uuid"])
        return Answer(
            202,
            {"action": action, "job": ref("jobs", job), "result": "success", "uuid": policy["uuid"]},
        )

    return switch


def render_filters(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return filters; only the answer to their creation names their policy."""
    jobs = jobs_of(tx, FILTERS, documents)
    created = call.method == "POST"
    return [router_filters.render_filter(item, jobs[item["uuid"]], policy=created) for item in documents]


def list_filters(call: Call) -> Answer:
    """Answer the firewall filters of all the caller's routers."""
    return list_answer(call, FILTERS, render_filters)


def get_filter(call: Call) -> Answer:
    """Answer one filter."""
    return single_answer(call, render_filters(call.tx, [fetch(call, FILTERS, LIST)], call)[0])


def create_filters(call: Call) -> Answer:
    """Add one filter or many to policies, all or none, each at a free place."""
    tx = call.tx
    bodies = call.objects("filter to create")
    stored = []
    for body in bodies:
        values = read_filter(body)
        uuid = required_ref(body, "policy")
        policy = owned(call, tx.get(POLICIES, uuid), uuid, "policy")
        item = _new_filter(tx, policy, values)
        require_distinct_orders([*_filters_of(tx, [policy])[uuid], item])
        tx.insert(FILTERS, item)
        begin_job(call, FILTERS, item, f"{_FILTER}_create")
        tx.audit(CATEGORY, f"{_FILTER}_create", item["uuid"])
        stored.append(item)
    return Answer(202, {"objects": render_filters(tx, stored, call)})


def update_filter(call: Call) -> Answer:
    """Change a filter where it is; what the body leaves out stays."""
    tx = call.tx
    item = fetch(call, FILTERS, EDIT)
    item.update(read_filter(fields.body_object(call.object()), item))
    others = _filters_of(tx, [{"uuid": item["policy"]}])[item["policy"]]
    require_distinct_orders([item, *(other for other in others if other["uuid"] != item["uuid"])])
    tx.update(FILTERS, item)
    begin_job(call, FILTERS, item, f"{_FILTER}_update")
    tx.audit(CATEGORY, f"{_FILTER}_update", item["uuid"])
    return Answer(202, render_filters(tx, [item], call)[0])


def delete_filter(call: Call) -> Answer:
    """Take a filter away from its policy."""
    item = fetch(call, FILTERS, DELETE)
    call.tx.remove(FILTERS, item["uuid"])
    return removed(call, FILTERS, item, _FILTER)


def _switch_logging(action: str) -> Handler:
    def switch(call: Call) -> Answer:
        """Log what a filter matches, or log it no longer; this one action has no job."""
        item = fetch(call, FILTERS, EDIT)
        item["log"] = action == "enable_logging"
        call.tx.update(FILTERS, item)
        call.tx.audit(CATEGORY, f"{_FILTER}_{action}", item["uuid"])
        return Answer(202, {"action": action, "result": "success", "uuid": item["uuid"]})

    return switch


ROUTES: list[Route] = [
    Route("GET", "/vrfwpolicies/", list_policies, id="vrfwpolicies.list"),
    Route("POST", "/vrfwpolicies/", create_policies, id="vrfwpolicies.create"),
    Route("GET", "/vrfwpolicies/{uuid}/", get_policy, id="vrfwpolicies.get"),
    Route("PUT", "/vrfwpolicies/{uuid}/", update_policy, id="vrfwpolicies.update"),
    Route("DELETE", "/vrfwpolicies/{uuid}/", delete_policy, id="vrfwpolicies.delete"),
    *(
        Route(
            "POST",
            "/vrfwpolicies/{uuid}/action/",
            _switch_policy(action),
            action=action,
            id=f"vrfwpolicies.{action}",
        )
        for action in ("enable", "disable")
    ),
    Route("GET", "/vrfwfilters/", list_filters, id="vrfwfilters.list"),
    Route("POST", "/vrfwfilters/", create_filters, id="vrfwfilters.create"),
    Route("GET", "/vrfwfilters/{uuid}/", get_filter, id="vrfwfilters.get"),
    Route("PUT", "/vrfwfilters/{uuid}/", update_filter, id="vrfwfilters.update"),
    Route("DELETE", "/vrfwfilters/{uuid}/", delete_filter, id="vrfwfilters.delete"),
    *(
        Route(
            "POST",
            "/vrfwfilters/{uuid}/action/",
            _switch_logging(action),
            action=action,
            id=f"vrfwfilters.{action}",
        )
        for action in ("enable_logging", "disable_logging")
    ),
]
