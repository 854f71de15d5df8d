"""Copies of drives and of servers, and the jobs that tell about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain import drive_states
from ..domain.clone_names import clone_name
from ..domain.drive_states import CLONING_DST, CLONING_SRC
from ..domain.drives import new_drive
from ..domain.jobs import KEPT_FOR, finished, new_job
from ..domain.library_drives import meta_of_copy
from ..domain.nics import nics_of_clone, random_mac
from ..domain.permissions import ATTACH
from ..domain.placement import STORAGE_HOSTS, choose_host
from ..domain.refusal import Refusal
from ..domain.servers import FIELDS, MADE_UP_ALPHABET, MADE_UP_LENGTH, new_server
from ..store.transaction import Transaction
from .attachments import attachments_changed
from .drive_transitions import rest, seconds_for, users
from .server_transitions import start
from .sharing import may
from .transition import FollowUp, follow, move
from .world import World

Doc = dict[str, Any]

SUBJOBS = "subjobs"


def name_of_clone(tx: Transaction, user: str, name: str) -> str:
    """Return the name of a copy by the strategy in the caller's profile."""
    profile = tx.get("profile", user) or {}
    return clone_name(name, str(profile.get("clone_naming") or "NONE"), tx.now)


def hosts_of(tx: Transaction, uuids: Sequence[str]) -> list[str]:
    """Return the storage hosts of drives, and of the drives of servers, in the order of the uuids."""
    drives = {drive["uuid"]: drive for drive in tx.find("drives", uuids=list(uuids))}
    servers = {server["uuid"]: server for server in tx.find("servers", uuids=list(uuids))}
    hosts: list[str] = []
    for uuid in uuids:
        if uuid in drives:
            hosts.append(drives[uuid]["host"])
        elif uuid in servers:
            attached = [item["drive"] for item in servers[uuid]["drives"]]
            hosts += [drive["host"] for drive in tx.find("drives", uuids=attached)]
    return hosts


def storage_host(tx: Transaction, avoid: Sequence[str] = ()) -> str:
    """Return a storage host, away from the hosts of the drives and servers to avoid."""
    hosts = hosts_of(tx, avoid) if avoid else []
    return choose_host(STORAGE_HOSTS, hosts, tx.random.randrange(2**16))


def clone_drive(
    tx: Transaction,
    source: Doc,
    owner: str,
    values: Doc,
    *,
    avoid: Sequence[str] = (),
    parent: str | None = None,
) -> tuple[Doc, Doc]:
    """Begin to copy a drive.

    :param source: the stored drive or library drive; the caller has checked that it may be copied.
    :param owner: whose the copy will be.
    :param values: what the copy shall be like, from `read_clone`; a name of None is made up.
    :param avoid: uuids of drives and servers from whose storage hosts to keep away.
    :param parent: uuid of the server clone that this is part of.
    :returns: the stored copy and its job.
    """
    library = source["owner"] is None
    name = values["name"] if values["name"] is not None else name_of_clone(tx, owner, source["name"])
    meta = meta_of_copy(source) if values["meta"] is None else values["meta"]
    copy = new_drive(
        tx.new_uuid(),
        owner,
        {**values, "name": name, "meta": meta},
        CLONING_DST,
        storage_host(tx, avoid),
        source["licenses"],
    )
    copy["copy_of"] = source["uuid"]
    tx.insert("drives", copy)
    job = new_job(
        tx.new_uuid(),
        owner,
        "drive_clone",
        [("libdrives" if library else "drives", source["uuid"]), ("drives", copy["uuid"])],
        tx.now,
        parent=parent,
    )
    tx.insert(SUBJOBS if parent else "jobs", job)
    if not library:
        source["copies"] = source.get("copies", 0) + 1
        move(tx, "drives", source, CLONING_SRC, action="clone_src")
    tx.audit("Drives", "clone_dst", copy["uuid"], owner=owner)
    seconds = seconds_for(values["size"], least=1, most=60)
    tx.later(
        seconds, "drive.copy", about=copy["uuid"], uuid=copy["uuid"], source=source["uuid"], job=job["uuid"]
    )
    return copy, job


def copy_image(world: World, payload: Doc) -> None:
    """Long task: copy the bytes of a drive, then end the copy's making."""
    with world.transaction() as tx:
        copy = tx.get("drives", payload["uuid"])
        writing = users(tx, payload["source"])
    if copy is None or copy["status"] != CLONING_DST:
        return
    failed = False
    try:
        if payload.get("shared"):
            world.images.own(payload["uuid"])
            world.images.resize(payload["uuid"], copy["size"])
        else:
            with world.hypervisor.standing_still(writing):
                world.images.clone(payload["source"], payload["uuid"], copy["size"])
    except OSError:
        failed = True
    with world.transaction() as tx:
        _copied(tx, world, payload, failed=failed)


def _copied(tx: Transaction, world: World, payload: Doc, *, failed: bool) -> None:
    copy = tx.get("drives", payload["uuid"])
    if copy is None or copy["status"] != CLONING_DST:
        return
    copy.pop("copy_of", None)
    source = tx.get("drives", payload["source"])
    if source is not None:
        source["copies"] = max(0, source.get("copies", 0) - 1)
        if source["status"] == CLONING_SRC and source["copies"] == 0:
            rest(tx, source)
        else:
            tx.update("drives", source)
    if failed:
        move(tx, "drives", copy, drive_states.UNAVAILABLE)
    else:
        rest(tx, copy)
    _end_job(tx, world, payload["job"], "error" if failed else "success")


