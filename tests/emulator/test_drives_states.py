"""Drives: definitions, transitions, copies, and what each state refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.clone_names import STRATEGIES, clone_name
from cloudsigma_emulator.domain.limits import round_size

from .cloud_in_process import GIB, MIB, SECOND, Cloud, Doc, attach
from .test_servers_definition import ANY_JSON

GOOD: Doc = {"name": "d", "size": GIB, "media": "disk"}


def test_creation(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/drives/", GOOD)
    assert reply.status == 201
    [created] = reply.body["objects"]
    assert len(created) == 22
    assert created["status"] == "creating"
    assert created["storage_type"] == "dssd"
    assert created["runtime"] == {
        "is_downloadable": None,
        "is_ephemeral": False,
        "is_snapshotable": None,
        "snapshots_allocated_size": 0,
        "storage_type": "dssd",
    }
    assert cloud.see("drives", created["uuid"]) == created
    cloud.advance(0.9)
    assert cloud.see("drives", created["uuid"]) == created
    cloud.advance(2.2)
    ready = cloud.see("drives", created["uuid"])
    assert ready["status"] == "unmounted"
    assert ready["runtime"]["is_snapshotable"] is True
    assert ready["runtime"]["is_downloadable"] is True
    listed = cloud.get("/drives/?limit=0")["objects"]
    assert set(listed[-1]) == {"owner", "resource_uri", "status", "uuid"}
    assert cloud.get("/drives/detail/?limit=0")["objects"][-1] == ready
    named = cloud.get("/drives/?fields=name,uuid,nothing&limit=0")["objects"][-1]
    assert named == {"name": "d", "uuid": created["uuid"]}


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        (1207959631, 1207975936),
        (1000000000, 1000013824),
        ("1024000000", 1024000000),
        (536870912.0, 536870912),
    ],
)
def test_sizes_are_rounded_up(cloud: Cloud, asked: Any, stored: int) -> None:
    assert cloud.drive(size=asked)["size"] == stored


@given(st.integers(1, 2**50))
def test_rounding(size: int) -> None:
    rounded = round_size(size)
    assert rounded % 16384 == 0
    assert 0 <= rounded - size < 16384
    assert round_size(rounded) == rounded


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 1),
        ("size", 0),
        ("size", -5),
        ("size", 2**60),
        ("size", "big"),
        ("size", 1.5e9 + 0.5),
        ("size", None),
        ("media", "floppy"),
        ("media", None),
        ("name", None),
        ("name", 1),
        ("affinities", ["hdd"]),
        ("allow_multimount", "maybe"),
        ("iops", 10**6),
        ("iops", "fast"),
        ("meta", {"a": {}}),
        ("tags", ["unknown"]),
        ("storage_type", "tape"),
    ],
)
def test_wrong_values_name_their_field(cloud: Cloud, field: str, value: Any) -> None:
    reply = cloud.call("POST", "/drives/", {**GOOD, field: value})
    assert (reply.status, reply.error["error_point"]) == (400, field)
    assert reply.error["error_message"]


@pytest.mark.parametrize("missing", GOOD)
def test_required_fields(cloud: Cloud, missing: str) -> None:
    body = {key: value for key, value in GOOD.items() if key != missing}
    drive = cloud.drive()
    for method, path in (
        ("POST", "/drives/"),
        ("PUT", f"/drives/{drive['uuid']}/"),
        ("POST", f"/drives/{drive['uuid']}/action/?do=resize"),
    ):
        reply = cloud.call(method, path, body)
        assert (reply.status, reply.error["error_point"]) == (400, missing)


def test_storage_types(cloud: Cloud) -> None:
    assert cloud.drive(storage_type="hdd")["storage_type"] == "dssd"
    assert cloud.drive(storage_type="zadara", size=2**30)["storage_type"] == "zadara"
    reply = cloud.call("POST", "/drives/", {**GOOD, "storage_type": "ssd"})
    assert reply.status == 503
    assert (
        reply.error["error_message"] == "We currently cannot provide enough resources to create a ssd drive"
    )
    largest = 15492389427364
    assert cloud.drive(size=largest)["size"] == round_size(largest)
    drive = cloud.drive()
    kept = cloud.call("PUT", f"/drives/{drive['uuid']}/", {**drive, "storage_type": "zadara"})
    assert (kept.status, kept.body["storage_type"]) == (200, "dssd")


def test_bulk_create_is_all_or_nothing(cloud: Cloud) -> None:
    before = cloud.get("/drives/")["meta"]["total_count"]
    assert cloud.call("POST", "/drives/", [GOOD, {**GOOD, "size": 1}]).status == 400
    assert cloud.get("/drives/")["meta"]["total_count"] == before
    reply = cloud.call("POST", "/drives/", {"objects": [GOOD] * 3})
    assert [drive["status"] for drive in reply.body["objects"]] == ["creating"] * 3


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(
            [*GOOD, "affinities", "allow_multimount", "iops", "meta", "tags", "storage_type", "uuid"]
        ),
        ANY_JSON,
    )
)
def test_no_definition_breaks_the_cloud(cloud: Cloud, changes: Doc) -> None:
    for path in ("/drives/", "/initupload/"):
        reply = cloud.call("POST", path, {**GOOD, **changes})
        assert reply.status in (201, 400, 503), reply
        if reply.status == 503:
            assert "cannot provide enough resources" in reply.error["error_message"]
        if reply.status == 201:
            [drive] = reply.body["objects"]
            assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204


# states

STATES = ("creating", "unmounted", "mounted", "in use", "resizing", "cloning_dst", "cloning_src", "uploading")
STATES += ("unavailable",)
LEGAL = {
    "edit": {"unmounted", "mounted", "in use"},
    "resize": {"unmounted", "mounted"},
    "clone": {"unmounted", "mounted", "in use", "cloning_src"},
    "delete": {"unmounted", "mounted", "uploading", "creating"},
    "download": {"unmounted", "mounted", "in use"},
    "attach": set(STATES) - {"unavailable", "mounted", "in use"},
}


def drive_in(cloud: Cloud, state: str) -> Doc:
    if state == "creating":
        found: Doc = cloud.call("POST", "/drives/", GOOD).body["objects"][0]
        return found
    if state == "uploading":
        uploading: Doc = cloud.call("POST", "/initupload/", GOOD).body["objects"][0]
        return uploading
    drive = cloud.drive()
    if state == "mounted":
        cloud.server(drives=[attach(drive)])
    elif state == "in use":
        cloud.running(drives=[attach(drive)])
    elif state == "resizing":
        assert cloud.act(drive, "resize", {**GOOD, "size": 2 * GIB}).status == 202
    elif state == "cloning_src":
        assert cloud.act(drive, "clone").status == 202
    elif state == "cloning_dst":
        copy: Doc = cloud.act(drive, "clone").body["objects"][0]
        return copy
    elif state == "unavailable":
        assert cloud.happen(drive, "outage")
    return cloud.see("drives", drive["uuid"])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("operation", LEGAL)
def test_what_each_state_allows(cloud: Cloud, operation: str, state: str) -> None:
    drive = drive_in(cloud, state)
    assert drive["status"] == {"in use": "mounted"}.get(state, state)
    uri = f"/drives/{drive['uuid']}/"
    reply, success = {
        "edit": lambda: (cloud.call("PUT", uri, {**GOOD, "name": "n"}), 200),
        "resize": lambda: (cloud.act(drive, "resize", {**GOOD, "size": 3 * GIB}), 202),
        "clone": lambda: (cloud.act(drive, "clone", {}), 202),
        "delete": lambda: (cloud.call("DELETE", uri), 204),
        "download": lambda: (cloud.call("GET", f"{uri}download/"), 302),
        "attach": lambda: (
            cloud.call(
                "POST",
                "/servers/",
                {"name": "s", "cpu": 1000, "mem": GIB, "vnc_password": "x", "drives": [attach(drive)]},
            ),
            201,
        ),
    }[operation]()
    if state in LEGAL[operation]:
        assert reply.status == success, reply
        return
    assert reply.status == 403, reply
    assert reply.error["error_type"] == "permission"
    if (operation, state) == ("resize", "in use"):
        assert reply.error["error_message"] == "Cannot resize drive mounted on a running guest"
    if operation != "delete":
        assert cloud.see("drives", drive["uuid"])["status"] == drive["status"]


def test_resize_by_both_ways(cloud: Cloud) -> None:
    drive = cloud.drive()
    uri = f"/drives/{drive['uuid']}/"
    put = cloud.call("PUT", uri, {**drive, "size": 2 * GIB, "name": "bigger"})
    assert put.status == 200
    assert (put.body["status"], put.body["size"], put.body["name"]) == ("resizing", GIB, "bigger")
    cloud.settle()
    grown = cloud.see("drives", drive["uuid"])
    assert (grown["status"], grown["size"]) == ("unmounted", 2 * GIB)
    server = cloud.server(drives=[attach(drive)])
    action = cloud.act(drive, "resize", {"name": "x", "media": "disk", "size": str(2 * GIB + 1)})
    assert action.status == 202
    [shown] = action.body["objects"]
    assert (shown["status"], shown["size"], shown["name"]) == ("resizing", 2 * GIB, "x")
    assert cloud.act(server, "start").status == 202
    cloud.settle()
    assert cloud.see("drives", drive["uuid"])["status"] == "mounted"
    assert cloud.see("drives", drive["uuid"])["size"] == 2 * GIB + 16384
    assert cloud.see("servers", server["uuid"])["status"] == "running"


def test_sizes_do_not_shrink_and_the_same_size_is_no_change(cloud: Cloud) -> None:
    drive = cloud.drive(size=1000000000)
    uri = f"/drives/{drive['uuid']}/"
    shrunk = cloud.call("PUT", uri, {**GOOD, "size": 999_000_000})
    assert (shrunk.status, shrunk.error["error_point"]) == (400, "size")
    same = cloud.call("PUT", uri, {**GOOD, "size": 1000000000})
    assert (same.status, same.body["status"]) == (200, "unmounted")
    same = cloud.act(drive, "resize", {**GOOD, "size": 1000000000})
    assert same.body["objects"][0]["status"] == "unmounted"


def test_edit_under_a_running_server_touches_little(cloud: Cloud) -> None:
    drive = cloud.drive()
    cloud.running(drives=[attach(drive)])
    body = {"name": "n", "size": 5 * GIB, "media": "cdrom", "meta": {"a": "b"}, "allow_multimount": True}
    reply = cloud.call("PUT", f"/drives/{drive['uuid']}/", body)
    assert reply.status == 200
    shown = reply.body
    assert (shown["name"], shown["meta"], shown["allow_multimount"]) == ("n", {"a": "b"}, True)
    assert (shown["size"], shown["media"], shown["status"]) == (GIB, "disk", "mounted")
    small = cloud.call("PUT", f"/drives/{drive['uuid']}/", {**body, "size": 1})
    assert small.status == 200


# deletion


def test_a_deleted_drive_is_in_no_list_and_gone_soon(cloud: Cloud) -> None:
    drive = cloud.drive()
    server = cloud.server(drives=[attach(drive)])
    tag = cloud.call("POST", "/tags/", {"name": "t", "resources": [drive["uuid"]]}).body["objects"][0]
    uri = f"/drives/{drive['uuid']}/"
    assert cloud.call("DELETE", uri).status == 204
    assert drive["uuid"] not in {d["uuid"] for d in cloud.get("/drives/detail/?limit=0")["objects"]}
    assert cloud.see("servers", server["uuid"])["drives"] == []
    assert cloud.see("tags", tag["uuid"])["resources"] == []
    assert cloud.call("GET", uri).status == 200
    assert cloud.call("DELETE", uri).status == 204
    cloud.frames.clear()
    cloud.advance(1)
    assert cloud.call("GET", uri).status == 404
    assert cloud.call("DELETE", uri).status == 404
    assert [frame.resource_uri for frame in cloud.frames] == [drive["resource_uri"]]


def test_instant_deletion_is_over_with_the_answer() -> None:
    cloud = Cloud(speed="instant")
    drive = cloud.drive()
    cloud.frames.clear()
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    assert cloud.call("GET", f"/drives/{drive['uuid']}/").status == 404
    assert [frame.resource_uri for frame in cloud.frames] == [drive["resource_uri"]]
    cloud.close()


def test_bulk_deletion(cloud: Cloud) -> None:
    drives = [cloud.drive() for _ in range(3)]
    assert cloud.call("DELETE", "/drives/").status == 400
    assert cloud.call("DELETE", "/drives/", {"objects": []}).status == 400
    assert cloud.call("DELETE", "/drives/", {"objects": [*drives, {"uuid": "unknown"}]}).status == 404
    assert cloud.see("drives", drives[0]["uuid"])["status"] == "unmounted"
    assert cloud.call("DELETE", "/drives/", {"objects": [{"uuid": d["uuid"]} for d in drives]}).status == 204
    assert cloud.get("/drives/")["meta"]["total_count"] == 1


# copies


def test_clone(cloud: Cloud) -> None:
    source = cloud.drive(name="x", meta={"k": "v"})
    reply = cloud.act(source, "clone", {"name": "y", "media": "cdrom", "size": 1207959631, "affinities": []})
    assert reply.status == 202
    [copy] = reply.body["objects"]
    assert (copy["name"], copy["media"], copy["size"]) == ("y", "cdrom", 1207975936)
    assert (copy["status"], copy["meta"]) == ("cloning_dst", {"k": "v"})
    [job_ref] = copy["jobs"]
    assert cloud.see("drives", source["uuid"])["status"] == "cloning_src"
    assert cloud.see("drives", source["uuid"])["jobs"] == [job_ref]
    job = cloud.see("jobs", job_ref["uuid"])
    assert (job["operation"], job["state"], job["children"]) == ("drive_clone", "started", [])
    assert job["resources"] == [source["resource_uri"], copy["resource_uri"]]
    cloud.settle()
    assert cloud.see("drives", copy["uuid"]) == {
        **copy,
        "status": "unmounted",
        "runtime": {**copy["runtime"], "is_downloadable": True, "is_snapshotable": True},
    }
    assert cloud.see("drives", source["uuid"])["status"] == "unmounted"
    done = cloud.see("jobs", job_ref["uuid"])
    assert (done["state"], done["data"]) == ("success", {"progress": 100})
    assert done["last_modified"] > done["created"]
    assert cloud.get("/jobs/?state=success")["meta"]["total_count"] == 1
    assert cloud.get("/jobs/?state=started")["meta"]["total_count"] == 0
    cloud.call("DELETE", f"/drives/{copy['uuid']}/")
    assert cloud.see("jobs", job_ref["uuid"])["resources"] == [source["resource_uri"]]


def test_sixty_copies_of_one_source(cloud: Cloud) -> None:
    source = cloud.drive()
    copies = [cloud.act(source, "clone", {"name": f"c{i}"}).body["objects"][0] for i in range(60)]
    nodes = [
        {"name": f"n{i}", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "x", "drives": [attach(copy)]}
        for i, copy in enumerate(copies)
    ]
    assert cloud.call("POST", "/servers/", {"objects": nodes}).status == 201
    assert cloud.see("drives", source["uuid"])["status"] == "cloning_src"
    cloud.settle()
    assert {cloud.see("drives", copy["uuid"])["status"] for copy in copies} == {"mounted"}
    assert cloud.see("drives", source["uuid"])["status"] == "unmounted"


def test_smaller_copies_are_refused(cloud: Cloud) -> None:
    reply = cloud.act(cloud.drive(), "clone", {"size": 600 * MIB})
    assert (reply.status, reply.error["error_point"]) == (400, "size")


def test_copies_of_library_drives(cloud: Cloud) -> None:
    library = cloud.get("/libdrives/?limit=0")["objects"]
    image = next(d for d in library if d["media"] == "disk" and d["licenses"])
    for path in ("drives", "libdrives"):
        reply = cloud.call("POST", f"/{path}/{image['uuid']}/action/?do=clone", {"name": "mine"})
        assert reply.status == 202
        [copy] = reply.body["objects"]
        assert (copy["name"], copy["size"], copy["licenses"]) == ("mine", image["size"], image["licenses"])
        assert copy["meta"]["os"] == image["os"]
        assert copy["meta"]["install_notes"] == image["install_notes"]
        assert copy["meta"]["paid"] is True
        assert copy["owner"]["uuid"] == cloud.uuid_of("user@example.com")
        cloud.advance(130)
        assert cloud.see("drives", copy["uuid"])["status"] == "unmounted"
        assert cloud.call("PUT", f"/drives/{copy['uuid']}/", cloud.see("drives", copy["uuid"])).status == 200
    assert cloud.see("libdrives", image["uuid"]) == image


def test_library_drives_cannot_be_changed(cloud: Cloud) -> None:
    [image] = cloud.get("/libdrives/?limit=1")["objects"]
    assert len(image) == 26
    uuid = image["uuid"]
    seen = cloud.see("drives", uuid)
    assert (seen["owner"], seen["resource_uri"], seen["storage_type"]) == (
        None,
        f"/api/2.0/drives/{uuid}/",
        "dssd",
    )
    assert uuid not in {d["uuid"] for d in cloud.get("/drives/?limit=0")["objects"]}
    for method, path in (
        ("PUT", f"/drives/{uuid}/"),
        ("DELETE", f"/drives/{uuid}/"),
        ("POST", f"/drives/{uuid}/action/?do=resize"),
        ("GET", f"/drives/{uuid}/download/"),
    ):
        assert cloud.call(method, path, GOOD).status == 403
    assert cloud.call("PUT", f"/libdrives/{uuid}/", GOOD).status == 405
    assert cloud.call("DELETE", f"/libdrives/{uuid}/").status == 405


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("name=Debian%2012%20Server", 1),
        ("name=debian%2012%20server", 0),
        ("name__icontains=DEBIAN", 2),
        ("os=windows", 3),
        ("category=webserver", 1),
        ("arch=64&image_type=install", 2),
        ("distribution=Debian,Ubuntu", 3),
        ("nonsense=1", 7),
    ],
)
def test_library_filters(cloud: Cloud, query: str, count: int) -> None:
    assert cloud.get(f"/libdrives/?{query}")["meta"]["total_count"] == count


NOW = datetime(2014, 6, 5, 9, 45, 56)


@pytest.mark.parametrize(
    ("strategy", "name", "expected"),
    [
        ("NONE", "test_drive_x", "test_drive_x"),
        ("COUNTER", "test_drive_x", "test_drive_x_1"),
        ("COUNTER", "test_drive_x_1", "test_drive_x_2"),
        ("COUNTER", "test_drive_x_99", "test_drive_x_100"),
        ("COUNTER", "", "_1"),
        ("DATE", "test_drive_x", "test_drive_x-2014-06-05"),
        ("DATE", "test_drive_x-2013-01-01", "test_drive_x-2014-06-05"),
        ("DATE", "test_drive_x-2014-06-05", "test_drive_x-2014-06-05_1"),
        ("TIMESTAMP", "test_drive_x", "test_drive_x-2014-06-05 09:45:56"),
        ("TIMESTAMP", "test_drive_x-2014-06-05 09:45:55", "test_drive_x-2014-06-05 09:45:56"),
        ("TIMESTAMP", "test_drive_x-2014-06-05 09:45:56", "test_drive_x-2014-06-05 09:45:56_1"),
    ],
)
def test_clone_names(strategy: str, name: str, expected: str) -> None:
    assert clone_name(name, strategy, NOW) == expected


@given(st.text(max_size=40), st.sampled_from(STRATEGIES))
def test_made_up_names_differ_and_keep_their_beginning(name: str, strategy: str) -> None:
    copy = clone_name(name, strategy, NOW)
    assert (copy == name) == (strategy == "NONE")
    assert clone_name(copy, strategy, NOW) != copy or strategy == "NONE"


def test_the_profile_decides_the_names(cloud: Cloud) -> None:
    source = cloud.drive(name="x")
    cloud.call("PUT", "/profile/", {"clone_naming": "COUNTER"})
    assert cloud.act(source, "clone").body["objects"][0]["name"] == "x_1"
    assert cloud.act(cloud.server(name="s_7"), "clone").body["name"] == "s_8"


# ephemeral drives


def test_ephemeral_drives(cloud: Cloud) -> None:
    drive = cloud.drive(storage_type="local_nvme")
    assert drive["runtime"] == {
        "is_downloadable": False,
        "is_ephemeral": True,
        "is_snapshotable": False,
        "snapshots_allocated_size": 0,
        "storage_type": "local_nvme",
    }
    assert cloud.act(drive, "clone").status == 403
    assert cloud.call("GET", f"/drives/{drive['uuid']}/download/").status == 403
    server = cloud.running(drives=[attach(drive)])
    cloud.app.images.write(drive["uuid"], 0, b"data")
    cloud.act(server, "stop")
    cloud.settle()
    assert cloud.app.images.read(drive["uuid"], 0, 4) == bytes(4)
    assert cloud.act(drive, "resize", {**GOOD, "size": 2 * GIB}).status == 202


# places and owners


def test_availability_groups(cloud: Cloud) -> None:
    drives = [cloud.drive() for _ in range(3)]
    flat = [uuid for group in cloud.get("/drives/availability_groups/") for uuid in group]
    assert {drive["uuid"] for drive in drives} <= set(flat)
    assert drives[0]["uuid"] in cloud.get(f"/drives/availability_groups/{drives[0]['uuid']}/")
    assert cloud.call("GET", "/drives/availability_groups/none/").status == 404
    avoid = ",".join(drive["uuid"] for drive in drives)
    for reply in (
        cloud.call("POST", f"/drives/?avoid={avoid}", GOOD),
        cloud.act(drives[0], f"clone&avoid={avoid}"),
        cloud.call("POST", f"/initupload/?avoid={avoid}", GOOD),
    ):
        [made] = reply.body["objects"]
        group = cloud.get(f"/drives/availability_groups/{made['uuid']}/")
        assert not {drive["uuid"] for drive in drives} & set(group)


@pytest.mark.parametrize(
    ("method", "suffix", "permission"),
    [
        ("GET", "", "LIST"),
        ("PUT", "", "EDIT"),
        ("DELETE", "", "DELETE"),
        ("POST", "action/?do=clone", "CLONE"),
        ("POST", "action/?do=resize", "EDIT"),
        ("POST", "action/?do=upload_chunk", "EDIT"),
        ("GET", "download/", "CLONE"),
    ],
)
def test_foreign_and_unknown_drives(cloud: Cloud, method: str, suffix: str, permission: str) -> None:
    drive = cloud.drive()
    reply = cloud.call(method, f"/drives/{drive['uuid']}/{suffix}", GOOD, email=SECOND)
    assert reply.status == 403
    assert f"permissions [{permission}] in order" in reply.error["error_message"]
    assert cloud.call(method, f"/drives/no-such-drive/{suffix}", GOOD).status == 404


def test_outages_of_a_drive_end(cloud: Cloud) -> None:
    drive = cloud.drive()
    server = cloud.server(drives=[attach(drive)])
    assert cloud.happen(drive, "outage")
    assert not cloud.happen(drive, "outage")
    assert not cloud.happen(drive, "host_crash")
    assert cloud.act(server, "start").status == 403
    assert cloud.happen(drive, "recover")
    assert not cloud.happen(drive, "recover")
    assert cloud.see("drives", drive["uuid"])["status"] == "mounted"
    assert cloud.act(server, "start").status == 202
