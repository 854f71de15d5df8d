"""``/virtualrouters/`` and ``/upstream/``: routers as wholes, their switches, logs and keys.

No answer of ``get_keys`` and ``export_key`` is known; theirs are guesses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..domain import fields, virtual_routers
from ..domain.permissions import DELETE, EDIT, LIST, require
from ..domain.refs import read_ref, ref
from ..domain.refusal import Refusal
from ..domain.router_parts import FILTERS, POLICIES
from ..domain.virtual_routers import CATEGORY, KIND, LOG_LINES, LOGS, require_running
from ..engine import router_work
from ..store.transaction import Transaction
from .listing import list_answer, paging, single_answer
from .objects import fetch, uuids_in_body
from .rendering import Docs, jobs_of
from .route import Answer, Call, Route

Doc = dict[str, Any]


def list_routers(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, KIND, render_routers, default_fields=virtual_routers.SHORT_FIELDS)


def list_routers_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, KIND, render_routers)


def render_routers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return routers as the detail list shows them."""
    jobs = jobs_of(tx, KIND, documents)
    parts = router_work.parts_of(tx, documents)
    return [
        virtual_routers.render_router(router, parts[router["uuid"]], jobs[router["uuid"]], tx.now)
        for router in documents
    ]


def get_router(call: Call) -> Answer:
    """Answer one router."""
    return single_answer(call, _shown(call, fetch(call, KIND, LIST)))


def create_routers(call: Call) -> Answer:
    """Begin to make one router or many, all or none."""
    bodies = call.objects("virtual router to create")
    stored = []
    for body in bodies:
        router = router_work.create(call.tx, call.user_uuid, body)
        call.tx.audit(CATEGORY, "create", router["uuid"], details={"name": router["name"]})
        stored.append(router)
    return Answer(202, {"objects": render_routers(call.tx, stored, call)})


def update_router(call: Call) -> Answer:
    """Rename a router; nothing else of it can be changed as a whole."""
    return Answer(202, _rename(call, call.params["uuid"], fields.body_object(call.object())))