def _end_job(tx: Transaction, world: World, uuid: str, state: str) -> None:
    kind = "jobs"
    job = tx.get(kind, uuid)
    if job is None:
        kind = SUBJOBS
        job = tx.get(kind, uuid)
    if job is None:
        return
    tx.update(kind, finished(job, tx.now, state))
    if job["parent"] is not None:
        _child_ended(tx, world, job["parent"])
    else:
        tx.later(KEPT_FOR.total_seconds(), "job.expired", about=uuid, at_speed=False, uuid=uuid)


def _child_ended(tx: Transaction, world: World, uuid: str) -> None:
    parent = tx.get("jobs", uuid)
    if parent is None:
        return
    children = tx.find(SUBJOBS, uuids=parent["children"])
    if any(child["state"] == "started" for child in children):
        done = sum(child["state"] != "started" for child in children)
        tx.update("jobs", {**parent, "progress": 100 * done // len(children)})
        return
    state = "error" if any(child["state"] == "error" for child in children) else "success"
    server = parent["resources"][1][1]
    _end_job(tx, world, uuid, state)
    _start_by_itself(tx, world, server)


def _start_by_itself(tx: Transaction, world: World, uuid: str) -> None:
    """Start a copied server that is set to start after its clone; what stands in the way goes to the log."""
    server = tx.get("servers", uuid)
    if server is None or not server["auto_start"]:
        return
    try:
        start(tx, world, server)
    except Refusal as refusal:
        tx.audit(
            "Servers",
            "start_send",
            uuid,
            actor=server["owner"],
            owner=server["owner"],
            error=refusal.body()[0],
        )


def job_ended(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a job without parts has nothing left to do."""
    job = tx.get("jobs", payload["uuid"])
    if job is not None and job["state"] == "started":
        _end_job(tx, world, job["uuid"], "success")
        _start_by_itself(tx, world, job["resources"][1][1])


def job_expired(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a finished job is forgotten, with its parts."""
    job = tx.get("jobs", payload["uuid"])
    if job is None:
        return
    for child in job["children"]:
        tx.remove(SUBJOBS, child)
    tx.remove("jobs", job["uuid"])


def clone_server(
    tx: Transaction,
    source: Doc,
    owner: str,
    *,
    name: str | None,
    random_password: bool,
    avoid: Sequence[str] = (),
) -> Doc:
    """Copy a server: disks are copied, cdroms shared, NICs get new macs and dhcp.

    :param source: the stored server; the caller has checked that it and its drives may be copied.
    :param owner: whose the copy will be.
    :param name: None has one made up.
    :param random_password: make a new vnc_password instead of taking over the source's.
    :returns: the stored copy.
    """
    uuid = tx.new_uuid()
    job_uuid = tx.new_uuid()
    drives = {
        drive["uuid"]: drive for drive in tx.find("drives", uuids=[d["drive"] for d in source["drives"]])
    }
    attachments: list[Doc] = []
    children: list[str] = []
    for item in source["drives"]:
        drive = drives.get(item["drive"])
        if drive is None or drive["media"] != "disk":
            attachments.append(dict(item))
            continue
        drive_states.require_legal("clone", drive)
        copy, job = clone_drive(tx, drive, owner, _same(drive), avoid=avoid, parent=job_uuid)
        attachments.append({**item, "drive": copy["uuid"]})
        children.append(job["uuid"])
    copy = new_server(uuid, owner, {**_definition(source), "drives": attachments}, source["host"])
    copy["name"] = name if name is not None else name_of_clone(tx, owner, source["name"])
    copy["nics"] = nics_of_clone(source["nics"], lambda: random_mac(tx.random.getrandbits(40)))
    if owner != source["owner"]:
        copy["tags"] = []
        copy["pubkeys"] = []
        copy["allocation_pool"] = None
        _leave_foreign_networks(tx, copy)
    if random_password:
        copy["vnc_password"] = "".join(tx.random.choices(MADE_UP_ALPHABET, k=MADE_UP_LENGTH))
    tx.insert("servers", copy)
    resources = [("servers", source["uuid"]), ("servers", uuid)]
    tx.insert("jobs", new_job(job_uuid, owner, "server_clone", resources, tx.now, children=children))
    if not children:
        follow(tx, job_uuid, FollowUp("job.ended", 1))
    attachments_changed(tx, None, copy)
    tx.audit("Servers", "clone_src", source["uuid"], owner=source["owner"])
    tx.audit("Servers", "clone_dst", uuid, owner=owner)
    return copy


def _leave_foreign_networks(tx: Transaction, copy: Doc) -> None:
    """Take off the copy of somebody else's server the VLANs and policies that its new owner may not use."""
    for kind, key in (("vlans", "vlan"), ("fwpolicies", "firewall_policy")):
        for nic in copy["nics"]:
            network = tx.get(kind, nic[key]) if nic[key] else None
            if network is None or not may(tx, copy["owner"], kind, network, ATTACH):
                nic[key] = None


def _same(drive: Doc) -> Doc:
    keys = ("media", "size", "storage_type", "affinities", "allow_multimount", "iops", "meta")
    return {**{key: drive[key] for key in keys}, "name": None, "tags": []}


def _definition(server: Doc) -> Doc:
    """Return a server's definition without what belongs to the one object."""
    return {key: server[key] for key in (*(field.name for field in FIELDS), "nics")}


def require_copyable(drive: Doc) -> None:
    """Refuse with 403 to copy a drive in a state that does not allow it."""
    if drive["owner"] is not None:
        drive_states.require_legal("clone", drive)
