"""What must hold of a cloud at rest between two requests, whatever was asked of it before.

``broken(app)`` looks at the rows, and at what the API shows to each account; it returns a sentence for each thing
that is wrong. Tests that ill-treat an emulator end with ``assert broken(app) == []``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cloudsigma_emulator.app import App
from cloudsigma_emulator.domain import drive_states, server_states
from cloudsigma_emulator.domain.relations import LENT_IP, MOUNT, links_of
from cloudsigma_emulator.domain.usage import holdings_of
from cloudsigma_emulator.engine import seeding
from cloudsigma_emulator.engine.task_table import LONG_TASKS, TASKS
from cloudsigma_emulator.routes.request import Request
from cloudsigma_emulator.store.transaction import Transaction

Doc = dict[str, Any]

# Links whose end may be gone: jobs are history, a snapshot outlives its drive, a server that is not stopped keeps a
# VLAN until it stops; and two parts of a router have no documents of their own.
_MAY_DANGLE = {"job", "snapshot", "remote_snapshot", "nic_vlan", "upstream", "nat"}
_RESTING_SERVERS = {
    server_states.STOPPED,
    server_states.RUNNING,
    server_states.PAUSED,
    server_states.UNAVAILABLE,
}


def broken(app: App) -> list[str]:
    """Return what is wrong, nothing when all is well."""
    with app.transaction(wake=False) as tx:
        found = [
            *_store(tx),
            *_servers(tx),
            *_drives(tx),
            *_bought(tx),
            *_transitions(tx),
            *_use(tx),
            *_images(app, tx),
        ]
    for email, _ in seeding.USERS:
        found += _shown(app, seeding.token_for(email), email)
    return found


def _all(tx: Transaction) -> dict[str, dict[str, Doc]]:
    kinds = [row[0] for row in tx.execute("SELECT DISTINCT kind FROM objects")]
    return {kind: {doc["uuid"]: doc for doc in tx.find(kind)} for kind in kinds}


def _store(tx: Transaction) -> Iterator[str]:
    """Counters and links say what the documents say; no link leads nowhere; the index is whole."""
    for row in tx.execute("SELECT * FROM pragma_integrity_check"):
        if row[0] != "ok":
            yield f"the database is damaged: {row[0]}"
    counted = tx.execute("SELECT kind, owner, count(*) FROM objects GROUP BY kind, owner ORDER BY 1, 2")
    noted = tx.execute("SELECT kind, owner, n FROM counts WHERE n<>0 ORDER BY 1, 2")
    if counted != noted:
        yield f"the counters say {noted}, there are {counted}"
    documents = _all(tx)
    wanted = {
        (kind, uuid, *link)
        for kind, docs in documents.items()
        for uuid, doc in docs.items()
        for link in links_of(kind, doc)
    }
    kept = {tuple(row) for row in tx.execute("SELECT src_kind, src, rel, dst_kind, dst FROM links")}
    for link in wanted ^ kept:
        yield f"a link that is {'missing' if link in wanted else 'left over'}: {link}"
    for kind, uuid, rel, dst_kind, dst in wanted:
        there = dst in documents.get(dst_kind, {}) or (
            dst_kind == "drives" and dst in documents.get("libdrives", {})
        )
        if not there and rel not in _MAY_DANGLE:
            yield f"{kind} {uuid} points by {rel} at {dst_kind} {dst}, which is gone"
    accounts = set(documents["accounts"])
    for kind, docs in documents.items():
        for uuid, doc in docs.items():
            if doc["owner"] is not None and doc["owner"] not in accounts:
                yield f"{kind} {uuid} belongs to {doc['owner']}, who is nobody"


def _servers(tx: Transaction) -> Iterator[str]:
    users: Counter[str] = Counter()
    macs: Counter[str] = Counter()
    for server in tx.find("servers"):
        name, status = f"server {server['uuid']}", server["status"]
        if status not in server_states.STATES:
            yield f"{name} is {status}"
        channels = [item["dev_channel"] + item["device"] for item in server["drives"]]
        if len(set(channels)) != len(channels):
            yield f"{name} has two drives on one channel: {channels}"
        lent = [nic["lent_ip"] for nic in server["nics"] if nic["lent_ip"]]
        if status == server_states.STOPPED and lent:
            yield f"{name} is stopped and keeps {lent}"
        users.update(lent)
        macs.update(nic["mac"] for nic in server["nics"])
    for address, count in users.items():
        if count > 1:
            yield f"{address} is lent to {count} NICs"
    for mac, count in macs.items():
        if count > 1:
            yield f"{count} NICs have the mac {mac}"


def _drives(tx: Transaction) -> Iterator[str]:
    """A drive is mounted when and only when a server names it."""
    drives = tx.find("drives")
    mounts = tx.sources(MOUNT, "drives", [drive["uuid"] for drive in drives])
    for drive in drives:
        name, status, mounted = f"drive {drive['uuid']}", drive["status"], bool(mounts[drive["uuid"]])
        if status not in drive_states.STATES:
            yield f"{name} is {status}"
        if status in drive_states.READY and (status == drive_states.MOUNTED) != mounted:
            yield f"{name} is {status}, and servers that have it: {mounts[drive['uuid']]}"


def _bought(tx: Transaction) -> Iterator[str]:
    """Each owned address and VLAN has its subscription, each subscription of one has its object; lent ones have a user."""
    bought: dict[tuple[str, str], Doc] = {}
    for subscription in tx.find("subscriptions"):
        if subscription["status"] == "active" and subscription["resource"] in ("ip", "vlan"):
            bought[subscription["resource"], subscription["subscribed_object"]] = subscription
    seen = set()
    for resource, kind in (("ip", "ips"), ("vlan", "vlans")):
        for doc in tx.find(kind):
            name = f"{resource} {doc['uuid']}"
            users = tx.sources(LENT_IP, "ips", [doc["uuid"]])[doc["uuid"]]
            if doc["subscription"] is None:
                if not users and not doc.get("kept"):
                    yield f"{name} has neither a subscription nor a user"
                continue
            if users:
                yield f"{name} is owned and lent at once"
            subscription = bought.get((resource, doc["uuid"]), {})
            seen.add((resource, doc["uuid"]))
            if not subscription:
                yield f"{name} has no active subscription"
            elif subscription["owner"] != doc["owner"] or subscription["id"] != str(doc["subscription"]):
                yield f"{name} and its subscription {subscription['id']} do not agree"
    for resource, uuid in bought.keys() - seen:
        yield f"the subscription of {resource} {uuid} has no such object"


def _transitions(tx: Transaction) -> Iterator[str]:
    """What is under way has something waiting that will end it; what waits is known."""
    rows = tx.execute("SELECT name, about, payload FROM tasks")
    about = {row[1] for row in rows}
    payloads = [json.loads(row[2]) for row in rows]
    for name in {row[0] for row in rows} - set(TASKS) - set(LONG_TASKS):
        yield f"nobody knows the task {name}"
    drives = {drive["uuid"]: drive for drive in tx.find("drives")}
    for server in tx.find("servers"):
        waits = any(
            drives[item["drive"]]["status"] in drive_states.COMING
            for item in server["drives"]
            if item["drive"] in drives
        )
        if server["status"] not in _RESTING_SERVERS and server["uuid"] not in about and not waits:
            yield f"server {server['uuid']} is {server['status']} for ever"
    sources = {payload.get("source") for payload in payloads}
    for drive in drives.values():
        if drive["status"] in drive_states.COMING and drive["uuid"] not in about:
            yield f"drive {drive['uuid']} is {drive['status']} for ever"
        if drive["status"] == drive_states.CLONING_SRC and drive["uuid"] not in sources:
            yield f"drive {drive['uuid']} is a source for ever"
    for kind in ("snapshots", "remotesnapshots"):
        for snapshot in tx.find(kind):
            if snapshot["status"] != "available" and snapshot["uuid"] not in about:
                yield f"{kind} {snapshot['uuid']} is {snapshot['status']} for ever"
    jobs = {payload.get("job") for payload in payloads}
    for kind in ("jobs", "subjobs"):
        for job in tx.find(kind):
            goes_on = job["uuid"] in jobs | about or set(job["children"]) & jobs
            if job["state"] == "started" and not goes_on:
                yield f"{kind} {job['uuid']} of {job['operation']} goes on for ever"


def _use(tx: Transaction) -> Iterator[str]:
    """What is noted of the use of each account is the sum over its objects."""
    summed: Counter[tuple[str, str]] = Counter()
    for kind, docs in _all(tx).items():
        for doc in docs.values():
            for resource, amount in (holdings_of(kind, doc) or {}).items():
                summed[doc["owner"] or "", resource] += amount
    noted = {
        (row[0], row[1]): row[2]
        for row in tx.execute("SELECT owner, resource, amount FROM held WHERE amount<>0")
    }
    if noted != {key: amount for key, amount in summed.items() if amount}:
        yield f"in use are {dict(summed)}, noted are {noted}"


def _images(app: App, tx: Transaction) -> Iterator[str]:
    """No bytes without a drive or a snapshot, none beyond a drive's size."""
    sizes = {
        doc["uuid"]: doc["size"]
        for kind in ("drives", "leaving_drives", "libdrives")
        for doc in tx.find(kind)
    }
    # A snapshot shares the file of its drive, which may have grown since: what is behind its own size is never read.
    snapshots = {doc["uuid"] for kind in ("snapshots", "remotesnapshots") for doc in tx.find(kind)}
    for path in app.images.directory.iterdir():
        if path.suffix != ".raw" or path.stem in snapshots:
            continue
        if path.stem not in sizes:
            yield f"an image of {path.stem}, which is gone"
        elif path.stat().st_size > sizes[path.stem]:
            yield f"the image of {path.stem} is larger than its drive"


