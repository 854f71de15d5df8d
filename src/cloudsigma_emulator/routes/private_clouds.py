"""``/vpc/``, ``/nodes/``, ``/hostallocationpools/``, ``/hostavailabilityzones/``: switched off, they are not there."""

from __future__ import annotations

from typing import Any

from ..domain import fields, private_clouds
from ..domain.filters import FilterSpec
from ..domain.permissions import EDIT, LIST
from ..domain.private_clouds import NODES, POOLS, VPC
from ..domain.refusal import Refusal
from ..domain.schemas.private_clouds import VPC_SCHEMA
from ..engine.attachments import require_own_tags
from ..engine.private_clouds import put_nodes
from .listing import choose_fields, list_answer, paging, single_answer
from .objects import fetch
from .rendering import Docs, render_vpcs
from .route import Answer, Call, Handler, Route

Doc = dict[str, Any]

FILTERS = FilterSpec(exact={"name": "name", "uuid": "uuid"}, contains={"name": "name"}, tagged=False)


def list_vpcs(call: Call) -> Answer:
    """Answer the caller's VPCs; the plain list has every key already."""
    return list_answer(call, VPC, render_vpcs)


def get_vpc(call: Call) -> Answer:
    """Answer one VPC."""
    return single_answer(call, render_vpcs(call.tx, [fetch(call, VPC, LIST)], call)[0])


def update_vpc(call: Call) -> Answer:
    """Change a VPC: its name and description, and which nodes are in it."""
    tx = call.tx
    vpc = fetch(call, VPC, EDIT)
    body = fields.body_object(call.object())
    values, nodes = private_clouds.read_vpc(body, vpc)
    if vpc["owner"] != call.user_uuid:
        values["tags"] = vpc["tags"]
    require_own_tags(tx, call.user_uuid, values["tags"], vpc["tags"])
    vpc.update(values)
    tx.update(VPC, vpc)
    if nodes is not None:
        put_nodes(tx, vpc, nodes)
    tx.audit("VPCs", "update", vpc["uuid"], details=body, owner=vpc["owner"])
    return Answer(200, render_vpcs(tx, [vpc], call)[0])


def vpc_schema(call: Call) -> Answer:
    """Answer what a VPC says about its fields."""
    return Answer(200, VPC_SCHEMA)


def list_nodes(call: Call) -> Answer:
    """Answer the caller's nodes."""
    return list_answer(call, NODES, lambda tx, documents, call: _nodes(documents), filters=FILTERS)


def get_node(call: Call) -> Answer:
    """Answer one node."""
    return single_answer(call, _nodes([fetch(call, NODES, LIST)])[0])


def _nodes(documents: Docs) -> list[Doc]:
    return [private_clouds.render_node(node) for node in documents]


def list_pools(call: Call) -> Answer:
    """Answer the caller's pools."""
    return list_answer(call, POOLS, lambda tx, documents, call: _pools(documents), filters=FILTERS)


def get_pool(call: Call) -> Answer:
    """Answer one pool."""
    return single_answer(call, _pools([_fetch_pool(call)])[0])


def update_pool(call: Call) -> Answer:
    """Change a pool, whole or in part."""
    pool = _fetch_pool(call)
    body = fields.body_object(call.object())
    pool.update(private_clouds.read_pool(body, pool))
    call.tx.update(POOLS, pool)
    call.tx.audit("Host Allocation Pools", "update", pool["uuid"], details=body)
    return Answer(200, _pools([pool])[0])


def _pools(documents: Docs) -> list[Doc]:
    return [private_clouds.render_pool(pool) for pool in documents]


def _fetch_pool(call: Call) -> Doc:
    """Return the pool in the path; unlike anything else, somebody else's is as if it were not there."""
    uuid = call.params["uuid"]
    pool = call.tx.get(POOLS, uuid)
    if pool is None or pool["owner"] != call.user_uuid:
        raise Refusal.not_found(uuid)
    return pool


def list_zones(call: Call) -> Answer:
    """Answer the availability zones, the same for everybody."""
    limit, offset = paging(call.query)
    zones = private_clouds.zones()
    page = zones[offset : offset + limit] if limit else zones[offset:]
    meta = {"limit": limit, "offset": offset, "total_count": len(zones)}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


def _switched(handler: Handler) -> Handler:
    """Return a handler that answers 404 where the cloud has no VPCs."""

    def handle(call: Call) -> Answer:
        if not call.app.options.vpc:
            raise Refusal.missing("This cloud has no VPCs")
        return handler(call)

    handle.__doc__ = handler.__doc__
    return handle


def _zones_switched(call: Call) -> Answer:
    if not call.app.options.host_availability_zones:
        raise Refusal.missing("This cloud has no availability zones")
    return list_zones(call)


ROUTES: list[Route] = [
    Route("GET", "/vpc/", _switched(list_vpcs), id="vpc.list"),
    Route("GET", "/vpc/schema/", _switched(vpc_schema), id="vpc.schema"),
    Route("GET", "/vpc/{uuid}/", _switched(get_vpc), id="vpc.get"),
    Route("PUT", "/vpc/{uuid}/", _switched(update_vpc), id="vpc.update"),
    Route("GET", "/nodes/", _switched(list_nodes), id="nodes.list"),
    Route("GET", "/nodes/{uuid}/", _switched(get_node), id="nodes.get"),
    Route("GET", "/hostallocationpools/", _switched(list_pools), id="hostallocationpools.list"),
    Route("GET", "/hostallocationpools/{uuid}/", _switched(get_pool), id="hostallocationpools.get"),
    Route("PUT", "/hostallocationpools/{uuid}/", _switched(update_pool), id="hostallocationpools.update"),
    Route("GET", "/hostavailabilityzones/", _zones_switched, id="hostavailabilityzones.list"),
]
