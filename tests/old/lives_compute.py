"""Lives of drives and servers, what they stand on, and networks."""

from __future__ import annotations

from typing import Any

from cloudsigma import resource

from .verbs import DISK, GIB, SERVER, Spoken, World, at, gone, life, reads, refused


@life("LibDrive", "VLAN", "IP")
def owned_or_public(old: Spoken, world: World) -> None:
    one = old.list()[0]
    found = reads(old, one)
    assert {key: found[key] for key in one} == one
    assert found["resource_uri"] == at(old.root, one["uuid"])
    if old.root == "libdrives":
        assert (found["status"], found["media"], found["owner"]) == ("unmounted", "disk", None)
        assert found["size"] > 0
    else:
        assert found["owner"]["uuid"] == resource.Profile().get()["uuid"]
    if "update" in old.verbs:
        assert old.update(one["uuid"], {"meta": {"name": "mine"}})["meta"] == {"name": "mine"}
        assert old.get(one["uuid"]) == {**found, "meta": {"name": "mine"}}


@life("Drive")
def drive(old: Spoken, world: World) -> None:
    made = old.create(DISK, avoid=[])
    uuid = made["uuid"]
    assert {key: made[key] for key in DISK} == DISK
    assert (made["status"], made["mounted_on"], made["resource_uri"]) == ("creating", [], at("drives", uuid))
    assert world.settled("drives", uuid)["status"] == "unmounted"
    reads(old, made)
    changed = old.update(uuid, {**DISK, "name": "renamed", "meta": {"for": "tests"}})
    assert (changed["name"], changed["meta"]) == ("renamed", {"for": "tests"})
    resized = old.resize(uuid, {**DISK, "name": "renamed", "size": 2 * GIB})
    assert (resized["status"], resized["size"]) == ("resizing", GIB)
    grown = world.settled("drives", uuid)
    assert (grown["status"], grown["size"], grown["name"]) == ("unmounted", 2 * GIB, "renamed")
    refused(400, old.resize, uuid, {**DISK, "size": GIB})
    copy = old.clone(uuid, {"name": "copy"}, avoid=uuid)
    assert (copy["name"], copy["status"], copy["size"]) == ("copy", "cloning_dst", 2 * GIB)
    copied = world.settled("drives", copy["uuid"])
    assert (copied["status"], copied["size"], copied["media"]) == ("unmounted", 2 * GIB, "disk")
    assert world.settled("drives", uuid)["status"] == "unmounted"
    _upload_in_chunks(old, world)
    assert old.delete(copy["uuid"]) is None
    gone(old, copy["uuid"])
    several = old.create([{**DISK, "name": name} for name in "abc"])
    assert [each["name"] for each in several] == ["a", "b", "c"]
    assert [each["name"] for each in old.list({"name": "a,c", "fields": "name"})] == ["a", "c"]


def _upload_in_chunks(old: Spoken, world: World) -> None:
    """Send an image in two chunks, the last one the bigger. It is text: nothing else gets through the old library."""
    image = world.folder / "image.raw"
    image.write_bytes(b"0123456789abcdef" * 160)
    upload = resource.InitUpload().create({"media": "disk"}, image_path=str(image))
    assert (upload["name"], upload["size"], upload["status"]) == ("image.raw", 2560, "uploading")
    for number in (1, 0):
        link = old.get_upload_chunk_link(upload["uuid"], number, chunk_size=1024)
        assert link.startswith("/api/2.0/")
        assert old.upload_chunk(link, str(image), number, 1024).ok
        refused(403 if number == 0 else 416, old.get_upload_chunk_link, upload["uuid"], number, 1024)
    # The last chunk ends the upload at once, and the drive is as big as the smallest one.
    stored = old.get(upload["uuid"])
    assert (stored["status"], stored["media"]) == ("unmounted", "disk")
    assert stored["size"] == resource.Capabilites().get()["drives"]["dssd"]["min_size"]


