"""Tags from both sides, VLANs, addresses, and the standard seed."""

from __future__ import annotations

from typing import Any

import pytest

from .cloud_in_process import FIRST, SECOND, Cloud, Doc

DHCP: Doc = {"ip_v4_conf": {"conf": "dhcp"}}


def tag(cloud: Cloud, **body: Any) -> Doc:
    reply = cloud.call("POST", "/tags/", {"objects": [{"name": "t", **body}]})
    assert reply.status == 201, reply
    created: Doc = reply.body["objects"][0]
    return created


def members(shown: Doc) -> set[str]:
    return {resource["uuid"] for resource in shown["resources"]}


def test_a_tag_groups_resources_of_every_kind(cloud: Cloud) -> None:
    server, drive = cloud.server(), cloud.drive()
    [vlan] = cloud.get("/vlans/")["objects"]
    ip = cloud.get("/ips/")["objects"][0]
    made = tag(
        cloud,
        resources=[server["uuid"], {"uuid": drive["uuid"]}, vlan["uuid"], ip["resource_uri"]],
        meta={"a": "b"},
    )
    assert set(made) == {"meta", "name", "owner", "resource_uri", "resources", "uuid"}
    assert {(r["res_type"], r["uuid"], r["resource_uri"]) for r in made["resources"]} == {
        ("servers", server["uuid"], server["resource_uri"]),
        ("drives", drive["uuid"], drive["resource_uri"]),
        ("vlans", vlan["uuid"], vlan["resource_uri"]),
        ("ips", ip["uuid"], ip["resource_uri"]),
    }
    assert all(resource["owner"]["uuid"] == cloud.uuid_of(FIRST) for resource in made["resources"])
    reference = [{"resource_uri": made["resource_uri"], "uuid": made["uuid"]}]
    for kind, uuid in (("servers", server), ("drives", drive), ("vlans", vlan), ("ips", ip)):
        assert cloud.see(kind, uuid["uuid"])["tags"] == reference
        assert cloud.get(f"/{kind}/?tag={made['uuid']}")["meta"]["total_count"] == 1
        assert cloud.get(f"/{kind}/?tag__name=t")["meta"]["total_count"] == 1
        assert cloud.get(f"/{kind}/?tag=nothing")["meta"]["total_count"] == 0
        listed = cloud.get(f"/tags/{made['uuid']}/{kind}/")
        assert listed["meta"] == {"limit": 20, "offset": 0, "total_count": 1}
        [member] = listed["objects"]
        assert member["resource_uri"] == {"resource_uri": uuid["resource_uri"], "uuid": uuid["uuid"]}
        [detailed] = cloud.get(f"/tags/{made['uuid']}/{kind}/detail/")["objects"]
        assert detailed == cloud.see(kind, uuid["uuid"])
    assert cloud.get("/tags/")["objects"] == [cloud.see("tags", made["uuid"])]
    assert cloud.get("/tags/detail/?limit=0")["objects"] == [cloud.see("tags", made["uuid"])]


def test_membership_from_both_sides(cloud: Cloud) -> None:
    first, second = tag(cloud), tag(cloud, name="u")
    server = cloud.server(tags=[first["uuid"]])
    other = cloud.server()
    assert members(cloud.see("tags", first["uuid"])) == {server["uuid"]}
    both = cloud.call(
        "PUT", f"/servers/{server['uuid']}/", {**server, "tags": [second["uuid"], first["uuid"]]}
    )
    assert [ref["uuid"] for ref in both.body["tags"]] == [second["uuid"], first["uuid"]]
    uri = f"/tags/{first['uuid']}/"
    renamed = cloud.call("PUT", uri, {"name": "renamed"})
    assert renamed.status == 200
    assert (renamed.body["name"], members(renamed.body)) == ("renamed", {server["uuid"]})
    replaced = cloud.call("PUT", uri, {"name": "renamed", "resources": [other["uuid"]]})
    assert members(replaced.body) == {other["uuid"]}
    assert [ref["uuid"] for ref in cloud.see("servers", server["uuid"])["tags"]] == [second["uuid"]]
    assert members(cloud.call("PUT", uri, {"name": "renamed", "resources": []}).body) == set()
    emptied = cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "tags": []})
    assert emptied.body["tags"] == []
    assert members(cloud.see("tags", second["uuid"])) == set()


def test_tags_and_resources_go_in_any_order(cloud: Cloud) -> None:
    made = tag(cloud)
    creating = cloud.call("POST", "/drives/", {"name": "d", "size": 2**30, "media": "disk"}).body["objects"][
        0
    ]
    assert cloud.call("PUT", f"/tags/{made['uuid']}/", {"resources": [creating["uuid"]]}).status == 200
    server = cloud.server(tags=[made["uuid"]])
    cloud.call("DELETE", f"/servers/{server['uuid']}/")
    assert members(cloud.see("tags", made["uuid"])) == {creating["uuid"]}
    reply = cloud.call("DELETE", f"/tags/{made['uuid']}/")
    assert (reply.status, reply.raw) == (204, b"")
    assert cloud.see("drives", creating["uuid"])["tags"] == []
    assert cloud.call("GET", f"/tags/{made['uuid']}/").status == 404


