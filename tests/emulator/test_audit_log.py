"""The account's log: an entry for each thing done and each thing refused, the newest first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudsigma_emulator.domain.audit import CATEGORIES, entry_names, without_secrets
from cloudsigma_emulator.routes.table import ROUTES

from .cloud_in_process import FIRST, GIB, SECOND, Cloud, Doc, attach

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


def log(cloud: Cloud, query: str = "limit=0", **more: Any) -> list[Doc]:
    entries: list[Doc] = cloud.get(f"/logs/?{query}", **more)["objects"]
    return entries


def newest(cloud: Cloud) -> Doc:
    return log(cloud, "limit=1")[0]


def test_the_life_of_a_server(cloud: Cloud) -> None:
    server = cloud.running()
    cloud.act(server, "stop")
    cloud.settle()
    assert cloud.call("DELETE", f"/servers/{server['uuid']}/").status == 204
    entries = log(cloud)
    assert [entry["action"] for entry in entries] == [
        "delete",
        "stop",
        "stop_send",
        "boot",
        "start_send",
        "create",
    ]
    me = cloud.uuid_of(FIRST)
    for entry in entries:
        assert set(entry) == {"action", "actor", "category", "details", "error_message", "error_point",
                              "error_type", "success", "timestamp", "uuid"}  # fmt: skip
        assert entry["actor"] == {"resource_uri": f"/api/2.0/user/{me}/", "uuid": me}
        assert (entry["category"], entry["uuid"], entry["success"]) == ("Servers", server["uuid"], True)
        assert (entry["error_message"], entry["error_type"], entry["error_point"]) == ("", None, None)
    times = [entry["timestamp"] for entry in entries]
    assert times == sorted(times, reverse=True)
    assert all(time[10] == " " and time.endswith("+00:00") for time in times)
    assert json.loads(entries[-1]["details"])["name"] == "s"
    assert {entry["details"] for entry in entries[:-1]} == {""}


def test_pages_fields_and_the_filter_by_object(cloud: Cloud) -> None:
    servers = [cloud.server(name=str(number)) for number in range(25)]
    page = cloud.get("/logs/")
    assert page["meta"] == {"limit": 20, "offset": 0, "total_count": 25}
    assert [entry["uuid"] for entry in page["objects"]] == [s["uuid"] for s in reversed(servers[5:])]
    assert [entry["uuid"] for entry in log(cloud, "limit=2&offset=24")] == [servers[0]["uuid"]]
    assert log(cloud, "offset=30") == []
    first, second = servers[0]["uuid"], servers[1]["uuid"]
    cloud.call("DELETE", f"/servers/{first}/")
    assert [entry["action"] for entry in log(cloud, f"uuid={first}")] == ["delete", "create"]
    assert cloud.get(f"/logs/?uuid={first},{second}&limit=1")["meta"]["total_count"] == 3
    assert log(cloud, f"uuid={UNKNOWN}") == []
    assert log(cloud, "uuid='") == []
    assert log(cloud, "limit=1&fields=action,success") == [{"action": "delete", "success": True}]
    assert cloud.call("GET", "/logs/?limit=-1").status == 400
    assert cloud.call("GET", "/logs/?offset=x").status == 400


def test_each_account_has_its_own(cloud: Cloud) -> None:
    cloud.server()
    assert log(cloud, email=SECOND) == []
    cloud.call("POST", "/tags/", {"name": "t"}, email=SECOND)
    [entry] = log(cloud, email=SECOND)
    assert (entry["category"], entry["action"]) == ("Tags", "create")
    assert len(log(cloud)) == 1


def test_reading_leaves_no_entry(cloud: Cloud) -> None:
    for path in ("/servers/", "/logs/", f"/servers/{UNKNOWN}/", "/drives/detail/", "/keypairs/"):
        cloud.call("GET", path)
    cloud.call("POST", "/servers/", b"{not json")
    cloud.call("POST", "/nothing/", {})
    cloud.call("POST", "/servers/", {}, email=None)
    assert log(cloud) == []


REFUSED: list[tuple[str, Callable[[Cloud], tuple[str, str, Any]], Doc]] = [
    (
        "create a server",
        lambda c: ("POST", "/servers/", {"name": "s"}),
        {"category": "Servers", "action": "create", "error_type": "validation", "error_point": "cpu"},
    ),
    (
        "start what runs",
        lambda c: ("POST", f"/servers/{c.running()['uuid']}/action/?do=start", None),
        {"category": "Servers", "action": "start_send", "error_type": "permission", "error_point": None},
    ),
    (
        "stop what is not there",
        lambda c: ("POST", f"/servers/{UNKNOWN}/action/?do=stop", None),
        {"category": "Servers", "action": "stop_send", "error_type": "notexist", "uuid": UNKNOWN},
    ),
    (
        "shrink a drive",
        lambda c: ("PUT", f"/drives/{(d := c.drive(size=2 * GIB))['uuid']}/", {**d, "size": GIB}),
        {"category": "Drives", "action": "update", "error_point": "size"},
    ),
    (
        "delete a library drive",
        lambda c: ("DELETE", f"/drives/{c.get('/libdrives/')['objects'][0]['uuid']}/", None),
        {"category": "Drives", "action": "delete", "error_type": "permission"},
    ),
    (
        "begin a bad upload",
        lambda c: ("POST", "/initupload/", {}),
        {"category": "Drives", "action": "init_upload", "error_type": "validation"},
    ),
    (
        "keep a drive that is not there",
        lambda c: ("POST", "/snapshots/", {"drive": UNKNOWN}),
        {"category": "Snapshots", "action": "create", "error_type": "notexist"},
    ),
    (
        "import no key",
        lambda c: ("POST", "/keypairs/", {"name": "k", "public_key": "x"}),
        {"category": "Keypairs", "action": "create", "error_point": "public_key"},
    ),
    (
        "write a bad rule",
        lambda c: ("POST", "/fwpolicies/", {"rules": [{}]}),
        {"category": "Firewall Policies", "action": "create", "error_point": "rules"},
    ),
    (
        "schedule nonsense",
        lambda c: ("POST", "/backupschedulers/", {"name": "b"}),
        {"category": "Backup Schedulers", "action": "create", "error_type": "validation"},
    ),
    (
        "change a foreign tag",
        lambda c: (
            "PUT",
            f"/tags/{c.call('POST', '/tags/', {'name': 't'}, email=SECOND).body['objects'][0]['uuid']}/",
            {"name": "mine"},
        ),
        {"category": "Tags", "action": "update", "error_type": "permission"},
    ),
]


@pytest.mark.parametrize(("case", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused_is_in_the_log(cloud: Cloud, case: Callable[[Cloud], Any], expected: Doc) -> None:
    method, path, body = case(cloud)
    before = len(log(cloud))
    refused = cloud.call(method, path, body)
    assert refused.status >= 400
    assert len(log(cloud)) == before + 1
    entry = newest(cloud)
    assert entry["success"] is False
    assert {key: entry[key] for key in expected} == expected
    assert entry["error_message"] == refused.error["error_message"]
    assert entry["actor"]["uuid"] == cloud.uuid_of(FIRST)
    if expected["action"] in ("create", "update"):
        assert json.loads(entry["details"]) == body


def test_a_refused_request_leaves_nothing_else(cloud: Cloud) -> None:
    drive = cloud.drive()
    reply = cloud.call("POST", "/servers/", [{"name": "s", "cpu": 1000, "mem": 2**29, "vnc_password": "x",
                                              "drives": [attach(drive)]}, {"name": "t"}])  # fmt: skip
    assert reply.status == 400
    assert cloud.get("/servers/")["meta"]["total_count"] == 0
    assert cloud.see("drives", drive["uuid"])["status"] == "unmounted"


def test_big_bodies_and_secrets_stay_out(cloud: Cloud) -> None:
    big = {"name": "n" * 20_000}
    assert cloud.call("POST", "/servers/", big).status == 400
    assert newest(cloud)["details"] == ""
    assert without_secrets([{"private_key": "k", "a": [{"password": "p"}], "public_key": None}]) == [
        {"private_key": "***", "a": [{"password": "***"}], "public_key": None}
    ]


def test_actions_of_other_resources(cloud: Cloud) -> None:
    """What was written before this log could be read is in it too."""
    drive = cloud.drive()
    copy = cloud.act(drive, "clone").body["objects"][0]
    cloud.settle()
    assert [e["action"] for e in log(cloud, f"uuid={copy['uuid']}")] == ["clone_dst"]
    assert "clone_src" in [e["action"] for e in log(cloud, f"uuid={drive['uuid']}")]
    vlan = cloud.get("/vlans/")["objects"][0]
    cloud.call("PUT", f"/vlans/{vlan['uuid']}/", {"meta": {"name": "v"}})
    assert (newest(cloud)["category"], newest(cloud)["action"]) == ("Vlans", "update")
    ip = cloud.get("/ips/")["objects"][0]
    cloud.call("PUT", f"/ips/{ip['uuid']}/", {"meta": {"name": "v"}})
    assert (newest(cloud)["category"], newest(cloud)["uuid"]) == ("IPs", ip["uuid"])
    profile = cloud.get("/profile/")
    cloud.call("PUT", "/profile/", profile)
    assert newest(cloud)["category"] == "Profile"
    cloud.call("POST", "/global_context/", {"a": "b"})
    assert (newest(cloud)["category"], newest(cloud)["details"]) == ("Global Context", '{"a":"b"}')
    running = cloud.running()
    for action in ("open_vnc", "close_vnc", "open_console", "close_console"):
        assert cloud.act(running, action).status == 202
        assert (newest(cloud)["action"], newest(cloud)["uuid"]) == (action, running["uuid"])
    upload = cloud.call("POST", "/initupload/", {"name": "u", "size": 100, "media": "disk"}).body["objects"][
        0
    ]
    assert [e["action"] for e in log(cloud, f"uuid={upload['uuid']}")] == ["init_upload"]


def test_the_names_of_entries() -> None:
    assert entry_names("servers.shutdown") == ("Servers", "shutdown_ACPI_send")
    assert entry_names("initupload.create") == ("Drives", "init_upload")
    assert entry_names("accounts.login") is None
    assert entry_names("") is None
    # Every resource that can be written to, but for logging in and calculating, has its category.
    written = {route.id.partition(".")[0] for route in ROUTES if route.method != "GET" and route.id}
    assert written - set(CATEGORIES) <= {"accounts", "subscriptioncalculator", "oauth"}