@life("InitUpload")
def init_upload(old: Spoken, world: World) -> None:
    made = old.create({"name": "image", "size": 12345, "media": "cdrom"}, avoid="")
    assert (made["name"], made["size"], made["media"]) == ("image", 12345, "cdrom")
    found = resource.Drive().get(made["uuid"])
    assert (found["status"], found["size"]) == ("uploading", 12345)


def on(disk: Any, channel: str = "0:0", **more: Any) -> dict[str, Any]:
    """Return how a drive is attached to a server."""
    return {"boot_order": 1, "dev_channel": channel, "device": "virtio", "drive": disk["uuid"], **more}


@life("Server", "BServer")
def server(old: Spoken, world: World) -> None:
    attached = [on(world.disk())]
    made = old.create({**SERVER, "drives": attached})
    uuid = made["uuid"]
    assert {key: made[key] for key in SERVER} == SERVER
    assert [{**each, "drive": each["drive"]["uuid"]} for each in made["drives"]] == [
        {**attached[0], "runtime": None}
    ]
    assert (made["status"], made["resource_uri"]) == ("stopped", at("servers", uuid))
    assert reads(old, made) == made
    assert old.update(uuid, {**SERVER, "drives": attached, "name": "renamed"})["name"] == "renamed"
    _power(old, world, uuid)
    _copies(old, world, uuid)
    assert old.delete(uuid) is None
    gone(old, uuid)
    assert resource.Drive().get(attached[0]["drive"])["status"] == "unmounted"


def _power(old: Spoken, world: World, uuid: str) -> None:
    def done(action: str) -> dict[str, str]:
        return {"action": action, "result": "success", "uuid": uuid}

    refused(403, old.stop, uuid)
    assert old.start(uuid) == done("start")
    running = world.settled(old.root, uuid, "running")
    assert running["drives"][0]["runtime"] is not None
    assert running["runtime"]["active_since"] == old.runtime(uuid)["active_since"]
    assert resource.Drive().get(running["drives"][0]["drive"]["uuid"])["status"] == "mounted"
    refused(403, old.start, uuid)
    screen = old.open_vnc(uuid)
    assert screen.pop("vnc_url").startswith("vnc://")
    assert screen == done("open_vnc")
    assert old.close_vnc(uuid) == done("close_vnc")
    console = old.open_console(uuid)
    assert console.pop("console_url")
    assert console == done("open_console")
    assert old.close_console(uuid) == done("close_console")
    assert old.restart(uuid) == done("restart")
    world.settled(old.root, uuid, "running")
    assert old.shutdown(uuid) == done("shutdown")
    assert world.settled(old.root, uuid, "stopped")["runtime"] is None
    assert old.start(uuid, allocation_method="eager") == done("start")
    world.settled(old.root, uuid, "running")
    refused(403, old.delete, uuid)
    assert old.stop(uuid) == done("stop")
    world.settled(old.root, uuid, "stopped")


def _copies(old: Spoken, world: World, uuid: str) -> None:
    copy = old.clone(uuid, {"name": "copy"}, avoid=[uuid])
    assert (copy["name"], copy["status"], copy["cpu"], copy["mem"]) == (
        "copy",
        "stopped",
        SERVER["cpu"],
        SERVER["mem"],
    )
    copied = copy["drives"][0]["drive"]["uuid"]
    assert copied != old.get(uuid)["drives"][0]["drive"]["uuid"]
    world.settled("drives", copied)
    assert old.delete(copy["uuid"], recurse="all_drives") is None
    gone(old, copy["uuid"])
    refused(404, resource.Drive().get, copied)
    # Which drives go with a server: a disk, a CD, or both.
    for verb, goes in (
        ("delete_with_all_drives", {"disk", "cdrom"}),
        ("delete_with_disks", {"disk"}),
        ("delete_with_cdroms", {"cdrom"}),
    ):
        media = {each: world.disk(media=each) for each in ("disk", "cdrom")}
        ide = on(media["cdrom"], device="ide", boot_order=2)
        both = old.create({**SERVER, "drives": [on(media["disk"]), ide]})
        assert getattr(old, verb)(both["uuid"]) is None
        gone(old, both["uuid"])
        left = {each["uuid"] for each in resource.Drive().list()}
        assert {each for each, one in media.items() if one["uuid"] not in left} == goes


