"""Private clouds: VPCs, the dedicated nodes in them, their pools of capacity, and the zones of the location.

A VPC and its pool come with one subscription, each node with one of its own. A node is in one VPC at most; it is
stored in the node. A server goes into a pool or a zone by ``allocation_pool``.
"""

from __future__ import annotations

import uuid as uuids_module
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from . import fields
from .fields import Field
from .refs import optional_ref, read_refs, ref, refs, resource_uri
from .refusal import Refusal

Doc = dict[str, Any]

VPC, NODES, POOLS = "vpc", "nodes", "hostallocationpools"
"""The kinds, by their URL collections."""

ZONES: tuple[tuple[str, str], ...] = tuple(
    (str(uuids_module.uuid5(uuids_module.NAMESPACE_URL, f"/api/2.0/hostavailabilityzones/{name}/")), name)
    for name in ("zone-1", "zone-2")
)
"""Uuid and name of each availability zone: the same for every account and every emulator."""

_MOST_ALLOCATION = Decimal(10**6)

VPC_FIELDS: tuple[Field, ...] = (
    Field("name", fields.nullable(fields.text, str), default=str),
    Field("description", fields.nullable(fields.text, str), default=str),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)


def _allocation(value: Any, name: str) -> str:
    """Read how far capacity may be handed out, as the decimal with three places that answers show."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and 0 <= number <= _MOST_ALLOCATION:
            return f"{number:.3f}"
    raise Refusal.validation(f"{name} must be a number, not negative", name)


POOL_FIELDS: tuple[Field, ...] = (
    Field("name", fields.nullable(fields.text, str), default=str),
    Field("description", fields.nullable(fields.text, str), default=str),
    Field("cpu_alloc", _allocation, default=lambda: "1.000"),
    Field("cpu_alloc_last_resort", _allocation, default=lambda: "1.000"),
)


def new_vpc(uuid: str, pool: str, owner: str, subscription: int) -> Doc:
    """Return a stored VPC as it is when it has just been bought.

    :param pool: uuid of the pool that was made with it.
    :param subscription: the number of the subscription that it comes from.
    """
    return {
        "uuid": uuid,
        "owner": owner,
        "name": f"VPC {subscription}",
        "description": "",
        "meta": {},
        "tags": [],
        "allocation_pool": pool,
        "subscription": subscription,
    }


def new_pool(uuid: str, owner: str, name: str) -> Doc:
    """Return the stored pool of a new VPC."""
    return {"uuid": uuid, "owner": owner, **fields.read_fields(POOL_FIELDS, {"name": name})}


def new_node(uuid: str, owner: str, subscription: int) -> Doc:
    """Return a stored node, in no VPC yet."""
    return {"uuid": uuid, "owner": owner, "vpc": None, "subscription": subscription}


def read_vpc(body: Mapping[str, Any], previous: Doc) -> tuple[Doc, list[str] | None]:
    """Read a change of a VPC; pool, status and everything else that is sent are ignored.

    :returns: the fields that it may have, and the uuids of its nodes: None when the body leaves them as they are.
    """
    nodes = read_refs(body["nodes"], "nodes") if "nodes" in body else None
    return fields.read_fields(VPC_FIELDS, body, previous), nodes


def read_pool(body: Mapping[str, Any], previous: Doc) -> Doc:
    """Read a change of a pool, whole or in part."""
    return fields.read_fields(POOL_FIELDS, body, previous)


def render_vpc(vpc: Doc, *, nodes: Sequence[str], servers: Sequence[str]) -> Doc:
    """Return a VPC as every answer shows it.

    :param nodes: uuids of the nodes in it.
    :param servers: uuids of the servers that run in it now.
    """
    return {
        "allocation_pool": vpc["allocation_pool"],
        "description": vpc["description"],
        "grantees": [],
        "meta": vpc["meta"],
        "name": vpc["name"],
        "nodes": refs(NODES, list(nodes)),
        "owner": ref("users", vpc["owner"]),
        "permissions": [],
        "resource_uri": resource_uri(VPC, vpc["uuid"]),
        "servers": refs("servers", list(servers)),
        "status": "active",
        "tags": refs("tags", vpc["tags"]),
        "uuid": vpc["uuid"],
    }


def render_node(node: Doc) -> Doc:
    """Return a node as every answer shows it."""
    return {
        "owner": ref("users", node["owner"]),
        "resource_uri": resource_uri(NODES, node["uuid"]),
        "status": "active",
        "uuid": node["uuid"],
        "vpc": optional_ref(VPC, node["vpc"]),
    }


def render_pool(pool: Doc) -> Doc:
    """Return a pool as every answer shows it."""
    return {
        "cpu_alloc": pool["cpu_alloc"],
        "cpu_alloc_last_resort": pool["cpu_alloc_last_resort"],
        "description": pool["description"],
        "name": pool["name"],
        "owner": ref("users", pool["owner"]),
        "resource_uri": resource_uri(POOLS, pool["uuid"]),
        "uuid": pool["uuid"],
    }


def zones() -> list[Doc]:
    """Return the availability zones as answers show them."""
    return [
        {"name": name, "resource_uri": resource_uri("hostavailabilityzones", uuid), "uuid": uuid}
        for uuid, name in ZONES
    ]


def is_zone(uuid: str) -> bool:
    """Tell whether a uuid names an availability zone."""
    return any(uuid == known for known, _ in ZONES)
