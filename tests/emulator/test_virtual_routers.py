"""Virtual routers: their life, their parts, and that both ways of speaking of them always agree."""

from __future__ import annotations

from typing import Any

import pytest

from .cloud_in_process import SECOND, Cloud, Doc, Reply
from .everything import ROUTER, create, router_in

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
ACTIONS = [
    f"{word}_{what}"
    for what in ("firewall", "firewall_logging", "nat", "vpn")
    for word in ("enable", "disable")
]


def vlan_of(cloud: Cloud) -> str:
    uuid: str = cloud.get("/vlans/")["objects"][0]["uuid"]
    return uuid


def made(cloud: Cloud) -> Doc:
    """A router that runs."""
    router = create(cloud, "virtualrouters", router_in(vlan_of(cloud)))
    cloud.settle()
    return cloud.see("virtualrouters", router["uuid"])


def part(cloud: Cloud, kind: str) -> Doc:
    [only] = cloud.get(f"/{kind}/")["objects"]
    found: Doc = only
    return found


def configuration(cloud: Cloud, router: Doc) -> Doc:
    found: Doc = cloud.see("virtualrouters", router["uuid"])["configuration"]
    return found


def job_of(cloud: Cloud, reference: Doc) -> Doc:
    return cloud.see("jobs", reference["uuid"])


# life


