"""Each operation on a server in each of its states, and what every transition shows on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .cloud_in_process import GIB, MIB, Cloud, Doc, attach

STATES = ("stopped", "starting", "running", "stopping", "stopping by guest", "paused", "unavailable")


def server_in(cloud: Cloud, state: str) -> Doc:
    """A server brought into a state by the ways that lead there."""
    if state == "stopped":
        return cloud.server()
    if state == "starting":
        server = cloud.server()
        assert cloud.act(server, "start").status == 202
    else:
        server = cloud.running()
    if state == "stopping":
        assert cloud.act(server, "stop").status == 202
    elif state == "stopping by guest":
        cloud.happen(server, "ignore_power_button")
        assert cloud.act(server, "shutdown").status == 202
    elif state == "paused":
        assert cloud.happen(server, "illegal_operation")
    elif state == "unavailable":
        assert cloud.happen(server, "outage")
    shown = cloud.see("servers", server["uuid"])
    assert shown["status"] == state.partition(" ")[0]
    return shown


INTERNAL = {"running": "started", "stopping by guest": "stopping"}
RUNNING_WANTED = "\"['started', 'running_legacy']\""

ACTIONS: dict[str, set[str]] = {
    "start": {"stopped"},
    "stop": {"running", "paused", "stopping by guest"},
    "shutdown": {"running"},
    "restart": {"running"},
    "open_vnc": {"running"},
    "close_vnc": {"running"},
    "open_console": {"running"},
    "close_console": {"running"},
    "clone": {"stopped", "running", "paused"},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_actions_are_legal_where_the_table_says(cloud: Cloud, action: str, state: str) -> None:
    server = server_in(cloud, state)
    reply = cloud.act(server, action, {})
    if state in ACTIONS[action]:
        assert reply.status == 202, reply
        if action != "clone":
            assert {
                "action": action,
                "result": "success",
                "uuid": server["uuid"],
            }.items() <= reply.body.items()
        return
    assert reply.status == 403
    assert reply.error["error_type"] == "permission"
    assert reply.error["error_point"] is None
    name = INTERNAL.get(state, state)
    wanted = {"start": '"stopped"', "clone": "\"['stopped', 'started']\""}.get(action, RUNNING_WANTED)
    assert reply.error["error_message"] == (
        f'Cannot {action} guest in state "{name}". Guest should be in state {wanted}'
    )


@pytest.mark.parametrize("state", STATES)
def test_deletion_needs_a_stopped_server(cloud: Cloud, state: str) -> None:
    server = server_in(cloud, state)
    reply = cloud.call("DELETE", f"/servers/{server['uuid']}/")
    if state == "stopped":
        assert reply.status == 204
        assert reply.raw == b""
        gone = cloud.call("GET", f"/servers/{server['uuid']}/")
        assert gone.status == 404
        assert gone.error == {
            "error_type": "notexist",
            "error_message": f"Object with uuid {server['uuid']} does not exist",
            "error_point": None,
        }
        return
    name = INTERNAL.get(state, state)
    assert reply.status == 403
    assert reply.error["error_message"] == (
        f"Cannot delete guest in state '{name}'. Guest should be in state 'stopped'"
    )


@pytest.mark.parametrize("state", STATES)
def test_edits_wait_for_the_end_of_a_transition(cloud: Cloud, state: str) -> None:
    server = server_in(cloud, state)
    reply = cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "name": "renamed", "cpu": 2000})
    if state in ("starting", "stopping", "stopping by guest"):
        assert reply.status == 503
        assert reply.error["error_type"] == "concurrency"
        return
    assert reply.status == 200
    assert reply.body["name"] == "renamed"
    assert reply.body["cpu"] == (2000 if state == "stopped" else 1000)


def test_start_and_stop_show_everything_in_one_step(cloud: Cloud) -> None:
    drive = cloud.drive()
    nic = {"ip_v4_conf": {"conf": "dhcp"}}
    server = cloud.server(drives=[attach(drive, boot_order=1)], nics=[nic])
    uuid = server["uuid"]
    assert server["runtime"] is None

    cloud.act(server, "start")
    starting = cloud.see("servers", uuid)
    assert (starting["status"], starting["runtime"]) == ("starting", None)
    cloud.advance(1.9)
    assert cloud.see("servers", uuid)["status"] == "starting"
    cloud.advance(3.2)
    running = cloud.see("servers", uuid)
    assert running["status"] == "running"
    assert running["runtime"]["active_since"].endswith("+00:00")
    [seen] = running["runtime"]["nics"]
    address = seen["ip_v4"]["uuid"]
    assert seen == {**running["nics"][0]["runtime"], "mac": running["nics"][0]["mac"]}
    assert running["nics"][0]["ip_v4_conf"] == {"conf": "dhcp", "ip": None}
    assert running["drives"][0]["runtime"]["io"]["bytes_read"] == 0
    assert cloud.see("ips", address)["server"]["uuid"] == uuid
    assert cloud.see("ips", address)["subscription"] is None
    assert cloud.get(f"/servers/{uuid}/runtime/") == running["runtime"]

    cloud.act(server, "stop")
    assert cloud.see("servers", uuid)["status"] == "stopping"
    assert cloud.see("ips", address)["server"]["uuid"] == uuid
    cloud.advance(3.2)
    stopped = cloud.see("servers", uuid)
    assert stopped == server
    assert cloud.call("GET", f"/ips/{address}/").status == 404
    assert cloud.get(f"/servers/{uuid}/runtime/") == {"active_since": None, "nics": []}


def test_shutdown_is_obeyed_at_once(cloud: Cloud) -> None:
    server = cloud.running()
    cloud.act(server, "shutdown")
    assert cloud.see("servers", server["uuid"])["status"] == "stopping"
    wait_for(lambda: "server.power_off" in waiting(cloud, server))
    cloud.advance(4)
    assert cloud.see("servers", server["uuid"])["status"] == "stopped"


def test_a_guest_that_ignores_the_power_button_runs_again_after_a_minute(cloud: Cloud) -> None:
    server = cloud.running()
    assert cloud.happen(server, "ignore_power_button")
    cloud.act(server, "shutdown")
    cloud.advance(59)
    assert cloud.see("servers", server["uuid"])["status"] == "stopping"
    cloud.advance(2)
    again = cloud.see("servers", server["uuid"])
    assert again["status"] == "running"
    assert again["runtime"] == server["runtime"]
    assert cloud.act(server, "stop").status == 202


def test_the_minute_of_patience_does_not_shrink_with_the_speed() -> None:
    cloud = Cloud(speed="instant")
    server = cloud.running()
    cloud.happen(server, "ignore_power_button")
    cloud.act(server, "shutdown")
    cloud.advance(50)
    assert cloud.see("servers", server["uuid"])["status"] == "stopping"
    cloud.advance(11)
    assert cloud.see("servers", server["uuid"])["status"] == "running"
    cloud.close()


def test_a_guest_that_comes_to_its_senses_is_off_within_the_minute(cloud: Cloud) -> None:
    server = cloud.running()
    cloud.happen(server, "ignore_power_button")
    cloud.act(server, "shutdown")
    cloud.advance(30)
    cloud.happen(server, "obey_power_button")
    wait_for(lambda: "server.power_off" in waiting(cloud, server))
    cloud.advance(4)
    assert cloud.see("servers", server["uuid"])["status"] == "stopped"


def test_power_off_inside_the_guest_is_noticed_late(cloud: Cloud) -> None:
    server = cloud.running()
    assert cloud.happen(server, "power_off")
    cloud.advance(4)
    assert cloud.see("servers", server["uuid"])["status"] == "running"
    assert cloud.act(server, "stop").status == 202
    cloud.advance(4)
    assert cloud.see("servers", server["uuid"])["status"] == "stopped"

    other = cloud.running()
    cloud.happen(other, "power_off")
    cloud.advance(5.5)
    assert cloud.see("servers", other["uuid"])["status"] == "stopping"
    assert cloud.act(other, "stop").status == 202
    assert cloud.act(other, "stop").status == 403
    cloud.advance(4)
    assert cloud.see("servers", other["uuid"])["status"] == "stopped"


def test_restart_keeps_the_server_running_with_a_new_start(cloud: Cloud) -> None:
    server = cloud.running()
    cloud.advance(100)
    assert cloud.act(server, "restart").status == 202
    again = cloud.see("servers", server["uuid"])
    assert again["status"] == "running"
    assert again["runtime"]["active_since"] > server["runtime"]["active_since"]


def test_outages_and_crashes_of_the_platform(cloud: Cloud) -> None:
    server = cloud.running(nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
    assert cloud.happen(server, "outage")
    assert not cloud.happen(server, "illegal_operation")
    assert cloud.happen(server, "recover")
    assert cloud.see("servers", server["uuid"])["status"] == "running"
    assert cloud.happen(server, "host_crash")
    assert cloud.see("servers", server["uuid"])["status"] == "starting"
    cloud.advance(6)
    assert cloud.see("servers", server["uuid"])["status"] == "running"
    assert not cloud.happen(cloud.server(), "outage")

    starting = cloud.server()
    cloud.act(starting, "start")
    assert cloud.happen(starting, "outage")
    cloud.settle()
    assert cloud.see("servers", starting["uuid"])["status"] == "unavailable"
    cloud.happen(starting, "recover")
    assert cloud.see("servers", starting["uuid"])["status"] == "starting"
    cloud.settle()
    assert cloud.see("servers", starting["uuid"])["status"] == "running"


def test_paused_is_left_by_stopping(cloud: Cloud) -> None:
    server = server_in(cloud, "paused")
    assert cloud.act(server, "stop").status == 202
    cloud.advance(4)
    assert cloud.see("servers", server["uuid"])["status"] == "stopped"


def test_a_server_waits_for_drives_that_are_being_made(cloud: Cloud) -> None:
    reply = cloud.call("POST", "/drives/", {"name": "d", "size": GIB, "media": "disk"})
    drive = reply.body["objects"][0]
    copy = cloud.act(cloud.drive(size=8 * GIB), "clone").body["objects"][0]
    server = cloud.server(drives=[attach(drive), attach(copy, "0:1")])
    assert cloud.act(server, "start").status == 202
    cloud.advance(6)
    assert cloud.see("servers", server["uuid"])["status"] == "starting"
    assert cloud.see("drives", drive["uuid"])["status"] == "mounted"
    cloud.settle()
    assert cloud.see("drives", copy["uuid"])["status"] == "mounted"
    assert cloud.see("servers", server["uuid"])["status"] == "running"


def test_a_server_with_an_uploading_drive_is_not_started(cloud: Cloud) -> None:
    drive = cloud.call("POST", "/initupload/", {"name": "u", "size": 1000, "media": "disk"}).body["objects"][
        0
    ]
    server = cloud.server(drives=[attach(drive)])
    reply = cloud.act(server, "start")
    assert reply.status == 403
    assert "uploading" in reply.error["error_message"]


def test_starting_needs_five_days_of_funds(cloud: Cloud) -> None:
    account = cloud.uuid_of("user@example.com")
    with cloud.app.transaction() as tx:
        tx.update("balance", {**(tx.get("balance", account) or {}), "balance": "1.2"})
    small = cloud.server()
    # EUR: 1 GHz * 0.00612 + 0.5 GB * 0.0088 an hour, 120 hours: 1.2624
    refused = cloud.act(small, "start")
    assert refused.status == 402
    assert refused.error["error_type"] == "billing"
    assert cloud.see("servers", small["uuid"])["status"] == "stopped"
    with cloud.app.transaction() as tx:
        tx.update("balance", {**(tx.get("balance", account) or {}), "credit_limit": "0.1"})
    assert cloud.act(small, "start").status == 202


def test_licensed_drives_need_a_subscription_unless_burstable(cloud: Cloud) -> None:
    library = cloud.get("/libdrives/?limit=0")["objects"]
    burstable = next(
        d for d in library if d["licenses"] and all(b["license"]["burstable"] for b in d["licenses"])
    )
    strict = next(d for d in library if any(not b["license"]["burstable"] for b in d["licenses"]))
    for image, status in ((burstable, 202), (strict, 402)):
        copy = cloud.act(image, "clone", {"name": "windows"}).body["objects"][0]
        assert copy["licenses"] == image["licenses"]
        server = cloud.server(drives=[attach(copy)])
        assert cloud.act(server, "start").status == status


def test_frames_follow_every_step(cloud: Cloud) -> None:
    server = cloud.server()
    uri = server["resource_uri"]

    def told() -> bool:
        found = any(f.resource_uri == uri and f.resource_type == "servers" for f in cloud.frames)
        cloud.frames.clear()
        return found

    assert told()
    steps: list[Callable[[], Any]] = [
        lambda: cloud.act(server, "start"),
        lambda: cloud.advance(6),
        lambda: cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "name": "n"}),
        lambda: cloud.act(server, "stop"),
        lambda: cloud.advance(4),
        lambda: cloud.call("DELETE", f"/servers/{server['uuid']}/"),
    ]
    for step in steps:
        step()
        assert told()


def test_attaching_a_drive_tells_of_server_and_drive(cloud: Cloud) -> None:
    drive, server = cloud.drive(), cloud.server()
    cloud.frames.clear()
    cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "drives": [attach(drive)]})
    assert {f.resource_uri for f in cloud.frames} == {server["resource_uri"], drive["resource_uri"]}


def test_availability_groups(cloud: Cloud) -> None:
    servers = [cloud.running(), cloud.running(), cloud.server()]
    groups = cloud.get("/servers/availability_groups/")
    assert sorted(uuid for group in groups for uuid in group) == sorted(s["uuid"] for s in servers[:2])
    for server in servers[:2]:
        assert server["uuid"] in cloud.get(f"/servers/availability_groups/{server['uuid']}/")
    assert cloud.get(f"/servers/availability_groups/{servers[2]['uuid']}/") == []
    assert cloud.call("GET", "/servers/availability_groups/nobody/").status == 404
    cloud.call("POST", f"/servers/{servers[2]['uuid']}/action/?do=start&avoid={servers[0]['uuid']},unknown")
    cloud.settle()
    group = cloud.get(f"/servers/availability_groups/{servers[2]['uuid']}/")
    assert servers[0]["uuid"] not in group


def test_a_hundred_servers_have_an_address_each(cloud: Cloud) -> None:
    nic = {"ip_v4_conf": {"conf": "dhcp"}}
    bodies = [
        {"name": f"n{i}", "cpu": 1000, "mem": 256 * MIB, "vnc_password": "x", "nics": [nic]}
        for i in range(110)
    ]
    created = cloud.call("POST", "/servers/", {"objects": bodies}).body["objects"]
    for server in created:
        assert cloud.act(server, "start").status == 202
    cloud.settle()
    running = cloud.get("/servers/detail/?limit=0")["objects"]
    assert {server["status"] for server in running} == {"running"}
    addresses = {server["runtime"]["nics"][0]["ip_v4"]["uuid"] for server in running}
    assert len(addresses) == 110
    listed = cloud.get("/ips/?limit=0")["objects"]
    assert [ip["uuid"] in addresses for ip in listed] == [False, False] + [True] * 110


def waiting(cloud: Cloud, server: Doc) -> set[str]:
    with cloud.app.transaction() as tx:
        return {name for _, name, _ in tx.waiting(server["uuid"])}


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what a guest does in the hypervisor's thread."""
    import time

    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_an_empty_pool_stops_the_boot(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudsigma_emulator.engine import addresses

    monkeypatch.setattr(addresses, "_free", lambda tx, wanted: [])
    server = cloud.server(nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
    assert cloud.act(server, "start").status == 202
    cloud.settle()
    assert cloud.see("servers", server["uuid"]) == server
    assert cloud.app.hypervisor.serial_port(server["uuid"]) is None


def test_servers_without_nics_need_no_address(cloud: Cloud) -> None:
    cloud.running()
    assert cloud.get("/ips/")["meta"]["total_count"] == 2
