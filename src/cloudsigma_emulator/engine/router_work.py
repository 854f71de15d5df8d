"""How virtual routers come into being and go, and the jobs by which the cloud works on them and on their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.jobs import KEPT_FOR, STARTED, finished, new_job
from ..domain.permissions import ATTACH
from ..domain.refusal import Refusal
from ..domain.relations import NAT, ROUTER, UPSTREAM
from ..domain.router_parts import KINDS, LANS
from ..domain.virtual_routers import (
    ADDRESSES,
    CATEGORY,
    CREATED,
    CREATING,
    KIND,
    RUNNING,
    add_line,
    read_router,
)
from ..store.transaction import Transaction
from .sharing import require
from .world import World

Doc = dict[str, Any]

_CREATION_SECONDS, _JOB_SECONDS = 0.5, 1.0


def create(tx: Transaction, owner: str, body: Mapping[str, Any]) -> Doc:
    """Begin to make a router; returns it as stored.

    Refuses with 400 a wrong definition, with 403 a VLAN that its owner may not use, with 503 without an address.
    """
    router, parts = read_router(body, owner, _free_address(tx), tx.new_uuid)
    for kind, part in parts:
        if kind == LANS:
            vlan = tx.get("vlans", part["vlan"])
            if vlan is None:
                raise Refusal.validation(f"Object with uuid {part['vlan']} does not exist", "configuration")
            require(tx, owner, "vlans", vlan, ATTACH)
    vpn = router["upstream"]["vpn"]["vpn_type"]
    key = {"uuid": tx.new_uuid(), "name": "vpn", "type": vpn, "key": f"{tx.random.getrandbits(256):064x}"}
    router["keys"] = [key]
    tx.insert(KIND, router)
    for kind, part in parts:
        tx.insert(kind, part)
    job = _insert_job(tx, owner, "virtual_router_create", [(KIND, router["uuid"])])
    tx.later(_CREATION_SECONDS, "router.created", about=router["uuid"], uuid=router["uuid"], job=job)
    return router


def created(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a router has been made and runs."""
    router = tx.get(KIND, payload["uuid"])
    if router is not None and router["status"] == CREATING:
        router.update(state=CREATED, status=RUNNING)
        add_line(router, tx.now, "kernel: boot complete")
        add_line(router, tx.now, f"kernel: net0: link up, {router['address']}")
        for lan in tx.find(LANS, uuids=[uuid for kind, uuid in _parts(tx, router) if kind == LANS]):
            add_line(router, tx.now, f"kernel: {lan['iface']}: link up, {lan['ip_address'] or 'no address'}")
        tx.update(KIND, router)
    job_ended(tx, world, {"uuid": payload["job"]})


def begin_job(tx: Transaction, owner: str, operation: str, resources: Sequence[tuple[str, str]]) -> str:
    """Begin work on a router or on its parts; it ends by itself. Returns the job's uuid.

    :param resources: kind and uuid of what it is about: these list the job.
    """
    uuid = _insert_job(tx, owner, operation, resources)
    tx.later(_JOB_SECONDS, "router.job_ended", about=uuid, uuid=uuid)
    return uuid


def _insert_job(tx: Transaction, owner: str, operation: str, resources: Sequence[tuple[str, str]]) -> str:
    uuid = tx.new_uuid()
    tx.insert("jobs", new_job(uuid, owner, operation, resources, tx.now))
    return uuid


def job_ended(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: work on a router is done."""
    job = tx.get("jobs", payload["uuid"])
    if job is not None and job["state"] == STARTED:
        tx.update("jobs", finished(job, tx.now))
        tx.later(KEPT_FOR.total_seconds(), "job.expired", about=job["uuid"], at_speed=False, uuid=job["uuid"])


def delete(tx: Transaction, router: Doc) -> None:
    """Delete a router with all its parts. Refuses with 400 one that is still being made."""
    if router["status"] == CREATING:
        raise Refusal.validation(f"The virtual router {router['uuid']} is still being created")
    for kind, uuid in _parts(tx, router):
        tx.remove(kind, uuid)
    tx.cancel(about=router["uuid"])
    tx.remove(KIND, router["uuid"])
    begin_job(tx, router["owner"], "virtual_router_delete", [(KIND, router["uuid"])])
    tx.audit(CATEGORY, "delete", router["uuid"], owner=router["owner"])


def parts_of(tx: Transaction, routers: Sequence[Doc]) -> dict[str, dict[str, list[Doc]]]:
    """Return the parts of routers: by router, then by kind, in the order in which they were made."""
    uuids = [router["uuid"] for router in routers]
    found: dict[str, dict[str, list[Doc]]] = {uuid: {kind: [] for kind in KINDS} for uuid in uuids}
    by_kind: dict[str, list[str]] = {}
    for sources in (tx.sources(ROUTER, KIND, uuids) if uuids else {}).values():
        for kind, uuid in sources:
            by_kind.setdefault(kind, []).append(uuid)
    for kind, parts in by_kind.items():
        for part in tx.find(kind, uuids=parts):
            found[part["router"]][kind].append(part)
    return found


def router_by_nat(tx: Transaction, uuid: str) -> Doc | None:
    """Return the router whose address translation has this uuid."""
    return _pointing(tx, NAT, "nats", uuid)


def router_by_upstream(tx: Transaction, uuid: str) -> Doc | None:
    """Return the router whose connection to the internet has this uuid."""
    return _pointing(tx, UPSTREAM, "upstream", uuid)


def _pointing(tx: Transaction, relation: str, kind: str, uuid: str) -> Doc | None:
    return next((tx.get(KIND, router) for _, router in tx.sources(relation, kind, [uuid])[uuid]), None)


def _parts(tx: Transaction, router: Doc) -> list[tuple[str, str]]:
    return tx.sources(ROUTER, KIND, [router["uuid"]])[router["uuid"]]


def _free_address(tx: Transaction) -> str:
    taken = {router["address"] for router in tx.find(KIND)}
    for address in ADDRESSES:
        if address not in taken:
            return address
    raise Refusal.backend("No public address is left for a virtual router")
