"""ACLs: what they say, and what they let others do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .cloud_in_process import FIRST, GIB, MIB, SECOND, Cloud, Doc, Reply, attach, database_work
from .everything import create, small_drive, with_everything
from .test_recorded_shapes import differences
from .wire import Wire

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
ALL = ["ATTACH", "OPEN_VNC", "LIST", "EDIT", "DELETE", "START", "STOP", "CLONE"]
SERVER: Doc = {"name": "s", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "x"}


def grant(cloud: Cloud, tag: Doc, *permissions: str, owner: str = FIRST, to: str = SECOND) -> Doc:
    rules = [{"permission": permission} for permission in permissions]
    body = {"grantees": [{"email": to}], "rules": rules, "tags": [{"uuid": tag["uuid"]}]}
    return create(cloud, "acls", body, email=owner)


def tag_for(cloud: Cloud, *things: Doc, owner: str = FIRST) -> Doc:
    body = {"name": "shared", "resources": [thing["uuid"] for thing in things]}
    return create(cloud, "tags", body, email=owner)


def share(cloud: Cloud, thing: Doc, *permissions: str, owner: str = FIRST, to: str = SECOND) -> Doc:
    return grant(cloud, tag_for(cloud, thing, owner=owner), *permissions, owner=owner, to=to)


def foreign(cloud: Cloud, method: str, path: str, body: Any = None) -> Reply:
    return cloud.call(method, path, body, email=SECOND)


def listed(cloud: Cloud, kind: str, email: str = SECOND) -> list[str]:
    return [found["uuid"] for found in cloud.get(f"/{kind}/?limit=0", email=email)["objects"]]


# the resource itself


def test_create_shows_what_was_sent(cloud: Cloud) -> None:
    tag = tag_for(cloud)
    second = cloud.uuid_of(SECOND)
    reply = cloud.call(
        "POST",
        "/acls/",
        {
            "objects": [
                {
                    "grantees": [{"email": SECOND, "uuid": second}],
                    "name": "a",
                    "rules": [{"permission": "LIST"}, {"permission": "EDIT"}, {"permission": "LIST"}],
                    "tags": [{"uuid": tag["uuid"]}],
                }
            ]
        },
    )
    assert reply.status == 201
    [acl] = reply.body["objects"]
    user = {"resource_uri": f"/api/2.0/user/{second}/", "uuid": second}
    assert acl == {
        "grantees": [{"email": SECOND, "resource_uri": user, "uuid": second}],
        "meta": {},
        "name": "a",
        "owner": acl["owner"],
        "resource_uri": f"/api/2.0/acls/{acl['uuid']}/",
        "rules": [{"permission": "LIST"}, {"permission": "EDIT"}],
        "tags": [{"resource_uri": tag["resource_uri"], "uuid": tag["uuid"]}],
        "uuid": acl["uuid"],
    }
    assert reply.headers["location"] == acl["resource_uri"]
    assert cloud.get(f"/acls/{acl['uuid']}/") == acl
    assert cloud.get("/acls/")["objects"] == [acl]


def test_everything_may_be_left_out(cloud: Cloud) -> None:
    acl = create(cloud, "acls", {})
    assert (acl["name"], acl["grantees"], acl["rules"], acl["tags"], acl["meta"]) == ("", [], [], [], {})


@pytest.mark.parametrize("form", ["uuid", "string", "email", "email alone"])
def test_forms_of_grantees(cloud: Cloud, form: str) -> None:
    uuid = cloud.uuid_of(SECOND)
    given = {"uuid": {"uuid": uuid}, "string": uuid, "email": {"email": SECOND, "uuid": uuid}}
    acl = create(cloud, "acls", {"grantees": [given.get(form, {"email": SECOND})]})
    assert [grantee["uuid"] for grantee in acl["grantees"]] == [uuid]


def test_granting_to_oneself_is_ignored(cloud: Cloud) -> None:
    assert create(cloud, "acls", {"grantees": [{"email": FIRST}]})["grantees"] == []


@pytest.mark.parametrize(
    ("body", "point"),
    [
        ({"grantees": [{"email": "nobody@example.com"}]}, "grantees"),
        ({"grantees": [UNKNOWN]}, "grantees"),
        ({"grantees": 7}, "grantees"),
        ({"grantees": [None]}, "grantees"),
        ({"rules": [{"permission": "FLY"}]}, "rules"),
        ({"rules": [{}]}, "rules"),
        ({"rules": {}}, "rules"),
        ({"tags": [{"uuid": UNKNOWN}]}, "tags"),
        ({"tags": "x"}, "tags"),
        ({"name": 7}, "name"),
        ({"meta": []}, "meta"),
    ],
)
def test_refused_bodies(cloud: Cloud, body: Doc, point: str) -> None:
    reply = cloud.call("POST", "/acls/", body)
    assert (reply.status, reply.error["error_point"]) == (400, point)
    assert cloud.get("/acls/")["objects"] == []
    acl = create(cloud, "acls", {"name": "kept"})
    assert cloud.call("PUT", f"/acls/{acl['uuid']}/", body).error["error_point"] == point
    assert cloud.get(f"/acls/{acl['uuid']}/") == acl


def test_update_replaces_what_is_sent_and_keeps_the_rest(cloud: Cloud) -> None:
    drive = cloud.drive()
    acl = share(cloud, drive, "LIST")
    changed = cloud.call("PUT", f"/acls/{acl['uuid']}/", {"name": "new", "rules": [{"permission": "EDIT"}]})
    assert changed.status == 200
    assert changed.body == {**acl, "name": "new", "rules": [{"permission": "EDIT"}]}
    assert cloud.call("PUT", f"/acls/{acl['uuid']}/", changed.body).body == changed.body
    emptied = cloud.call("PUT", f"/acls/{acl['uuid']}/", {"grantees": None, "tags": []}).body
    assert (emptied["grantees"], emptied["tags"]) == ([], [])


def test_many_at_once(cloud: Cloud) -> None:
    made = cloud.call("POST", "/acls/", [{"name": "a"}, {"name": "b"}]).body["objects"]
    renamed = cloud.call("PUT", "/acls/", {"objects": [{"uuid": acl["uuid"], "name": "c"} for acl in made]})
    assert [acl["name"] for acl in renamed.body["objects"]] == ["c", "c"]
    wrong = {"objects": [{"uuid": made[0]["uuid"], "name": "d"}, {"uuid": UNKNOWN}]}
    assert cloud.call("PUT", "/acls/", wrong).status == 404
    assert cloud.get("/acls/?name=d")["objects"] == []
    assert cloud.call("DELETE", "/acls/", {"objects": [{"uuid": acl["uuid"]} for acl in made]}).status == 204
    assert cloud.get("/acls/")["objects"] == []


def test_grantees_read_the_acl_but_cannot_change_it(cloud: Cloud) -> None:
    acl = share(cloud, cloud.drive(), *ALL)
    mine = create(cloud, "acls", {"name": "mine"}, email=SECOND)
    seen = cloud.get("/acls/", email=SECOND)
    assert [found["uuid"] for found in seen["objects"]] == [mine["uuid"], acl["uuid"]]
    assert seen["meta"]["total_count"] == 2
    assert foreign(cloud, "GET", f"/acls/{acl['uuid']}/").body == {**acl, "tags": []}
    assert foreign(cloud, "PUT", f"/acls/{acl['uuid']}/", {"name": "x"}).status == 403
    assert foreign(cloud, "DELETE", f"/acls/{acl['uuid']}/").status == 403
    assert cloud.call("DELETE", f"/acls/{acl['uuid']}/").status == 204
    assert foreign(cloud, "GET", f"/acls/{acl['uuid']}/").status == 404


def test_the_log_names_what_happened(cloud: Cloud) -> None:
    acl = create(cloud, "acls", {"name": "a"})
    cloud.call("PUT", f"/acls/{acl['uuid']}/", {"name": "b"})
    cloud.call("DELETE", f"/acls/{acl['uuid']}/")
    entries = [entry for entry in cloud.get("/logs/")["objects"] if entry["category"] == "ACLs"]
    assert [entry["action"] for entry in entries] == ["delete", "update", "create"]
    assert {entry["uuid"] for entry in entries} == {acl["uuid"]}


# what is granted


def test_the_views_of_owner_and_grantee(cloud: Cloud) -> None:
    drive = cloud.drive()
    tag = tag_for(cloud, drive)
    grant(cloud, tag, "LIST")
    grant(cloud, tag, "EDIT", "START")
    user = {
        "email": SECOND,
        "resource_uri": f"/api/2.0/user/{cloud.uuid_of(SECOND)}/",
        "uuid": cloud.uuid_of(SECOND),
    }
    own = cloud.see("drives", drive["uuid"])
    assert own["permissions"] == []
    assert own["grantees"] == [{"permissions": ["EDIT", "LIST"], "user": user}]
    assert [found["uuid"] for found in own["tags"]] == [tag["uuid"]]
    seen = foreign(cloud, "GET", f"/drives/{drive['uuid']}/").body
    assert seen == {**own, "permissions": ["EDIT", "LIST"], "grantees": [], "tags": []}
    assert cloud.get("/drives/detail/", email=SECOND)["objects"] == [seen]
    assert cloud.get(f"/tags/{tag['uuid']}/drives/detail/")["objects"] == [own]


def test_what_is_tagged_later_is_shared_at_once(cloud: Cloud) -> None:
    tag = tag_for(cloud)
    grant(cloud, tag, "LIST", "EDIT")
    server = cloud.server(tags=[tag["uuid"]])
    assert [found["permissions"] for found in server["grantees"]] == [["EDIT", "LIST"]]
    assert listed(cloud, "servers") == [server["uuid"]]
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", {**server, "tags": []}).status == 200
    assert listed(cloud, "servers") == []


@pytest.mark.parametrize("end", ["untag", "tag deleted", "acl deleted", "rules", "grantees", "acl tags"])
def test_a_grant_ends_with_what_it_rests_on(cloud: Cloud, end: str) -> None:
    drive = cloud.drive()
    tag = tag_for(cloud, drive)
    acl = grant(cloud, tag, "LIST", "EDIT")
    uri = f"/acls/{acl['uuid']}/"
    assert listed(cloud, "drives") == [drive["uuid"]]
    {
        "untag": lambda: cloud.call("PUT", f"/tags/{tag['uuid']}/", {"resources": []}),
        "tag deleted": lambda: cloud.call("DELETE", f"/tags/{tag['uuid']}/"),
        "acl deleted": lambda: cloud.call("DELETE", uri),
        "rules": lambda: cloud.call("PUT", uri, {"rules": []}),
        "grantees": lambda: cloud.call("PUT", uri, {"grantees": []}),
        "acl tags": lambda: cloud.call("PUT", uri, {"tags": []}),
    }[end]()
    assert listed(cloud, "drives") == []
    assert foreign(cloud, "GET", f"/drives/{drive['uuid']}/").status == 403
    assert cloud.see("drives", drive["uuid"])["grantees"] == []
    if end == "tag deleted":
        assert cloud.get(uri)["tags"] == []


def test_an_acl_is_about_its_owners_things_only(cloud: Cloud) -> None:
    drive = cloud.drive()
    tag = tag_for(cloud, drive)
    grant(cloud, tag, "LIST", "EDIT", "CLONE")
    # The grantee can neither pass it on nor tag it.
    assert foreign(cloud, "POST", "/tags/", {"name": "t", "resources": [drive["uuid"]]}).status == 403
    assert foreign(cloud, "POST", "/acls/", {"tags": [tag["uuid"]]}).status == 403
    mine = create(cloud, "tags", {"name": "t"}, email=SECOND)
    sent = {**foreign(cloud, "GET", f"/drives/{drive['uuid']}/").body, "tags": [mine["uuid"]], "name": "new"}
    assert foreign(cloud, "PUT", f"/drives/{drive['uuid']}/", sent).status == 200
    own = cloud.see("drives", drive["uuid"])
    assert (own["name"], [found["uuid"] for found in own["tags"]]) == ("new", [tag["uuid"]])


def test_a_grant_without_list_works_unseen(cloud: Cloud) -> None:
    drive = cloud.drive()
    share(cloud, drive, "EDIT")
    assert listed(cloud, "drives") == []
    assert foreign(cloud, "GET", f"/drives/{drive['uuid']}/").status == 403
    assert foreign(cloud, "PUT", f"/drives/{drive['uuid']}/", {**drive, "name": "new"}).status == 200


# required permission by operation

NEEDED: list[tuple[str, str, str, str, Any]] = [
    ("servers", "LIST", "GET", "/", None),
    ("servers", "LIST", "GET", "/runtime/", None),
    ("servers", "EDIT", "PUT", "/", ...),
    ("servers", "START", "POST", "/action/?do=start", {}),
    ("servers", "CLONE", "POST", "/action/?do=clone", {}),
    ("servers", "DELETE", "DELETE", "/", None),
    ("running", "STOP", "POST", "/action/?do=shutdown", {}),
    ("running", "STOP", "POST", "/action/?do=restart", {}),
    ("running", "STOP", "POST", "/action/?do=stop", {}),
    ("running", "OPEN_VNC", "POST", "/action/?do=open_vnc", {}),
    ("running", "OPEN_VNC", "POST", "/action/?do=close_vnc", {}),
    ("running", "OPEN_VNC", "POST", "/action/?do=open_console", {}),
    ("running", "OPEN_VNC", "POST", "/action/?do=close_console", {}),
    ("drives", "LIST", "GET", "/", None),
    ("drives", "EDIT", "PUT", "/", ...),
    ("drives", "EDIT", "POST", "/action/?do=resize", ...),
    ("drives", "CLONE", "POST", "/action/?do=clone", {}),
    ("drives", "CLONE", "GET", "/download/", None),
    ("drives", "DELETE", "DELETE", "/", None),
    ("ips", "LIST", "GET", "/", None),
    ("ips", "EDIT", "PUT", "/", {"meta": {"k": "v"}}),
    ("vlans", "LIST", "GET", "/", None),
    ("vlans", "EDIT", "PUT", "/", {"meta": {"k": "v"}}),
    ("fwpolicies", "LIST", "GET", "/", None),
    ("fwpolicies", "EDIT", "PUT", "/", {"name": "new"}),
    ("fwpolicies", "DELETE", "DELETE", "/", None),
    ("snapshots", "LIST", "GET", "/", None),
    ("snapshots", "EDIT", "PUT", "/", {"name": "new"}),
    ("snapshots", "CLONE", "POST", "/action/?do=clone", {}),
    ("snapshots", "DELETE", "DELETE", "/", None),
    ("remotesnapshots", "LIST", "GET", "/", None),
    ("remotesnapshots", "EDIT", "PUT", "/", {"name": "new"}),
    ("remotesnapshots", "CLONE", "POST", "/action/?do=clone", {}),
    ("remotesnapshots", "DELETE", "DELETE", "/", None),
    ("keypairs", "LIST", "GET", "/", None),
    ("keypairs", "EDIT", "PUT", "/", {"name": "new"}),
    ("keypairs", "DELETE", "DELETE", "/", None),
    ("backupschedulers", "LIST", "GET", "/", None),
    ("backupschedulers", "EDIT", "PUT", "/", ...),
    ("backupschedulers", "DELETE", "DELETE", "/", None),
    ("vpc", "LIST", "GET", "/", None),
    ("vpc", "EDIT", "PUT", "/", {"name": "new"}),
]


@pytest.mark.parametrize(
    ("kind", "permission", "method", "suffix", "body"),
    NEEDED,
    ids=[f"{kind}-{method}{suffix}" for kind, _, method, suffix, _ in NEEDED],
)
def test_one_permission_opens_it_and_no_other_does(
    cloud: Cloud, kind: str, permission: str, method: str, suffix: str, body: Any
) -> None:
    own = with_everything(cloud) if kind != "running" else {"running": cloud.running()}
    thing = own[kind]
    collection = "servers" if kind == "running" else kind
    path = f"/{collection}/{thing['uuid']}{suffix}"
    sent = thing if body is ... else body
    tag = tag_for(cloud, thing)
    acl = grant(cloud, tag, *(name for name in ALL if name != permission))
    refused = foreign(cloud, method, path, sent)
    assert refused.status == 403
    assert f"[{permission}]" in refused.error["error_message"]
    cloud.call("PUT", f"/acls/{acl['uuid']}/", {"rules": [{"permission": permission}]})
    assert foreign(cloud, method, path, sent).status in (200, 202, 204, 302)


def test_private_keys_stay_private(cloud: Cloud) -> None:
    key = create(cloud, "keypairs", {"name": "k", "algorithm_type": "ed25519"})
    share(cloud, key, *ALL)
    assert key["private_key"]
    assert foreign(cloud, "GET", f"/keypairs/{key['uuid']}/").body["private_key"] is None
    assert "PRIVATE" not in foreign(cloud, "GET", "/keypairs/").raw.decode()


# use on servers


def test_attach_lets_a_drive_be_used_on_ones_own_server(cloud: Cloud) -> None:
    drive = cloud.drive()
    acl = share(cloud, drive, "LIST")
    body = {**SERVER, "drives": [attach(drive)]}
    assert foreign(cloud, "POST", "/servers/", body).status == 403
    cloud.call("PUT", f"/acls/{acl['uuid']}/", {"rules": [{"permission": "ATTACH"}]})
    assert foreign(cloud, "POST", "/servers/", body).status == 201
    assert cloud.see("drives", drive["uuid"])["status"] == "mounted"


@pytest.mark.parametrize("kind", ["vlans", "ips", "fwpolicies"])
def test_attach_lets_networks_be_used(cloud: Cloud, kind: str) -> None:
    thing = (
        create(cloud, kind, {"name": "p"}) if kind == "fwpolicies" else cloud.get(f"/{kind}/")["objects"][0]
    )
    uuid = thing["uuid"]
    nic: Doc = {
        "vlans": {"vlan": uuid},
        "ips": {"ip_v4_conf": {"conf": "static", "ip": uuid}},
        "fwpolicies": {"ip_v4_conf": {"conf": "dhcp"}, "firewall_policy": uuid},
    }[kind]
    body = {**SERVER, "nics": [nic]}
    acl = share(cloud, thing, "LIST", "EDIT")
    assert foreign(cloud, "POST", "/servers/", body).status == 403
    cloud.call("PUT", f"/acls/{acl['uuid']}/", {"rules": [{"permission": "ATTACH"}]})
    assert foreign(cloud, "POST", "/servers/", body).status == 201


def test_a_shared_server_takes_only_what_its_owner_may_use(cloud: Cloud) -> None:
    server = cloud.server()
    share(cloud, server, "LIST", "EDIT")
    theirs = small_drive(cloud, email=SECOND)
    sent = {**server, "drives": [attach(theirs)]}
    path = f"/servers/{server['uuid']}/"
    assert foreign(cloud, "PUT", path, sent).status == 403
    share(cloud, theirs, "ATTACH", owner=SECOND, to=FIRST)
    changed = foreign(cloud, "PUT", path, sent)
    assert changed.status == 200
    assert [item["drive"]["uuid"] for item in changed.body["drives"]] == [theirs["uuid"]]


def test_start_is_paid_by_the_owner(cloud: Cloud) -> None:
    server = cloud.server()
    share(cloud, server, "START", "STOP", "LIST")
    before = cloud.get("/currentusage/", email=SECOND)["usage"]["intel_cpu"]["using"]
    assert cloud.act(server, "start", email=SECOND).status == 202
    cloud.settle()
    assert cloud.see("servers", server["uuid"])["status"] == "running"
    assert cloud.get("/currentusage/", email=SECOND)["usage"]["intel_cpu"]["using"] == before
    entry = next(entry for entry in cloud.get("/logs/")["objects"] if entry["action"] == "start_send")
    assert entry["actor"]["uuid"] == cloud.uuid_of(SECOND)


def test_cloning_a_foreign_server(cloud: Cloud) -> None:
    disk, cdrom = cloud.drive(), cloud.drive(media="cdrom")
    [vlan] = cloud.get("/vlans/")["objects"]
    server = cloud.server(drives=[attach(disk), attach(cdrom, "0:0", "ide")], nics=[{"vlan": vlan["uuid"]}])
    share(cloud, server, "CLONE")
    assert cloud.act(server, "clone", email=SECOND).status == 403
    share(cloud, disk, "CLONE")
    assert cloud.act(server, "clone", email=SECOND).status == 403
    share(cloud, cdrom, "ATTACH")
    copied = cloud.act(server, "clone", email=SECOND)
    assert copied.status == 202
    copy = copied.body
    assert copy["owner"]["uuid"] == cloud.uuid_of(SECOND)
    assert cdrom["uuid"] in [item["drive"]["uuid"] for item in copy["drives"]]
    assert copy["nics"][0]["vlan"] is None, "a VLAN that the new owner may not use"
    cloud.settle()
    share(cloud, vlan, "ATTACH")
    assert cloud.act(server, "clone", email=SECOND).body["nics"][0]["vlan"]["uuid"] == vlan["uuid"]


def test_deleting_a_foreign_server_with_its_drives_needs_delete_on_them(cloud: Cloud) -> None:
    kept, gone = cloud.drive(), cloud.drive()
    server = cloud.server(drives=[attach(kept), attach(gone, "0:1")])
    share(cloud, server, "DELETE")
    share(cloud, gone, "DELETE")
    assert foreign(cloud, "DELETE", f"/servers/{server['uuid']}/?recurse=all_drives").status == 204
    cloud.settle()
    assert listed(cloud, "drives", FIRST)[1:] == [kept["uuid"]]


# lists


def test_own_things_come_first_then_shared_ones(cloud: Cloud) -> None:
    shared = [cloud.drive(name=f"shared {number}") for number in range(5)]
    grant(cloud, tag_for(cloud, *shared), "LIST")
    own = [
        create(cloud, "drives", {"name": "own", "size": GIB, "media": "disk"}, email=SECOND) for _ in range(4)
    ]
    everything = [drive["uuid"] for drive in own + shared]
    assert listed(cloud, "drives") == everything
    for limit in (1, 2, 3, 4, 5, 9, 20):
        pages: list[str] = []
        for offset in range(0, 12, limit):
            page = cloud.get(f"/drives/?limit={limit}&offset={offset}", email=SECOND)
            assert page["meta"] == {"limit": limit, "offset": offset, "total_count": 9}
            pages += [drive["uuid"] for drive in page["objects"]]
        assert pages == everything
    found = cloud.get("/drives/?name=shared%203", email=SECOND)["objects"]
    assert [drive["uuid"] for drive in found] == [shared[3]["uuid"]]
    assert cloud.get("/drives/?name__contains=SHARED", email=SECOND)["meta"]["total_count"] == 5
    assert cloud.get(f"/drives/?uuid={shared[0]['uuid']}", email=SECOND)["meta"]["total_count"] == 1
    ordered = cloud.get("/drives/detail/?order_by=-name", email=SECOND)["objects"]
    assert [drive["name"] for drive in ordered][:2] == ["shared 4", "shared 3"]


def test_tags_of_others_are_no_filter(cloud: Cloud) -> None:
    drive = cloud.drive()
    tag = tag_for(cloud, drive)
    grant(cloud, tag, "LIST")
    assert cloud.get(f"/drives/?tag={tag['uuid']}")["meta"]["total_count"] == 1
    assert cloud.get(f"/drives/?tag={tag['uuid']}", email=SECOND)["meta"]["total_count"] == 0
    assert cloud.get("/drives/?tag__name=shared", email=SECOND)["meta"]["total_count"] == 0


def test_a_page_costs_the_same_out_of_many_shared_things(cloud: Cloud) -> None:
    def read() -> None:
        assert len(cloud.get("/drives/detail/?limit=10", email=SECOND)["objects"]) == 10

    template = cloud.drive()
    tag = tag_for(cloud, template)
    grant(cloud, tag, "LIST", "EDIT")

    def more(number: int) -> None:
        with cloud.app.transaction() as tx:
            stored = tx.get("drives", template["uuid"])
            assert stored is not None
            for _ in range(number):
                tx.insert("drives", {**stored, "uuid": tx.new_uuid()})

    more(50)
    few = database_work(cloud.app, read)
    more(3000)
    assert database_work(cloud.app, read) <= 2 * few


# frames


def test_those_who_may_see_a_thing_hear_of_it(cloud: Cloud) -> None:
    drive = cloud.drive()
    acl = share(cloud, drive, "EDIT")
    heard: list[str] = []
    cloud.app.bus.subscribe(cloud.uuid_of(SECOND), lambda frame: heard.append(frame.resource_uri))

    def news() -> list[str]:
        found = [uri for uri in heard if "/drives/" in uri]
        heard.clear()
        return found

    path = f"/drives/{drive['uuid']}/"
    drive = cloud.see("drives", drive["uuid"])
    cloud.call("PUT", path, {**drive, "name": "a"})
    assert news() == [], "EDIT alone shows nothing"
    cloud.call("PUT", f"/acls/{acl['uuid']}/", {"rules": [{"permission": "LIST"}]})
    assert news() == [drive["resource_uri"]], "it appears"
    cloud.call("PUT", path, {**drive, "name": "b"})
    assert news() == [drive["resource_uri"]]
    server = cloud.server(drives=[attach(drive)])
    assert news() == [drive["resource_uri"]]
    cloud.call("DELETE", f"/servers/{server['uuid']}/")
    assert news() == [drive["resource_uri"]]
    cloud.call("DELETE", path)
    assert foreign(cloud, "GET", path).status == 200, "still on its way out"
    cloud.settle()
    assert news() == [drive["resource_uri"]] * 2, "out of the lists, then gone"
    assert foreign(cloud, "GET", path).status == 404


def test_a_grant_that_ends_is_heard_too(cloud: Cloud) -> None:
    drive = cloud.drive()
    acl = share(cloud, drive, "LIST")
    heard: list[str] = []
    cloud.app.bus.subscribe(cloud.uuid_of(SECOND), lambda frame: heard.append(frame.resource_uri))
    cloud.call("DELETE", f"/acls/{acl['uuid']}/")
    assert heard == [drive["resource_uri"]]
    cloud.call("PUT", f"/drives/{drive['uuid']}/", {**drive, "name": "b"})
    assert heard == [drive["resource_uri"]]


def test_the_websocket_of_a_grantee(wire: Wire, other: Wire) -> None:
    tag = wire("POST", "/tags/", {"name": "t"}).json()["objects"][0]
    server = wire.server(tags=[tag["uuid"]])
    rules = [{"permission": "LIST"}, {"permission": "START"}]
    with other.frames() as socket:
        wire("POST", "/acls/", {"grantees": [{"email": SECOND}], "rules": rules, "tags": [tag]})
        assert json.loads(socket.recv(timeout=60)) == {
            "resource_type": "servers", "resource_uri": server["resource_uri"],
        }  # fmt: skip
        assert other("POST", f"/servers/{server['uuid']}/action/?do=start", {}).status == 202
        states: list[str] = []
        while "running" not in states:
            frame = json.loads(socket.recv(timeout=60))
            assert frame["resource_uri"] == server["resource_uri"]
            states.append(other("GET", f"/servers/{server['uuid']}/").json()["status"])


def test_groups_of_shared_things(cloud: Cloud) -> None:
    drive, server = cloud.drive(), cloud.running()
    share(cloud, drive, "LIST")
    share(cloud, server, "LIST")
    assert cloud.get(f"/drives/availability_groups/{drive['uuid']}/", email=SECOND) == [drive["uuid"]]
    assert cloud.get(f"/servers/availability_groups/{server['uuid']}/", email=SECOND) == [server["uuid"]]


def test_shapes_are_equal_for_owner_and_grantee(cloud: Cloud) -> None:
    server = cloud.running(drives=[attach(cloud.drive())], nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
    share(cloud, server, "LIST")
    seen = foreign(cloud, "GET", f"/servers/{server['uuid']}/").body
    assert list(differences(seen, cloud.see("servers", server["uuid"]))) == []
