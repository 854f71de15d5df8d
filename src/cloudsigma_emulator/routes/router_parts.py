"""``/lans/``, ``/ipaliases/``, ``/portforwards/``, ``/addressforwards/``, ``/routes/``, ``/tunnels/``.

What a tunnel is made of is nowhere told: any object is taken and given back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..domain import router_parts
from ..domain.fields import body_object
from ..domain.permissions import DELETE, EDIT, LIST, require
from ..domain.refs import ref
from ..domain.refusal import Refusal
from ..domain.router_parts import (
    ADDRESS_FORWARDS,
    ALIASES,
    LANS,
    PORT_FORWARDS,
    TUNNELS,
    read_part,
    required_ref,
)
from ..domain.router_parts import (
    ROUTES as STATIC_ROUTES,
)
from ..domain.virtual_routers import CATEGORY
from ..domain.virtual_routers import KIND as ROUTERS
from ..engine import router_work
from ..store.transaction import Transaction
from .listing import list_answer, single_answer
from .objects import fetch
from .rendering import Docs, jobs_of
from .route import Answer, Call, Handler, Route

Doc = dict[str, Any]


def owned(call: Call, found: Doc | None, uuid: str, point: str) -> Doc:
    """Return what a new part belongs to. Refuses with 400 when it is not there, with 403 when it is not the caller's."""
    if found is None:
        raise Refusal.validation(f"Object with uuid {uuid} does not exist", point)
    require(call.user_uuid, found, EDIT)
    return found


def _in_lan(call: Call, body: Doc) -> Doc:
    uuid = required_ref(body, "interface")
    lan = owned(call, call.tx.get(LANS, uuid), uuid, "interface")
    return {"router": lan["router"], "lan": uuid}


def _in_nat(call: Call, body: Doc) -> Doc:
    uuid = required_ref(body, "nat")
    router = owned(call, router_work.router_by_nat(call.tx, uuid), uuid, "nat")
    return {"router": router["uuid"], "nat": uuid}


def _in_router(call: Call, body: Doc) -> Doc:
    uuid = required_ref(body, "virtual_router")
    return {"router": owned(call, call.tx.get(ROUTERS, uuid), uuid, "virtual_router")["uuid"]}


def _read_tunnel(body: Mapping[str, Any], previous: Doc | None = None) -> Doc:
    own = {"uuid", "resource_uri", "jobs", "virtual_router"}
    given = {key: value for key, value in body.items() if key not in own}
    return {"values": {**(previous["values"] if previous else {}), **given}}


@dataclass(frozen=True)
class PartRules:
    """How a kind of part is placed and read: its place gives ``router``; ``word`` is its name in jobs."""

    word: str
    place: Callable[[Call, Doc], Doc]
    read: Callable[..., Doc]


RULES: Mapping[str, PartRules] = {
    ALIASES: PartRules("ip_alias", _in_lan, partial(read_part, router_parts.ALIAS_FIELDS)),
    PORT_FORWARDS: PartRules("port_forward", _in_nat, partial(read_part, router_parts.PORT_FORWARD_FIELDS)),
    ADDRESS_FORWARDS: PartRules(
        "address_forward", _in_nat, partial(read_part, router_parts.ADDRESS_FORWARD_FIELDS)
    ),
    STATIC_ROUTES: PartRules("route", _in_router, partial(read_part, router_parts.ROUTE_FIELDS)),
    TUNNELS: PartRules("tunnel", _in_router, _read_tunnel),
}


def begin_job(call: Call, kind: str, part: Doc, operation: str) -> str:
    """Begin a job about a part; returns its uuid."""
    return router_work.begin_job(call.tx, part["owner"], operation, [(kind, part["uuid"])])