def update_routers(call: Call) -> Answer:
    """Rename many routers, all or none."""
    bodies = call.objects()
    return Answer(
        202, {"objects": [_rename(call, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]}
    )


def _rename(call: Call, uuid: str, body: Doc) -> Doc:
    router = fetch(call, KIND, EDIT, uuid)
    name = virtual_routers.name_in(body)
    if name is not None:
        router["name"] = name
        call.tx.update(KIND, router)
    call.tx.audit(CATEGORY, "update", uuid, details={"name": router["name"]})
    # This answer alone tells the name beside the configuration, and no runtime.
    return {**_shown(call, router), "name": router["name"], "runtime": None}


def delete_router(call: Call) -> Answer:
    """Delete a router with all its parts."""
    router_work.delete(call.tx, fetch(call, KIND, DELETE))
    return Answer(202, {})


def delete_routers(call: Call) -> Answer:
    """Delete many routers, all or none."""
    for uuid in uuids_in_body(call):
        router_work.delete(call.tx, fetch(call, KIND, DELETE, uuid))
    return Answer(202, {})


def _switch_firewall(tx: Transaction, router: Doc, on: bool) -> None:
    router["firewall"]["active"] = on


def _switch_firewall_logging(tx: Transaction, router: Doc, on: bool) -> None:
    router["firewall_logging"] = on
    parts = router_work.parts_of(tx, [router])[router["uuid"]]
    active = {policy["uuid"] for policy in parts[POLICIES] if policy["active"]}
    for item in parts[FILTERS]:
        if item["policy"] in active and item["log"] != on:
            tx.update(FILTERS, {**item, "log": on})


def _switch_nat(tx: Transaction, router: Doc, on: bool) -> None:
    router["nat"]["active"] = on


def _switch_vpn(tx: Transaction, router: Doc, on: bool) -> None:
    router["upstream"]["vpn"]["active"] = on


_SWITCHES: dict[str, Callable[[Transaction, Doc, bool], None]] = {
    "firewall": _switch_firewall,
    "firewall_logging": _switch_firewall_logging,
    "nat": _switch_nat,
    "vpn": _switch_vpn,
}


def _switch(action: str) -> Callable[[Call], Answer]:
    word, _, what = action.partition("_")

    def switch(call: Call) -> Answer:
        """Switch something of a running router on or off; what is so already stays so."""
        router = fetch(call, KIND, EDIT)
        require_running(router)
        _SWITCHES[what](call.tx, router, word == "enable")
        return _done(call, action, router, router["uuid"])

    return switch


def _done(call: Call, action: str, router: Doc, uuid: str) -> Answer:
    """Store a router after an action, log it, begin its job, and answer."""
    tx = call.tx
    virtual_routers.add_line(router, tx.now, f"manager: {action.replace('_', ' ')} done")
    tx.update(KIND, router)
    job = router_work.begin_job(tx, router["owner"], action, [(KIND, router["uuid"])])
    tx.audit(CATEGORY, action, router["uuid"])
    return Answer(202, {"action": action, "job": ref("jobs", job), "result": "success", "uuid": uuid})


def get_log(call: Call) -> Answer:
    """Answer a page of a router's log, the oldest line first."""
    router = fetch(call, KIND, LIST)
    name = call.query.get("log_name") or LOGS[0]
    if name not in LOGS:
        raise Refusal.validation(f"log_name must be one of: {', '.join(LOGS)}", "log_name")
    limit, offset = paging(call.query, LOG_LINES)
    return Answer(202, virtual_routers.render_log(router, name, limit, offset))


def get_keys(call: Call) -> Answer:
    """Answer what keys a router has."""
    router = fetch(call, KIND, LIST)
    shown = [{name: key[name] for name in ("name", "type", "uuid")} for key in router["keys"]]
    meta = {"limit": len(shown), "offset": 0, "total_count": len(shown)}
    return Answer(200, {"meta": meta, "objects": shown})


def export_key(call: Call) -> Answer:
    """Answer one key of a router, named by ``key_uuid`` in the body or in the query."""
    router = fetch(call, KIND, EDIT)
    wanted = call.object().get("key_uuid") or call.query.get("key_uuid")
    if not wanted:
        raise Refusal.validation("This field is required", "key_uuid")
    uuid = read_ref(wanted, "key_uuid")
    for key in router["keys"]:
        if key["uuid"] == uuid:
            return Answer(200, {"key": key["key"]})
    raise Refusal.validation(f"The virtual router has no key {uuid}", "key_uuid")


def configure_vpn(call: Call) -> Answer:
    """Change the VPN of a router's connection to the internet."""
    uuid = call.params["uuid"]
    router = router_work.router_by_upstream(call.tx, uuid)
    if router is None:
        raise Refusal.not_found(uuid)
    require(call.user_uuid, {**router, "uuid": uuid}, EDIT)
    require_running(router)
    vpn = router["upstream"]["vpn"]
    router["upstream"]["vpn"] = virtual_routers.read_vpn(fields.body_object(call.object()), vpn)
    return _done(call, "configure_vpn", router, uuid)


def _shown(call: Call, router: Doc) -> Doc:
    return render_routers(call.tx, [router], call)[0]


_ACTIONS = {
    **{f"{word}_{what}": _switch(f"{word}_{what}") for what in _SWITCHES for word in ("enable", "disable")},
    "get_log": get_log,
    "get_keys": get_keys,
    "export_key": export_key,
}

ROUTES: list[Route] = [
    Route("GET", "/virtualrouters/", list_routers, id="virtualrouters.list"),
    Route("GET", "/virtualrouters/detail/", list_routers_in_detail, id="virtualrouters.list_detail"),
    Route("POST", "/virtualrouters/", create_routers, id="virtualrouters.create"),
    Route("PUT", "/virtualrouters/", update_routers, id="virtualrouters.bulk_update"),
    Route("DELETE", "/virtualrouters/", delete_routers, id="virtualrouters.bulk_delete"),
    Route("GET", "/virtualrouters/{uuid}/", get_router, id="virtualrouters.get"),
    Route("PUT", "/virtualrouters/{uuid}/", update_router, id="virtualrouters.update"),
    Route("DELETE", "/virtualrouters/{uuid}/", delete_router, id="virtualrouters.delete"),
    *(
        Route("POST", "/virtualrouters/{uuid}/action/", handler, action=action, id=f"virtualrouters.{action}")
        for action, handler in _ACTIONS.items()
    ),
    Route(
        "POST",
        "/upstream/{uuid}/action/",
        configure_vpn,
        action="configure_vpn",
        id="upstream.configure_vpn",
    ),
]
