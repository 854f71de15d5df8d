"""Without a grant nothing of one account can be seen or touched by another: over the whole URL table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma_emulator.routes.route import Route
from cloudsigma_emulator.routes.table import ROUTES

from .cloud_in_process import FIRST, MIB, SECOND, Cloud, Doc, Reply
from .everything import create, router_in, small_drive, with_everything

OPEN_TO_ALL = {
    "licenses": "the licence list is the location's",
    "libdrives": "the library is everybody's",
}
NOT_AN_OBJECT = {
    "/drives/upload/{filename}/": "makes a new drive; the name is free",
    "/drives/upload_chunk/{token}/": "a secret link, which is its own permission",
    "/drives/download/{token}/": "a secret link, which is its own permission",
}
HIDDEN = {"hostallocationpools"}
"""Somebody else's are as if they were not there: 404."""


class Two:
    """The first account has one of everything, the second its own few things."""

    def __init__(self) -> None:
        self.cloud = Cloud(backfilling=True)
        self.own = with_everything(self.cloud)
        self.drive = small_drive(self.cloud, email=SECOND)
        self.server = create(self.cloud, "servers", SERVER, email=SECOND)

    def rows(self) -> list[Any]:
        """Everything that is stored of the first account, and what is shared with the other."""
        with self.cloud.app.transaction() as tx:
            first = next(doc["uuid"] for doc in tx.find("accounts") if doc["email"] == FIRST)
            rows = tx.execute("SELECT kind, uuid, doc FROM objects WHERE owner=? ORDER BY seq", (first,))
            return [rows, tx.execute("SELECT * FROM grants")]

    def other(self, method: str, path: str, body: Any = None) -> Reply:
        return self.cloud.call(method, path, body, email=SECOND)


SERVER: Doc = {"name": "s", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "x"}


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    two = Two()
    yield two
    two.cloud.close()


def collection(route: Route) -> str:
    return route.pattern.split("/")[1]


SINGLE = [
    route for route in ROUTES if "{" in route.pattern and route.pattern not in NOT_AN_OBJECT
    and collection(route) not in OPEN_TO_ALL
]  # fmt: skip
TOGETHER = [
    route for route in ROUTES if "{" not in route.pattern and route.method in ("PUT", "DELETE")
    and route.id.endswith(("bulk", "bulk_update", "bulk_delete"))
]  # fmt: skip
READ = [route for route in ROUTES if route.method == "GET" and "{" not in route.pattern]


def path_of(route: Route, two: Two) -> str:
    kind = collection(route)
    if kind == "user":
        return f"/user/{two.cloud.uuid_of(FIRST)}/"
    sample = two.own["subscriptions" if kind == "subscriptioncalculator" else kind]
    path = route.pattern.replace("{uuid}", sample["uuid"])
    assert "{" not in path, f"no sample for {route.pattern}"
    return f"{path}?do={route.action}" if route.action else path


@pytest.mark.parametrize("route", SINGLE, ids=lambda route: route.id)
def test_one_object(two: Two, route: Route) -> None:
    path = path_of(route, two)
    body = None if route.method in ("GET", "DELETE") else two.own.get(collection(route), {})
    before = two.rows()
    reply = two.other(route.method, path, body)
    expected = 404 if collection(route) in HIDDEN else 403
    assert reply.status == expected, (route.id, reply)
    assert reply.error["error_type"] == ("notexist" if expected == 404 else "permission")
    assert two.rows() == before
    if route.method == "GET" and route.pattern.endswith(f"{collection(route)}/{{uuid}}/"):
        assert two.cloud.call("GET", path).status == 200, "the sample has to be the first account's own"


@pytest.mark.parametrize("route", TOGETHER, ids=lambda route: route.id)
def test_many_at_once(two: Two, route: Route) -> None:
    before = two.rows()
    sample = two.own[collection(route)]
    reply = two.other(route.method, route.pattern, {"objects": [sample]})
    assert reply.status == 403, reply
    assert two.rows() == before


@pytest.mark.parametrize("route", READ, ids=lambda route: route.id)
def test_lists(two: Two, route: Route) -> None:
    first, *_ = two.rows()
    secret = {uuid for _, uuid, _ in first} | {FIRST, "secret-vpn"}
    path = f"{route.pattern}?limit=0"
    reply = two.other("GET", path)
    assert reply.status == 200, reply
    if route.id == "logs.list":
        # What the second account tried in vain is its own doing.
        assert {entry["actor"]["uuid"] for entry in reply.body["objects"]} <= {two.cloud.uuid_of(SECOND)}
        return
    text = reply.raw.decode()
    assert not [word for word in secret if word in text]
    for query in ("uuid", "name", "tag", "subscribed_object"):
        for sample in (two.own["drives"], two.own["tags"], two.own["servers"]):
            found = two.other(
                "GET", f"{path}&{query}={sample.get('name') if query == 'name' else sample['uuid']}"
            )
            assert found.status == 200
            assert sample["uuid"] not in found.raw.decode()