def test_life(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/virtualrouters/", router_in(vlan_of(cloud)))
    assert reply.status == 202
    [router] = reply.body["objects"]
    assert (router["state"], router["status"], router["runtime"]) == ("creating", "creating", None)
    [job] = router["jobs"]
    assert job_of(cloud, job)["state"] == "started"
    assert cloud.call("DELETE", f"/virtualrouters/{router['uuid']}/").status == 400
    cloud.advance(0.4)
    assert cloud.see("virtualrouters", router["uuid"])["status"] == "creating"
    cloud.advance(0.2)
    running = cloud.see("virtualrouters", router["uuid"])
    assert (running["state"], running["status"]) == ("created", "running")
    assert running["runtime"] == {"stats": {}, "timestamp": str(int(cloud.app.clock.timestamp()))}
    assert running["configuration"] == router["configuration"]
    done = job_of(cloud, job)
    assert (done["state"], done["data"]["progress"], done["resources"]) == (
        "success", 100, [router["resource_uri"]],
    )  # fmt: skip
    gone = cloud.call("DELETE", f"/virtualrouters/{router['uuid']}/")
    assert (gone.status, gone.body) == (202, {})
    assert cloud.call("GET", f"/virtualrouters/{router['uuid']}/").status == 404
    for kind in ("virtualrouters", "lans", "ipaliases", "portforwards", "addressforwards", "routes", "vrfwpolicies", "vrfwfilters"):  # fmt: skip
        assert cloud.get(f"/{kind}/")["objects"] == []


def test_instant_routers_are_ready_after_the_answer() -> None:
    cloud = Cloud(speed="instant")
    router = create(cloud, "virtualrouters", router_in(vlan_of(cloud)))
    assert router["status"] == "creating"
    cloud.app.engine.run_due()
    assert cloud.see("virtualrouters", router["uuid"])["status"] == "running"
    cloud.close()


def test_lists(cloud: Cloud) -> None:
    first, second = made(cloud), made(cloud)
    short = cloud.get("/virtualrouters/")["objects"]
    assert [set(router) for router in short] == [
        {"owner", "resource_uri", "runtime", "state", "status", "type", "uuid"}
    ] * 2
    detail = cloud.get("/virtualrouters/detail/?limit=1&offset=1")
    assert detail["meta"]["total_count"] == 2
    assert [router["uuid"] for router in detail["objects"]] == [second["uuid"]]
    cloud.call("PUT", f"/virtualrouters/{first['uuid']}/", {"name": "Special"})
    assert [r["uuid"] for r in cloud.get("/virtualrouters/?name__contains=spec")["objects"]] == [
        first["uuid"]
    ]
    assert (
        first["configuration"]["upstream"]["ipv4_address"]
        != second["configuration"]["upstream"]["ipv4_address"]
    )


# what becomes of a definition


def test_what_the_cloud_makes_of_a_definition(cloud: Cloud) -> None:
    vlan = vlan_of(cloud)
    sent = router_in(vlan)["configuration"]
    shown = made(cloud)["configuration"]
    assert set(shown) == {
        "firewall", "firewall_logging", "lan_interface", "name", "nat", "routes", "type", "upstream",
    }  # fmt: skip
    [lan] = shown["lan_interface"]
    assert lan["vlan"] == vlan
    assert lan["ip_range"] == {"from": "10.0.1.100", "to": "10.0.1.200"}
    assert [set(alias) for alias in lan["ip_aliases"]] == [{"ip_address", "uuid"}]
    assert (lan["ipv6_enabled"], lan["ip_address_v6"], lan["default_gateway"]) == (False, "", "")
    [policy] = shown["firewall"]["policies"]
    assert policy["lan_interface"] == lan["uuid"], "a name in the definition, a uuid afterwards"
    [item] = policy["filters"]
    assert (item["action"], item["protocol_type"], item["hostA"], item["portA"]) == (
        "DENY",
        "TCP",
        "10.0.1.9",
        "",
    )
    assert (item["log"], item["icmp_type"], item["order"]) == (False, -1, 1)
    [forward] = shown["nat"]["port_forwarding"]
    assert (forward["mapped_port"], forward["forwarding_port"]) == (2210, 22)
    assert {f["nat"] for f in shown["nat"]["port_forwarding"] + shown["nat"]["address_forwarding"]} == {
        shown["nat"]["uuid"]
    }
    [route] = shown["routes"]
    assert (route["network"], route["inet"]) == ("default", "inet")
    assert route["gateway"].rpartition(".")[0] == shown["upstream"]["ipv4_address"].rpartition(".")[0]
    assert shown["upstream"]["vpn"] == sent["upstream"]["vpn"]
    assert shown["upstream"]["ip_config"]["dhcp_client"] is False
    assert (shown["name"], shown["type"], shown["firewall_logging"]) == ("router", "basic", False)


def test_the_least_that_a_router_needs(cloud: Cloud) -> None:
    body = {"configuration": {"lan_interface": [{"vlan": {"uuid": vlan_of(cloud)}}]}, "type": "premium"}
    router = create(cloud, "virtualrouters", body)
    shown = router["configuration"]
    assert (shown["name"], shown["type"], router["type"]) == ("", "premium", "premium")
    assert shown["firewall"]["active"] is shown["nat"]["active"] is False
    assert len(shown["routes"]) == 1


def test_a_router_can_be_made_after_one_that_was_read(cloud: Cloud) -> None:
    router = made(cloud)
    copy = create(cloud, "virtualrouters", router)
    shown = copy["configuration"]
    assert shown["firewall"]["policies"][0]["lan_interface"] == shown["lan_interface"][0]["uuid"]
    uuids = {item["uuid"] for item in cloud.get("/vrfwfilters/")["objects"]}
    assert len(uuids) == 2, "the copy has parts of its own"


def test_a_default_route_of_ones_own_is_kept(cloud: Cloud) -> None:
    body = router_in(vlan_of(cloud))
    body["configuration"]["routes"] = [{"gateway": "10.0.1.7", "inet": "inet", "network": "default"}]
    [route] = create(cloud, "virtualrouters", body)["configuration"]["routes"]
    assert route["gateway"] == "10.0.1.7"


LAN: Doc = ROUTER["configuration"]["lan_interface"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"lan_interface": []},
        {"lan_interface": None},
        {"lan_interface": "x"},
        {"lan_interface": [{}]},
        {"lan_interface": [{**LAN, "vlan": UNKNOWN}]},
        {"lan_interface": [{**LAN, "ip_address": ""}]},
        {"lan_interface": [{**LAN, "ip_address": "10.0.1.1"}]},
        {"lan_interface": [{**LAN, "ip_address": "10.0.1.300/24"}]},
        {"lan_interface": [{**LAN, "ip_range": {"from": "10.0.2.1", "to": "10.0.2.9"}}]},
        {"lan_interface": [{**LAN, "ip_range": {"from": "10.0.1.9", "to": "10.0.1.1"}}]},
        {"lan_interface": [{**LAN, "ip_range": None}]},
        {"lan_interface": [{**LAN, "ip_aliases": [{"ip_address": "nowhere"}]}]},
        {"firewall": {"policies": [{"lan_interface": "elsewhere"}]}},
        {"firewall": {"policies": [{"lan_interface": "inside", "filters": [{"protocol_type": "SCTP"}]}]}},
        {"firewall": {"policies": [{"filters": [{"protocol_type": "TCP", "order": 1}] * 2}]}},
        {"firewall": {"policies": [{"filters": [{"protocol_type": "ICMP", "icmp_type": 200}]}]}},
        {"nat": {"port_forwarding": [{"forwarding_host": "10.0.1.1"}]}},
        {
            "nat": {
                "port_forwarding": [
                    {**ROUTER["configuration"]["nat"]["port_forwarding"][0], "mapped_port": 0}
                ]
            }
        },
        {"nat": {"address_forwarding": [{"local_ipv4": "x", "upstream_ipv4": "10.0.0.1"}]}},
        {"upstream": {"vpn": {"vpn_type": "openvpn"}}},
        {"routes": [{"network": "everything"}]},
        {"name": 7},
    ],
    ids=str,
)
def test_definitions_that_are_refused(cloud: Cloud, changes: Doc) -> None:
    body = router_in(vlan_of(cloud))
    for lan in changes.get("lan_interface") or ():
        if isinstance(lan, dict) and lan.get("name"):
            lan.setdefault("vlan", vlan_of(cloud))
    reply = cloud.call("POST", "/virtualrouters/", {"configuration": {**body["configuration"], **changes}})
    assert (reply.status, reply.error["error_point"]) == (400, "configuration"), reply
    for kind in ("virtualrouters", "lans", "routes", "jobs"):
        assert cloud.get(f"/{kind}/")["objects"] == []


