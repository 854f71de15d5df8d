"""The old resource classes: what they send, and what they give back."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

import cloudsigma
from cloudsigma import errors, resource
from cloudsigma.records import Server as ServerRecord

from .conftest import Home
from .names import CLASSES
from .stub import Received, Reply, Stub

UUID = "6cc01234-d024-4ecf-b0de-83dbc2900001"
DISK = {"name": "test_drive", "size": 1024000000, "media": "disk"}
SERVER = {"name": "test server", "cpu": 1000, "mem": 512 * 1024**2, "vnc_password": "s3cret"}

ROOTS = {
    name.removeprefix("resource."): old.root
    for name, old in CLASSES.items()
    if name.startswith("resource.") and old.root
} | {"Usage": "usage"}


def sent(call: Any, answer: Any = None) -> Received:
    """Return what the call sends; ``answer`` is the body that comes back."""
    with Stub(lambda _: answer or {"objects": [{"uuid": UUID, "price": "1.5"}]}) as stub:
        call(stub.credentials)
    (request,) = stub.requests
    return request


@pytest.mark.parametrize("name", ROOTS)
def test_every_class_speaks_for_its_root(name: str) -> None:
    cls, root = getattr(resource, name), ROOTS[name]
    listed = sent(lambda credentials: cls(**credentials).list())
    assert (listed.method, listed.target) == ("GET", f"/api/2.0/{root}/?limit=0")
    detail = sent(lambda credentials: cls(**credentials).list_detail({"fields": "uuid", "limit": 3}))
    assert detail.target == f"/api/2.0/{root}/detail/?limit=3&fields=uuid"
    assert sent(lambda credentials: cls(**credentials).get_schema()).target == f"/api/2.0/{root}/schema/"
    deleted = sent(lambda credentials: cls(**credentials).delete(UUID))
    assert (deleted.method, deleted.target, deleted.body) == ("DELETE", f"/api/2.0/{root}/{UUID}/", b"")


ACTIONS = [
    (
        "Drive",
        "clone",
        (UUID, {"name": "copy"}, ["a", "b"]),
        f"drives/{UUID}/action/?do=clone&avoid=a,b",
        {"name": "copy"},
    ),
    ("Drive", "clone", (UUID,), f"drives/{UUID}/action/?do=clone", {}),
    ("Drive", "resize", (UUID, {"size": 2}), f"drives/{UUID}/action/?do=resize", {"size": 2}),
    ("Server", "start", (UUID, "eager"), f"servers/{UUID}/action/?do=start", {"allocation_method": "eager"}),
    ("Server", "start", (UUID,), f"servers/{UUID}/action/?do=start", {}),
    ("Server", "stop", (UUID,), f"servers/{UUID}/action/?do=stop", {}),
    ("Server", "restart", (UUID,), f"servers/{UUID}/action/?do=restart", {}),
    ("Server", "shutdown", (UUID,), f"servers/{UUID}/action/?do=shutdown", {}),
    ("Server", "open_vnc", (UUID,), f"servers/{UUID}/action/?do=open_vnc", {}),
    ("Server", "close_vnc", (UUID,), f"servers/{UUID}/action/?do=close_vnc", {}),
    ("Server", "open_console", (UUID,), f"servers/{UUID}/action/?do=open_console", {}),
    ("Server", "close_console", (UUID,), f"servers/{UUID}/action/?do=close_console", {}),
    ("Server", "clone", (UUID, None, "a"), f"servers/{UUID}/action/?do=clone&avoid=a", {}),
    ("BServer", "start", (UUID,), f"bservers/{UUID}/action/?do=start", {}),
    ("Snapshot", "clone", (UUID,), f"snapshots/{UUID}/action/?do=clone", {}),
    ("RemoteSnapshot", "clone", (UUID,), f"remotesnapshots/{UUID}/action/?do=clone", {}),
    ("Subscriptions", "extend", (7389,), "subscriptions/7389/action/?do=extend", {}),
    ("Accounts", "authenticate_asynchronous", (), "accounts/action/?do=authenticate_asynchronous", {}),
    ("VirtualRouters", "enable_nat", (UUID, None), f"virtualrouters/{UUID}/action/?do=enable_nat", {}),
    ("VirtualRouters", "disable_nat", (UUID, None), f"virtualrouters/{UUID}/action/?do=disable_nat", {}),
    (
        "VirtualRouters",
        "enable_firewall",
        (UUID, None),
        f"virtualrouters/{UUID}/action/?do=enable_firewall",
        {},
    ),
    (
        "VirtualRouters",
        "disable_firewall",
        (UUID, None),
        f"virtualrouters/{UUID}/action/?do=disable_firewall",
        {},
    ),
    (
        "VirtualRouters",
        "enable_firewall_logging",
        (UUID, None),
        f"virtualrouters/{UUID}/action/?do=enable_firewall_logging",
        {},
    ),
    (
        "VirtualRouters",
        "disable_firewall_logging",
        (UUID, None),
        f"virtualrouters/{UUID}/action/?do=disable_firewall_logging",
        {},
    ),
    (
        "VirtualRouters",
        "get_log",
        (UUID, {"a": 1}, {"n": 2}),
        f"virtualrouters/{UUID}/action/?do=get_log&n=2",
        {"a": 1},
    ),
    ("Lans", "configure_dhcp", (UUID, {"a": 1}), f"lans/{UUID}/action/?do=configure_dhcp", {"a": 1}),
    ("Upstream", "configure_vpn", (UUID, {"a": 1}), f"upstream/{UUID}/action/?do=configure_vpn", {"a": 1}),
    ("VrFwPolicies", "enable", (UUID, None), f"vrfwpolicies/{UUID}/action/?do=enable", {}),
    ("VrFwPolicies", "disable", (UUID, None), f"vrfwpolicies/{UUID}/action/?do=disable", {}),
    ("VrFwFilters", "enable_logging", (UUID, None), f"vrfwfilters/{UUID}/action/?do=enable_logging", {}),
    ("VrFwFilters", "disable_logging", (UUID, None), f"vrfwfilters/{UUID}/action/?do=disable_logging", {}),
    ("Drive", "create", (DISK, "a"), "drives/?avoid=a", {"objects": [DISK]}),
    ("Drive", "create", ([DISK, DISK],), "drives/", {"objects": [DISK, DISK]}),
    ("Drive", "create", ({"objects": [DISK]},), "drives/", {"objects": [DISK]}),
    ("Server", "create", (SERVER,), "servers/", {"objects": [SERVER]}),
    ("InitUpload", "create", (DISK, ["a"]), "initupload/?avoid=a", {"objects": [DISK]}),
    ("GlobalContext", "update", ({"a": "b"},), "global_context/", {"a": "b"}),
    (
        "SubscriptionCalculator",
        "get_price",
        (1, "1 month", "cpu"),
        "subscriptioncalculator/",
        {"objects": [{"amount": 1, "period": "1 month", "resource": "cpu"}]},
    ),
]


@pytest.mark.parametrize(("cls", "method", "arguments", "target", "body"), ACTIONS)
def test_what_a_post_sends(cls: str, method: str, arguments: tuple[Any, ...], target: str, body: Any) -> None:
    request = sent(lambda credentials: getattr(getattr(resource, cls)(**credentials), method)(*arguments))
    assert (request.method, request.target) == ("POST", f"/api/2.0/{target}")
    assert request.json() == body
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("cls", "method", "arguments", "line"),
    [
        ("Drive", "get", (), "GET /api/2.0/drives/"),
        ("Drive", "get", (UUID,), f"GET /api/2.0/drives/{UUID}/"),
        ("Drive", "get", (UUID.encode(),), f"GET /api/2.0/drives/{UUID}/"),
        ("Drive", "get", (uuid.UUID(UUID),), f"GET /api/2.0/drives/{UUID}/"),
        ("Drive", "get", ({"uuid": UUID},), f"GET /api/2.0/drives/{UUID}/"),
        ("Drive", "get", (f"/api/2.0/drives/{UUID}/",), f"GET /api/2.0/drives/{UUID}/"),
        ("IP", "get", ("10.0.0.1",), "GET /api/2.0/ips/10.0.0.1/"),
        ("IP", "get", ("2001:db8::1",), "GET /api/2.0/ips/2001:db8::1/"),
        ("Profile", "get", (), "GET /api/2.0/profile/"),
        ("Profile", "update", ({},), "PUT /api/2.0/profile/"),
        ("GlobalContext", "get", (), "GET /api/2.0/global_context/"),
        ("NotificationPreference", "update", ([],), "PUT /api/2.0/notification_preferences/"),
        ("Server", "update", (UUID, SERVER), f"PUT /api/2.0/servers/{UUID}/"),
        ("Server", "runtime", (UUID,), f"GET /api/2.0/servers/{UUID}/runtime/"),
        ("Server", "delete", (UUID,), f"DELETE /api/2.0/servers/{UUID}/"),
        ("Server", "delete", (UUID, "disks"), f"DELETE /api/2.0/servers/{UUID}/?recurse=disks"),
        ("Server", "delete_with_all_drives", (UUID,), f"DELETE /api/2.0/servers/{UUID}/?recurse=all_drives"),
        ("Server", "delete_with_disks", (UUID,), f"DELETE /api/2.0/servers/{UUID}/?recurse=disks"),
        ("Server", "delete_with_cdroms", (UUID,), f"DELETE /api/2.0/servers/{UUID}/?recurse=cdroms"),
        ("Tags", "list_resource", (UUID, "snapshots"), f"GET /api/2.0/tags/{UUID}/snapshots/"),
        ("Tags", "drives", (UUID,), f"GET /api/2.0/tags/{UUID}/drives/"),
        ("Tags", "servers", (UUID,), f"GET /api/2.0/tags/{UUID}/servers/"),
        ("Tags", "ips", (UUID,), f"GET /api/2.0/tags/{UUID}/ips/"),
        ("Tags", "vlans", (UUID,), f"GET /api/2.0/tags/{UUID}/vlans/"),
        ("ServersAvailabilityGroups", "get", (UUID,), f"GET /api/2.0/servers/availability_groups/{UUID}/"),
        ("Drive", "get_from_url", (f"/api/2.0/jobs/{UUID}/",), f"GET /api/2.0/jobs/{UUID}/"),
    ],
)
def test_what_the_others_send(cls: str, method: str, arguments: tuple[Any, ...], line: str) -> None:
    request = sent(lambda credentials: getattr(getattr(resource, cls)(**credentials), method)(*arguments))
    assert f"{request.method} {request.target}" == line


def test_a_new_account_is_asked_for_without_credentials() -> None:
    with Stub(lambda _: {}) as stub:
        accounts = resource.Accounts(**stub.credentials)
        accounts.create("new@example.com", "PROMO")
    assert stub.lines() == ["POST /api/2.0/accounts/action/?do=create"]
    assert stub.requests[0].json() == {"email": "new@example.com", "promo": "PROMO"}
    assert "Authorization" not in stub.requests[0].headers


def test_the_life_of_a_server(configured: Home) -> None:
    drive, server = resource.Drive(), cloudsigma.resource.Server()
    disk = drive.create(DISK)
    assert isinstance(disk, dict)
    web = server.create(
        {
            **SERVER,
            "drives": [{"boot_order": 1, "dev_channel": "0:0", "device": "virtio", "drive": disk["uuid"]}],
        }
    )
    assert server.start(web["uuid"]) == {"action": "start", "result": "success", "uuid": web["uuid"]}
    with resource.Websocket() as ws:
        running = ws.wait_for_status(web["resource_uri"], resource.Server, "running")
        assert server.runtime(web["uuid"]) == running["runtime"]
        assert server.open_vnc(web["uuid"])["result"] == "success"
        assert server.close_vnc(web["uuid"])["result"] == "success"
        server.stop(web["uuid"])
        ws.wait_for_status(web["resource_uri"], resource.Server, "stopped")
    assert [each["uuid"] for each in server.list()] == [web["uuid"]]
    assert [each["name"] for each in server.list_detail()] == [SERVER["name"]]
    assert server.delete_with_all_drives(web["uuid"]) is None
    with pytest.raises(errors.ClientError) as gone:
        server.get(web["uuid"])
    assert gone.value.status_code == 404


def test_the_single_resources(configured: Home) -> None:
    profile = resource.Profile().get()
    assert profile["email"] == "user@example.com"
    assert resource.Profile().update({**profile, "company": "Example"})["company"] == "Example"
    assert resource.GlobalContext().update({"key": "value"}) == {"key": "value"}
    assert resource.GlobalContext().get() == {"key": "value"}
    assert "currency" in resource.Balance().get()
    assert "hypervisors" in resource.Capabilites().get()
    assert {"id", "api_endpoint"} <= set(resource.Locations().list()[0])
    assert resource.VLAN().list()
    assert resource.IP().list_detail()
    assert resource.LibDrive().list()
    assert resource.Jobs().list() == []


def test_tags(configured: Home) -> None:
    server, tags = resource.Server(), resource.Tags()
    web = server.create(SERVER)
    tag = tags.create({"name": "production", "resources": [web["uuid"]]})
    assert [each["uuid"] for each in tags.servers(tag["uuid"])] == [web["uuid"]]
    assert tags.drives(tag["uuid"]) == []
    tags.delete(tag["uuid"])


def test_an_object_that_was_read_by_the_new_client_goes_back_by_the_old_one(configured: Home) -> None:
    server = resource.Server()
    web = ServerRecord(server.create(SERVER))
    assert server.update(web, {**web, "name": "renamed"})["name"] == "renamed"


def test_an_image_is_uploaded_chunk_by_chunk(configured: Home, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    data = bytes(range(256)) * 4096 * 5 + b"\r\n\r\n" * 1000
    image.write_bytes(data)
    drive = resource.Drive()
    made = resource.InitUpload().create({"media": "disk"}, image_path=image)
    assert (made["name"], made["size"], made["status"]) == ("image.raw", len(data), "uploading")
    size = 2 * 1024**2
    for number in range(len(data) // size):
        link = drive.get_upload_chunk_link(made["uuid"], number, size)
        response = drive.upload_chunk(link, str(image), number, size)
        assert response.ok, response.text
    assert drive.get(made["uuid"])["status"] == "unmounted"
    stored = drive.c.http.get(
        drive.c._get_full_url(f"drives/{made['uuid']}/download/"),
        auth=("user@example.com", "password"),
        headers={"Range": f"bytes=0-{len(data) + 999}"},
    )
    assert stored.status_code == 206
    assert stored.content == data + bytes(1000)


def test_a_chunk_that_the_file_does_not_have(configured: Home, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    image.write_bytes(b"x" * 100)
    for number in (-1, 2, 3):
        with pytest.raises(ValueError, match="chunk"):
            resource.Drive().upload_chunk("/api/2.0/link/", image, number, 40)


def test_a_chunk_that_is_answered_with_a_redirect_is_no_success(tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    image.write_bytes(b"x" * 100)
    with Stub(lambda _: Reply(302, b"", {"Location": "/elsewhere/"})) as stub:
        response = resource.Drive(**stub.credentials).upload_chunk("/api/2.0/link/", image, 0, 100)
    assert response.status_code == 302
    assert stub.lines() == ["POST /api/2.0/link/"]
    assert stub.requests[0].body == b"x" * 100
    assert "Authorization" not in stub.requests[0].headers


def test_data_of_the_wrong_kind() -> None:
    with Stub(lambda _: {}) as stub, pytest.raises(TypeError, match="dictionary"):
        resource.Drive(**stub.credentials).create("name")
    assert stub.requests == []


def test_a_class_of_the_user_s_own() -> None:
    class Keypairs(resource.ResourceBase):
        resource_name = "keypairs"

    assert sent(lambda credentials: Keypairs(**credentials).get(UUID)).target == f"/api/2.0/keypairs/{UUID}/"
    with Stub(lambda _: {}) as stub, pytest.raises(TypeError, match="resource_name"):
        resource.ResourceBase(**stub.credentials).list()