def nic(**fields: Any) -> Doc:
    return {"nics": [fields]}


def attached(two: Two) -> dict[str, Doc]:
    own = two.own
    return {
        "drive": {"drives": [{"drive": own["drives"]["uuid"], "device": "virtio", "dev_channel": "0:0"}]},
        "vlan": nic(vlan=own["vlans"]["uuid"]),
        "ip": nic(ip_v4_conf={"conf": "static", "ip": own["ips"]["uuid"]}),
        "policy": nic(ip_v4_conf={"conf": "dhcp"}, firewall_policy=own["fwpolicies"]["uuid"]),
        "pubkey": {"pubkeys": [own["keypairs"]["uuid"]]},
        "tag": {"tags": [own["tags"]["uuid"]]},
        "pool": {"allocation_pool": own["hostallocationpools"]["uuid"]},
    }


@pytest.mark.parametrize("thing", ["drive", "vlan", "ip", "policy", "pubkey", "tag", "pool"])
def test_use_on_a_server(two: Two, thing: str) -> None:
    more = attached(two)[thing]
    before = two.rows()
    expected = 400 if thing == "pool" else 403
    assert two.other("POST", "/servers/", {**SERVER, **more}).status == expected
    assert two.other("PUT", f"/servers/{two.server['uuid']}/", {**two.server, **more}).status == expected
    assert two.rows() == before


def references(two: Two) -> dict[str, tuple[str, str, Any]]:
    own = {kind: sample["uuid"] for kind, sample in two.own.items()}
    router = two.cloud.see("virtualrouters", own["virtualrouters"])
    nat = router["configuration"]["nat"]["uuid"]
    drive = two.drive["uuid"]
    policy = {"active": True, "filters": [], "name": "p", "order": 5}
    return {
        "tag a drive": ("POST", "/tags/", {"name": "t", "resources": [own["drives"]]}),
        "tag a vlan": ("POST", "/tags/", {"name": "t", "resources": [own["vlans"]]}),
        "tag an own drive with it": ("PUT", f"/drives/{drive}/", {**two.drive, "tags": [own["tags"]]}),
        "an ACL about it": ("POST", "/acls/", {"tags": [own["tags"]]}),
        "snapshot": ("POST", "/snapshots/", {"drive": own["drives"], "name": "s"}),
        "remote snapshot": ("POST", "/remotesnapshots/", {"drive": own["drives"], "location": "ZRH"}),
        "schedule an own drive": (
            "POST",
            f"/drives/{drive}/action/?do=set_scheduler",
            {"backup_policy_uuid": own["backupschedulers"]},
        ),
        "drive users": ("POST", "/driveusers/", {"drive": own["drives"], "amount": 1}),
        "router in a vlan": ("POST", "/virtualrouters/", router_in(own["vlans"])),
        "alias": ("POST", "/ipaliases/", {"interface": own["lans"], "ip_address": "10.0.1.9"}),
        "port forward": (
            "POST",
            "/portforwards/",
            {
                "nat": nat,
                "protocol": "TCP",
                "mapped_port": 1,
                "forwarding_host": "10.0.1.9",
                "forwarding_port": 1,
            },
        ),
        "address forward": (
            "POST",
            "/addressforwards/",
            {"nat": nat, "local_ipv4_address": "10.0.1.9", "upstream_ipv4_address": "10.0.1.8"},
        ),
        "route": ("POST", "/routes/", {"virtual_router": own["virtualrouters"], "inet": "inet"}),
        "tunnel": ("POST", "/tunnels/", {"virtual_router": own["virtualrouters"]}),
        "policy on a LAN": ("POST", "/vrfwpolicies/", {**policy, "lan_interface": own["lans"]}),
        "policy outside": ("POST", "/vrfwpolicies/", {**policy, "upstream_interface": own["upstream"]}),
        "filter": (
            "POST",
            "/vrfwfilters/",
            {"policy": own["vrfwpolicies"], "protocol": "tcp", "src_port": "", "dst_port": "", "order": 9},
        ),
        "preference": (
            "PUT",
            "/notification_preferences/",
            {"contact": own["notification_contacts"], "medium": "email", "type": "payment", "value": False},
        ),
    }


def test_references_in_bodies(two: Two) -> None:
    before = two.rows()
    for what, (method, path, body) in references(two).items():
        reply = two.other(method, path, body)
        assert reply.status == 403, (what, reply)
    assert two.rows() == before


def test_nothing_is_heard_of_it() -> None:
    cloud = Cloud()
    frames: list[Any] = []
    cloud.app.bus.subscribe(cloud.uuid_of(SECOND), frames.append)
    drive = cloud.drive()
    server = cloud.running(drives=[{"drive": drive["uuid"], "device": "virtio", "dev_channel": "0:0"}])
    cloud.act(server, "stop")
    cloud.settle()
    cloud.call("DELETE", f"/servers/{server['uuid']}/?recurse=all_drives")
    cloud.settle()
    assert frames == []
    cloud.close()