@pytest.mark.parametrize("body", [{}, {"configuration": None}, {"configuration": []}])
def test_a_router_without_a_configuration(cloud: Cloud, body: Doc) -> None:
    assert cloud.call("POST", "/virtualrouters/", body).error["error_point"] == "configuration"


def test_addresses_run_out_and_come_back(cloud: Cloud) -> None:
    body = {"configuration": {"lan_interface": [{"vlan": vlan_of(cloud)}]}}
    reply = cloud.call("POST", "/virtualrouters/", [body] * 242)
    assert reply.status == 503
    routers = cloud.call("POST", "/virtualrouters/", [body] * 241).body["objects"]
    assert len({router["configuration"]["upstream"]["ipv4_address"] for router in routers}) == 241
    assert cloud.call("POST", "/virtualrouters/", body).status == 503
    cloud.settle()
    ends = {"objects": [{"uuid": router["uuid"]} for router in routers[:2]]}
    assert cloud.call("DELETE", "/virtualrouters/", ends).status == 202
    assert cloud.call("POST", "/virtualrouters/", body).status == 202


# changes of the whole


def test_update_touches_the_name_only(cloud: Cloud) -> None:
    router = made(cloud)
    sent = {
        **router,
        "name": "new",
        "type": "premium",
        "configuration": {**router["configuration"], "routes": []},
    }
    reply = cloud.call("PUT", f"/virtualrouters/{router['uuid']}/", sent)
    assert reply.status == 202
    assert (reply.body["name"], reply.body["runtime"]) == ("new", None)
    after = cloud.see("virtualrouters", router["uuid"])
    assert after["configuration"] == {**router["configuration"], "name": "new"}
    assert after["type"] == "basic"
    nested = {"configuration": {"name": "newer"}}
    assert cloud.call("PUT", f"/virtualrouters/{router['uuid']}/", nested).body["name"] == "newer"
    bulk = cloud.call("PUT", "/virtualrouters/", {"objects": [{"uuid": router["uuid"], "name": "newest"}]})
    assert (bulk.status, bulk.body["objects"][0]["name"]) == (202, "newest")


