"""What a server may be defined as: fields, drives, network cards, and what a change keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .cloud_in_process import FIRST, GIB, MIB, SECOND, Cloud, Doc, attach

GOOD = {"name": "s", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "x"}
DHCP: Doc = {"ip_v4_conf": {"conf": "dhcp"}}


def refused(cloud: Cloud, body: Any, point: str | None, status: int = 400) -> str:
    reply = cloud.call("POST", "/servers/", body)
    assert reply.status == status, (body, reply)
    assert reply.error["error_point"] == point
    return str(reply.error["error_message"])


def test_defaults_and_key_set(cloud: Cloud) -> None:
    server = cloud.server()
    assert len(server) == 32
    assert server["smp"] == 1
    assert server["cpu_type"] == "intel"
    assert server["hypervisor"] == "kvm"
    assert server["context"] is True
    assert server["runtime"] is None
    for key in (
        "drives",
        "nics",
        "tags",
        "pubkeys",
        "requirements",
        "jobs",
        "epcs",
        "gpus",
        "grantees",
        "permissions",
    ):
        assert server[key] == []
    assert server["meta"] == {}
    assert cloud.see("servers", server["uuid"]) == server
    [listed] = cloud.get("/servers/detail/")["objects"]
    assert listed == server
    [short] = cloud.get("/servers/")["objects"]
    assert set(short) == {"name", "owner", "resource_uri", "runtime", "status", "uuid"}


@pytest.mark.parametrize("missing", GOOD)
def test_required_fields(cloud: Cloud, missing: str) -> None:
    body = {key: value for key, value in GOOD.items() if key != missing}
    refused(cloud, body, missing)
    server = cloud.server()
    reply = cloud.call("PUT", f"/servers/{server['uuid']}/", body)
    assert (reply.status, reply.error["error_point"]) == (400, missing)


def test_every_missing_field_is_named_at_once(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/servers/", {"cpu": "many"})
    assert {error["error_point"] for error in reply.body} == {"name", "cpu", "mem", "vnc_password"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu", 200),
        ("cpu", 999_999),
        ("cpu", "fast"),
        ("cpu", 1000.5),
        ("cpu", True),
        ("cpu", None),
        ("cpu", 1.0),
        ("mem", 1024.0),
        ("mem", -1),
        ("mem", [1]),
        ("name", None),
        ("name", 5),
        ("vnc_password", 5),
        ("smp", 33),
        ("smp", 0),
        ("smp", 2),
        ("context", "perhaps"),
        ("cpu_type", "sparc_t4"),
        ("cpu_type", "z80"),
        ("hypervisor", "solaris-kz"),
        ("cpu_model", "486"),
        ("enable_numa", 7),
        ("meta", {"k": 1}),
        ("meta", {"k" * 33: "v"}),
        ("meta", ["k"]),
        ("tags", "tag"),
        ("tags", ["unknown"]),
        ("pubkeys", ["unknown"]),
        ("requirements", {}),
        ("epcs", [{}]),
        ("gpus", [{"model": 3}]),
        ("allocation_pool", 7),
        ("drives", {}),
        ("drives", ["uuid"]),
        ("nics", [3]),
        ("nics", {}),
    ],
)
def test_wrong_values_name_their_field(cloud: Cloud, field: str, value: Any) -> None:
    message = refused(cloud, {**GOOD, field: value}, field)
    assert message
    assert cloud.get("/servers/")["meta"]["total_count"] == 0


def test_smp_follows_the_clock_sum(cloud: Cloud) -> None:
    assert cloud.server(cpu=4000)["smp"] == 2
    assert cloud.server(cpu=40000)["smp"] == 14
    assert cloud.server(cpu=2000, smp=2)["smp"] == 2
    assert cloud.server(cpu=2893, cpu_type="amd")["smp"] == 1
    assert cloud.server(cpu=2894, cpu_type="amd")["smp"] == 2
    refused(cloud, {**GOOD, "cpu": 8000, "smp": 2}, "smp")


def test_lenient_spellings(cloud: Cloud) -> None:
    server = cloud.server(cpu="1000", mem=536870912.0, drives=None, nics=None, tags=None, meta=None, smp=None)
    assert (server["cpu"], server["mem"], server["drives"], server["nics"]) == (1000, 536870912, [], [])
    assert cloud.server(name="a\0b", vnc_password="p\0q")["name"] == "a"
    assert cloud.server(name="", no_such_field=1, uuid="mine", status="running")["status"] == "stopped"


@pytest.mark.parametrize("wrap", [lambda x: {"objects": [x]}, lambda x: [x], lambda x: x])
def test_create_takes_every_envelope(cloud: Cloud, wrap: Any) -> None:
    reply = cloud.call("POST", "/servers/", wrap(GOOD))
    assert reply.status == 201
    assert set(reply.body) == {"objects"}
    assert reply.headers["location"] == reply.body["objects"][0]["resource_uri"]


@pytest.mark.parametrize("body", [None, [], {"objects": []}, "x", [1], {"objects": [None]}, {}])
def test_bodies_without_a_server(cloud: Cloud, body: Any) -> None:
    assert cloud.call("POST", "/servers/", body).status == 400


def test_bulk_create_is_all_or_nothing(cloud: Cloud) -> None:
    refused(cloud, {"objects": [GOOD, GOOD, {**GOOD, "cpu": 1}]}, "cpu")
    assert cloud.get("/servers/")["meta"]["total_count"] == 0
    assert len(cloud.call("POST", "/servers/", {"objects": [GOOD] * 5}).body["objects"]) == 5


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
SERVER_KEYS = st.sampled_from(
    (
        *GOOD, "smp", "drives", "nics", "meta", "tags", "pubkeys", "requirements", "context", "cpu_type",
        "hypervisor", "cpu_model", "epcs", "gpus", "allocation_pool", "auto_start", "uuid", "owner", "status",
    )
)  # fmt: skip
NIC = st.fixed_dictionaries(
    {},
    optional={
        "ip_v4_conf": ANY_JSON
        | st.fixed_dictionaries({"conf": st.sampled_from(["dhcp", "static", "manual"])}),
        "ip_v6_conf": ANY_JSON,
        "vlan": ANY_JSON,
        "model": ANY_JSON,
        "mac": ANY_JSON,
        "boot_order": ANY_JSON,
        "firewall_policy": ANY_JSON,
    },
)
DRIVE = st.fixed_dictionaries(
    {}, optional={"device": ANY_JSON, "dev_channel": ANY_JSON, "drive": ANY_JSON, "boot_order": ANY_JSON}
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    changes=st.dictionaries(SERVER_KEYS, ANY_JSON, max_size=6),
    nics=st.none() | st.lists(NIC, max_size=2),
    drives=st.none() | st.lists(DRIVE, max_size=2),
)
def test_no_definition_breaks_the_cloud(cloud: Cloud, changes: Doc, nics: Any, drives: Any) -> None:
    body = {**GOOD, **changes}
    if nics is not None:
        body["nics"] = nics
    if drives is not None:
        body["drives"] = drives
    reply = cloud.call("POST", "/servers/", body)
    assert reply.status in (201, 400, 403, 404), reply
    if reply.status == 201:
        [server] = reply.body["objects"]
        again = cloud.call("PUT", f"/servers/{server['uuid']}/", server)
        assert again.status == 200, again
        assert again.body == server
        assert cloud.call("DELETE", f"/servers/{server['uuid']}/").status == 204


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=ANY_JSON)
def test_no_json_breaks_the_cloud(cloud: Cloud, body: Any) -> None:
    for method, path in (
        ("POST", "/servers/"),
        ("PUT", "/servers/"),
        ("DELETE", "/servers/"),
        ("POST", "/tags/"),
    ):
        assert cloud.call(method, path, body).status < 500


# changes


def test_put_keeps_what_is_left_out_and_replaces_what_is_given(cloud: Cloud) -> None:
    drive = cloud.drive()
    server = cloud.server(meta={"a": "1", "b": "2"}, drives=[attach(drive)], nics=[DHCP], cpu=2000, smp=2)
    required = {key: server[key] for key in GOOD}
    kept = cloud.call("PUT", f"/servers/{server['uuid']}/", {**required, "name": "n"}).body
    assert kept == {**server, "name": "n"}
    changed = cloud.call(
        "PUT", f"/servers/{server['uuid']}/", {**required, "meta": {"c": "3"}, "drives": [], "nics": []}
    ).body
    assert (changed["meta"], changed["drives"], changed["nics"]) == ({"c": "3"}, [], [])


def test_put_of_what_was_read_changes_nothing(cloud: Cloud) -> None:
    vlan = cloud.get("/vlans/")["objects"][0]["uuid"]
    address = cloud.get("/ips/")["objects"][0]["uuid"]
    server = cloud.server(
        drives=[attach(cloud.drive(), boot_order=1)],
        nics=[{"ip_v4_conf": {"conf": "static", "ip": address}}, {"vlan": vlan}, DHCP, {}],
        meta={"k": "line\nline"},
        requirements=[{"any": ["thing"]}],
        allocation_pool=cloud.get("/hostavailabilityzones/")["objects"][0]["uuid"],
    )
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", server).body == server


def test_put_on_a_running_server_touches_name_meta_and_tags_only(cloud: Cloud) -> None:
    drive = cloud.drive()
    server = cloud.running(nics=[DHCP])
    tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]
    body = {
        **server, "name": "new", "meta": {"k": "v"}, "tags": [tag["uuid"]], "cpu": 2000, "nics": [],
        "drives": [attach(drive)], "vnc_password": "other", "context": False,
    }  # fmt: skip
    changed = cloud.call("PUT", f"/servers/{server['uuid']}/", body)
    assert changed.status == 200
    assert changed.body == {
        **server, "name": "new", "meta": {"k": "v"},
        "tags": [{"resource_uri": tag["resource_uri"], "uuid": tag["uuid"]}],
    }  # fmt: skip
    assert cloud.see("drives", drive["uuid"])["status"] == "unmounted"


def test_hotplug_is_an_option() -> None:
    cloud = Cloud(hotplug=True)
    drive = cloud.drive()
    server = cloud.running(nics=[DHCP])
    [nic] = server["nics"]
    body = {
        **server,
        "drives": [attach(drive)],
        "nics": [{"mac": nic["mac"], "ip_v4_conf": {"conf": "manual"}}],
    }
    changed = cloud.call("PUT", f"/servers/{server['uuid']}/", {**body, "cpu": 2000}).body
    assert changed["drives"][0]["drive"]["uuid"] == drive["uuid"]
    assert changed["nics"][0]["ip_v4_conf"] == {"conf": "manual", "ip": None}
    assert changed["cpu"] == server["cpu"]
    assert cloud.see("drives", drive["uuid"])["status"] == "mounted"
    lent = nic["runtime"]["ip_v4"]["uuid"]
    assert cloud.call("GET", f"/ips/{lent}/").status == 404
    again = cloud.call("PUT", f"/servers/{server['uuid']}/", {**changed, "nics": [{}, DHCP]}).body
    fresh = again["runtime"]["nics"][1]["ip_v4"]["uuid"]
    assert cloud.see("ips", fresh)["server"]["uuid"] == server["uuid"]
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/").status == 403
    cloud.close()


def test_tags_left_out_are_kept_or_lost_by_choice() -> None:
    for keep in (True, False):
        cloud = Cloud(keep_tags=keep)
        tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]["uuid"]
        server = cloud.server(tags=[tag])
        changed = cloud.call("PUT", f"/servers/{server['uuid']}/", GOOD).body
        assert changed["tags"] == (server["tags"] if keep else [])
        cloud.close()


def test_bulk_update_and_delete(cloud: Cloud) -> None:
    servers = [cloud.server() for _ in range(3)]
    bodies = [{**server, "name": f"n{i}"} for i, server in enumerate(servers)]
    changed = cloud.call("PUT", "/servers/", {"objects": bodies})
    assert [server["name"] for server in changed.body["objects"]] == ["n0", "n1", "n2"]
    assert cloud.call("DELETE", "/servers/", {"objects": [{"uuid": "x"}, servers[0]]}).status == 404
    assert cloud.call("DELETE", "/servers/").status == 400
    assert cloud.get("/servers/")["meta"]["total_count"] == 3
    assert cloud.call("DELETE", "/servers/", {"objects": servers}).status == 204
    assert cloud.get("/servers/")["meta"]["total_count"] == 0


# drives


@pytest.mark.parametrize(
    ("device", "channel", "legal"),
    [
        ("ide", "0:0", True),
        ("ide", "1:1", True),
        ("ide", "0:2", False),
        ("ide", "2:0", False),
        ("virtio", "0:5", True),
        ("virtio", "170:5", True),
        ("virtio", "0:6", False),
        ("virtio", "171:0", False),
        ("scsi", "3:3", True),
        ("virtio", "0", False),
        ("virtio", "a:b", False),
        ("virtio", "-1:0", False),
        ("virtio", "0:0:0", False),
        ("sata", "0:0", False),
    ],
)
def test_channels(cloud: Cloud, device: str, channel: str, legal: bool) -> None:
    body = {**GOOD, "drives": [attach(cloud.drive(), channel, device)]}
    if legal:
        assert cloud.call("POST", "/servers/", body).status == 201
    else:
        refused(cloud, body, "drives")


def test_attachments_are_sorted_and_unique(cloud: Cloud) -> None:
    a, b, c = cloud.drive(), cloud.drive(), cloud.drive()
    server = cloud.server(drives=[attach(a, "1:0"), attach(b, "0:3", boot_order=1), attach(c, "0:1", "ide")])
    assert [(d["device"], d["dev_channel"]) for d in server["drives"]] == [
        ("ide", "0:1"), ("virtio", "0:3"), ("virtio", "1:0"),
    ]  # fmt: skip
    refused(cloud, {**GOOD, "drives": [attach(a), attach(b)]}, "drives")
    refused(cloud, {**GOOD, "drives": [attach(a), attach(a, "0:1")]}, "drives")
    refused(cloud, {**GOOD, "drives": [{**attach(a), "boot_order": 0}]}, "drives")
    refused(cloud, {**GOOD, "drives": [{"device": "virtio", "drive": a["uuid"]}]}, "drives")


def test_mounting_and_unmounting(cloud: Cloud) -> None:
    drive = cloud.drive()
    assert (drive["status"], drive["mounted_on"]) == ("unmounted", [])
    server = cloud.server(drives=[attach(drive)])
    mounted = cloud.see("drives", drive["uuid"])
    assert mounted["status"] == "mounted"
    assert mounted["mounted_on"] == [{"resource_uri": server["resource_uri"], "uuid": server["uuid"]}]
    cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "drives": []})
    assert cloud.see("drives", drive["uuid"]) == drive
    cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "drives": [attach(drive)]})
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/").status == 204
    assert cloud.see("drives", drive["uuid"]) == drive


def test_who_may_be_attached(cloud: Cloud) -> None:
    library = cloud.get("/libdrives/?limit=0")["objects"]
    cdrom = next(d for d in library if d["media"] == "cdrom")
    disk = next(d for d in library if d["media"] == "disk")
    for _ in range(2):
        server = cloud.server(drives=[attach(cdrom, "0:0", "ide"), attach(cloud.drive(), "0:1")])
        assert server["drives"][0]["drive"]["uuid"] == cdrom["uuid"]
    assert cloud.see("libdrives", cdrom["uuid"])["mounted_on"] == []
    assert cloud.see("drives", cdrom["uuid"])["mounted_on"] == []
    assert cloud.act(server, "start").status == 202
    refused(cloud, {**GOOD, "drives": [attach(disk)]}, "drives", 403)
    nobody = "00000000-0000-4000-8000-000000000000"
    refused(cloud, {**GOOD, "drives": [{**attach(disk), "drive": nobody}]}, None, 404)
    drive = cloud.drive()
    foreign = cloud.call("POST", "/servers/", {**GOOD, "drives": [attach(drive)]}, email=SECOND)
    assert foreign.status == 403
    assert foreign.error["error_message"] == (
        f"User {cloud.uuid_of(SECOND)} does not have all of the permissions [ATTACH] "
        f"in order to complete the operation on resources [{drive['uuid']}]"
    )
    cloud.server(drives=[attach(drive)])
    refused(cloud, {**GOOD, "drives": [attach(drive)]}, "drives", 403)
    for more in ({"allow_multimount": True}, {"media": "cdrom"}):
        shared = cloud.drive(**more)
        servers = [cloud.server(drives=[attach(shared)]) for _ in range(2)]
        mounted = cloud.see("drives", shared["uuid"])["mounted_on"]
        assert [ref["uuid"] for ref in mounted] == [server["uuid"] for server in servers]
    cloud.act(cloud.see("servers", server["uuid"]), "stop")


def test_references_in_every_spelling(cloud: Cloud) -> None:
    drives = [cloud.drive() for _ in range(3)]
    spelled = [
        drives[0]["uuid"],
        {"uuid": drives[1]["uuid"], "resource_uri": "ignored", "extra": 1},
        drives[2]["resource_uri"],
    ]
    items = [{"device": "virtio", "dev_channel": f"0:{i}", "drive": ref} for i, ref in enumerate(spelled)]
    server = cloud.server(drives=items)
    assert [item["drive"]["uuid"] for item in server["drives"]] == [drive["uuid"] for drive in drives]


# network cards


def test_nic_modes(cloud: Cloud) -> None:
    vlan = cloud.get("/vlans/")["objects"][0]["uuid"]
    dhcp = {"conf": "dhcp"}
    wrong: list[Doc] = [
        {"vlan": vlan, "ip_v4_conf": dhcp, "ip_v6_conf": dhcp},
        {"vlan": vlan, "ip_v4_conf": dhcp},
        {"vlan": vlan, "ip_v6_conf": dhcp},
        {"ip_v4_conf": {"conf": "dhcp", "ip": "203.0.113.10"}},
        {"ip_v4_conf": {"conf": "manual", "ip": "203.0.113.10"}},
        {"ip_v4_conf": {"conf": "static"}},
        {"ip_v4_conf": {"conf": "static", "ip": "192.0.2.1"}},
        {"ip_v4_conf": {"conf": "magic"}},
        {"ip_v4_conf": "dhcp"},
        {"model": "ne2k_pci"},
        {"vlan": "unknown"},
        {"mac": "22:00:00:00:00:01"},
        {"boot_order": -1},
        {"firewall_policy": "unknown"},
    ]
    for nic in wrong:
        refused(cloud, {**GOOD, "nics": [nic]}, "nics")
    right: list[Doc] = [
        {"vlan": vlan},
        {"ip_v4_conf": dhcp, "ip_v6_conf": dhcp},
        {"ip_v4_conf": {}},
        {"ip_v6_conf": dhcp},
        {},
    ]
    server = cloud.server(nics=right)
    assert [nic["vlan"] is not None for nic in server["nics"]] == [True, False, False, False, False]
    for nic in server["nics"]:
        assert set(nic) == {
            "boot_order", "firewall_policy", "ip_v4_conf", "ip_v6_conf", "mac", "model", "runtime", "vlan",
        }  # fmt: skip
        assert nic["mac"].startswith("22:")
        assert nic["model"] == "virtio"
    assert cloud.see("vlans", vlan)["servers"] == [
        {"resource_uri": server["resource_uri"], "uuid": server["uuid"]}
    ]


def test_the_mac_is_the_identity_of_a_nic(cloud: Cloud) -> None:
    vlan = cloud.get("/vlans/")["objects"][0]["uuid"]
    server = cloud.server(nics=[{**DHCP, "model": "e1000"}, {"vlan": vlan}])
    first, second = (nic["mac"] for nic in server["nics"])
    uri = f"/servers/{server['uuid']}/"

    swapped = cloud.call("PUT", uri, {**server, "nics": [server["nics"][1], server["nics"][0]]}).body["nics"]
    assert [nic["mac"] for nic in swapped] == [second, first]
    changed = cloud.call("PUT", uri, {**server, "nics": [{"mac": second, **DHCP}]}).body["nics"]
    [nic] = changed
    assert (nic["mac"], nic["vlan"], nic["ip_v4_conf"]) == (second, None, {"conf": "dhcp", "ip": None})
    fresh = cloud.call("PUT", uri, {**server, "nics": [DHCP]}).body["nics"]
    assert fresh[0]["mac"] not in (first, second)
    for nics in ([{"mac": first}], [{"mac": 5}], [{"mac": fresh[0]["mac"]}] * 2):
        reply = cloud.call("PUT", uri, {**server, "nics": nics})
        assert (reply.status, reply.error["error_point"]) == (400, "nics")


def test_static_addresses(cloud: Cloud) -> None:
    one, two = (ip["uuid"] for ip in cloud.get("/ips/")["objects"])
    server = cloud.server(nics=[{"ip_v4_conf": {"conf": "static", "ip": {"uuid": one}}}])
    conf = server["nics"][0]["ip_v4_conf"]
    assert conf == {"conf": "static", "ip": {"resource_uri": f"/api/2.0/ips/{one}/", "uuid": one}}
    assert cloud.see("ips", one)["server"]["uuid"] == server["uuid"]
    assert cloud.see("ips", two)["server"] is None
    refused(cloud, {**GOOD, "nics": [{"ip_v4_conf": conf}]}, "nics")
    refused(cloud, {**GOOD, "nics": [{"ip_v4_conf": {"conf": "static", "ip": two}}] * 2}, "nics")
    cloud.act(server, "start")
    cloud.settle()
    running = cloud.see("servers", server["uuid"])
    assert running["runtime"]["nics"][0]["ip_v4"]["uuid"] == one
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", running).status == 200
    cloud.act(server, "stop")
    cloud.settle()
    cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "nics": []})
    assert cloud.see("ips", one)["server"] is None
    other = cloud.call(
        "POST", "/servers/", {**GOOD, "nics": [{"ip_v4_conf": {"conf": "static", "ip": one}}]}, email=SECOND
    )
    assert other.status == 403


# deletion with drives


@pytest.mark.parametrize("recurse", [None, "all_drives", "disks", "cdroms"])
def test_recursive_deletion(cloud: Cloud, recurse: str | None) -> None:
    disk, cdrom = cloud.drive(), cloud.drive(media="cdrom")
    library = next(d for d in cloud.get("/libdrives/?limit=0")["objects"] if d["media"] == "cdrom")
    server = cloud.server(drives=[attach(disk), attach(cdrom, "0:1", "ide"), attach(library, "1:0", "ide")])
    query = f"?recurse={recurse}" if recurse else ""
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/{query}").status == 204
    left = {d["uuid"] for d in cloud.get("/drives/?limit=0")["objects"]}
    assert (disk["uuid"] in left) == (recurse in (None, "cdroms"))
    assert (cdrom["uuid"] in left) == (recurse in (None, "disks"))
    assert cloud.see("libdrives", library["uuid"])
    for uuid in left & {disk["uuid"], cdrom["uuid"]}:
        assert cloud.see("drives", uuid)["status"] == "unmounted"


def test_recursion_and_other_servers(cloud: Cloud) -> None:
    shared = cloud.drive(allow_multimount=True)
    in_use = cloud.drive(allow_multimount=True)
    server = cloud.server(drives=[attach(shared), attach(in_use, "0:1")])
    stopped = cloud.server(drives=[attach(shared)])
    running = cloud.running(drives=[attach(in_use)])
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/?recurse=everything").status == 400
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/?recurse=all_drives").status == 204
    assert cloud.see("servers", stopped["uuid"])["drives"] == []
    assert cloud.see("servers", running["uuid"])["drives"] != []
    assert cloud.see("drives", in_use["uuid"])["status"] == "mounted"


# whose it is


@pytest.mark.parametrize(
    ("method", "suffix", "permission"),
    [
        ("GET", "", "LIST"),
        ("GET", "runtime/", "LIST"),
        ("PUT", "", "EDIT"),
        ("DELETE", "", "DELETE"),
        ("POST", "action/?do=start", "START"),
        ("POST", "action/?do=stop", "STOP"),
        ("POST", "action/?do=shutdown", "STOP"),
        ("POST", "action/?do=restart", "STOP"),
        ("POST", "action/?do=open_vnc", "OPEN_VNC"),
        ("POST", "action/?do=close_console", "OPEN_VNC"),
        ("POST", "action/?do=clone", "CLONE"),
    ],
)
def test_foreign_and_unknown_servers(cloud: Cloud, method: str, suffix: str, permission: str) -> None:
    server = cloud.server()
    reply = cloud.call(method, f"/servers/{server['uuid']}/{suffix}", GOOD, email=SECOND)
    assert reply.status == 403
    assert reply.error["error_message"] == (
        f"User {cloud.uuid_of(SECOND)} does not have all of the permissions [{permission}] "
        f"in order to complete the operation on resources [{server['uuid']}]"
    )
    assert cloud.call(method, f"/servers/not-a-uuid/{suffix}", GOOD).status == 404
    assert cloud.get("/servers/", email=SECOND)["meta"]["total_count"] == 0
    assert cloud.get("/servers/", email=FIRST)["meta"]["total_count"] == 1


def test_backfilling_is_not_enabled(cloud: Cloud) -> None:
    for method, path in (
        ("GET", "/bservers/"),
        ("POST", "/bservers/"),
        ("POST", "/bservers/x/action/?do=start"),
    ):
        assert cloud.call(method, path, {}).status == 403


def test_start_options(cloud: Cloud) -> None:
    server = cloud.server()
    reply = cloud.act(server, "start", {"allocation_method": "sideways"})
    assert (reply.status, reply.error["error_point"]) == (400, "allocation_method")
    assert cloud.act(server, "start", {"allocation_method": "lazy"}).status == 202


def test_clone_of_a_server(cloud: Cloud) -> None:
    vlan = cloud.get("/vlans/")["objects"][0]["uuid"]
    address = cloud.get("/ips/")["objects"][0]["uuid"]
    disk, cdrom = cloud.drive(size=2 * GIB, name="disk"), cloud.drive(media="cdrom")
    source = cloud.server(
        name="origin",
        meta={"k": "v"},
        drives=[attach(disk, boot_order=1), attach(cdrom, "0:0", "ide")],
        nics=[{"ip_v4_conf": {"conf": "static", "ip": address}}, {"vlan": vlan}, {}],
    )
    reply = cloud.act(source, "clone", {"name": None, "random_vnc_password": None})
    assert reply.status == 202
    copy = reply.body
    assert (copy["status"], copy["name"], copy["vnc_password"]) == ("stopped", "origin", "secret")
    assert copy["drives"][0]["drive"]["uuid"] == cdrom["uuid"]
    copied_disk = copy["drives"][1]["drive"]["uuid"]
    assert copied_disk != disk["uuid"]
    assert [(d["device"], d["dev_channel"], d["boot_order"]) for d in copy["drives"]] == [
        (d["device"], d["dev_channel"], d["boot_order"]) for d in source["drives"]
    ]
    assert [nic["ip_v4_conf"] for nic in copy["nics"]] == [{"conf": "dhcp", "ip": None}, None, None]
    assert copy["nics"][1]["vlan"]["uuid"] == vlan
    assert not {nic["mac"] for nic in copy["nics"]} & {nic["mac"] for nic in source["nics"]}
    assert cloud.see("drives", copied_disk)["status"] == "cloning_dst"
    assert cloud.see("drives", disk["uuid"])["status"] == "cloning_src"
    assert cloud.see("drives", cdrom["uuid"])["status"] == "mounted"
    assert len(cloud.see("drives", cdrom["uuid"])["mounted_on"]) == 2

    [job_ref] = copy["jobs"]
    job = cloud.see("jobs", job_ref["uuid"])
    assert (job["operation"], job["state"], job["data"]) == ("server_clone", "started", {"progress": 0})
    assert job["resources"] == [source["resource_uri"], copy["resource_uri"]]
    [child] = job["children"]
    assert child["operation"] == "drive_clone"
    assert child["resources"] == [disk["resource_uri"], f"/api/2.0/drives/{copied_disk}/"]
    assert [listed["uuid"] for listed in cloud.get("/jobs/")["objects"]] == [job["uuid"]]
    assert cloud.see("jobs", child["uuid"])["uuid"] == child["uuid"]

    cloud.settle()
    done = cloud.see("jobs", job_ref["uuid"])
    assert (done["state"], done["data"]["progress"], done["children"][0]["state"]) == (
        "success",
        100,
        "success",
    )
    assert cloud.see("drives", copied_disk)["status"] == "mounted"
    assert cloud.see("drives", disk["uuid"])["status"] == "mounted"
    assert cloud.see("servers", source["uuid"])["jobs"] == copy["jobs"]
    cloud.advance(3 * 86400 + 1)
    assert cloud.call("GET", f"/jobs/{job['uuid']}/").status == 404
    assert cloud.call("GET", f"/jobs/{child['uuid']}/").status == 404
    assert cloud.call("DELETE", f"/servers/{source['uuid']}/?recurse=all_drives").status == 204
    assert cloud.call("DELETE", f"/servers/{copy['uuid']}/?recurse=disks").status == 204


def test_clone_gets_a_password_and_starts_by_itself(cloud: Cloud) -> None:
    source = cloud.server(auto_start=True, drives=[attach(cloud.drive())])
    copy = cloud.act(source, "clone", {"name": "c", "random_vnc_password": True}).body
    assert copy["name"] == "c"
    assert copy["vnc_password"] != source["vnc_password"]
    assert len(copy["vnc_password"]) == 8
    cloud.settle()
    cloud.settle()
    assert cloud.see("servers", copy["uuid"])["status"] == "running"
    bare = cloud.act(cloud.server(), "clone").body
    assert cloud.act(bare, "start").status == 202
    cloud.settle()
    assert cloud.see("jobs", bare["jobs"][0]["uuid"])["state"] == "success"
