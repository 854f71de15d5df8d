"""VPCs, nodes, pools and zones: bought by subscription, switched off as a whole, used by servers."""

from __future__ import annotations

from typing import Any

import pytest

from cloudsigma_emulator import Emulator

from .cloud_in_process import FIRST, MIB, SECOND, Cloud, Doc
from .everything import create
from .test_servers_states import wait_for, waiting

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
SERVER: Doc = {"name": "s", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "x"}


def buy(cloud: Cloud, resource: str, *, period: str = "365 days", email: str = FIRST) -> Doc:
    body = {"resource": resource, "amount": "1", "period": period, "auto_renew": True}
    return create(cloud, "subscriptions", body, email=email)


def only(cloud: Cloud, kind: str, email: str = FIRST) -> Doc:
    [found] = cloud.get(f"/{kind}/", email=email)["objects"]
    shown: Doc = found
    return shown


def test_a_vpc_comes_with_its_subscription(cloud: Cloud) -> None:
    for kind in ("vpc", "nodes", "hostallocationpools"):
        assert cloud.get(f"/{kind}/")["objects"] == []
    assert buy(cloud, "vpc")["subscribed_object"] is None, "named for addresses and VLANs only"
    vpc = only(cloud, "vpc")
    assert set(vpc) == {
        "allocation_pool", "description", "grantees", "meta", "name", "nodes", "owner", "permissions",
        "resource_uri", "servers", "status", "tags", "uuid",
    }  # fmt: skip
    assert (vpc["status"], vpc["nodes"], vpc["servers"]) == ("active", [], [])
    pool = only(cloud, "hostallocationpools")
    assert pool["uuid"] == vpc["allocation_pool"]
    assert (pool["cpu_alloc"], pool["cpu_alloc_last_resort"]) == ("1.000", "1.000")
    assert cloud.see("vpc", vpc["uuid"]) == vpc
    assert cloud.see("hostallocationpools", pool["uuid"]) == pool


@pytest.mark.parametrize(
    "resource",
    ["dedicated_host_6148", "dedicated_node_small", "dedicated_node_medium", "dedicated_node_large"],
)
def test_nodes_come_with_theirs(cloud: Cloud, resource: str) -> None:
    buy(cloud, resource)
    node = only(cloud, "nodes")
    assert (node["status"], node["vpc"]) == ("active", None)
    assert cloud.see("nodes", node["uuid"]) == node


def test_a_month_at_least(cloud: Cloud) -> None:
    body = {"resource": "vpc", "amount": "1", "period": "27 days"}
    assert cloud.call("POST", "/subscriptions/", body).status == 400
    assert cloud.get("/vpc/")["objects"] == []


def test_they_end_with_their_subscriptions(cloud: Cloud) -> None:
    for resource in ("vpc", "dedicated_host_6148"):
        body = {"resource": resource, "amount": 1, "period": "2 months", "auto_renew": False}
        create(cloud, "subscriptions", body)
    create(cloud, "subscriptions", {"resource": "dedicated_node_small", "amount": 1, "period": "1 year"})
    vpc = only(cloud, "vpc")
    nodes = [node["uuid"] for node in cloud.get("/nodes/")["objects"]]
    cloud.call("PUT", f"/vpc/{vpc['uuid']}/", {"nodes": nodes})
    cloud.advance(70 * 86400)
    assert cloud.get("/vpc/")["objects"] == cloud.get("/hostallocationpools/")["objects"] == []
    left = only(cloud, "nodes")
    assert (left["uuid"], left["vpc"]) == (nodes[1], None)


def test_what_may_be_changed(cloud: Cloud) -> None:
    buy(cloud, "vpc")
    vpc = only(cloud, "vpc")
    sent = {
        **vpc, "name": "n", "description": "d", "meta": {"k": "v"}, "status": "gone", "allocation_pool": UNKNOWN,
        "servers": [UNKNOWN],
    }  # fmt: skip
    reply = cloud.call("PUT", f"/vpc/{vpc['uuid']}/", sent)
    assert (reply.status, reply.body) == (200, {**vpc, "name": "n", "description": "d", "meta": {"k": "v"}})
    assert cloud.call("PUT", f"/vpc/{vpc['uuid']}/", {"description": "e"}).body == {
        **reply.body, "description": "e",
    }  # fmt: skip
    assert cloud.get("/vpc/?name=n")["meta"]["total_count"] == 1
    refused: list[Doc] = [{"name": 7}, {"nodes": "x"}, {"meta": []}, {"tags": [UNKNOWN]}]
    for wrong in refused:
        assert cloud.call("PUT", f"/vpc/{vpc['uuid']}/", wrong).error["error_point"] == next(iter(wrong))


