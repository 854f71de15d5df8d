"""From stored documents to the objects of an answer, a page at a time: one query for each relation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..domain import (
    acls,
    backup_schedulers,
    drives,
    firewall_policies,
    ips,
    jobs,
    keypairs,
    library_drives,
    private_clouds,
    servers,
    snapshots,
    tags,
    vlans,
)
from ..domain.refs import ref
from ..domain.relations import (
    IN_VPC,
    JOB,
    LENT_IP,
    MOUNT,
    NIC_IP,
    NIC_VLAN,
    PLACED,
    POLICY,
    REMOTE_SNAPSHOT,
    SNAPSHOT,
    TAG,
)
from ..domain.server_states import RUNNING
from ..domain.snapshots import LOCAL, REMOTE
from ..store.transaction import Transaction
from .route import Call

Doc = dict[str, Any]
Docs = Sequence[Doc]


def _uuids(documents: Docs) -> list[str]:
    return [document["uuid"] for document in documents]


def _seen_from(tx: Transaction, relation: str, kind: str, documents: Docs) -> dict[str, list[str]]:
    """Return for each document the uuids of what points at it."""
    found = tx.sources(relation, kind, _uuids(documents)) if documents else {}
    return {uuid: list(dict.fromkeys(source for _, source in sources)) for uuid, sources in found.items()}


def jobs_of(tx: Transaction, kind: str, documents: Docs) -> dict[str, list[str]]:
    """Return for each document the uuids of the jobs that are about it."""
    return _seen_from(tx, JOB, kind, documents)


def render_servers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return servers as the detail list shows them."""
    of_jobs = _seen_from(tx, JOB, "servers", documents)
    policies = call.app.options.firewall_policies
    shown = [
        servers.render_server(
            server,
            jobs=of_jobs[server["uuid"]],
            policies=policies,
            moved=moved_by(server, call),
        )
        for server in documents
    ]
    return _for_viewer(tx, "servers", documents, shown, call)


def render_short_servers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return servers as the plain list shows them; whole ones when the caller chooses the fields."""
    if call.query.get("fields"):
        return render_servers(tx, documents, call)
    return [servers.render_short(server, moved_by(server, call)) for server in documents]


def moved_by(server: Doc, call: Call) -> servers.Moved | None:
    """Return what the guest of a server has moved, None when it does not run."""
    return call.app.hypervisor.usage(server["uuid"]) if servers.has_runtime(server) else None


def render_drives(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return drives as the detail list shows them; nobody sees on which servers library drives are mounted."""
    of_jobs = _seen_from(tx, JOB, "drives", documents)
    mounts = _seen_from(tx, MOUNT, "drives", documents)
    local = _seen_from(tx, SNAPSHOT, "drives", documents)
    remote = _seen_from(tx, REMOTE_SNAPSHOT, "drives", documents)
    sizes = _allocated(tx, [uuid for uuids in local.values() for uuid in uuids], call)
    shown = [
        drives.render_drive(
            drive,
            mounted_on=mounts[drive["uuid"]] if drive["owner"] is not None else (),
            jobs=of_jobs[drive["uuid"]] if drive["owner"] is not None else (),
            snapshots=local[drive["uuid"]],
            remote_snapshots=remote[drive["uuid"]],
            allocated=sum(sizes[uuid] for uuid in local[drive["uuid"]]),
        )
        for drive in documents
    ]
    return _for_viewer(tx, "drives", documents, shown, call)


def _allocated(tx: Transaction, uuids: Sequence[str], call: Call) -> dict[str, int]:
    """Return the bytes that local snapshots take."""
    return {found["uuid"]: _size(found, call) for found in tx.find(LOCAL, uuids=uuids)} if uuids else {}


def _size(snapshot: Doc, call: Call) -> int:
    if snapshot["status"] in snapshots.UNFINISHED:
        return 0
    return call.app.images.changed(snapshot["drive"], snapshot["uuid"], snapshot["drive_meta"]["size"])


