"""Who may do what, and what was done: access control lists, policies, the log; and the small collections.

Against the emulator, over real sockets, on both faces.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import Acl, AuditEntry, DriveUser, FirewallPolicy, Server, to_datetime
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

GIB = 2**30
NOBODY = "6f670b3c-a2e6-433f-aeab-b976b1cdaf03"


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cs(face: str, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(face, cloudsigma_emulator) as client:
        yield client


@pytest.fixture
def other(face: str, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(face, cloudsigma_emulator, second=True) as client:
        yield client


def new_server(cs: CloudSigma, name: str = "web", **more: Any) -> Server:
    return cs.servers.create(name=name, cpu=1000, mem=GIB, vnc_password="p", **more)


class TestAcls:
    def test_what_it_grants(self, cs: CloudSigma, other: CloudSigma) -> None:
        tag, friend = cs.tags.create(name="shared"), other.profile.get()
        server = new_server(cs, tags=[tag])
        with pytest.raises(errors.NotPermitted):
            other.servers.get(server)
        acl = cs.acls.create(
            name="a", grantees=[friend.uuid], rules=["LIST", {"permission": "START"}], tags=[tag]
        )
        assert type(acl) is Acl
        assert [rule.permission for rule in acl.rules] == ["LIST", "START"]
        assert [(user.uuid, user.email) for user in acl.grantees] == [(friend.uuid, friend.email)]
        assert [item.uuid for item in acl.tags] == [tag.uuid]
        seen = other.servers.get(server)
        assert sorted(seen.permissions) == ["LIST", "START"]
        (grantee,) = cs.servers.get(server).grantees
        assert (grantee.user.uuid, sorted(grantee.permissions)) == (friend.uuid, ["LIST", "START"])
        (theirs,) = other.acls.list()
        assert (theirs.uuid, theirs.tags, theirs.owner) == (acl.uuid, [], acl.owner)
        with pytest.raises(errors.PermissionError):
            other.acls.delete(acl)
        cs.acls.delete(acl)
        with pytest.raises(errors.NotPermitted):
            other.servers.get(server)

    def test_tags_of_somebody_else_s(self, cs: CloudSigma, other: CloudSigma) -> None:
        tag = cs.tags.create(name="shared")
        server = new_server(cs, tags=[tag])
        cs.acls.create(grantees=[other.profile.get().uuid], rules=["LIST", "EDIT"], tags=[tag])
        assert other.servers.update(server, meta={"by": "another"}).meta == {"by": "another"}
        mine = other.tags.create(name="mine")
        with pytest.raises(errors.NotPermitted, match="left the tags as they were"):
            other.servers.add_tag(server, mine)

    def test_changed(self, cs: CloudSigma, other: CloudSigma) -> None:
        friend = other.profile.get()
        tags = [cs.tags.create(name=name) for name in ("a", "b")]
        acl = cs.acls.create(
            name="a", grantees=[friend.email], rules=["LIST"], tags=tags[:1], meta={"k": "v"}
        )
        changed = cs.acls.update(acl, name="b")
        assert {**changed, "name": "a"} == {**acl}
        acl = cs.acls.update(changed, rules=[*changed.rules, "EDIT"])
        assert [rule.permission for rule in acl.rules] == ["LIST", "EDIT"]
        assert [item.uuid for item in cs.acls.add_tag(acl, tags[1]).tags] == [tag.uuid for tag in tags]
        acl = cs.acls.remove_tag(acl, tags[0])
        assert [item.uuid for item in acl.tags] == [tags[1].uuid]
        assert cs.acls.update(acl, grantees=acl.grantees) == acl
        assert cs.acls.update(acl, grantees=[]).grantees == []

    def test_found(self, cs: CloudSigma) -> None:
        made = cs.acls.create_many([{"name": name} for name in ("a", "b", "ab")])
        assert [acl.name for acl in made] == ["a", "b", "ab"]
        assert cs.acls.create_many([]) == []
        assert cs.acls.find(name="a") == cs.acls.get(made[0]) == made[0]
        assert [acl.name for acl in cs.acls.list(name__contains="A")] == ["a", "ab"]
        assert len(list(cs.acls.iterate(page_size=2))) == cs.acls.page(0, 1).total_count == 3
        assert "rules" in cs.acls.schema().fields
        assert [acl.meta for acl in cs.acls.update_many(made[:2], meta={"k": "v"})] == [{"k": "v"}] * 2
        cs.acls.delete_many(made)
        assert cs.acls.list() == []

    @pytest.mark.parametrize("grantees", ["x", [3], [{}], [{"name": "x"}], {"uuid": NOBODY}])
    def test_what_names_nobody_is_refused(self, cs: CloudSigma, grantees: Any) -> None:
        with pytest.raises(errors.InvalidArgument, match="grantees"):
            cs.acls.create(grantees=grantees)

    def test_unknown_users_and_tags(self, cs: CloudSigma) -> None:
        for wrong in ({"grantees": ["nobody@example.com"]}, {"tags": [NOBODY]}):
            with pytest.raises(errors.ClientError):
                cs.acls.create(**wrong)  # type: ignore[arg-type]


class TestFirewallPolicies:
    def test_created_and_changed(self, cs: CloudSigma) -> None:
        policy = cs.firewall_policies.create(
            name="p",
            rules=[
                {
                    "action": "accept",
                    "direction": "in",
                    "ip_proto": "tcp",
                    "dst_port": 22,
                    "src_ip": "!192.0.2.1",
                },
                {"action": "drop", "direction": "both", "comment": "the rest"},
            ],
        )
        assert type(policy) is FirewallPolicy
        first, second = policy.rules
        assert (first.dst_port, first.src_ip, first.dst_ip) == ("22", "!192.0.2.1/32", None)
        assert (second.action, second.comment) == ("drop", "the rest")
        assert cs.firewall_policies.get(policy) == policy
        changed = cs.firewall_policies.update(
            policy, rules=[*policy.rules, {"action": "drop", "direction": "out"}]
        )
        assert changed.rules[:2] == policy.rules
        assert changed.name == "p"
        with pytest.raises(errors.StaleRecord, match="rules changed"):
            cs.firewall_policies.update(policy, rules=policy.rules[:1])
        tag = cs.tags.create(name="t")
        tagged = cs.firewall_policies.add_tag(policy, tag)
        assert tagged.tags is not None
        assert [item.uuid for item in tagged.tags] == [tag.uuid]
        reject: Any = {"action": "reject", "direction": "in"}
        with pytest.raises(errors.ValidationError):
            cs.firewall_policies.update(policy.uuid, rules=[reject])

    def test_found_and_deleted(self, cs: CloudSigma) -> None:
        made = cs.firewall_policies.create_many([{"name": name} for name in ("a", "b", "c")])
        assert cs.firewall_policies.create_many([]) == []
        assert cs.firewall_policies.find(name="b") == made[1]
        assert cs.firewall_policies.list(name=["a", "c"]) == [made[0], made[2]]
        assert len(list(cs.firewall_policies.iterate())) == cs.firewall_policies.page().total_count == 3
        assert "rules" in cs.firewall_policies.schema().fields
        many = cs.firewall_policies.update_many(made, rules=[{"action": "drop", "direction": "in"}])
        assert [len(policy.rules) for policy in many] == [1, 1, 1]
        cs.firewall_policies.delete(made[0])
        cs.firewall_policies.delete_many(made[1:])
        assert cs.firewall_policies.list() == []

    def test_of_a_server(self, cs: CloudSigma) -> None:
        policy = cs.firewall_policies.create(name="p")
        server = new_server(cs, nics=[{"ip_v4_conf": {"conf": "dhcp"}, "firewall_policy": policy}])
        server = cs.servers.start(server, wait=True)
        with pytest.raises(errors.ClientError):
            cs.firewall_policies.delete(policy)
        cs.servers.stop(server, wait=True)
        cs.firewall_policies.delete(policy)
        assert cs.servers.get(server).nics[0].firewall_policy is None


class TestAuditLog:
    def test_a_server_s_life(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        cs.servers.start(server, wait=True)
        cs.servers.stop(server, wait=True)
        cs.servers.delete(server)
        entries = cs.audit_log.list(uuid=server.uuid)
        assert all(type(entry) is AuditEntry and entry.success for entry in entries)
        assert [entry.action for entry in entries] == [
            "delete",
            "stop",
            "stop_send",
            "boot",
            "start_send",
            "create",
        ]
        assert {entry.category for entry in entries} == {"Servers"}
        assert {entry.actor.uuid for entry in entries if entry.actor} == {cs.profile.get().uuid}
        times = [to_datetime(entry.timestamp) for entry in entries]
        assert times == sorted(times, reverse=True)
        assert json.loads(entries[-1].details)["name"] == "web"
        page = cs.audit_log.page(0, 2)
        assert (len(page), page.objects[0].action) == (2, "delete")
        walked = [entry.action for entry in cs.audit_log.iterate(page_size=2, uuid=server.uuid)]
        assert walked == [entry.action for entry in entries]
        assert "action" in cs.audit_log.schema().fields

    def test_a_failure(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        with pytest.raises(errors.IllegalState):
            cs.servers.stop(server)
        (latest,) = cs.audit_log.page(0, 1).objects
        assert (latest.uuid, latest.success, latest.error_type) == (server.uuid, False, "permission")
        with pytest.raises(errors.ClientError, match="narrow it"):
            cs.audit_log.find(uuid=server.uuid)


class TestDriveUsers:
    def test_its_life(self, cs: CloudSigma) -> None:
        drives = [cs.drives.create(name=f"d{n}", size=GIB, media="disk", wait=True) for n in range(3)]
        made = cs.drive_users.create(drive=drives[0], amount=5)
        assert type(made) is DriveUser
        assert (made.drive.uuid, made.amount) == (drives[0].uuid, 5)
        assert cs.drive_users.get(drives[0]) == cs.drive_users.get(made) == made
        assert cs.drive_users.update(made, amount=7).amount == 7
        assert cs.drive_users.get(drives[0].resource_uri).amount == 7
        more = cs.drive_users.create_many([{"drive": drive, "amount": 1} for drive in drives[1:]])
        assert [item.drive.uuid for item in more] == [drive.uuid for drive in drives[1:]]
        assert cs.drive_users.create_many([]) == []
        assert len(cs.drive_users.list()) == len(list(cs.drive_users.iterate(page_size=2))) == 3
        assert cs.drive_users.page(0, 1).total_count == 3
        cs.drive_users.delete(made)
        with pytest.raises(errors.NotFound):
            cs.drive_users.get(made)
        cs.drive_users.delete_many([more[0], drives[2].uuid])
        assert cs.drive_users.list() == []

    def test_of_a_mounted_drive(self, cs: CloudSigma) -> None:
        drive = cs.drives.create(name="d", size=GIB, media="disk", wait=True)
        cs.drive_users.create(drive=drive, amount=5)
        cs.servers.attach_drive(new_server(cs), drive)
        with pytest.raises(errors.PermissionError):
            cs.drive_users.delete(drive)

    @pytest.mark.parametrize("ref", ["", "a/b", {}, {"drive": {}}, None, "/api/2.0/servers/u/"])
    def test_what_names_no_drive(self, cs: CloudSigma, ref: Any) -> None:
        with pytest.raises(errors.InvalidArgument):
            cs.drive_users.get(ref)


class TestVmwareServers:
    def test_reading(self, cs: CloudSigma) -> None:
        found = cs.vmware_servers.list()
        assert len(list(cs.vmware_servers.iterate())) == cs.vmware_servers.page().total_count == len(found)
        assert cs.vmware_servers.find(name="no such name") is None
        assert "memory" in cs.vmware_servers.schema().fields
        with pytest.raises(errors.NotFound):
            cs.vmware_servers.get(NOBODY)
        for server in found:
            assert cs.vmware_servers.get(server) == server


class TestBackfillingServers:
    def test_not_for_every_account(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.PermissionError) as caught:
            cs.bservers.list()
        assert caught.value.status_code == 403

    def test_as_other_servers(self, face: str) -> None:
        with Emulator(backfilling=True) as emulator, client_of(face, emulator) as cs:
            server = cs.bservers.create(name="b", cpu=1000, mem=GIB, vnc_password="p")
            assert type(server) is Server
            assert server.is_grey is True
            assert cs.bservers.find(name="b") == server
            # It is one of the servers, too, and either name of it will do.
            assert cs.servers.get(server) == server
            assert cs.bservers.get(f"/api/2.0/bservers/{server.uuid}/") == server
            new_server(cs, "other")
            assert [item.uuid for item in cs.bservers.iterate()] == [server.uuid]
            server = cs.bservers.attach_nic(server)
            server = cs.bservers.start(server, wait=True)
            assert server.runtime is not None
            assert len(cs.bservers.runtime(server).nics) == 1
            assert cs.bservers.open_vnc(server).vnc_url
            cs.bservers.close_vnc(server)
            assert cs.bservers.open_console(server).console_url
            cs.bservers.close_console(server)
            emulator.clock.advance(10)  # the time of the start has no fractions of a second
            cs.bservers.restart(server, wait=True, timeout=30)
            assert cs.bservers.update(server, name="renamed").name == "renamed"
            assert cs.bservers.availability_group(server) == [server.uuid]
            assert cs.bservers.stop(server, wait=True).status == "stopped"
            copy = cs.bservers.clone(server, wait=True)
            assert cs.bservers.create(
                name="k", cpu=1000, mem=GIB, vnc_password="p", idempotency_key="k"
            ).is_grey
            assert cs.bservers.schema().fields
            cs.bservers.delete(server, recurse="all_drives")
            cs.bservers.delete_many([copy])
            assert [item.name for item in cs.bservers.list()] == ["k"]
            assert [item.name for item in cs.bservers.update_many(cs.bservers.list(), meta={"a": "b"})] == [
                "k"
            ]