def test_nodes_in_a_vpc(cloud: Cloud) -> None:
    buy(cloud, "vpc")
    buy(cloud, "vpc")
    one, two = cloud.get("/vpc/")["objects"]
    for _ in range(2):
        buy(cloud, "dedicated_host_6148")
    first, second = cloud.get("/nodes/")["objects"]
    path = f"/vpc/{one['uuid']}/"
    inside = cloud.call("PUT", path, {"nodes": [first["uuid"], second]}).body
    assert [node["uuid"] for node in inside["nodes"]] == [first["uuid"], second["uuid"]]
    assert cloud.see("nodes", first["uuid"])["vpc"]["uuid"] == one["uuid"]
    assert cloud.call("PUT", path, {"name": "n"}).body["nodes"] == inside["nodes"], "omitted: unchanged"
    cloud.call("PUT", f"/vpc/{two['uuid']}/", {"nodes": [second["uuid"]]})
    assert [node["uuid"] for node in cloud.see("vpc", one["uuid"])["nodes"]] == [first["uuid"]]
    assert cloud.call("PUT", path, {"nodes": []}).body["nodes"] == []
    assert cloud.see("nodes", first["uuid"])["vpc"] is None
    assert cloud.call("PUT", path, {"nodes": [UNKNOWN]}).error["error_point"] == "nodes"
    buy(cloud, "dedicated_host_6148", email=SECOND)
    foreign = only(cloud, "nodes", SECOND)
    assert cloud.call("PUT", path, {"nodes": [foreign["uuid"]]}).status == 403
    assert cloud.see("nodes", second["uuid"])["vpc"]["uuid"] == two["uuid"]


def test_pools(cloud: Cloud) -> None:
    buy(cloud, "vpc")
    pool = only(cloud, "hostallocationpools")
    path = f"/hostallocationpools/{pool['uuid']}/"
    reply = cloud.call("PUT", path, {"cpu_alloc": 1.5, "cpu_alloc_last_resort": "2"})
    assert reply.status == 200
    assert reply.body == {**pool, "cpu_alloc": "1.500", "cpu_alloc_last_resort": "2.000"}
    assert cloud.call("PUT", path, {"name": "n"}).body == {**reply.body, "name": "n"}
    nonsense: list[Any] = ["much", None, True, "NaN", -1, "1e400", [], "Infinity"]
    for wrong in nonsense:
        refused = cloud.call("PUT", path, {"cpu_alloc": wrong, "name": "x"})
        assert (refused.status, refused.error["error_point"]) == (400, "cpu_alloc")
    assert cloud.see("hostallocationpools", pool["uuid"])["name"] == "n"
    assert cloud.get("/hostallocationpools/", email=SECOND)["objects"] == []
    assert cloud.call("PUT", path, {"name": "x"}, email=SECOND).status == 404
    assert cloud.call("GET", path, email=SECOND).status == 404


def test_zones(cloud: Cloud) -> None:
    zones = cloud.get("/hostavailabilityzones/")["objects"]
    assert zones
    assert cloud.get("/hostavailabilityzones/", email=SECOND)["objects"] == zones
    assert all({"uuid", "name"} <= set(zone) for zone in zones)
    assert cloud.get("/hostavailabilityzones/?limit=1&offset=1")["objects"] == zones[1:2]
    server = create(cloud, "servers", {**SERVER, "allocation_pool": zones[0]["uuid"]}, email=SECOND)
    assert server["allocation_pool"] == zones[0]["uuid"]


def test_servers_in_a_vpc(cloud: Cloud) -> None:
    buy(cloud, "vpc")
    vpc = only(cloud, "vpc")
    server = cloud.server(allocation_pool=vpc["allocation_pool"])
    assert cloud.see("vpc", vpc["uuid"])["servers"] == []
    cloud.act(server, "start")
    assert cloud.see("vpc", vpc["uuid"])["servers"] == []
    cloud.settle()
    running = cloud.see("servers", server["uuid"])
    assert (running["status"], running["allocation_pool"]) == ("running", vpc["allocation_pool"])
    assert [found["uuid"] for found in cloud.see("vpc", vpc["uuid"])["servers"]] == [server["uuid"]]
    cloud.act(server, "stop")
    cloud.settle()
    assert cloud.see("vpc", vpc["uuid"])["servers"] == []


@pytest.mark.parametrize("wanted", [UNKNOWN, "nonsense", ""])
def test_there_has_to_be_such_a_pool(cloud: Cloud, wanted: str) -> None:
    refused = cloud.call("POST", "/servers/", {**SERVER, "allocation_pool": wanted})
    assert (refused.status, refused.error["error_point"]) == (400, "allocation_pool")


