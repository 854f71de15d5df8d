"""Our answers beside recorded ones: the same keys, the same kinds of values, at every depth.

The recordings are not part of the project. Their folder is named by CLOUDSIGMA_RECORDED, or lies beside the
checkout as ``shared/api/recorded``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma_emulator.engine.guests import Guests

from .cloud_in_process import GIB, Cloud, Doc, attach

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "api" / "recorded"
FOLDER = Path(os.environ.get("CLOUDSIGMA_RECORDED", BESIDE))

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no recorded answers: set CLOUDSIGMA_RECORDED to the folder that has them"
)

# Older answers lack these; newer ones have them.
ADDED = {
    "server": {"allocation_pool", "auto_start", "epcs", "gpus", "is_grey"},
    "nic": {"firewall_policy"},
    "drive": {"backup_scheduler", "iops", "remote_snapshots"},
    "drive runtime": {"is_downloadable", "is_ephemeral"},
}
ALL_ADDED = set().union(*ADDED.values())
# Free dictionaries: their keys are the users'.
FREE = {"meta", "data"}
# What differs because of when and where it was recorded, not because of its shape.
OPEN = {"licenses", "jobs", "tags", "requirements"}


def recorded(name: str) -> Any:
    text = (FOLDER / f"response_{name}").read_text(encoding="utf-8")
    start = min(position for position in (text.find("{"), text.find("[")) if position >= 0)
    return json.loads(text[start:])


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}[
        type(value)
    ]


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Tell where the shapes differ; a null on either side stands for any kind of value."""
    if ours is None or theirs is None:
        return
    if kind_of(ours) != kind_of(theirs):
        yield f"{path}: we answer a {kind_of(ours)}, the cloud a {kind_of(theirs)}"
    elif isinstance(ours, dict):
        if path.rpartition(".")[2] in FREE:
            return
        missing = set(theirs) - set(ours)
        extra = set(ours) - set(theirs) - ALL_ADDED
        if missing or extra:
            yield f"{path}: missing {sorted(missing)}, extra {sorted(extra)}"
        for key in set(ours) & set(theirs):
            yield from differences(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list) and ours and theirs and path.rpartition(".")[2] not in OPEN:
        yield from differences(ours[0], theirs[0], f"{path}[0]")


def full_server(cloud: Cloud) -> Doc:
    cdrom = cloud.drive(media="cdrom")
    return cloud.server(
        drives=[attach(cloud.drive(), boot_order=1), attach(cdrom, "0:0", "ide")],
        nics=[{"ip_v4_conf": {"conf": "dhcp"}}],
        meta={"description": "d"},
    )


def running(cloud: Cloud) -> Doc:
    return cloud.running(
        drives=[attach(cloud.drive(), boot_order=1)], nics=[{"ip_v4_conf": {"conf": "dhcp"}}]
    )


def two_nics(cloud: Cloud) -> Doc:
    [vlan] = cloud.get("/vlans/")["objects"]
    return cloud.server(nics=[{"ip_v4_conf": {"conf": "dhcp"}}, {"vlan": vlan["uuid"]}])


def static_nic(cloud: Cloud) -> Doc:
    address = cloud.get("/ips/")["objects"][0]["uuid"]
    return cloud.server(nics=[{"ip_v4_conf": {"conf": "static", "ip": address}}])


def creating(cloud: Cloud) -> Any:
    return cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"}).body


def finished_job(cloud: Cloud, source: Doc) -> Any:
    answer = cloud.act(source, "clone").body
    copy = answer.get("objects", [answer])[0]
    cloud.settle()
    return cloud.see("jobs", copy["jobs"][0]["uuid"])


def tagged_server(cloud: Cloud) -> Any:
    tag = cloud.call("POST", "/tags/", {"name": "t", "resources": [cloud.server()["uuid"]]}).body["objects"][
        0
    ]
    return cloud.get(f"/tags/{tag['uuid']}/servers/")


def tag_with_resources(cloud: Cloud) -> Any:
    return cloud.call("POST", "/tags/", [{"name": "t", "resources": [cloud.server()["uuid"]]}]).body


def library(cloud: Cloud, kind: str) -> Any:
    licensed = [d for d in cloud.get("/libdrives/?limit=0")["objects"] if len(d["licenses"]) == 2]
    return cloud.see(kind, licensed[0]["uuid"])