def _shown(app: App, token: str, email: str) -> Iterator[str]:
    """What one account is shown agrees with itself: mounts, jobs, tags from both sides, and the books."""

    def get(path: str) -> Any:
        response = app.handle(
            Request("GET", f"/api/2.0{path}", "limit=0", {"authorization": f"Bearer {token}"})
        )
        return json.loads(response.body) if response.status == 200 else None

    listed: dict[str, dict[str, Doc]] = {}
    for kind in ("servers", "drives", "ips", "vlans", "tags"):
        answer = get(f"/{kind}/detail/")
        if answer is None:
            yield f"{email} is not shown any {kind}"
            return
        listed[kind] = {item["uuid"]: item for item in answer["objects"]}
        if answer["meta"]["total_count"] != len(answer["objects"]):
            yield f"{email} is told of {answer['meta']['total_count']} {kind} and shown {len(answer['objects'])}"
    by_server = {
        (server["uuid"], item["drive"]["uuid"])
        for server in listed["servers"].values()
        for item in server["drives"]
        if item["drive"]["uuid"] in listed["drives"]
    }
    by_drive = {
        (server["uuid"], drive["uuid"])
        for drive in listed["drives"].values()
        for server in drive["mounted_on"]
        if server["uuid"] in listed["servers"]
    }
    if by_server != by_drive:
        yield f"{email}: servers and drives tell different mounts: {by_server ^ by_drive}"
    by_tag = {
        (tag["uuid"], item["uuid"])
        for tag in listed["tags"].values()
        for item in tag["resources"]
        if item["res_type"] in listed and item["uuid"] in listed[item["res_type"]]
    }
    by_object = {
        (tag["uuid"], uuid)
        for kind in ("servers", "drives", "ips", "vlans")
        for uuid, item in listed[kind].items()
        for tag in item["tags"]
        if tag["uuid"] in listed["tags"]
    }
    if by_tag != by_object:
        yield f"{email}: tags and objects tell different things: {by_tag ^ by_object}"
    yield from _books(get("/ledger/")["objects"], Decimal(get("/balance/")["balance"]), email)


def _books(newest_first: list[Doc], balance: Decimal, email: str) -> Iterator[str]:
    """Every booking begins where the one before it ended, and the last ends at the balance."""
    if not newest_first:
        return
    end = balance
    for booking in newest_first:
        initial, amount = Decimal(booking["initial"]), Decimal(booking["amount"])
        if Decimal(booking["end"]) != initial - amount:
            yield f"{email}: booking {booking['id']} does not add up"
        if Decimal(booking["end"]) != end:
            yield f"{email}: booking {booking['id']} ends at {booking['end']}, the next begins at {end}"
        end = initial
    spent = sum((Decimal(booking["amount"]) for booking in newest_first), Decimal(0))
    if end - spent != balance:
        yield f"{email}: {end} less {spent} is not {balance}"