def test_a_pool_that_has_ended_does_not_stand_in_the_way(cloud: Cloud) -> None:
    create(cloud, "subscriptions", {"resource": "vpc", "amount": 1, "period": "1 month", "auto_renew": False})
    server = cloud.server(allocation_pool=only(cloud, "vpc")["allocation_pool"])
    cloud.advance(40 * 86400)
    shown = cloud.see("servers", server["uuid"])
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", {**shown, "name": "new"}).status == 200


def test_a_vpc_can_be_shared(cloud: Cloud) -> None:
    buy(cloud, "vpc")
    vpc = only(cloud, "vpc")
    tag = create(cloud, "tags", {"name": "t", "resources": [vpc["uuid"]]})
    rules = [{"permission": "LIST"}]
    create(cloud, "acls", {"grantees": [{"email": SECOND}], "tags": [tag["uuid"]], "rules": rules})
    seen = only(cloud, "vpc", SECOND)
    assert (seen["uuid"], seen["owner"], seen["permissions"]) == (vpc["uuid"], vpc["owner"], ["LIST"])
    assert cloud.call("PUT", f"/vpc/{vpc['uuid']}/", {"name": "x"}, email=SECOND).status == 403


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_switched_off_they_are_not_there(method: str) -> None:
    cloud = Cloud(vpc=False, host_availability_zones=False)
    status = cloud.get("/cloud_status/")
    assert status["vpc"] is status["host_availability_zones"] is False
    for path in (
        "/vpc/", f"/vpc/{UNKNOWN}/", "/vpc/schema/", "/nodes/", f"/nodes/{UNKNOWN}/", "/hostallocationpools/",
        f"/hostallocationpools/{UNKNOWN}/", "/hostavailabilityzones/",
    ):  # fmt: skip
        reply = cloud.call(method, path, {} if method == "PUT" else None)
        assert reply.status == 404 or (method == "PUT" and reply.status == 405), (path, reply)
    cloud.close()


def test_the_switches_are_arguments_of_the_emulator() -> None:
    options = Emulator(vpc=False, host_availability_zones=False, backfilling=True).options
    assert (options.vpc, options.host_availability_zones, options.backfilling) == (False, False, True)


# backfilling servers


@pytest.fixture
def grey() -> Any:
    cloud = Cloud(backfilling=True)
    yield cloud
    cloud.close()


def test_backfilling_servers(grey: Cloud) -> None:
    plain = grey.server()
    server = create(grey, "bservers", SERVER)
    assert server["is_grey"] is True
    for path in ("/bservers/", "/bservers/detail/"):
        assert [found["uuid"] for found in grey.get(path)["objects"]] == [server["uuid"]]
    assert [found["uuid"] for found in grey.get("/servers/")["objects"]] == [plain["uuid"], server["uuid"]]
    path = f"/bservers/{server['uuid']}/"
    changed = grey.call("PUT", path, {**server, "name": "new", "is_grey": False}).body
    assert (changed["name"], changed["is_grey"]) == ("new", True)
    assert grey.call("POST", f"{path}action/?do=start").status == 202
    grey.settle()
    assert grey.get(path)["runtime"]["perf_factor"] == grey.get(f"{path}runtime/")["perf_factor"] == 1.0
    assert grey.call("POST", f"{path}action/?do=shutdown").status == 202
    assert grey.get(path)["status"] == "stopping"
    wait_for(lambda: "server.power_off" in waiting(grey, server))  # the guest obeys in a thread of its own
    grey.settle()
    assert grey.call("POST", f"{path}action/?do=start").status == 202
    grey.settle()
    assert grey.call("POST", f"{path}action/?do=stop").status == 202
    grey.settle()
    assert grey.call("DELETE", path).status == 204
    assert grey.get("/bservers/")["objects"] == []
    assert grey.get("/bservers/schema/") == grey.get("/servers/schema/")
    assert set(grey.get("/capabilities/")["free_resources"]) == {
        "total", "most_free_by_cpu", "most_free_by_memory",
    }  # fmt: skip


def test_ordinary_servers_are_no_backfilling_ones(grey: Cloud) -> None:
    plain = grey.server()
    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "action/?do=start")):
        assert grey.call(method, f"/bservers/{plain['uuid']}/{suffix}", SERVER).status == 404


def test_accounts_without_the_feature(cloud: Cloud) -> None:
    assert cloud.get("/capabilities/")["backfilling"] is False
    routes = [route for route in cloud.app.router.routes if route.id.startswith("bservers.")]
    assert len(routes) == 17
    for route in routes:
        path = route.pattern.replace("{uuid}", UNKNOWN)
        reply = cloud.call(route.method, f"{path}?do={route.action}" if route.action else path, SERVER)
        assert (reply.status, reply.error["error_type"]) == (403, "permission")