@pytest.mark.parametrize("action", ACTIONS)
def test_switches(cloud: Cloud, action: str) -> None:
    router = made(cloud)
    word, _, what = action.partition("_")
    for _ in range(2):
        reply = cloud.act(router, action, {})
        assert reply.status == 202
        assert set(reply.body) == {"action", "job", "result", "uuid"}
        assert (reply.body["action"], reply.body["result"], reply.body["uuid"]) == (
            action,
            "success",
            router["uuid"],
        )
        assert job_of(cloud, reply.body["job"])["state"] == "started"
        cloud.settle()
        assert job_of(cloud, reply.body["job"])["state"] == "success"
    shown = configuration(cloud, router)
    value = {
        "firewall": shown["firewall"]["active"],
        "firewall_logging": shown["firewall_logging"],
        "nat": shown["nat"]["active"],
        "vpn": shown["upstream"]["vpn"]["active"],
    }[what]
    assert value is (word == "enable")
    if what == "firewall_logging":
        assert part(cloud, "vrfwfilters")["log"] is (word == "enable")
    jobs = cloud.see("virtualrouters", router["uuid"])["jobs"]
    assert len(jobs) == 3, "one for its making, one for each action"


def test_logging_leaves_filters_of_inactive_policies(cloud: Cloud) -> None:
    router = made(cloud)
    policy = part(cloud, "vrfwpolicies")
    cloud.act(policy, "disable", {})
    cloud.act(router, "enable_firewall_logging", {})
    assert part(cloud, "vrfwfilters")["log"] is False


@pytest.mark.parametrize("action", [*ACTIONS])
def test_actions_need_a_running_router(cloud: Cloud, action: str) -> None:
    router = create(cloud, "virtualrouters", router_in(vlan_of(cloud)))
    assert cloud.act(router, action, {}).status == 400
    upstream = router["configuration"]["upstream"]["uuid"]
    assert cloud.call("POST", f"/upstream/{upstream}/action/?do=configure_vpn", {}).status == 400


def test_logs(cloud: Cloud) -> None:
    router = made(cloud)
    cloud.act(router, "enable_nat", {})
    reply = cloud.act(router, "get_log", {})
    assert reply.status == 202
    assert (reply.body["meta"]["limit"], reply.body["meta"]["log_name"]) == (200, "system")
    lines = reply.body["objects"]
    assert [line["index"] for line in lines] == list(range(1, len(lines) + 1))
    assert reply.body["meta"]["total_count"] == len(lines)
    assert "enable nat" in lines[-1]["message"]
    assert lines[-1]["datetime"] == cloud.app.clock.now().strftime("%b %d %H:%M:%S")
    firewall = cloud.act(router, "get_log&log_name=firewall", {})
    assert (firewall.body["meta"]["log_name"], firewall.body["objects"]) == ("firewall", [])
    assert cloud.act(router, "get_log&log_name=secrets", {}).error["error_point"] == "log_name"
    page = cloud.act(router, "get_log&limit=1&offset=1", {}).body
    assert page["objects"] == [lines[1]]
    for _ in range(250):
        cloud.act(router, "enable_nat", {})
    assert cloud.act(router, "get_log", {}).body["meta"]["total_count"] == 200


def test_keys(cloud: Cloud) -> None:
    router = made(cloud)
    keys = cloud.act(router, "get_keys", {})
    assert keys.status == 200
    [key] = keys.body["objects"]
    assert set(key) == {"name", "type", "uuid"}
    exported = cloud.act(router, "export_key", {"key_uuid": key["uuid"]})
    assert (exported.status, set(exported.body)) == (200, {"key"})
    assert cloud.act(router, f"export_key&key_uuid={key['uuid']}", {}).body == exported.body
    assert cloud.act(router, "export_key", {"key_uuid": UNKNOWN}).status == 400
    assert cloud.act(router, "export_key", {}).error["error_point"] == "key_uuid"


def test_vpn(cloud: Cloud) -> None:
    router = made(cloud)
    upstream = router["configuration"]["upstream"]["uuid"]
    path = f"/upstream/{upstream}/action/?do=configure_vpn"
    sent = {"vpn_type": "ikev2", "username": "me", "password": "pw", "vpn_access": False}
    reply = cloud.call("POST", path, sent)
    assert (reply.status, reply.body["uuid"], reply.body["action"]) == (202, upstream, "configure_vpn")
    vpn = configuration(cloud, router)["upstream"]["vpn"]
    assert vpn == {"active": False, "password": "pw", "username": "me", "vpn_type": "ikev2"}
    cloud.call("POST", path, {"vpn_access": True})
    assert configuration(cloud, router)["upstream"]["vpn"] == {**vpn, "active": True}
    assert cloud.call("POST", path, {"vpn_type": "wire"}).error["error_point"] == "vpn_type"
    assert cloud.call("POST", f"/upstream/{UNKNOWN}/action/?do=configure_vpn", sent).status == 404
    assert "pw" not in str(cloud.get("/logs/")["objects"])