CASES: dict[str, Callable[[Cloud], Any]] = {
    "server_create_full": lambda c: {"objects": [full_server(c)]},
    "server_create_minimal": lambda c: {"objects": [c.server()]},
    "server_get_running": running,
    "server_get_two_nics": two_nics,
    "server_change_nic_to_static": static_nic,
    "server_list": lambda c: [c.server(), c.get("/servers/")][1],
    "server_list_detail": lambda c: [full_server(c), c.get("/servers/detail/")][1],
    "server_start": lambda c: c.act(c.server(), "start").body,
    "server_stop": lambda c: c.act(c.running(), "stop").body,
    "server_acpi_shutdown": lambda c: c.act(c.running(), "shutdown").body,
    "server_open_vnc": lambda c: c.act(c.running(), "open_vnc").body,
    "server_close_vnc": lambda c: c.act(c.running(), "close_vnc").body,
    "server_open_console": lambda c: c.act(c.running(), "open_console").body,
    "server_close_console": lambda c: c.act(c.running(), "close_console").body,
    "server_clone": lambda c: c.act(c.server(), "clone", {"random_vnc_password": True}).body,
    "drive_create_minimal": creating,
    "drive_get_unmounted": lambda c: c.drive(),
    "drive_list": lambda c: c.get("/drives/"),
    "drive_list_detail": lambda c: c.get("/drives/detail/"),
    "drive_list_just_uuid_and_status": lambda c: c.get("/drives/?fields=uuid,status"),
    "drive_edit": lambda c: c.call("PUT", f"/drives/{(d := c.drive())['uuid']}/", d).body,
    "drive_resize": lambda c: (
        c.call("PUT", f"/drives/{(d := c.drive())['uuid']}/", {**d, "size": 2 * GIB}).body
    ),
    "drive_resize_action": lambda c: c.act(d := c.drive(), "resize", {**d, "size": 2 * GIB}).body,
    "drive_clone": lambda c: c.act(c.drive(), "clone", {"name": "y"}).body,
    "ephemeral_drive_resize_action": lambda c: (
        c.act(d := c.drive(storage_type="local_nvme"), "resize", {**d, "size": 2 * GIB}).body
    ),
    "libdrive_get": lambda c: library(c, "libdrives"),
    "librdrive_get_through_drives": lambda c: library(c, "drives"),
    "libdrive_list": lambda c: c.get("/libdrives/?limit=5"),
    "jobs_drive_clone": lambda c: finished_job(c, c.drive()),
    "jobs_server_clone": lambda c: finished_job(c, c.server(drives=[attach(c.drive())])),
    "jobs_list": lambda c: [finished_job(c, c.drive()), c.get("/jobs/")][1],
    "vlan_get": lambda c: c.see("vlans", c.get("/vlans/")["objects"][0]["uuid"]),
    "vlan_list": lambda c: c.get("/vlans/"),
    "vlan_list_detail": lambda c: c.get("/vlans/detail/"),
    "ip_get": lambda c: c.see("ips", c.get("/ips/")["objects"][0]["uuid"]),
    "ip_list": lambda c: c.get("/ips/"),
    "ip_list_detail": lambda c: c.get("/ips/detail/"),
    "tags_create": lambda c: c.call("POST", "/tags/", [{"name": "t"}]).body,
    "tags_create_with_resource": tag_with_resources,
    "tags_list": lambda c: [tag_with_resources(c), c.get("/tags/")][1],
    "tags_list_resource": tagged_server,
}


@pytest.mark.parametrize("name", CASES)
def test_answers_have_the_recorded_shape(cloud: Cloud, name: str) -> None:
    assert list(differences(CASES[name](cloud), recorded(name))) == []


@pytest.mark.parametrize(
    "name", ["context_all", "context_all_robust", "context_all_dynamic", "context_all_dynamic_robust"]
)
def test_the_context_has_the_recorded_shape(cloud: Cloud, name: str) -> None:
    answer = Guests(cloud.app).context_answer(running(cloud)["uuid"], "")
    theirs = recorded(name)
    ours = json.loads(answer.removesuffix(b"\n\x04"))
    assert set(ours) == set(theirs)
    assert len(ours) == 23
    assert list(differences(ours, theirs)) == []


def test_the_comparison_sees_differences() -> None:
    ours: Doc = {"a": 1, "b": [{"c": "x"}], "meta": {"mine": "1"}}
    assert list(differences(ours, {"a": 2, "b": [{"c": "y"}], "meta": {"theirs": "2"}})) == []
    assert list(differences(ours, {"a": "1", "b": [{"d": "y"}], "z": 1, "meta": {}})) != []
