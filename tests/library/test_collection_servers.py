"""Servers against the emulator, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from cloudsigma import AsyncCloudSigma, CloudSigma, errors
from cloudsigma.records import Drive, Server
from cloudsigma_emulator import Emulator

GIB = 2**30


@pytest.fixture
def cs(cloudsigma_client: CloudSigma) -> CloudSigma:
    return cloudsigma_client


def awaiting(emulator: Emulator) -> AsyncCloudSigma:
    return AsyncCloudSigma(
        api_endpoint=emulator.api_endpoint,
        ws_endpoint=emulator.ws_endpoint,
        username=emulator.username,
        password=emulator.password,
    )


def new_server(cs: CloudSigma, name: str = "web", **more: Any) -> Server:
    return cs.servers.create(name=name, cpu=2000, mem=GIB, vnc_password="s3cret", **more)


def new_drive(cs: CloudSigma, name: str = "disk", **more: Any) -> Drive:
    return cs.drives.create(name=name, size=GIB, media="disk", wait=True, **more)


class TestReading:
    def test_list_gives_all_whole(self, cs: CloudSigma) -> None:
        made = cs.servers.create_many(
            [{"name": f"s{n}", "cpu": 1000, "mem": GIB, "vnc_password": "p"} for n in range(25)]
        )
        assert [server.name for server in made] == [f"s{n}" for n in range(25)]
        listed = cs.servers.list()
        assert {server.uuid for server in listed} == {server.uuid for server in made}
        assert all(type(server) is Server and server.cpu == 1000 for server in listed)

    def test_iterate_and_page_walk_the_same(self, cs: CloudSigma) -> None:
        cs.servers.create_many(
            [{"name": f"s{n}", "cpu": 1000, "mem": GIB, "vnc_password": "p"} for n in range(7)]
        )
        names = [server.name for server in cs.servers.iterate(page_size=3)]
        assert sorted(names) == sorted(server.name for server in cs.servers.list())
        page = cs.servers.page(2, 3)
        assert (page.offset, page.limit, page.total_count) == (2, 3, 7)
        assert [server.name for server in page] == names[2:5]
        assert cs.servers.page(0, 0).total_count == len(cs.servers.page(0, 0)) == 7

    def test_filters_are_anded_and_their_values_ored(self, cs: CloudSigma) -> None:
        for name in ("a,b", "a", "B\\", "other"):
            new_server(cs, name)
        assert {server.name for server in cs.servers.list(name=["a,b", "B\\"])} == {"a,b", "B\\"}
        assert [server.name for server in cs.servers.list(name="a", name__contains="b")] == []
        assert [server.name for server in cs.servers.list(name__contains="OTH")] == ["other"]

    def test_chosen_fields_make_partial_records(self, cs: CloudSigma) -> None:
        new_server(cs)
        (server,) = cs.servers.list(fields=["uuid", "cpu"])
        assert set(server) == {"uuid", "cpu"}
        with pytest.raises(AttributeError, match="fields="):
            server.runtime  # noqa: B018
        again = cs.servers.get(server, fields="name,status")
        assert again.name == "web"
        with pytest.raises(AttributeError):
            again.runtime  # noqa: B018
        with pytest.raises(TypeError, match="empty"):
            cs.servers.get(server, fields=[])

    def test_an_unknown_filter_is_refused_before_anything_is_sent(self, cs: CloudSigma) -> None:
        with pytest.raises(TypeError, match=r"servers cannot be filtered by 'nam'.*name__contains"):
            cs.servers.list(nam="web")  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="'nam'"):
            next(cs.servers.iterate(nam="web"))  # type: ignore[call-arg]

    def test_find_wants_one_at_most(self, cs: CloudSigma) -> None:
        assert cs.servers.find(name="web") is None
        server = new_server(cs)
        found = cs.servers.find(name="web")
        assert found is not None
        assert found.uuid == server.uuid
        new_server(cs)
        with pytest.raises(errors.ClientError, match=r"2 servers match name='web'.*uuid=") as caught:
            cs.servers.find(name="web")
        assert server.uuid in str(caught.value)

    @pytest.mark.parametrize("form", ["uuid", "uri", "record", "reference", "dict"])
    def test_a_reference_in_any_form(self, cs: CloudSigma, form: str) -> None:
        server = new_server(cs)
        ref: Any = {
            "uuid": server.uuid,
            "uri": server.resource_uri,
            "record": server,
            "reference": {"uuid": server.uuid, "resource_uri": server.resource_uri},
            "dict": {"uuid": server.uuid},
        }[form]
        assert cs.servers.get(ref) == server

    @pytest.mark.parametrize("ref", ["", "../drives", "a/b", "u?x=1", "/api/2.0/drives/u/", {}, None, 3])
    def test_what_names_no_server_is_refused(self, cs: CloudSigma, ref: Any) -> None:
        with pytest.raises(errors.InvalidArgument):
            cs.servers.delete(ref)
        with pytest.raises(errors.InvalidArgument):
            cs.servers.delete_many([ref])

    def test_unknown_uuids_are_not_found(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.NotFound) as caught:
            cs.servers.get("6f670b3c-a2e6-433f-aeab-b976b1cdaf03")
        assert caught.value.status_code == 404

    def test_schema(self, cs: CloudSigma) -> None:
        assert "vnc_password" in cs.servers.schema().fields


class TestUpdating:
    def test_what_is_not_named_stays(self, cs: CloudSigma) -> None:
        tag = cs.tags.create(name="t")
        disk = new_drive(cs)
        server = new_server(cs, meta={"a": "b"}, tags=[tag], nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
        server = cs.servers.attach_drive(server, disk, boot_order=1)
        changed = cs.servers.update(server, name="renamed")
        assert changed.name == "renamed"
        assert {**changed, "name": "web"} == {**server}
        assert changed.nics[0].mac == server.nics[0].mac
        assert [ref.uuid for ref in changed.tags] == [tag.uuid]

    def test_a_stale_copy_undoes_nothing(self, cs: CloudSigma) -> None:
        old = new_server(cs)
        cs.servers.update(old, meta={"by": "another"})
        assert cs.servers.update(old, name="renamed").meta == {"by": "another"}

    def test_nothing_to_change_is_said(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        server.name = "altered in place"
        with pytest.raises(TypeError, match="by name"):
            cs.servers.update(server)

    def test_a_wrong_value_names_its_field(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.ValidationError) as caught:
            cs.servers.update(new_server(cs), mem=5)
        assert caught.value.error_point == "mem"

    def test_a_change_that_a_running_server_ignores_is_an_error(self, cs: CloudSigma) -> None:
        disk = new_drive(cs)
        server = cs.servers.start(new_server(cs), wait=True)
        assert cs.servers.update(server, name="new", meta={"a": "b"}).name == "new"
        with pytest.raises(errors.IllegalState, match=r"left mem unchanged.*name, tags"):
            cs.servers.update(server, mem=2 * GIB)
        assert cs.servers.update(server, mem=GIB, nics=server.nics).name == "new"
        with pytest.raises(errors.IllegalState, match="did not attach drive"):
            cs.servers.attach_drive(server, disk)
        with pytest.raises(errors.IllegalState, match="left nics unchanged"):
            cs.servers.attach_nic(server)

    def test_many_at_once(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        servers = [new_server(cs, f"s{n}", meta={"n": str(n)}) for n in range(3)]
        changed = cs.servers.update_many(servers, mem=2 * GIB)
        assert [server.uuid for server in changed] == [server.uuid for server in servers]
        assert [(server.mem, server.meta) for server in changed] == [
            (2 * GIB, {"n": str(n)}) for n in range(3)
        ]
        refused = cloudsigma_emulator.faults.add(method="PUT", path="/api/2.0/servers/", status=405)
        again = cs.servers.update_many(servers, mem=3 * GIB)
        assert [server.mem for server in again] == [3 * GIB] * 3
        assert cloudsigma_emulator.faults.hits(refused) == 1
        assert cs.servers.update_many([], mem=GIB) == []

    def test_many_with_one_that_is_gone_changes_none(self, cs: CloudSigma) -> None:
        server, gone = new_server(cs), new_server(cs)
        cs.servers.delete(gone)
        with pytest.raises(errors.NotFound, match=gone.uuid):
            cs.servers.update_many([server, gone], name="x")
        assert cs.servers.get(server).name == "web"

    def test_a_conflict_is_solved_by_reading_again(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        server = new_server(cs)
        fault = cloudsigma_emulator.faults.add(
            method="PUT", path="/api/2.0/servers/*", status=503, error_type="concurrency"
        )
        assert cs.servers.update(server, name="renamed").name == "renamed"
        assert cloudsigma_emulator.faults.hits(fault) == 1

    def test_an_answer_that_is_lost_is_made_up_for(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        server = new_server(cs, nics=[{"ip_v4_conf": {"conf": "dhcp"}}])
        cloudsigma_emulator.faults.add(method="PUT", path="/api/2.0/servers/*", cut="after")
        disk = new_drive(cs)
        changed = cs.servers.attach_drive(server, disk)
        assert [item.drive.uuid for item in changed.drives] == [disk.uuid]


class TestDrivesAndCards:
    def test_channels_are_chosen(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        for number in range(4):
            server = cs.servers.attach_drive(server, new_drive(cs, f"d{number}"))
        server = cs.servers.attach_drive(server, new_drive(cs), device="ide", boot_order=9)
        channels = {(item.device, item.dev_channel) for item in server.drives}
        assert channels == {
            ("virtio", "0:0"),
            ("virtio", "0:1"),
            ("virtio", "0:2"),
            ("virtio", "1:0"),
            ("ide", "0:0"),
        }
        disk = next(item for item in server.drives if item.dev_channel == "0:1")
        server = cs.servers.detach_drive(server, disk.drive)
        again = cs.servers.attach_drive(server, disk.drive)
        assert ("virtio", "0:1") in {(item.device, item.dev_channel) for item in again.drives}

    def test_drives_boot_in_the_order_they_came_unless_told(self, cs: CloudSigma) -> None:
        server = cs.servers.attach_drive(new_server(cs), new_drive(cs, "root"))
        server = cs.servers.attach_drive(server, new_drive(cs, "data"), bootable=False)
        server = cs.servers.attach_drive(server, new_drive(cs, "fourth"), boot_order=4)
        server = cs.servers.attach_drive(server, new_drive(cs, "last"))
        assert [item.boot_order for item in server.drives] == [1, None, 4, 5]
        with pytest.raises(errors.InvalidArgument, match="bootable"):
            cs.servers.attach_drive(server, new_drive(cs), bootable=False, boot_order=2)

    def test_ide_has_four_channels(self, cs: CloudSigma) -> None:
        server = new_server(cs)
        for number in range(4):
            server = cs.servers.attach_drive(server, new_drive(cs, f"d{number}"), device="ide")
        with pytest.raises(errors.InvalidArgument, match="all ide channels"):
            cs.servers.attach_drive(server, new_drive(cs), device="ide")

    def test_attaching_and_detaching_twice_changes_nothing(self, cs: CloudSigma) -> None:
        disk = new_drive(cs)
        server = cs.servers.attach_drive(new_server(cs), disk)
        assert cs.servers.attach_drive(server, disk) == server
        server = cs.servers.detach_drive(server, disk)
        assert cs.servers.detach_drive(server, disk.resource_uri) == server
        assert cs.drives.get(disk).mounted_on == []

    def test_library_drives(self, cs: CloudSigma) -> None:
        cdrom = next(image for image in cs.library_drives.list() if image.media == "cdrom")
        disk = next(image for image in cs.library_drives.list() if image.media == "disk")
        server = cs.servers.attach_drive(new_server(cs), cdrom, device="ide")
        assert server.drives[0].drive.uuid == cdrom.uuid
        with pytest.raises(errors.PermissionError):
            cs.servers.attach_drive(server, disk)

    def test_cards_of_each_kind(self, cs: CloudSigma) -> None:
        free = next(ip for ip in cs.ips.list() if ip.server is None and ip.subscription is not None)
        (vlan,) = cs.vlans.list()
        server = new_server(cs)
        server = cs.servers.attach_nic(server)
        server = cs.servers.attach_nic(server, ip_v4="manual", model="e1000")
        server = cs.servers.attach_nic(server, ip=free)
        server = cs.servers.attach_nic(server, vlan=vlan)
        confs = [card.ip_v4_conf.conf if card.ip_v4_conf else None for card in server.nics]
        assert confs == ["dhcp", "manual", "static", None]
        assert server.nics[1].model == "e1000"
        static = server.nics[2].ip_v4_conf
        assert static is not None
        assert static.ip is not None
        assert static.ip.uuid == free.uuid
        assert server.nics[3].vlan is not None
        assert server.nics[3].vlan.uuid == vlan.uuid
        kept = [card.mac for card in server.nics if card.mac != server.nics[1].mac]
        server = cs.servers.detach_nic(server, server.nics[1].mac.upper())
        assert [card.mac for card in server.nics] == kept
        with pytest.raises(errors.InvalidArgument, match=kept[0]):
            cs.servers.detach_nic(server, "22:00:00:00:00:00")

    @pytest.mark.parametrize(
        "arguments",
        [
            {"ip_v4": "dhcp", "ip": "192.0.2.1"},
            {"ip_v4": "static"},
            {"ip_v4": "manual", "ip": "192.0.2.1"},
            {"vlan": "u", "ip_v4": "dhcp"},
            {"vlan": "u", "ip": "192.0.2.1"},
            {"ip_v4": "auto"},
        ],
    )
    def test_cards_that_cannot_be(self, cs: CloudSigma, arguments: dict[str, Any]) -> None:
        with pytest.raises(errors.InvalidArgument):
            cs.servers.attach_nic("6f670b3c-a2e6-433f-aeab-b976b1cdaf03", **arguments)

    def test_several_drives_attached_at_once_are_all_there(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        """Both faces: calls of one client that change the same server do not undo each other."""
        disks = [new_drive(cs, f"d{number}") for number in range(6)]
        server = new_server(cs)

        async def at_once() -> None:
            async with awaiting(cloudsigma_emulator) as later:
                await asyncio.gather(*(later.servers.attach_drive(server, disk) for disk in disks[:3]))

        asyncio.run(at_once())
        threads = [
            threading.Thread(target=cs.servers.attach_drive, args=(server, disk)) for disk in disks[3:]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        attached = {item.drive.uuid for item in cs.servers.get(server).drives}
        assert attached == {disk.uuid for disk in disks}


class TestLife:
    def test_start_to_delete(self, cs: CloudSigma) -> None:
        server = cs.servers.attach_nic(new_server(cs))
        server = cs.servers.start(server, wait=True, allocation_method="regular", avoid=[server])
        assert server.status == "running"
        assert server.runtime is not None
        address = server.runtime.nics[0].ip_v4
        assert address is not None
        assert cs.servers.runtime(server).nics[0].mac == server.nics[0].mac
        assert cs.servers.availability_group(server) == [server.uuid]
        assert cs.servers.availability_groups() == [[server.uuid]]
        assert cs.ips.get(address).server is not None
        with pytest.raises(errors.IllegalState) as caught:
            cs.servers.start(server)
        assert (caught.value.status_code, caught.value.error_type) == (403, "permission")
        with pytest.raises(errors.PermissionError):
            cs.servers.delete(server)
        server = cs.servers.stop(server, wait=True)
        assert (server.status, server.runtime) == ("stopped", None)
        assert cs.servers.availability_group(server) == []
        cs.servers.delete(server)
        cs.servers.wait_deleted(server, timeout=25)
        with pytest.raises(errors.NotFound):
            cs.servers.wait(server, "running", timeout=5)

    def test_without_wait_the_server_comes_back_too(self, cs: CloudSigma) -> None:
        server = cs.servers.start(new_server(cs))
        assert server.status in ("starting", "running")
        assert cs.servers.wait(server, "running").status == "running"
        assert cs.servers.stop(server).status in ("stopping", "stopped")
        assert cs.servers.wait(server, ["stopped", "paused"]).status == "stopped"

    def test_restart_and_shutdown(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        server = cs.servers.start(new_server(cs), wait=True)
        assert server.runtime is not None
        before = server.runtime.active_since
        cloudsigma_emulator.clock.advance(10)
        server = cs.servers.restart(server, wait=True, timeout=25)
        assert server.runtime is not None
        assert server.runtime.active_since != before
        assert cs.servers.shutdown(server, wait=True).status == "stopped"

    def test_tunnels(self, cs: CloudSigma) -> None:
        server = cs.servers.start(new_server(cs), wait=True)
        assert cs.servers.open_vnc(server).vnc_url.startswith("vnc://")
        assert cs.servers.close_vnc(server).result == "success"
        assert cs.servers.open_console(server).console_url.startswith("csconsole://")
        assert cs.servers.close_console(server).action == "close_console"

    def test_clone_waits_for_its_disks(self, cs: CloudSigma) -> None:
        source = cs.servers.attach_drive(new_server(cs), new_drive(cs))
        copy = cs.servers.clone(source, name="copy", random_vnc_password=True, wait=True)
        assert copy.name == "copy"
        assert copy.vnc_password != source.vnc_password
        disk = cs.drives.get(copy.drives[0].drive)
        assert disk.status == "mounted"
        assert disk.uuid != source.drives[0].drive.uuid

    @pytest.mark.parametrize(("recurse", "left"), [(None, 2), ("all_drives", 0), ("disks", 1), ("cdroms", 1)])
    def test_delete_with_drives(self, cs: CloudSigma, recurse: Any, left: int) -> None:
        server = new_server(cs)
        cdrom = cs.drives.create(name="cd", size=GIB, media="cdrom", wait=True)
        for drive in (new_drive(cs), cdrom):
            server = cs.servers.attach_drive(server, drive)
        cs.servers.delete(server, recurse=recurse)
        assert len(cs.drives.list(name=["disk", "cd"])) == left

    def test_many_deleted_at_once(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        servers = [new_server(cs, f"s{number}") for number in range(5)]
        cs.servers.delete_many(servers[:2])
        assert len(cs.servers.list()) == 3
        cloudsigma_emulator.faults.add(method="DELETE", path="/api/2.0/servers/", status=405)
        cs.servers.delete_many([server.uuid for server in servers[2:]])
        assert cs.servers.list() == []

    def test_deleting_none_sends_nothing(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        new_server(cs)
        fault = cloudsigma_emulator.faults.add(method="DELETE", status=500, count=None)
        cs.servers.delete_many([])
        cs.drives.delete_many([])
        assert cloudsigma_emulator.faults.hits(fault) == 0
        assert len(cs.servers.list()) == 1


class TestIdempotency:
    def test_a_lost_answer_makes_one_server(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/servers/", cut="after", count=2)
        server = new_server(cs, idempotency_key="order-1", meta={"a": "b"})
        assert server.meta == {"a": "b", "idempotency_key": "order-1"}
        assert [found.uuid for found in cs.servers.list()] == [server.uuid]

    def test_without_a_key_the_outcome_is_unknown(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/servers/", cut="after")
        with pytest.raises(errors.OutcomeUnknown, match=r"list /api/2\.0/servers/"):
            new_server(cs)
        assert len(cs.servers.list()) == 1

    def test_a_request_that_was_lost_is_repeated(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/servers/", cut="before", count=2)
        server = new_server(cs, idempotency_key="order-2")
        assert [found.uuid for found in cs.servers.list()] == [server.uuid]

    @pytest.mark.parametrize("status", [502, 503, 504])
    def test_a_cloud_that_is_busy_is_asked_again(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator, status: int
    ) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/servers/", status=status)
        server = new_server(cs, idempotency_key="order-6")
        assert [found.uuid for found in cs.servers.list()] == [server.uuid]

    def test_what_will_not_change_is_not_asked_again(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        fault = cloudsigma_emulator.faults.add(
            method="POST", path="/api/2.0/servers/", status=500, count=None
        )
        with pytest.raises(errors.ServerError):
            new_server(cs, idempotency_key="order-7")
        assert cloudsigma_emulator.faults.hits(fault) == 1

    def test_a_later_run_finds_it(self, cs: CloudSigma) -> None:
        first = new_server(cs, idempotency_key="order-3")
        assert new_server(cs, idempotency_key="order-3").uuid == first.uuid
        assert new_server(cs, idempotency_key="order-4").uuid != first.uuid
        with pytest.raises(errors.InvalidArgument):
            new_server(cs, idempotency_key="")

    def test_an_outcome_that_stays_unknown_says_how_to_go_on(
        self, cs: CloudSigma, cloudsigma_emulator: Emulator
    ) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/servers/", cut="before", count=None)
        with (
            CloudSigma(
                api_endpoint=cloudsigma_emulator.api_endpoint,
                ws_endpoint=cloudsigma_emulator.ws_endpoint,
                username=cloudsigma_emulator.username,
                password=cloudsigma_emulator.password,
                retries=1,
            ) as impatient,
            pytest.raises(errors.OutcomeUnknown, match="idempotency_key='order-5'"),
        ):
            new_server(impatient, idempotency_key="order-5")
        cloudsigma_emulator.faults.clear()
        assert cs.servers.list() == []


def test_the_awaited_face_does_the_same(cloudsigma_emulator: Emulator) -> None:
    async def life(cs: AsyncCloudSigma, number: int) -> str:
        disk = await cs.drives.create(name=f"d{number}", size=GIB, media="disk")
        server = await cs.servers.create(name=f"s{number}", cpu=1000, mem=GIB, vnc_password="p")
        server = await cs.servers.attach_drive(server, disk)
        server = await cs.servers.start(server, wait=True)
        assert server.status == "running"
        server = await cs.servers.stop(server, wait=True)
        await cs.servers.delete(server, recurse="all_drives")
        return server.name

    async def program() -> None:
        async with awaiting(cloudsigma_emulator) as cs:
            names = await asyncio.gather(*(life(cs, number) for number in range(5)))
            assert names == [f"s{number}" for number in range(5)]
            assert [server async for server in cs.servers.iterate()] == []
            assert await cs.servers.list() == []
            assert [drive.name for drive in await cs.drives.list()] == ["persistent"]

    asyncio.run(program())