# parts


def test_lans(cloud: Cloud) -> None:
    router = made(cloud)
    lan = part(cloud, "lans")
    assert lan["virtual_router"] == router["uuid"]
    assert (lan["iface"], lan["internet_protocol"], lan["order"]) == ("vtnet1", "ipv4", 1)
    assert (lan["dhcp_range_from"], lan["dhcp_range_to"]) == ("10.0.1.100", "10.0.1.200")
    assert lan["ipv6_address_gateway"] is None
    assert len(lan["ip_aliases"]) == 1
    reply = cloud.call("PUT", f"/lans/{lan['uuid']}/", {**lan, "name": "new", "order": 7, "iface": "x"})
    assert (reply.status, reply.body) == (202, {**lan, "name": "new", "order": 7})
    assert configuration(cloud, router)["lan_interface"][0]["name"] == "new"
    path = f"/lans/{lan['uuid']}/action/?do=configure_dhcp"
    off = {"dhcp_range_from": "10.0.0.100", "dhcp_range_to": "10.0.0.200", "ipv4_dhcp_enabled": False}
    assert cloud.call("POST", path, off).body["uuid"] == lan["uuid"]
    nested = configuration(cloud, router)["lan_interface"][0]
    assert (nested["dhcp"], nested["ip_range"]) == (False, {"from": "10.0.0.100", "to": "10.0.0.200"})
    assert cloud.call("POST", path, {"ipv4_dhcp_enabled": True}).status == 400, "out of the network"
    on = {"dhcp_range_from": "10.0.1.5", "dhcp_range_to": "10.0.1.9", "ipv4_dhcp_enabled": True}
    assert cloud.call("POST", path, on).status == 202
    assert cloud.see("lans", lan["uuid"])["ipv4_dhcp_enabled"] is True
    assert cloud.call("POST", path, {"dhcp_vlan_gateway": "10.0.1.1"}).status == 400


NEW: dict[str, tuple[Doc, str, str]] = {
    "ipaliases": ({"ip_address": "10.0.22.1"}, "interface", "lan"),
    "addressforwards": (
        {"local_ipv4_address": "10.0.1.22", "upstream_ipv4_address": "192.0.2.99", "order": 2}, "nat", "nat",
    ),
    "portforwards": (
        {"forwarding_host": "10.0.1.22", "forwarding_port": "2222", "mapped_port": "22", "order": 2, "protocol": "tcp"},
        "nat", "nat",
    ),
    "routes": ({"gateway": "10.0.1.3", "inet": "inet", "network": "10.9.0.0/16"}, "virtual_router", "router"),
    "tunnels": ({"anything": {"goes": [1, None]}}, "virtual_router", "router"),
}  # fmt: skip


def places(router: Doc) -> Doc:
    shown = router["configuration"]
    return {
        "lan": shown["lan_interface"][0]["uuid"], "nat": shown["nat"]["uuid"], "router": router["uuid"],
    }  # fmt: skip


def inside(cloud: Cloud, router: Doc, kind: str) -> list[str]:
    """The uuids of a kind of part, as the router's configuration has them."""
    shown = configuration(cloud, router)
    found: list[Doc] = {
        "ipaliases": shown["lan_interface"][0]["ip_aliases"],
        "addressforwards": shown["nat"]["address_forwarding"],
        "portforwards": shown["nat"]["port_forwarding"],
        "routes": shown["routes"],
        "tunnels": [],
    }[kind]
    return [item["uuid"] for item in found]


