"""Tags, networks, jobs and what concerns the account, against the emulator, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import Server, to_decimal
from cloudsigma_emulator import Emulator

GIB = 2**30


@pytest.fixture
def cs(cloudsigma_client: CloudSigma) -> CloudSigma:
    return cloudsigma_client


def new_server(cs: CloudSigma, name: str = "web") -> Server:
    return cs.servers.create(name=name, cpu=1000, mem=GIB, vnc_password="p")


class TestTags:
    def test_members_of_all_kinds(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        drive = cs.drives.create(name="d", size=GIB, media="disk")
        ip, vlan = cs.ips.list()[0], cs.vlans.list()[0]
        tag = cs.tags.create(name="t", resources=[server, drive.uuid, ip, vlan.resource_uri])
        assert {item.res_type for item in tag.resources} == {"servers", "drives", "ips", "vlans"}
        assert cs.tags.servers(tag) == [cs.servers.get(server)]
        (short,) = cs.tags.servers(tag, detail=False)
        assert (short.resource_uri, short.name) == (server.resource_uri, "web")
        with pytest.raises(AttributeError, match=r"get\(ref\)"):
            short.cpu  # noqa: B018
        assert [item.resource_uri for item in cs.tags.drives(tag)] == [drive.resource_uri]
        assert [item.uuid for item in cs.tags.ips(tag)] == [ip.uuid]
        assert [item.uuid for item in cs.tags.vlans(tag)] == [vlan.uuid]
        assert [item.uuid for item in cs.servers.list(tag=tag)] == [server.uuid]
        # A member as it came from the tag's list is good for everything else.
        assert cs.servers.update(short, name="renamed").name == "renamed"

    def test_add_and_remove(self, cs: CloudSigma) -> None:
        servers = [new_server(cs, f"s{number}") for number in range(3)]
        tag = cs.tags.create(name="t", resources=servers[:1])
        tag = cs.tags.add(tag, servers)
        assert {item.uuid for item in tag.resources} == {server.uuid for server in servers}
        tag = cs.tags.remove(tag, [servers[0], servers[0].uuid])
        assert {item.uuid for item in tag.resources} == {server.uuid for server in servers[1:]}
        tag = cs.tags.update(tag, name="u")
        assert (tag.name, len(tag.resources)) == ("u", 2)
        assert cs.tags.update(tag, resources=[]).resources == []

    def test_found_by_name_though_the_cloud_filters_none(self, cs: CloudSigma) -> None:
        tags = cs.tags.create_many([{"name": name} for name in ("a", "b", "ab", "b")])
        assert cs.tags.find(name="a") == tags[0]
        assert cs.tags.find(name="c") is None
        assert cs.tags.find(uuid=tags[3].uuid) == tags[3]
        assert [tag.name for tag in cs.tags.list(name=["a", "ab"], name__contains="B")] == ["ab"]
        with pytest.raises(errors.ClientError, match="2 tags match"):
            cs.tags.find(name="b")
        assert [tag.uuid for tag in cs.tags.list(name="a", fields="uuid")] == [tags[0].uuid]
        assert len(list(cs.tags.iterate(page_size=3))) == cs.tags.page(0, 1).total_count == 4
        with pytest.raises(TypeError, match="meta"):
            cs.tags.list(meta="x")  # type: ignore[call-arg]
        with pytest.raises(errors.InvalidArgument):
            cs.tags.list(name=3)  # type: ignore[arg-type]

    def test_delete(self, cs: CloudSigma) -> None:
        tags = cs.tags.create_many([{"name": f"t{number}"} for number in range(4)])
        cs.tags.delete(tags[0])
        cs.tags.delete_many(tags[1:])
        assert cs.tags.list() == []
        with pytest.raises(errors.NotFound):
            cs.tags.delete(tags[0])
        assert cs.tags.create_many([]) == []


class TestNetworks:
    def test_vlans(self, cs: CloudSigma) -> None:
        (vlan,) = cs.vlans.list()
        assert vlan.subscription is not None
        tag = cs.tags.create(name="t")
        cs.vlans.update(vlan, tags=[tag])
        changed = cs.vlans.update(vlan.uuid, meta={"name": "private"})
        assert (changed.meta, [item.uuid for item in changed.tags]) == ({"name": "private"}, [tag.uuid])
        assert cs.vlans.get(vlan).meta == {"name": "private"}
        assert cs.vlans.find(uuid=vlan.uuid) == changed
        assert [item.uuid for item in cs.vlans.iterate()] == [vlan.uuid]
        assert cs.vlans.page().total_count == 1

    def test_ips(self, cs: CloudSigma) -> None:
        first, second = cs.ips.list()
        changed = cs.ips.update(first, meta={"use": "web"})
        assert (changed.uuid, changed.meta) == (first.uuid, {"use": "web"})
        assert cs.ips.find(uuid=[second.uuid]) == second
        assert [item.uuid for item in cs.ips.list(fields="uuid")] == [first.uuid, second.uuid]
        with pytest.raises(errors.InvalidArgument):
            cs.ips.get("192.0.2.1/24")


class TestJobs:
    def test_a_clone_is_a_job(self, cs: CloudSigma) -> None:
        drive = cs.drives.create(name="d", size=GIB, media="disk", wait=True)
        copy = cs.drives.clone(drive, wait=True)
        job = cs.jobs.wait(copy.jobs[0], timeout=25)
        assert (job.operation, job.state) == ("drive_clone", "success")
        assert job.data is not None
        assert job.data.progress == 100
        assert job.resources is not None
        assert copy.resource_uri in job.resources
        assert cs.jobs.get(job.uuid) == job
        assert job.uuid in {item.uuid for item in cs.jobs.list(state="success", order_by="-last_modified")}
        assert cs.jobs.list(state="started") == []
        with pytest.raises(errors.WaitFailed, match="ended in state success"):
            cs.jobs.wait(job, "error", timeout=25)


class TestAccount:
    def test_profile(self, cs: CloudSigma) -> None:
        before = cs.profile.get()
        after = cs.profile.update(clone_naming="COUNTER", meta={"a": "b"})
        assert (after.clone_naming, after.meta) == ("COUNTER", {"a": "b"})
        assert {**before, "clone_naming": "COUNTER", "meta": {"a": "b"}} == {**after}
        with pytest.raises(TypeError):
            cs.profile.update()
        assert cs.profile.schema().fields["clone_naming"]

    def test_balance(self, cs: CloudSigma) -> None:
        balance = cs.balance.get()
        assert to_decimal(balance.balance) > 0
        assert balance.currency
        assert cs.balance.schema().fields

    def test_global_context(self, cs: CloudSigma) -> None:
        assert cs.global_context.replace({"a": "1", "b-c": "2"}) == {"a": "1", "b-c": "2"}
        assert cs.global_context.update({"a": "3"}) == {"a": "3", "b-c": "2"}
        assert cs.global_context.get() == {"a": "3", "b-c": "2"}
        assert cs.global_context.replace({}) == {}

    def test_what_the_location_offers(self, cs: CloudSigma) -> None:
        capabilities = cs.capabilities.get()
        assert capabilities.drives is not None
        assert capabilities.default_storage_type in capabilities.drives
        assert capabilities.hosts is not None
        assert capabilities.hosts["intel"].cpu.max > 0
        assert "get" in cs.capabilities.schema().allowed_methods
        assert isinstance(cs.cloud_status.get().signup, bool)
        locations = cs.locations.list()
        found = cs.locations.find(locations[0].id.lower())
        assert found == locations[0]
        assert cs.locations.find("XXX") is None

    def test_accounts(self, cs: CloudSigma) -> None:
        uuid = cs.profile.get().uuid
        assert cs.accounts.login().uuid == uuid
        assert cs.accounts.check_login() is True
        assert cs.accounts.check_login_with_return_uuid().uuid == uuid
        assert cs.accounts.check_login_with_return_uuid("user@example.com", "password").uuid == uuid
        ticket = cs.accounts.authenticate_asynchronous()
        assert ticket.count("|") == 2
        with pytest.raises(errors.AuthError) as caught:
            cs.accounts.login(password="wrong")
        assert "wrong" not in str(caught.value)
        created = cs.accounts.create("new@example.com")
        assert (created.success, bool(created.uuid)) == (True, True)

    def test_a_cookie_session_is_ended_and_begun_again(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        settings: dict[str, Any] = {
            "api_endpoint": cloudsigma_emulator.api_endpoint,
            "ws_endpoint": cloudsigma_emulator.ws_endpoint,
            "username": cloudsigma_emulator.username,
            "password": cloudsigma_emulator.password,
            "login_method": "session",
        }
        with CloudSigma(**settings) as session:
            assert session.profile.get().email == cloudsigma_emulator.username
            session.accounts.logout()
            assert session.tags.create(name="t").name == "t"

    def test_nobody_s_credentials(self, cloudsigma_emulator: Emulator) -> None:
        with CloudSigma(
            api_endpoint=cloudsigma_emulator.api_endpoint, username="user@example.com", password="no"
        ) as stranger:
            with pytest.raises(errors.AuthError):
                stranger.accounts.check_login()
            assert stranger.locations.list()
        with (
            CloudSigma(api_endpoint=cloudsigma_emulator.api_endpoint, login_method="none") as nobody,
            pytest.raises(errors.InvalidArgument, match="username"),
        ):
            nobody.accounts.login()


def test_somebody_else_s_server(cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
    server = new_server(cs)
    with CloudSigma(
        api_endpoint=cloudsigma_emulator.api_endpoint,
        ws_endpoint=cloudsigma_emulator.ws_endpoint,
        username=cloudsigma_emulator.username2,
        password=cloudsigma_emulator.password2,
    ) as other:
        assert other.servers.list() == []
        with pytest.raises(errors.NotPermitted) as caught:
            other.servers.get(server)
        assert caught.value.status_code == 403
