"""Firewall policies: rules as the cloud writes them, on network cards, and switched off."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.firewall_policies import normal_address, normal_ports

from .cloud_in_process import FIRST, SECOND, Cloud, Doc

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
DHCP: Doc = {"ip_v4_conf": {"conf": "dhcp"}}
RULE: Doc = {"action": "drop", "direction": "in"}


def policy(cloud: Cloud, **body: Any) -> Doc:
    reply = cloud.call("POST", "/fwpolicies/", {"objects": [body]})
    assert reply.status == 201, reply
    made: Doc = reply.body["objects"][0]
    return made


def test_an_empty_body_will_do(cloud: Cloud) -> None:
    made = policy(cloud)
    assert set(made) >= {"meta", "name", "owner", "resource_uri", "uuid", "rules", "servers", "tags"}
    assert (made["name"], made["rules"], made["servers"], made["tags"], made["meta"]) == (
        None,
        [],
        [],
        [],
        {},
    )
    assert made["owner"]["uuid"] == cloud.uuid_of(FIRST)
    assert cloud.get("/fwpolicies/detail/")["objects"] == [made]
    [short] = cloud.get("/fwpolicies/")["objects"]
    assert set(short) == {"meta", "name", "owner", "resource_uri", "uuid"}
    assert cloud.see("fwpolicies", made["uuid"]) == made


def test_rules_as_the_cloud_writes_them(cloud: Cloud) -> None:
    sent = [
        {"action": "drop", "comment": "ssh", "direction": "in", "dst_ip": "23", "dst_port": 22, "ip_proto": "tcp",
         "src_ip": "172.66.32.0/24"},
        {"action": "accept", "direction": "out", "src_ip": "!172.66.32.55", "src_port": "1:1024"},
        {"action": "accept", "direction": "both", "dst_port": "!53", "ip_proto": "udp", "src_port": ""},
    ]  # fmt: skip
    made = policy(cloud, name="p", rules=sent, servers=[], tags=[])
    empty: Doc = dict.fromkeys(
        ["action", "comment", "direction", "dst_ip", "dst_port", "ip_proto", "src_ip", "src_port"]
    )
    assert made["rules"] == [
        {**empty, **sent[0], "dst_ip": "23.0.0.0/32", "dst_port": "22"},
        {**empty, **sent[1], "src_ip": "!172.66.32.55/32"},
        {**empty, **sent[2], "src_port": None},
    ]
    again = cloud.call("PUT", f"/fwpolicies/{made['uuid']}/", made)
    assert (again.status, again.body) == (200, made)


@pytest.mark.parametrize(
    "rule",
    [
        None,
        "drop",
        {},
        {"action": "drop"},
        {"direction": "in"},
        {**RULE, "action": "reject"},
        {**RULE, "direction": "sideways"},
        {**RULE, "ip_proto": "icmp"},
        {**RULE, "ip_proto": []},
        {**RULE, "src_ip": "1.2.3.4.5"},
        {**RULE, "src_ip": "1.2.3.400"},
        {**RULE, "src_ip": "1.2.3.4/33"},
        {**RULE, "src_ip": "host"},
        {**RULE, "dst_ip": 7},
        {**RULE, "dst_port": "65536"},
        {**RULE, "dst_port": "10:9"},
        {**RULE, "dst_port": True},
        {**RULE, "dst_port": "ssh"},
        {**RULE, "dst_port": 2.5},
        {**RULE, "comment": 1},
    ],
)
def test_a_wrong_rule_is_refused(cloud: Cloud, rule: Any) -> None:
    refused = cloud.call("POST", "/fwpolicies/", {"rules": [RULE, rule]})
    assert (refused.status, refused.error["error_point"]) == (400, "rules")
    assert cloud.get("/fwpolicies/")["meta"]["total_count"] == 0


@given(address=st.ip_addresses(), mask=st.none() | st.integers(0, 32), negated=st.booleans())
def test_addresses_are_completed(address: Any, mask: int | None, negated: bool) -> None:
    text = ("!" if negated else "") + str(address) + ("" if mask is None else f"/{mask}")
    shown = normal_address(text)
    longest = 32 if isinstance(address, ipaddress.IPv4Address) else 128
    assert shown.startswith("!") is negated
    assert shown.removeprefix("!") == f"{address}/{longest if mask is None else mask}"
    assert normal_address(shown) == shown


@given(first=st.integers(0, 65535), last=st.integers(0, 65535))
def test_ports_become_text(first: int, last: int) -> None:
    assert normal_ports(first) == normal_ports(str(first)) == str(first)
    low, high = sorted((first, last))
    assert normal_ports(f"!{low}:{high}") == f"!{low}:{high}"


def test_a_policy_on_network_cards(cloud: Cloud) -> None:
    made = policy(cloud, name="p", rules=[RULE])
    ref = {"resource_uri": made["resource_uri"], "uuid": made["uuid"]}
    whole = {"uuid": made["uuid"], "rules": [], "servers": [], "tags": []}
    server = cloud.server(nics=[{**DHCP, "firewall_policy": made["uuid"]}, DHCP])
    other = cloud.server(nics=[{**DHCP, "firewall_policy": whole}])
    assert [nic["firewall_policy"] for nic in server["nics"]] == [ref, None]
    assert other["nics"][0]["firewall_policy"] == ref
    shown = cloud.see("fwpolicies", made["uuid"])
    assert [one["uuid"] for one in shown["servers"]] == [server["uuid"], other["uuid"]]
    uri = f"/servers/{server['uuid']}/"
    put = cloud.call("PUT", uri, server)
    assert put.body["nics"] == server["nics"]
    nics = [{**nic, "firewall_policy": None} for nic in server["nics"]]
    assert cloud.call("PUT", uri, {**server, "nics": nics}).body["nics"][0]["firewall_policy"] is None
    assert [one["uuid"] for one in cloud.see("fwpolicies", made["uuid"])["servers"]] == [other["uuid"]]
    for wrong, status in ((UNKNOWN, 400), ({"rules": []}, 400)):
        refused = cloud.call("PUT", uri, {**server, "nics": [{**DHCP, "firewall_policy": wrong}]})
        assert (refused.status, refused.error["error_point"]) == (status, "nics")
    foreign = cloud.call("POST", "/fwpolicies/", {}, email=SECOND).body["objects"][0]
    assert cloud.call("PUT", uri, {**server, "nics": [{**DHCP, "firewall_policy": foreign}]}).status == 403


def test_deleting_takes_it_off_the_cards_of_stopped_servers(cloud: Cloud) -> None:
    made = policy(cloud)
    server = cloud.running(nics=[{**DHCP, "firewall_policy": made["uuid"]}])
    uri = f"/fwpolicies/{made['uuid']}/"
    refused = cloud.call("DELETE", uri)
    assert (refused.status, refused.error["error_type"]) == (400, "validation")
    assert cloud.call("DELETE", "/fwpolicies/", {"objects": [made]}).status == 400
    cloud.act(server, "stop")
    cloud.settle()
    cloud.frames.clear()
    assert cloud.call("DELETE", uri).status == 204
    assert cloud.see("servers", server["uuid"])["nics"][0]["firewall_policy"] is None
    assert [frame.resource_uri for frame in cloud.frames] == [server["resource_uri"]]
    assert cloud.call("GET", uri).status == 404


def test_change_and_bulk(cloud: Cloud) -> None:
    tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]["uuid"]
    first = policy(cloud, name="one", rules=[RULE], tags=[tag], meta={"a": "b"})
    second = policy(cloud, name="two")
    assert cloud.get(f"/fwpolicies/?tag={tag}")["meta"]["total_count"] == 1
    assert cloud.see("tags", tag)["resources"][0]["res_type"] == "fwpolicies"
    assert cloud.get("/fwpolicies/detail/?name__contains=TW")["objects"] == [second]
    renamed = cloud.call("PUT", f"/fwpolicies/{first['uuid']}/", {"name": "new"}).body
    assert renamed == {**first, "name": "new"}
    # One client always sends these three.
    cleared = cloud.call(
        "PUT", f"/fwpolicies/{first['uuid']}/", {"rules": [], "servers": [], "tags": []}
    ).body
    assert cleared == {**renamed, "rules": [], "tags": []}
    both = cloud.call("PUT", "/fwpolicies/", {"objects": [{**first, "name": "x"}, {**second, "name": "y"}]})
    assert [one["name"] for one in both.body["objects"]] == ["x", "y"]
    assert cloud.call("PUT", "/fwpolicies/", [{"name": "x"}]).status == 400
    assert cloud.call("POST", "/fwpolicies/", []).status == 400
    assert cloud.call("DELETE", "/fwpolicies/", {"objects": [first, {"uuid": UNKNOWN}]}).status == 404
    assert cloud.call("DELETE", "/fwpolicies/", {"objects": [first, second]}).status == 204
    assert cloud.get("/fwpolicies/")["meta"]["total_count"] == 0


def test_nobody_else_sees_or_touches_them(cloud: Cloud) -> None:
    made = policy(cloud)
    uri = f"/fwpolicies/{made['uuid']}/"
    for method in ("GET", "PUT", "DELETE"):
        assert cloud.call(method, uri, {"name": "x"}, email=SECOND).status == 403
    assert cloud.get("/fwpolicies/", email=SECOND)["objects"] == []


def test_a_cloud_that_has_given_them_up() -> None:
    cloud = Cloud(firewall_policies=False)
    try:
        for method, path in (
            ("GET", "/fwpolicies/"),
            ("GET", "/fwpolicies/detail/"),
            ("GET", "/fwpolicies/schema/"),
            ("GET", f"/fwpolicies/{UNKNOWN}/"),
            ("POST", "/fwpolicies/"),
            ("PUT", "/fwpolicies/"),
            ("DELETE", f"/fwpolicies/{UNKNOWN}/"),
        ):
            refused = cloud.call(method, path, {} if method != "GET" else None)
            assert (refused.status, refused.error["error_type"]) == (404, "notexist"), path
        server = cloud.server(nics=[{**DHCP, "firewall_policy": UNKNOWN}])
        assert set(server["nics"][0]) == {
            "boot_order",
            "ip_v4_conf",
            "ip_v6_conf",
            "mac",
            "model",
            "runtime",
            "vlan",
        }
        put = cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "nics": [{"firewall_policy": "x"}]})
        assert put.status == 200
    finally:
        cloud.close()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
near = st.sampled_from(
    ["drop", "in", "tcp", "!", "/", "1.2.3.4", "::1", "1:2", "!1.2/8", "1.2.3.4/-1", "!0x1"]
)


@given(
    rule=st.dictionaries(
        st.sampled_from(
            ["action", "direction", "ip_proto", "src_ip", "dst_ip", "src_port", "dst_port", "comment"]
        ),
        near | anything,
    ),
    body=st.dictionaries(st.sampled_from(["name", "meta", "rules", "tags", "servers"]), anything, max_size=2),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_policy_breaks_the_cloud(cloud: Cloud, rule: Doc, body: Doc) -> None:
    reply = cloud.call("POST", "/fwpolicies/", {"rules": [{**RULE, **rule}], **body})
    assert reply.status in (201, 400, 403), reply
    if reply.status == 201:
        made = reply.body["objects"][0]
        assert cloud.call("PUT", f"/fwpolicies/{made['uuid']}/", made).body == made