@pytest.mark.parametrize("kind", NEW)
def test_parts_come_and_go(cloud: Cloud, kind: str) -> None:
    router = made(cloud)
    fields, key, place = NEW[kind]
    before = inside(cloud, router, kind)
    reply = cloud.call("POST", f"/{kind}/", {"objects": [{**fields, key: places(router)[place]}]})
    assert reply.status == 202
    [new] = reply.body["objects"]
    assert new[key] == places(router)[place]
    [job] = new["jobs"]
    cloud.settle()
    assert job_of(cloud, job)["resources"] == [new["resource_uri"]]
    assert cloud.get(f"/{kind}/{new['uuid']}/") == new
    assert cloud.get(f"/{kind}/?uuid={new['uuid']}")["objects"] == [new]
    if kind != "tunnels":
        assert inside(cloud, router, kind) == [*before, new["uuid"]]
    gone = cloud.call("DELETE", f"/{kind}/{new['uuid']}/")
    assert (gone.status, set(gone.body), gone.body["uuid"]) == (202, {"job", "uuid"}, new["uuid"])
    assert cloud.call("GET", f"/{kind}/{new['uuid']}/").status == 404
    assert inside(cloud, router, kind) == before
    cloud.settle()
    assert job_of(cloud, gone.body["job"])["state"] == "success"


@pytest.mark.parametrize("kind", NEW)
def test_a_part_needs_a_place(cloud: Cloud, kind: str) -> None:
    fields, key, _ = NEW[kind]
    assert cloud.call("POST", f"/{kind}/", fields).error["error_point"] == key
    assert cloud.call("POST", f"/{kind}/", {**fields, key: UNKNOWN}).error["error_point"] == key
    assert cloud.call("POST", f"/{kind}/", []).status == 400


@pytest.mark.parametrize(
    ("kind", "changes", "point"),
    [
        ("ipaliases", {"ip_address": "x"}, "ip_address"),
        ("portforwards", {"mapped_port": 70000}, "mapped_port"),
        ("portforwards", {"protocol": "icmp"}, "protocol"),
        ("portforwards", {"forwarding_host": "::1"}, "forwarding_host"),
        ("addressforwards", {"local_ipv4_address": ""}, "local_ipv4_address"),
        ("routes", {"inet": "ip"}, "inet"),
        ("routes", {"network": "10.0.0.0/99"}, "network"),
        ("routes", {"gateway": "gate"}, "gateway"),
    ],
)
def test_wrong_parts(cloud: Cloud, kind: str, changes: Doc, point: str) -> None:
    router = made(cloud)
    fields, key, place = NEW[kind]
    body = {**fields, key: places(router)[place], **changes}
    assert cloud.call("POST", f"/{kind}/", body).error["error_point"] == point


def test_routes_and_tunnels_can_be_changed(cloud: Cloud) -> None:
    router = made(cloud)
    route = part(cloud, "routes")
    reply = cloud.call("PUT", f"/routes/{route['uuid']}/", {"gateway": "10.0.1.2"})
    assert (reply.status, reply.body["gateway"], reply.body["network"]) == (202, "10.0.1.2", "default")
    assert configuration(cloud, router)["routes"][0]["gateway"] == "10.0.1.2"
    tunnel = create(cloud, "tunnels", {"virtual_router": router["uuid"], "a": 1, "b": 2})
    changed = cloud.call("PUT", f"/tunnels/{tunnel['uuid']}/", {"b": 3, "uuid": "other"}).body
    assert (changed["a"], changed["b"], changed["uuid"]) == (1, 3, tunnel["uuid"])


# the firewall

FILTER: Doc = {
    "action": "allow", "dst": "10.0.0.22", "dst_addr_op": "=", "dst_port": "22", "dst_port_op": "!=", "log": False,
    "order": 2, "protocol": "tcp", "src": "10.0.0.0/24", "src_addr_op": True, "src_port": "", "src_port_op": False,
}  # fmt: skip


def policies(cloud: Cloud, router: Doc) -> list[Doc]:
    found: list[Doc] = configuration(cloud, router)["firewall"]["policies"]
    return found


