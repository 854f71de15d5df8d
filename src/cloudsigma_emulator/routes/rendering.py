"""From stored documents to the objects of an answer, a page at a time: one query for each relation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain import drives, ips, jobs, library_drives, servers, tags, vlans
from ..domain.relations import JOB, LENT_IP, MOUNT, NIC_IP, NIC_VLAN, TAG
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


def render_servers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return servers as the detail list shows them."""
    of_jobs = _seen_from(tx, JOB, "servers", documents)
    return [
        _for_viewer(servers.render_server(server, jobs=of_jobs[server["uuid"]]), server, call)
        for server in documents
    ]


def render_short_servers(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return servers as the plain list shows them; whole ones when the caller chooses the fields."""
    if call.query.get("fields"):
        return render_servers(tx, documents, call)
    return [servers.render_short(server) for server in documents]


def render_drives(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return drives as the detail list shows them; nobody sees on which servers library drives are mounted."""
    of_jobs = _seen_from(tx, JOB, "drives", documents)
    mounts = _seen_from(tx, MOUNT, "drives", documents)
    return [
        _for_viewer(
            drives.render_drive(
                drive,
                mounted_on=mounts[drive["uuid"]] if drive["owner"] is not None else (),
                jobs=of_jobs[drive["uuid"]] if drive["owner"] is not None else (),
            ),
            drive,
            call,
        )
        for drive in documents
    ]


def render_library_drives(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return library drives as ``/libdrives/`` shows them."""
    return [library_drives.render_library_drive(drive) for drive in documents]


def render_ips(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return addresses as the detail list shows them."""
    static = _seen_from(tx, NIC_IP, "ips", documents)
    lent = _seen_from(tx, LENT_IP, "ips", documents)
    return [
        _for_viewer(
            ips.render_ip(ip, server=next(iter(static[ip["uuid"]] + lent[ip["uuid"]]), None)), ip, call
        )
        for ip in documents
    ]


def render_vlans(tx: Transaction, documents: Docs, call: Call) -> list[Doc]:
    """Return VLANs as the detail list shows them."""
    attached = _seen_from(tx, NIC_VLAN, "vlans", documents)
    return [
        _for_viewer(vlans.render_vlan(vlan, servers=attached[vlan["uuid"]]), vlan, call) for vlan in documents
    ]


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


def _for_viewer(shown: Doc, document: Doc, call: Call) -> Doc:
    """Hide from those who do not own an object what only its owner may see."""
    if document["owner"] not in (None, call.user_uuid):
        shown["tags"] = []
        shown["grantees"] = []
    return shown