def _render(kind: str) -> Callable[[Transaction, Docs, Call], list[Doc]]:
    def render(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
        jobs = jobs_of(tx, kind, documents)
        return [router_parts.render_part(kind, part, jobs[part["uuid"]]) for part in documents]

    return render


def _list(kind: str) -> Handler:
    def list_parts(call: Call) -> Answer:
        """Answer the parts of one kind of all the caller's routers."""
        return list_answer(call, kind, _render(kind))

    return list_parts


def _get(kind: str) -> Handler:
    def get_part(call: Call) -> Answer:
        """Answer one part."""
        return single_answer(call, _render(kind)(call.tx, [fetch(call, kind, LIST)], call)[0])

    return get_part


def _create(kind: str) -> Handler:
    rules = RULES[kind]

    def create_parts(call: Call) -> Answer:
        """Add one part or many to routers, all or none; each has a job."""
        tx = call.tx
        bodies = call.objects("object to create")
        stored = []
        for body in bodies:
            values = rules.read(body)
            part = {"uuid": tx.new_uuid(), "owner": call.user_uuid, **rules.place(call, body), **values}
            tx.insert(kind, part)
            begin_job(call, kind, part, f"{rules.word}_create")
            tx.audit(CATEGORY, f"{rules.word}_create", part["uuid"])
            stored.append(part)
        return Answer(202, {"objects": _render(kind)(tx, stored, call)})

    return create_parts


def _update(kind: str) -> Handler:
    rules = RULES[kind]

    def update_part(call: Call) -> Answer:
        """Change a part where it is; what the body leaves out stays."""
        part = fetch(call, kind, EDIT)
        part.update(rules.read(body_object(call.object()), part))
        call.tx.update(kind, part)
        begin_job(call, kind, part, f"{rules.word}_update")
        call.tx.audit(CATEGORY, f"{rules.word}_update", part["uuid"])
        return Answer(202, _render(kind)(call.tx, [part], call)[0])

    return update_part


def _delete(kind: str) -> Handler:
    def delete_part(call: Call) -> Answer:
        """Take a part away from its router."""
        part = fetch(call, kind, DELETE)
        call.tx.remove(kind, part["uuid"])
        return removed(call, kind, part, RULES[kind].word)

    return delete_part


def removed(call: Call, kind: str, part: Doc, word: str) -> Answer:
    """Log the removal of a part, begin its job, and answer."""
    job = begin_job(call, kind, part, f"{word}_delete")
    call.tx.audit(CATEGORY, f"{word}_delete", part["uuid"])
    return Answer(202, {"job": ref("jobs", job), "uuid": part["uuid"]})


def _render_lans(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    routers = [{"uuid": uuid} for uuid in dict.fromkeys(lan["router"] for lan in documents)]
    parts = router_work.parts_of(tx, routers)
    return [
        router_parts.render_lan(
            lan, [alias for alias in parts[lan["router"]][ALIASES] if alias["lan"] == lan["uuid"]]
        )
        for lan in documents
    ]


def list_lans(call: Call) -> Answer:
    """Answer the LANs of all the caller's routers."""
    return list_answer(call, LANS, _render_lans)


def get_lan(call: Call) -> Answer:
    """Answer one LAN."""
    return single_answer(call, _render_lans(call.tx, [fetch(call, LANS, LIST)], call)[0])


def update_lan(call: Call) -> Answer:
    """Change name and order of a LAN; all else that is sent is ignored."""
    lan = fetch(call, LANS, EDIT)
    lan.update(read_part(router_parts.LAN_FIELDS, body_object(call.object()), lan))
    call.tx.update(LANS, lan)
    call.tx.audit(CATEGORY, "lan_update", lan["uuid"])
    return Answer(202, _render_lans(call.tx, [lan], call)[0])


def configure_dhcp(call: Call) -> Answer:
    """Change what addresses a LAN hands out."""
    lan = fetch(call, LANS, EDIT)
    lan.update(router_parts.read_dhcp(lan, body_object(call.object())))
    call.tx.update(LANS, lan)
    job = begin_job(call, LANS, lan, "configure_dhcp")
    call.tx.audit(CATEGORY, "configure_dhcp", lan["uuid"])
    return Answer(
        202,
        {"action": "configure_dhcp", "job": ref("jobs", job), "result": "success", "uuid": lan["uuid"]},
    )


ROUTES: list[Route] = [
    Route("GET", "/lans/", list_lans, id="lans.list"),
    Route("GET", "/lans/{uuid}/", get_lan, id="lans.get"),
    Route("PUT", "/lans/{uuid}/", update_lan, id="lans.update"),
    Route("POST", "/lans/{uuid}/action/", configure_dhcp, action="configure_dhcp", id="lans.configure_dhcp"),
]
for _kind in RULES:
    ROUTES += [
        Route("GET", f"/{_kind}/", _list(_kind), id=f"{_kind}.list"),
        Route("POST", f"/{_kind}/", _create(_kind), id=f"{_kind}.create"),
        Route("GET", f"/{_kind}/{{uuid}}/", _get(_kind), id=f"{_kind}.get"),
        Route("DELETE", f"/{_kind}/{{uuid}}/", _delete(_kind), id=f"{_kind}.delete"),
    ]
ROUTES += [
    Route("PUT", f"/{kind}/{{uuid}}/", _update(kind), id=f"{kind}.update")
    for kind in (STATIC_ROUTES, TUNNELS)
]