def test_filters_in_both_vocabularies(cloud: Cloud) -> None:
    router = made(cloud)
    policy = part(cloud, "vrfwpolicies")
    reply = cloud.call("POST", "/vrfwfilters/", {"objects": [{**FILTER, "policy": policy["uuid"]}]})
    assert reply.status == 202
    [new] = reply.body["objects"]
    assert new["policy"] == policy["uuid"]
    ops = [new[key] for key in ("src_addr_op", "src_port_op", "dst_addr_op", "dst_port_op")]
    assert ops == [True, False, True, False]
    single = cloud.get(f"/vrfwfilters/{new['uuid']}/")
    assert single == {key: value for key, value in new.items() if key != "policy"}
    [_, nested] = policies(cloud, router)[0]["filters"]
    assert nested == {
        "action": "ALLOW", "hostA": "10.0.0.0/24", "hostA_to_portA": False, "hostB": "10.0.0.22",
        "hostB_to_portB": False, "icmp_type": -1, "log": False, "order": 2, "portA": "", "portB": "22",
        "protocol_type": "TCP", "to_hostA": True, "to_hostB": True, "uuid": new["uuid"],
    }  # fmt: skip
    [_, embedded] = cloud.see("vrfwpolicies", policy["uuid"])["filters"]
    assert embedded == {
        **single, "resource_uri": {"resource_uri": single["resource_uri"], "uuid": new["uuid"]},
    }  # fmt: skip
    for word, value in (("enable", True), ("disable", False)):
        switched = cloud.act(new, f"{word}_logging", {})
        assert (switched.status, set(switched.body)) == (202, {"action", "result", "uuid"})
        assert policies(cloud, router)[0]["filters"][1]["log"] is value
    changed = cloud.call(
        "PUT", f"/vrfwfilters/{new['uuid']}/", {"icmp_type": "Echo request", "protocol": "icmp"}
    )
    assert (changed.status, changed.body["dst_port"]) == (202, "22")
    assert policies(cloud, router)[0]["filters"][1]["icmp_type"] == 8
    assert set(cloud.call("DELETE", f"/vrfwfilters/{new['uuid']}/").body) == {"job", "uuid"}
    assert len(policies(cloud, router)[0]["filters"]) == 1


@pytest.mark.parametrize(
    ("changes", "point"),
    [
        ({"order": 1}, "order"),
        ({"order": -1}, "order"),
        ({"policy": None}, "policy"),
        ({"protocol": "TCP"}, "protocol"),
        ({"action": "drop"}, "action"),
        ({"src": "10.0.0.0/99"}, "src"),
        ({"dst_port": "1:99999"}, "dst_port"),
        ({"dst_port_op": "<"}, "dst_port_op"),
        ({"icmp_type": "Ping"}, "icmp_type"),
    ],
)
def test_wrong_filters(cloud: Cloud, changes: Doc, point: str) -> None:
    made(cloud)
    policy = part(cloud, "vrfwpolicies")
    body = {**FILTER, "policy": policy["uuid"], **changes}
    assert cloud.call("POST", "/vrfwfilters/", body).error["error_point"] == point


@pytest.mark.parametrize("missing", ["protocol", "src_port", "dst_port", "order", "policy"])
def test_what_a_filter_needs(cloud: Cloud, missing: str) -> None:
    made(cloud)
    policy = part(cloud, "vrfwpolicies")
    body = {**FILTER, "policy": policy["uuid"]}
    del body[missing]
    assert cloud.call("POST", "/vrfwfilters/", body).error["error_point"] == missing


def test_policies(cloud: Cloud) -> None:
    router = made(cloud)
    lan = part(cloud, "lans")["uuid"]
    body = {"active": False, "filters": {}, "lan_interface": lan, "name": "two", "order": 2}
    new = create(cloud, "vrfwpolicies", {"objects": [body]})
    assert (new["filters"], new["upstream_interface"], new["lan_interface"]["uuid"]) == ([], None, lan)
    assert len(new["jobs"]) == 1
    path = f"/vrfwpolicies/{new['uuid']}/"
    changed = cloud.call("PUT", path, {**new, "name": "three", "filters": [FILTER, {**FILTER, "order": 1}]})
    assert changed.status == 202
    assert [item["order"] for item in changed.body["filters"]] == [1, 2]
    assert [item["jobs"] for item in changed.body["filters"]] == [[], []]
    assert len(changed.body["jobs"]) == 2
    first = [item["uuid"] for item in changed.body["filters"]]
    replaced = cloud.call("PUT", path, changed.body)
    assert replaced.status == 202, "what was read can be put back"
    assert not set(first) & {item["uuid"] for item in replaced.body["filters"]}
    kept = cloud.call("PUT", path, {"order": 5}).body
    assert [item["uuid"] for item in kept["filters"]] == [item["uuid"] for item in replaced.body["filters"]]
    assert cloud.call("PUT", path, {"filters": [FILTER, FILTER]}).error["error_point"] == "order"
    for word in ("enable", "disable"):
        answer = cloud.act(new, word, {})
        assert (answer.status, answer.body["uuid"], "job" in answer.body) == (202, new["uuid"], True)
        assert policies(cloud, router)[1]["isActive"] is (word == "enable")
    assert set(cloud.call("DELETE", path).body) == {"job", "uuid"}
    assert [item["uuid"] for item in cloud.get("/vrfwfilters/")["objects"]] == [
        item["uuid"] for item in part(cloud, "vrfwpolicies")["filters"]
    ]