@pytest.mark.parametrize(
    ("body", "point"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "t", "meta": {"a": 1}}, "meta"),
        ({"name": "t", "resources": ["unknown"]}, "resources"),
        ({"name": "t", "resources": "x"}, "resources"),
        ({"name": "t", "resources": [5]}, "resources"),
    ],
)
def test_wrong_tags(cloud: Cloud, body: Doc, point: str) -> None:
    reply = cloud.call("POST", "/tags/", body)
    assert (reply.status, reply.error["error_point"]) == (400, point)
    assert cloud.get("/tags/")["meta"]["total_count"] == 0


def test_tags_are_private(cloud: Cloud) -> None:
    made = tag(cloud)
    server = cloud.server()
    assert cloud.call("GET", f"/tags/{made['uuid']}/", email=SECOND).status == 403
    assert cloud.call("DELETE", f"/tags/{made['uuid']}/", email=SECOND).status == 403
    foreign = {"name": "t", "resources": [server["uuid"]]}
    assert cloud.call("POST", "/tags/", foreign, email=SECOND).status == 403
    body = {"name": "s", "cpu": 1000, "mem": 2**29, "vnc_password": "x", "tags": [made["uuid"]]}
    assert cloud.call("POST", "/servers/", body, email=SECOND).status == 403
    [library] = cloud.get("/libdrives/?limit=1")["objects"]
    assert cloud.call("POST", "/tags/", {"name": "t", "resources": [library["uuid"]]}).status == 400


def test_vlans_and_addresses_change_their_meta_only(cloud: Cloud) -> None:
    [vlan] = cloud.get("/vlans/detail/")["objects"]
    ip = cloud.get("/ips/detail/")["objects"][1]
    for kind, thing in (("vlans", vlan), ("ips", ip)):
        uri = f"/{kind}/{thing['uuid']}/"
        body = {**thing, "meta": {"name": "mine"}, "subscription": None, "owner": None, "servers": ["x"]}
        changed = cloud.call("PUT", uri, body)
        assert changed.status == 200
        assert changed.body == {**thing, "meta": {"name": "mine"}}
        assert cloud.call("PUT", uri, {}).body == changed.body
        assert cloud.get(f"/{kind}/?name=mine")["meta"]["total_count"] == 1
        assert cloud.get(f"/{kind}/?name__contains=MIN")["meta"]["total_count"] == 1
        assert cloud.get(f"/{kind}/?name=other")["meta"]["total_count"] == 0
        wrong = cloud.call("PUT", uri, {"meta": {"a": 1}})
        assert (wrong.status, wrong.error["error_point"]) == (400, "meta")
        assert cloud.call("PUT", uri, {}, email=SECOND).status == 403
        assert cloud.call("GET", f"/{kind}/unknown/").status == 404
        assert cloud.call("POST", f"/{kind}/", {}).status == 405
        assert cloud.call("DELETE", uri).status == 405
    assert {frame.resource_type for frame in cloud.frames} == {"vlans", "ips"}


def test_owned_addresses_come_before_lent_ones(cloud: Cloud) -> None:
    from cloudsigma_emulator.domain.ips import new_ip, owned_address

    cloud.running(nics=[DHCP])
    owner = cloud.uuid_of(FIRST)
    with cloud.app.transaction() as tx:
        tx.insert("ips", new_ip(owned_address(2), owner, 99))
    listed = cloud.get("/ips/detail/")["objects"]
    assert [ip["subscription"] is None for ip in listed] == [False, False, False, True]


def test_the_standard_seed(cloud: Cloud) -> None:
    assert cloud.get("/servers/")["meta"]["total_count"] == 0
    assert cloud.get("/tags/")["meta"]["total_count"] == 0
    assert cloud.get("/jobs/")["meta"]["total_count"] == 0
    [persistent] = cloud.get("/drives/detail/")["objects"]
    assert "persistent" in persistent["name"]
    assert "test" not in persistent["name"]
    assert (persistent["status"], persistent["media"], persistent["licenses"]) == ("unmounted", "disk", [])
    library = cloud.get("/libdrives/detail/?limit=0")["objects"]
    assert {drive["media"] for drive in library} == {"disk", "cdrom"}
    assert any(drive["licenses"] for drive in library[:5])
    for drive in library:
        assert (drive["status"], drive["owner"], drive["storage_type"]) == ("unmounted", None, None)
        assert drive["size"] % 16384 == 0
    [vlan] = cloud.get("/vlans/detail/")["objects"]
    assert isinstance(vlan["subscription"]["id"], int)
    ips = cloud.get("/ips/detail/")["objects"]
    assert len(ips) == 2
    for ip in ips:
        assert ip["server"] is None
        assert isinstance(ip["subscription"]["id"], int)
        assert ip["netmask"] == 24
        assert len(ip["nameservers"]) == 3
        assert not ip["uuid"].startswith(("10.", "172.", "192.168."))
    assert cloud.get("/vlans/", email=SECOND)["meta"]["total_count"] == 0
    assert cloud.get("/ips/", email=SECOND)["meta"]["total_count"] == 0
    assert cloud.get("/drives/", email=SECOND)["meta"]["total_count"] == 0
    assert cloud.get("/libdrives/", email=SECOND)["meta"]["total_count"] == len(library)


def test_the_empty_seed() -> None:
    cloud = Cloud(seed="empty")
    for kind in ("drives", "libdrives", "vlans", "ips"):
        assert cloud.get(f"/{kind}/")["meta"]["total_count"] == 0
    cloud.close()