@life("ServersAvailabilityGroups")
def availability_groups(old: Spoken, world: World) -> None:
    uuid = world.server(drives=[])["uuid"]
    assert old.list() == []
    world.servers.start(uuid)
    world.settled("servers", uuid, "running")
    assert old.list() == [[uuid]]
    assert old.get(uuid) == [uuid]


@life("Snapshot", "RemoteSnapshot")
def snapshots(old: Spoken, world: World) -> None:
    root = old.root
    place = {}
    if root == "remotesnapshots":
        capabilities = resource.Capabilites().get()
        place = {"location": capabilities["remote_snapshots"]["remote_locations"][0]}
    disk = world.disk()
    made = old.create({"drive": disk["uuid"], "name": "before", **place})
    assert (made["status"], made["name"], made["drive"]["uuid"]) == ("creating", "before", disk["uuid"])
    assert {key: made[key] for key in place} == place
    made = world.settled(root, made["uuid"])
    assert (made["status"], made["allocated_size"]) == ("available", 0)
    assert reads(old, made) == made
    beside = "snapshots" if root == "snapshots" else "remote_snapshots"
    assert [each["uuid"] for each in resource.Drive().get(disk["uuid"])[beside]] == [made["uuid"]]
    renamed = old.update(made["uuid"], {**made, "name": "renamed"})
    assert renamed == {**made, "name": "renamed"}
    copy = old.clone(made["uuid"], {"name": "copy"}, avoid=[disk["uuid"]])
    assert copy["name"] == "copy"
    settled = world.settled("drives", copy["uuid"])
    assert (settled["size"], settled["media"]) == (disk["size"], disk["media"])
    assert old.delete(made["uuid"]) is None
    gone(old, made["uuid"])


@life("DriveUsers")
def drive_users(old: Spoken, world: World) -> None:
    disk = world.disk()
    made = old.create({"drive": disk["uuid"], "amount": 3})
    assert made == {"drive": {"uuid": disk["uuid"], "resource_uri": at("drives", disk["uuid"])}, "amount": 3}
    assert old.get(disk["uuid"]) == made
    assert old.list() == [made]
    assert old.update(disk["uuid"], {"amount": 5}) == {**made, "amount": 5}
    assert old.list() == [{**made, "amount": 5}]
    assert old.delete(disk["uuid"]) is None
    refused(404, old.get, disk["uuid"])
    assert old.list() == []


@life("Vpc", "Nodes", "HostAllocationPools")
def private_cloud(old: Spoken, world: World) -> None:
    world.bought("vpc")
    world.bought("dedicated_host_6148")
    one = old.list()[0]
    found = reads(old, one)
    assert {key: found[key] for key in one} == one
    assert found["resource_uri"] == at(old.root, one["uuid"])
    assert found.get("status", "active") == "active"
    if old.root == "vpc":
        node, pool = resource.Nodes().list()[0], resource.HostAllocationPools().list()[0]
        assert found["allocation_pool"] == pool["uuid"]
        changed = old.update(one["uuid"], {**found, "name": "mine", "nodes": [node["uuid"]]})
        assert (changed["name"], [each["uuid"] for each in changed["nodes"]]) == ("mine", [node["uuid"]])
        assert resource.Nodes().get(node["uuid"])["vpc"]["uuid"] == one["uuid"]
    elif "update" in old.verbs:
        assert old.update(one["uuid"], {**found, "name": "mine"}) == {**found, "name": "mine"}


@life("HostAvailabilityZones")
def zones(old: Spoken, world: World) -> None:
    found = old.list()
    assert len({each["uuid"] for each in found}) == len(found) > 0
    assert all(each["resource_uri"] == at(old.root, each["uuid"]) and each["name"] for each in found)