def test_policies_outside(cloud: Cloud) -> None:
    router = made(cloud)
    upstream = router["configuration"]["upstream"]["uuid"]
    body = {"active": True, "filters": [], "upstream_interface": upstream, "name": "out", "order": 2}
    new = create(cloud, "vrfwpolicies", body)
    assert new["lan_interface"] is None
    assert new["upstream_interface"]["uuid"] == upstream
    assert policies(cloud, router)[1]["lan_interface"] == ""


@pytest.mark.parametrize("missing", ["active", "filters", "lan_interface", "name", "order"])
def test_what_a_policy_needs(cloud: Cloud, missing: str) -> None:
    made(cloud)
    lan = part(cloud, "lans")["uuid"]
    body: Doc = {"active": False, "filters": [], "lan_interface": lan, "name": "two", "order": 2}
    del body[missing]
    assert cloud.call("POST", "/vrfwpolicies/", body).error["error_point"] == missing


def test_a_policy_stays_with_its_router(cloud: Cloud) -> None:
    made(cloud)
    policy = part(cloud, "vrfwpolicies")
    made(cloud)
    elsewhere = next(
        lan for lan in cloud.get("/lans/")["objects"] if lan["uuid"] != policy["lan_interface"]["uuid"]
    )
    reply = cloud.call("PUT", f"/vrfwpolicies/{policy['uuid']}/", {"lan_interface": elsewhere["uuid"]})
    assert reply.error["error_point"] == "lan_interface"


# rules that hold for all


def test_a_vlan_that_may_be_attached_is_enough(cloud: Cloud) -> None:
    vlan = vlan_of(cloud)
    tag = create(cloud, "tags", {"name": "t", "resources": [vlan]})
    sent: Doc = {"grantees": [{"email": SECOND}], "tags": [tag["uuid"]], "rules": [{"permission": "ATTACH"}]}

    def attempt() -> Reply:
        return cloud.call("POST", "/virtualrouters/", router_in(vlan), email=SECOND)

    assert attempt().status == 403
    create(cloud, "acls", sent)
    assert attempt().status == 202


def test_jobs_are_told_on_the_websocket(cloud: Cloud) -> None:
    cloud.frames.clear()
    made(cloud)
    told = [frame.resource_type for frame in cloud.frames]
    assert told.count("jobs") == 2, "begun, and ended"


def test_the_log_of_the_account(cloud: Cloud) -> None:
    router = made(cloud)
    cloud.act(router, "enable_nat", {})
    cloud.call("DELETE", f"/virtualrouters/{router['uuid']}/")
    entries = [entry for entry in cloud.get("/logs/")["objects"] if entry["category"] == "Virtual Routers"]
    assert [entry["action"] for entry in entries] == ["delete", "enable_nat", "create"]
    assert "secret-vpn" not in str(entries)


def test_routers_outlive_a_restart(tmp_path: Any) -> None:
    cloud = Cloud(data=tmp_path, speed="realistic")
    router = create(cloud, "virtualrouters", router_in(vlan_of(cloud)))
    cloud.close()
    again = Cloud(data=tmp_path, speed="realistic")
    again.settle()
    shown = again.see("virtualrouters", router["uuid"])
    assert (shown["status"], shown["configuration"]) == ("running", router["configuration"])
    again.close()