def render_snapshots(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return local snapshots, with the sizes that they have at this moment."""
    shown = [
        snapshots.render_snapshot(LOCAL, snapshot, allocated=_size(snapshot, call)) for snapshot in documents
    ]
    return _for_viewer(tx, LOCAL, documents, shown, call)


def render_remote_snapshots(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return remote snapshots."""
    shown = [snapshots.render_snapshot(REMOTE, snapshot, allocated=0) for snapshot in documents]
    return _for_viewer(tx, REMOTE, documents, shown, call)


SNAPSHOT_RENDERERS = {LOCAL: render_snapshots, REMOTE: render_remote_snapshots}


def render_schedulers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return backup schedulers as the detail list shows them."""
    shown = [backup_schedulers.render_scheduler(scheduler) for scheduler in documents]
    return _for_viewer(tx, "backupschedulers", documents, shown, call)


def render_keypairs(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return pairs of keys; a private key is shown to its owner only."""
    shown = [keypairs.render_keypair(keypair) for keypair in documents]
    for keypair, document in zip(shown, documents, strict=True):
        if document["owner"] != call.user_uuid:
            keypair["private_key"] = None
    return _for_viewer(tx, "keypairs", documents, shown, call)


def render_pubkeys(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return pairs of keys without the private ones."""
    shown = [keypairs.render_pubkey(keypair) for keypair in documents]
    return _for_viewer(tx, "keypairs", documents, shown, call)


def render_policies(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return firewall policies as the detail list shows them."""
    users = _seen_from(tx, POLICY, "fwpolicies", documents)
    shown = [firewall_policies.render_policy(policy, servers=users[policy["uuid"]]) for policy in documents]
    return _for_viewer(tx, "fwpolicies", documents, shown, call)


def render_library_drives(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return library drives as ``/libdrives/`` shows them."""
    return [library_drives.render_library_drive(drive) for drive in documents]


def render_ips(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return addresses as the detail list shows them."""
    static = _seen_from(tx, NIC_IP, "ips", documents)
    lent = _seen_from(tx, LENT_IP, "ips", documents)
    shown = [
        ips.render_ip(ip, server=next(iter(static[ip["uuid"]] + lent[ip["uuid"]]), None)) for ip in documents
    ]
    return _for_viewer(tx, "ips", documents, shown, call)


def render_vlans(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return VLANs as the detail list shows them."""
    attached = _seen_from(tx, NIC_VLAN, "vlans", documents)
    shown = [vlans.render_vlan(vlan, servers=attached[vlan["uuid"]]) for vlan in documents]
    return _for_viewer(tx, "vlans", documents, shown, call)


def render_tags(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return tags with the resources that carry them."""
    carriers = tx.sources(TAG, "tags", _uuids(documents)) if documents else {}
    by_kind: dict[str, dict[str, Doc]] = {}
    for kind in {kind for pairs in carriers.values() for kind, _ in pairs}:
        uuids = {uuid for pairs in carriers.values() for found_kind, uuid in pairs if found_kind == kind}
        by_kind[kind] = {document["uuid"]: document for document in tx.find(kind, uuids=uuids)}
    return [
        tags.render_tag(
            tag,
            [(kind, by_kind[kind][uuid]) for kind, uuid in carriers[tag["uuid"]] if uuid in by_kind[kind]],
        )
        for tag in documents
    ]


def render_vpcs(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return VPCs with their nodes and the servers that run in them."""
    nodes = _seen_from(tx, IN_VPC, private_clouds.VPC, documents)
    pools = [vpc["allocation_pool"] for vpc in documents]
    placed = tx.sources(PLACED, private_clouds.POOLS, pools) if pools else {}
    uuids = [uuid for sources in placed.values() for _, uuid in sources]
    running = {found["uuid"] for found in tx.find("servers", uuids=uuids, status=RUNNING)} if uuids else set()
    shown = [
        private_clouds.render_vpc(
            vpc,
            nodes=nodes[vpc["uuid"]],
            servers=[uuid for _, uuid in placed[vpc["allocation_pool"]] if uuid in running],
        )
        for vpc in documents
    ]
    return _for_viewer(tx, private_clouds.VPC, documents, shown, call)


def render_acls(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return ACLs; their tags are shown to their owners only."""
    emails = _emails(tx, {user for acl in documents for user in acl["grantees"]})
    shown = [acls.render_acl(acl, emails) for acl in documents]
    for item, acl in zip(shown, documents, strict=True):
        if acl["owner"] != call.user_uuid:
            item["tags"] = []
    return shown


def render_jobs(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return jobs with their children, and with those of their resources that still exist."""
    children = {
        child["uuid"]: child
        for child in tx.find("subjobs", uuids=[uuid for job in documents for uuid in job["children"]])
    }
    by_kind: dict[str, set[str]] = {}
    for job in (*documents, *children.values()):
        for kind, uuid in job["resources"]:
            by_kind.setdefault(kind, set()).add(uuid)
    existing = {
        (kind, document["uuid"]) for kind, uuids in by_kind.items() for document in tx.find(kind, uuids=uuids)
    }
    return [jobs.render_job(job, children, existing) for job in documents]


def _for_viewer(tx: Transaction, kind: str, documents: Docs, shown: list[Doc], call: Call) -> list[Doc]:
    """Add to a page what its viewer may know: owners see whom they share with, others what they may do."""
    grants = tx.grants.on(kind, _uuids(documents)) if documents else {}
    owners = {document["uuid"]: document["owner"] for document in documents}
    emails = _emails(tx, {user for granted in grants.values() for user in granted})
    for item in shown:
        granted = grants[item["uuid"]]
        if owners[item["uuid"]] in (None, call.user_uuid):
            item["grantees"] = [
                {"permissions": permissions, "user": {"email": emails.get(user), **ref("users", user)}}
                for user, permissions in granted.items()
            ]
        else:
            item["permissions"] = granted.get(call.user_uuid, [])
            item["grantees"] = []
            item["tags"] = []
    return shown


def _emails(tx: Transaction, users: Collection[str]) -> dict[str, str]:
    """Return the addresses of accounts by their uuids."""
    return {found["uuid"]: found["email"] for found in tx.find("accounts", uuids=users)} if users else {}
