"""How VPCs and dedicated nodes come with their subscriptions and go with them, and who may use a pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain.private_clouds import NODES, POOLS, VPC, is_zone, new_node, new_pool, new_vpc
from ..domain.refusal import Refusal
from ..domain.relations import IN_VPC
from ..store.transaction import Transaction

Doc = dict[str, Any]

_VPCS, _NODES = "VPCs", "Nodes"


def make_vpc(tx: Transaction, owner: str, number: int) -> str:
    """Make the VPC of a subscription, with its pool; returns the VPC's uuid."""
    uuid, pool = tx.new_uuid(), tx.new_uuid()
    vpc = new_vpc(uuid, pool, owner, number)
    tx.insert(VPC, vpc)
    tx.insert(POOLS, new_pool(pool, owner, vpc["name"]))
    tx.audit(_VPCS, "create", uuid, actor=tx.actor or owner, owner=owner)
    return uuid


def end_vpc(tx: Transaction, uuid: str) -> None:
    """End a VPC and its pool; its nodes stay, in no VPC."""
    vpc = tx.get(VPC, uuid)
    if vpc is None:
        return
    put_nodes(tx, vpc, [])
    tx.remove(POOLS, vpc["allocation_pool"])
    tx.remove(VPC, uuid)
    tx.audit(_VPCS, "delete", uuid, actor=vpc["owner"], owner=vpc["owner"])


def make_node(tx: Transaction, owner: str, number: int) -> str:
    """Make the node of a subscription, in no VPC yet; returns its uuid."""
    uuid = tx.new_uuid()
    tx.insert(NODES, new_node(uuid, owner, number))
    tx.audit(_NODES, "create", uuid, actor=tx.actor or owner, owner=owner)
    return uuid


def end_node(tx: Transaction, uuid: str) -> None:
    """End a node."""
    node = tx.get(NODES, uuid)
    if node is not None:
        tx.remove(NODES, uuid)
        tx.audit(_NODES, "delete", uuid, actor=node["owner"], owner=node["owner"])


def put_nodes(tx: Transaction, vpc: Doc, uuids: Sequence[str]) -> None:
    """Let exactly these nodes be in a VPC; one that was in another of the owner's leaves that.

    Refuses with 400 a node that is not there, with 403 one that is not the VPC's owner's.
    """
    nodes = {node["uuid"]: node for node in tx.find(NODES, uuids=uuids)} if uuids else {}
    for uuid in uuids:
        if uuid not in nodes:
            raise Refusal.validation(f"Object with uuid {uuid} does not exist", "nodes")
        if nodes[uuid]["owner"] != vpc["owner"]:
            raise Refusal.lacks(vpc["owner"], "ATTACH", [uuid])
    present = [uuid for _, uuid in tx.sources(IN_VPC, VPC, [vpc["uuid"]])[vpc["uuid"]]]
    for node in tx.find(NODES, uuids=[uuid for uuid in present if uuid not in nodes]):
        tx.update(NODES, {**node, "vpc": None})
    for node in nodes.values():
        if node["vpc"] != vpc["uuid"]:
            tx.update(NODES, {**node, "vpc": vpc["uuid"]})


def require_pool(tx: Transaction, server: Doc) -> None:
    """Refuse with 400 a server in a pool that is neither a zone nor a pool of its owner's."""
    wanted = server["allocation_pool"]
    if wanted is None or is_zone(wanted):
        return
    pool = tx.get(POOLS, wanted)
    if pool is None or pool["owner"] != server["owner"]:
        raise Refusal.validation(f"There is no pool or zone {wanted}", "allocation_pool")
