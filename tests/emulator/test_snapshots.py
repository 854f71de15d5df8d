"""Local and remote snapshots: what they hold, how big they are, what they forbid, and what outlives what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.store import changed_bytes as measuring
from cloudsigma_emulator.store.changed_bytes import BLOCK, ChangeMeter, changed_bytes
from cloudsigma_emulator.store.images import Images

from .cloud_in_process import FIRST, GIB, SECOND, Cloud, Doc, attach

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
A, B, C = (f"0000000{number}-0000-4000-8000-000000000000" for number in (1, 2, 3))


def begin(cloud: Cloud, drive: Doc, kind: str = "snapshots", **body: Any) -> Doc:
    place = {"location": "ZRH"} if kind == "remotesnapshots" else {}
    reply = cloud.call("POST", f"/{kind}/", {"objects": [{"drive": drive["uuid"], **place, **body}]})
    assert reply.status == 201, reply
    assert set(reply.body) == {"objects"}
    assert reply.headers["location"] == reply.body["objects"][0]["resource_uri"]
    created: Doc = reply.body["objects"][0]
    return created


def snapshot(cloud: Cloud, drive: Doc, kind: str = "snapshots", **body: Any) -> Doc:
    made = begin(cloud, drive, kind, **body)
    cloud.advance(600)
    shown = cloud.see(kind, made["uuid"])
    assert shown["status"] == "available"
    return shown


def write(cloud: Cloud, thing: Doc, offset: int, data: bytes) -> None:
    cloud.app.images.write(thing["uuid"], offset, data)


def read(cloud: Cloud, thing: Doc, offset: int, size: int) -> bytes:
    return cloud.app.images.read(thing["uuid"], offset, size).ljust(size, b"\0")


# life


def test_a_snapshot_is_made(cloud: Cloud) -> None:
    drive = cloud.drive()
    made = begin(cloud, drive, name="first", meta={"key": "val"})
    assert len(made) == 12
    assert (made["status"], made["allocated_size"]) == ("creating", None)
    assert made["drive"] == {"resource_uri": drive["resource_uri"], "uuid": drive["uuid"]}
    assert " " in made["timestamp"]
    assert made["timestamp"].endswith("+00:00")
    assert cloud.get("/snapshots/")["objects"] == [made]
    assert cloud.get("/snapshots/detail/")["objects"] == [made]
    shown = cloud.see("drives", drive["uuid"])
    assert shown["snapshots"] == [{"resource_uri": made["resource_uri"], "uuid": made["uuid"]}]
    assert shown["status"] == "unmounted"
    cloud.advance(60)
    done = cloud.see("snapshots", made["uuid"])
    assert done == {**made, "status": "available", "allocated_size": 0}
    gone = cloud.call("DELETE", f"/snapshots/{made['uuid']}/")
    assert (gone.status, gone.raw) == (204, b"")
    assert cloud.call("GET", f"/snapshots/{made['uuid']}/").status == 404
    assert cloud.see("drives", drive["uuid"])["snapshots"] == []
    assert cloud.app.images.existing(made["uuid"]) is None


def test_the_default_name_says_drive_and_time(cloud: Cloud) -> None:
    drive = cloud.drive()
    made = begin(cloud, drive)
    moment = made["timestamp"]
    assert made["name"] == f"{drive['uuid']}__{moment[:10]}__{moment[11:19].replace(':', '_')}"
    assert begin(cloud, drive, name="")["name"] == ""
    assert begin(cloud, drive)["name"] == made["name"]


def test_drive_may_be_named_in_any_form(cloud: Cloud) -> None:
    drive = cloud.drive()
    for form in (drive["uuid"], {"uuid": drive["uuid"]}, drive["resource_uri"]):
        reply = cloud.call("POST", "/snapshots/", {"drive": form, "tags": []})
        assert reply.body["objects"][0]["drive"]["uuid"] == drive["uuid"]


def test_the_drive_tells_of_its_snapshots_by_frames(cloud: Cloud) -> None:
    drive = cloud.drive()
    cloud.frames.clear()
    made = begin(cloud, drive)
    assert [frame.resource_uri for frame in cloud.frames] == [drive["resource_uri"]]
    cloud.advance(60)
    cloud.frames.clear()
    cloud.call("DELETE", f"/snapshots/{made['uuid']}/")
    assert [frame.resource_uri for frame in cloud.frames] == [drive["resource_uri"]]


def test_many_at_once_all_or_none(cloud: Cloud) -> None:
    drive = cloud.drive()
    bodies = [{"drive": drive["uuid"], "name": str(number)} for number in range(3)]
    refused = cloud.call("POST", "/snapshots/", {"objects": [*bodies, {"drive": UNKNOWN}]})
    assert (refused.status, refused.error["error_type"]) == (404, "notexist")
    assert cloud.get("/snapshots/")["meta"]["total_count"] == 0
    made = cloud.call("POST", "/snapshots/", {"objects": bodies}).body["objects"]
    assert [one["name"] for one in made] == ["0", "1", "2"]
    assert {one["status"] for one in made} == {"creating"}
    cloud.advance(60)
    changed = cloud.call("PUT", "/snapshots/", [{"uuid": one["uuid"], "name": "new"} for one in made])
    assert changed.status == 200
    assert {one["name"] for one in changed.body["objects"]} == {"new"}
    uuids = [{"uuid": one["uuid"]} for one in made]
    assert cloud.call("DELETE", "/snapshots/", {"objects": [*uuids, {"uuid": UNKNOWN}]}).status == 404
    assert cloud.get("/snapshots/")["meta"]["total_count"] == 3
    assert cloud.call("DELETE", "/snapshots/", {"objects": uuids}).status == 204
    assert cloud.get("/snapshots/")["meta"]["total_count"] == 0
    assert cloud.call("DELETE", "/snapshots/", {"objects": []}).status == 400


def test_lists_filter_by_drive_name_and_tag(cloud: Cloud) -> None:
    one, other = cloud.drive(), cloud.drive()
    tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]
    first = begin(cloud, one, name="first", tags=[tag["uuid"]])
    second = begin(cloud, other, name="second")

    def found(query: str) -> list[str]:
        return [item["uuid"] for item in cloud.get(f"/snapshots/detail/?{query}")["objects"]]

    assert found(f"drive={one['uuid']}") == [first["uuid"]]
    assert found(f"drive={one['uuid']},{other['uuid']}") == [first["uuid"], second["uuid"]]
    assert found(f"drive={UNKNOWN}") == []
    assert found("name=second") == [second["uuid"]]
    assert found("name__contains=IRS") == [first["uuid"]]
    assert found(f"tag={tag['uuid']}") == [first["uuid"]]
    assert cloud.get("/snapshots/?fields=name")["objects"] == [{"name": "first"}, {"name": "second"}]
    shown = cloud.see("tags", tag["uuid"])["resources"]
    assert [(item["res_type"], item["uuid"]) for item in shown] == [("snapshots", first["uuid"])]


def test_a_change_keeps_what_it_does_not_name(cloud: Cloud) -> None:
    drive, other = cloud.drive(), cloud.drive()
    made = begin(cloud, drive, name="first", meta={"key": "val"})
    # The answer of the creation put back as it is, while the snapshot is still being made.
    assert cloud.call("PUT", f"/snapshots/{made['uuid']}/", made).body == made
    cloud.advance(60)
    before = cloud.see("snapshots", made["uuid"])
    assert cloud.call("PUT", f"/snapshots/{made['uuid']}/", made).body == before
    changed = cloud.call(
        "PUT", f"/snapshots/{made['uuid']}/", {"drive": other["uuid"], "name": "renamed", "tags": []}
    )
    assert changed.status == 200
    assert changed.body == {**before, "name": "renamed"}
    assert cloud.call("PUT", f"/snapshots/{made['uuid']}/", {"meta": {"a": "b"}}).body["name"] == "renamed"
    assert cloud.call("PUT", f"/snapshots/{made['uuid']}/", {"name": None}).body["name"] == "renamed"
    assert cloud.call("PUT", f"/snapshots/{made['uuid']}/", {"meta": {"a": 1}}).error["error_point"] == "meta"


# what is refused


def test_what_a_snapshot_needs(cloud: Cloud) -> None:
    nothing = cloud.call("POST", "/snapshots/", {"name": "x"})
    assert (nothing.status, nothing.error["error_point"]) == (400, "drive")
    assert cloud.call("POST", "/snapshots/", {"objects": []}).status == 400
    library = next(d for d in cloud.get("/libdrives/?limit=0")["objects"] if d["media"] == "disk")
    assert cloud.call("POST", "/snapshots/", {"drive": library["uuid"]}).status == 403
    ephemeral = cloud.drive(storage_type="local_nvme")
    for kind in ("snapshots", "remotesnapshots"):
        body = {"drive": ephemeral["uuid"], "location": "ZRH"}
        assert cloud.call("POST", f"/{kind}/", body).status == 403
    reply = cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"})
    creating = reply.body["objects"][0]
    assert cloud.call("POST", "/snapshots/", {"drive": creating["uuid"]}).status == 403


def test_a_drive_of_a_running_server_can_be_kept(cloud: Cloud) -> None:
    drive = cloud.drive()
    cloud.running(drives=[attach(drive)])
    assert snapshot(cloud, drive)["status"] == "available"


def test_what_is_illegal_while_it_is_made(cloud: Cloud) -> None:
    made = begin(cloud, cloud.drive())
    for method, path in (
        ("DELETE", f"/snapshots/{made['uuid']}/"),
        ("POST", f"/snapshots/{made['uuid']}/action/?do=clone"),
    ):
        assert cloud.call(method, path).status == 403
    assert cloud.call("POST", f"/snapshots/{made['uuid']}/action/?do=dance").status == 400
    assert cloud.call("POST", f"/snapshots/{UNKNOWN}/action/?do=clone").status == 404


def test_limits_of_drive_and_account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudsigma_emulator.domain import limits

    drive, other = cloud.drive(), cloud.drive()
    assert cloud.get("/capabilities/")["snapshots"] == {"current": 0, "max": 700, "max_per_drive": 90}
    bodies = [{"drive": drive["uuid"]}] * 90
    assert cloud.call("POST", "/snapshots/", {"objects": bodies}).status == 201
    refused = cloud.call("POST", "/snapshots/", {"drive": drive["uuid"]})
    assert (refused.status, refused.error["error_type"]) == (403, "permission")
    monkeypatch.setitem(limits.CAPABILITIES["snapshots"], "max", 91)
    assert cloud.call("POST", "/snapshots/", {"drive": other["uuid"]}).status == 201
    assert cloud.call("POST", "/snapshots/", {"drive": other["uuid"]}).status == 403
    assert cloud.get("/capabilities/")["snapshots"]["current"] == 91


def test_nobody_else_sees_or_touches_them(cloud: Cloud) -> None:
    drive = cloud.drive()
    for kind in ("snapshots", "remotesnapshots"):
        made = snapshot(cloud, drive, kind)
        uri = f"/{kind}/{made['uuid']}/"
        for method, path, body in (
            ("GET", uri, None),
            ("PUT", uri, {"name": "mine"}),
            ("DELETE", uri, None),
            ("POST", f"{uri}action/?do=clone", {}),
            ("POST", f"/{kind}/", {"drive": drive["uuid"], "location": "ZRH"}),
        ):
            refused = cloud.call(method, path, body, email=SECOND)
            assert (refused.status, refused.error["error_type"]) == (403, "permission"), path
        assert cloud.get(f"/{kind}/", email=SECOND)["meta"]["total_count"] == 0
        assert cloud.see(kind, made["uuid"]) == made


# bytes


def test_the_size_follows_the_bytes_that_change(cloud: Cloud) -> None:
    drive = cloud.drive()
    write(cloud, drive, 0, b"a" * (4 * BLOCK))
    made = snapshot(cloud, drive)
    assert made["allocated_size"] == 0

    def sizes() -> tuple[int, int]:
        size = cloud.see("snapshots", made["uuid"])["allocated_size"]
        return size, cloud.see("drives", drive["uuid"])["runtime"]["snapshots_allocated_size"]

    write(cloud, drive, 10, b"b")
    assert sizes() == (BLOCK, BLOCK)
    write(cloud, drive, 20, b"b" * 100)  # in the same block
    write(cloud, drive, GIB // 2, b"c" * (2 * BLOCK))  # where there was nothing
    assert sizes() == (3 * BLOCK, 3 * BLOCK)
    write(cloud, drive, 0, b"a" * (4 * BLOCK))  # what it was before
    assert sizes() == (2 * BLOCK, 2 * BLOCK)
    second = snapshot(cloud, drive)
    assert second["allocated_size"] == 0
    write(cloud, drive, BLOCK, b"z")
    assert sizes() == (3 * BLOCK, 4 * BLOCK)
    assert cloud.see("snapshots", second["uuid"])["allocated_size"] == BLOCK
    assert read(cloud, made, 0, 2 * BLOCK) == b"a" * (2 * BLOCK)


def test_bytes_are_shared_until_one_is_changed(cloud: Cloud) -> None:
    drive = cloud.drive()
    write(cloud, drive, 0, b"a" * BLOCK)
    images = cloud.app.images
    made = snapshot(cloud, drive)
    assert images.path(made["uuid"]).samefile(images.path(drive["uuid"]))
    write(cloud, drive, 0, b"b")
    assert not images.path(made["uuid"]).samefile(images.path(drive["uuid"]))
    assert read(cloud, made, 0, 2) == b"aa"


def test_a_clone_has_the_bytes_of_the_snapshot(cloud: Cloud) -> None:
    drive = cloud.drive(name="source", media="cdrom", meta={"of": "drive"})
    write(cloud, drive, 5, b"then")
    made = snapshot(cloud, drive, name="snap", meta={"of": "snapshot"})
    write(cloud, drive, 5, b"now!")
    reply = cloud.act(made, "clone&avoid=" + drive["uuid"], {})
    assert reply.status == 202
    copy = reply.body
    uri = f"/api/2.0/drives/{copy['uuid']}/"
    assert copy["resource_uri"] == {"resource_uri": uri, "uuid": copy["uuid"]}
    assert (copy["status"], copy["name"], copy["media"], copy["size"]) == (
        "cloning_dst",
        "snap",
        "cdrom",
        drive["size"],
    )
    assert copy["meta"] == {"of": "snapshot"}
    assert copy["runtime"]["is_snapshotable"] is None
    assert len(copy["jobs"]) == 1
    # The snapshot and even the drive may go meanwhile.
    assert cloud.see("snapshots", made["uuid"])["status"] == "available"
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    assert cloud.call("GET", f"/snapshots/{made['uuid']}/").status == 404
    cloud.advance(120)
    done = cloud.see("drives", copy["uuid"])
    assert (done["status"], done["resource_uri"]) == ("unmounted", uri)
    assert read(cloud, done, 5, 4) == b"then"
    assert cloud.app.images.path(done["uuid"]).stat().st_nlink == 1
    job = cloud.see("jobs", copy["jobs"][0]["uuid"])
    assert (job["operation"], job["state"], job["data"]) == ("drive_clone", "success", {"progress": 100})


@pytest.mark.parametrize("kind", ["snapshots", "remotesnapshots"])
def test_a_clone_follows_what_the_body_says(cloud: Cloud, kind: str) -> None:
    tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]["uuid"]
    made = snapshot(cloud, cloud.drive(), kind, tags=[tag], meta={"a": "b"})
    plain = cloud.act(made, "clone").body
    assert ([ref["uuid"] for ref in plain["tags"]], plain["meta"]) == ([tag], {"a": "b"})
    wanted = {"name": "n", "media": "cdrom", "affinities": ["ssd"], "size": 2 * GIB, "meta": {}, "tags": []}
    copy = cloud.act(made, "clone", wanted).body
    assert {key: copy[key] for key in wanted} == wanted
    smaller = cloud.act(made, "clone", {"size": GIB // 2})
    assert (smaller.status, smaller.error["error_point"]) == (400, "size")
    cloud.advance(120)
    assert cloud.see("drives", copy["uuid"])["size"] == 2 * GIB


def test_the_name_of_a_clone_follows_the_profile(cloud: Cloud) -> None:
    made = snapshot(cloud, cloud.drive(), name="snap")
    profile = cloud.get("/profile/")
    assert cloud.call("PUT", "/profile/", {**profile, "clone_naming": "COUNTER"}).status == 200
    assert cloud.act(made, "clone").body["name"] == "snap_1"


def test_a_snapshot_is_of_the_size_that_the_drive_had(cloud: Cloud) -> None:
    drive = cloud.drive()
    write(cloud, drive, 0, b"data")
    made = snapshot(cloud, drive)
    assert cloud.call("PUT", f"/drives/{drive['uuid']}/", {**drive, "size": 2 * GIB}).status == 200
    cloud.advance(120)
    assert cloud.see("drives", drive["uuid"])["size"] == 2 * GIB
    assert cloud.see("snapshots", made["uuid"])["allocated_size"] == 0
    copy = cloud.act(made, "clone").body
    cloud.advance(120)
    assert copy["size"] == GIB
    assert cloud.app.images.path(copy["uuid"]).stat().st_size == GIB
    assert read(cloud, copy, 0, 4) == b"data"


def test_local_snapshots_die_with_their_drive_remote_ones_do_not(cloud: Cloud) -> None:
    drive = cloud.drive(name="source")
    write(cloud, drive, 0, b"kept")
    remote = begin(cloud, drive, "remotesnapshots")
    local, creating = snapshot(cloud, drive), begin(cloud, drive)
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    for uuid in (local["uuid"], creating["uuid"]):
        assert cloud.call("GET", f"/snapshots/{uuid}/").status == 404
        assert cloud.app.images.existing(uuid) is None
    cloud.advance(600)
    assert cloud.call("GET", f"/drives/{drive['uuid']}/").status == 404
    assert cloud.get(f"/snapshots/?drive={drive['uuid']}")["objects"] == []
    shown = cloud.see("remotesnapshots", remote["uuid"])
    assert shown["drive"]["uuid"] == drive["uuid"]
    assert shown["drive_meta"] == {
        "media": "disk",
        "name": "source",
        "size": GIB,
        "src_uuid": drive["uuid"],
        "storage_type": "dssd",
    }
    copy = cloud.act(shown, "clone").body
    cloud.advance(120)
    assert read(cloud, copy, 0, 4) == b"kept"


# remote


def test_a_remote_snapshot_is_transferred(cloud: Cloud) -> None:
    drive = cloud.drive()
    write(cloud, drive, 0, b"d" * (8 * BLOCK))
    made = begin(cloud, drive, "remotesnapshots", name="new", meta={"a": "b"})
    assert len(made) == 15
    assert (made["status"], made["allocated_size"], made["location"]) == ("creating", 0, "ZRH")
    seen = [made["status"]]
    while cloud.app.jump():
        shown = cloud.see("remotesnapshots", made["uuid"])
        seen.append(shown["status"])
    assert seen == ["creating", "transferring", "available"]
    assert shown["allocated_size"] == 8 * BLOCK
    assert made["timestamp"] == shown["timestamp"] < shown["last_state_change"]
    refs = cloud.see("drives", drive["uuid"])
    assert (refs["snapshots"], [ref["uuid"] for ref in refs["remote_snapshots"]]) == ([], [made["uuid"]])
    assert cloud.get("/capabilities/")["remote_snapshots"]["current"] == 1
    changed = cloud.call(
        "PUT", f"/remotesnapshots/{made['uuid']}/", {**shown, "name": "edited", "location": "FRA"}
    )
    assert changed.body == {**shown, "name": "edited"}
    assert cloud.call("DELETE", f"/remotesnapshots/{made['uuid']}/").status == 204
    assert cloud.call("GET", f"/remotesnapshots/{made['uuid']}/").status == 404


def test_nothing_is_done_to_a_remote_snapshot_on_its_way(cloud: Cloud) -> None:
    made = begin(cloud, cloud.drive(), "remotesnapshots")
    uri = f"/remotesnapshots/{made['uuid']}/"
    for state in ("creating", "transferring"):
        assert cloud.see("remotesnapshots", made["uuid"])["status"] == state
        assert cloud.call("PUT", uri, {"name": "x"}).status == 403
        assert cloud.call("DELETE", uri).status == 403
        assert cloud.call("POST", f"{uri}action/?do=clone").status == 403
        cloud.app.jump()
    assert cloud.call("PUT", uri, {"name": "x"}).status == 200


@pytest.mark.parametrize("location", [None, "", "XYZ", 7])
def test_a_remote_snapshot_needs_a_known_location(cloud: Cloud, location: Any) -> None:
    body: Doc = {"drive": cloud.drive()["uuid"], "location": location}
    if location is None:
        del body["location"]
    refused = cloud.call("POST", "/remotesnapshots/", body)
    assert (refused.status, refused.error["error_point"]) == (400, "location")


def test_every_offered_location_is_taken(cloud: Cloud) -> None:
    for location in cloud.get("/capabilities/")["remote_snapshots"]["remote_locations"]:
        assert begin(cloud, cloud.drive(), "remotesnapshots", location=location)["location"] == location


def test_a_pause_between_remote_snapshots_of_one_drive(cloud: Cloud) -> None:
    drive, other = cloud.drive(), cloud.drive()

    def ask(which: Doc) -> int:
        return cloud.call("POST", "/remotesnapshots/", {"drive": which["uuid"], "location": "ZRH"}).status

    made = begin(cloud, drive, "remotesnapshots")
    assert ask(drive) == 403  # one is on its way
    assert ask(other) == 201
    cloud.advance(29 * 60)
    assert cloud.see("remotesnapshots", made["uuid"])["status"] == "available"
    assert ask(drive) == 403
    assert cloud.call("DELETE", f"/remotesnapshots/{made['uuid']}/").status == 204
    assert ask(drive) == 403  # a deletion does not shorten it
    cloud.advance(61)
    assert ask(drive) == 201


def test_the_pause_can_be_chosen() -> None:
    cloud = Cloud(remote_snapshot_interval=0)
    try:
        drive = cloud.drive()
        for _ in range(2):
            snapshot(cloud, drive, "remotesnapshots")
        begin(cloud, drive, "remotesnapshots")
        assert (
            cloud.call("POST", "/remotesnapshots/", {"drive": drive["uuid"], "location": "ZRH"}).status == 403
        )
    finally:
        cloud.close()


def test_at_most_so_many_remote_ones(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudsigma_emulator.domain import limits

    assert cloud.get("/capabilities/")["remote_snapshots"]["max"] == 600
    monkeypatch.setitem(limits.CAPABILITIES["remote_snapshots"], "max", 1)
    begin(cloud, cloud.drive(), "remotesnapshots")
    refused = cloud.call("POST", "/remotesnapshots/", {"drive": cloud.drive()["uuid"], "location": "ZRH"})
    assert refused.status == 403


# at every speed, and after a restart


@pytest.mark.parametrize("kind", ["snapshots", "remotesnapshots"])
def test_instant_snapshots_show_their_first_state(kind: str) -> None:
    cloud = Cloud(speed="instant")
    try:
        drive = cloud.drive()
        made = begin(cloud, drive, kind)
        assert made["status"] == "creating"
        cloud.settle()
        assert cloud.see(kind, made["uuid"])["status"] == "available"
        assert cloud.act(made, "clone").body["status"] == "cloning_dst"
        assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
        assert cloud.call("GET", f"/snapshots/{made['uuid']}/").status == 404
    finally:
        cloud.close()


def test_snapshots_are_there_after_a_restart(tmp_path: Path) -> None:
    cloud = Cloud(data=tmp_path)
    try:
        drive = cloud.drive()
        write(cloud, drive, 0, b"then")
        made = begin(cloud, drive)
        write(cloud, drive, 0, b"now!")
    finally:
        cloud.close()
    cloud = Cloud(data=tmp_path)
    try:
        assert cloud.see("snapshots", made["uuid"])["status"] == "creating"
        cloud.advance(200)
        assert cloud.see("snapshots", made["uuid"])["allocated_size"] == BLOCK
        assert read(cloud, made, 0, 4) == b"then"
    finally:
        cloud.close()


def test_a_guest_that_writes_by_itself_does_not_change_a_snapshot(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(cloud.app.hypervisor), "writes_images", True)
    drive = cloud.drive()
    write(cloud, drive, 0, b"then")
    cloud.running(drives=[attach(drive)])
    made = snapshot(cloud, drive)
    with cloud.app.images.path(drive["uuid"]).open("r+b") as image:
        image.write(b"now!")
    assert read(cloud, made, 0, 4) == b"then"
    assert cloud.see("snapshots", made["uuid"])["allocated_size"] == BLOCK


# the images below


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    made = Images(tmp_path)
    yield made
    made.close()


Change = tuple[int, bytes]
changes = st.lists(
    st.tuples(st.integers(0, 6 * BLOCK), st.binary(min_size=1, max_size=2 * BLOCK)), max_size=4
)


@given(before=changes, after=changes)
@settings(max_examples=60, deadline=None)
def test_changed_bytes_are_those_of_a_plain_comparison(
    tmp_path_factory: pytest.TempPathFactory, before: list[Change], after: list[Change]
) -> None:
    images = Images(tmp_path_factory.mktemp("images"))
    size = 5 * BLOCK + 1000
    then, now = bytearray(size), bytearray(size)

    def put(model: bytearray, offset: int, data: bytes) -> None:
        model[offset : offset + len(data)] = data
        del model[size:]
        model.extend(bytes(size - len(model)))

    for offset, data in before:
        images.write(A, offset, data)
        put(then, offset, data)
    now[:] = then
    images.share(A, B)
    for offset, data in after:
        images.write(A, offset, data)
        put(now, offset, data)
    blocks = range(0, size, BLOCK)
    expected = sum(min(BLOCK, size - at) for at in blocks if then[at : at + BLOCK] != now[at : at + BLOCK])
    assert changed_bytes(images.existing(A), images.existing(B), size) == expected
    assert images.changed(A, B, size) == expected
    assert images.read(B, 0, size).ljust(size, b"\0") == then


def test_sharing_is_ended_by_every_kind_of_writing(images: Images) -> None:
    for change in (
        lambda: images.write(A, 0, b"x"),
        lambda: images.clear(A, 4),
        lambda: images.create(A, 2),
        lambda: images.resize(A, 2),
        lambda: images.open_for_writing(A).close(),
    ):
        images.write(A, 0, b"data")
        images.share(A, B)
        images.share(A, C)
        images.share(C, B)  # it has bytes already
        change()
        assert images.read(B, 0, 9) == images.read(C, 0, 9) == b"data"
        for uuid in (A, B, C):
            images.remove(uuid)
    images.share(A, B)
    assert images.existing(B) is None


def test_a_long_hole_costs_nothing_to_compare(images: Images) -> None:
    images.create(A, 1 << 42)
    images.create(B, 1 << 42)
    images.write(A, 1 << 41, b"x")
    assert images.changed(A, B, 1 << 42) == BLOCK


def test_a_long_comparison_is_not_repeated_at_once(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    images.write(A, 0, b"x")
    images.write(B, 0, b"y")
    seconds = iter([0.0, 2.0, 10.0, 50.0, 51.0])
    monkeypatch.setattr(measuring.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(measuring, "_SETTLED_NS", 1 << 62)  # somebody writes all the time
    meter = ChangeMeter()

    def measure() -> int:
        return meter.measure(images.existing(A), images.existing(B), 10 * BLOCK)

    assert measure() == BLOCK  # took two seconds
    images.write(A, BLOCK, b"z")
    assert measure() == BLOCK  # eight seconds later: the old figure
    assert measure() == 2 * BLOCK  # forty seconds later


def test_snapshots_with_the_same_bytes_are_compared_once(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    monkeypatch.setattr(measuring, "_SETTLED_NS", -1)  # nobody writes any more
    monkeypatch.setattr(measuring, "changed_bytes", lambda *_: compared.append(1) or 7)
    images.write(A, 0, b"x")
    images.share(A, B)
    images.share(A, C)
    images.write(A, 0, b"y")
    assert [images.changed(A, B, 100), images.changed(A, C, 100), images.changed(A, B, 100)] == [7, 7, 7]
    assert len(compared) == 1
    images.write(A, 0, b"a longer change")
    assert images.changed(A, B, 100) == 7
    assert len(compared) == 2


def test_owners_of_both_accounts_have_their_own(cloud: Cloud) -> None:
    drive = cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"}, email=SECOND)
    cloud.settle()
    body = {"drive": drive.body["objects"][0]["uuid"]}
    made = cloud.call("POST", "/snapshots/", body, email=SECOND).body["objects"][0]
    assert made["owner"]["uuid"] == cloud.uuid_of(SECOND)
    assert cloud.get("/snapshots/", email=FIRST)["meta"]["total_count"] == 0
    assert cloud.get("/snapshots/", email=SECOND)["meta"]["total_count"] == 1
