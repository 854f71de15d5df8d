"""The exact type of every verb on both faces; checkers compare. Never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, assert_type

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.records import (
    AccountCreated,
    ActionResult,
    Balance,
    Capabilities,
    CapabilitiesSchema,
    ChunkLink,
    CloudStatus,
    ConsoleTunnel,
    Drive,
    Ip,
    Job,
    LibraryDrive,
    Location,
    LoginResult,
    Page,
    Profile,
    Schema,
    Server,
    ServerRuntime,
    Tag,
    Vlan,
    VncTunnel,
)


def blocking(cs: CloudSigma, server: Server, drive: Drive, image: LibraryDrive, tag: Tag) -> None:
    assert_type(cs.servers.list(name="a", fields=["uuid"]), list[Server])
    assert_type(cs.servers.iterate(name=["a", "b"], tag=tag), Generator[Server, None, None])
    assert_type(cs.servers.page(0, 10, name__contains="a"), Page[Server])
    assert_type(cs.servers.page(0, 10).objects[0], Server)
    assert_type(cs.servers.get(server), Server)
    assert_type(cs.servers.get(server.uuid, fields="name,uuid"), Server)
    assert_type(cs.servers.find(name="a"), Server | None)
    assert_type(cs.servers.create(name="a", cpu=1, mem=1, vnc_password="a"), Server)
    assert_type(
        cs.servers.create_many([{"name": "a", "cpu": 1, "mem": 1, "vnc_password": "a"}]), list[Server]
    )
    assert_type(cs.servers.update(server, name="b"), Server)
    assert_type(
        cs.servers.update(
            server, drives=[*server.drives, {"device": "ide", "dev_channel": "0:0", "drive": drive}]
        ),
        Server,
    )
    assert_type(
        cs.servers.update(
            server, nics=[*server.nics, {"vlan": "u"}, {"ip_v4_conf": {"conf": "static", "ip": "192.0.2.1"}}]
        ),
        Server,
    )
    assert_type(cs.servers.update_many([server, "u"], tags=[tag]), list[Server])
    assert_type(cs.servers.wait(server, status="running", timeout=1), Server)
    assert_type(cs.servers.wait(server, ["running", "paused"], timeout=None), Server)
    assert_type(
        cs.servers.start(server, wait=True, timeout=5.0, avoid=[server], allocation_method="lazy"), Server
    )
    assert_type(cs.servers.stop(server), Server)
    assert_type(cs.servers.restart(server), Server)
    assert_type(cs.servers.shutdown(server), Server)
    assert_type(cs.servers.open_vnc(server), VncTunnel)
    assert_type(cs.servers.close_vnc(server), ActionResult)
    assert_type(cs.servers.open_console(server), ConsoleTunnel)
    assert_type(cs.servers.close_console(server), ActionResult)
    assert_type(cs.servers.clone(server, name="c", random_vnc_password=True), Server)
    assert_type(cs.servers.runtime(server), ServerRuntime)
    assert_type(cs.servers.availability_groups(), list[list[str]])
    assert_type(cs.servers.availability_group(server), list[str])
    assert_type(cs.servers.attach_drive(server, drive, device="ide", boot_order=1), Server)
    assert_type(cs.servers.attach_drive(server, image), Server)
    assert_type(cs.servers.detach_drive(server, server.drives[0].drive), Server)
    assert_type(cs.servers.attach_nic(server, ip_v4="static", ip="192.0.2.1"), Server)
    assert_type(cs.servers.detach_nic(server, server.nics[0].mac), Server)
    assert_type(cs.servers.schema(), Schema)
    assert_type(cs.drives.list(), list[Drive])
    assert_type(cs.drives.create(name="a", size=1, media="disk", avoid=drive, wait=True), Drive)
    assert_type(cs.drives.clone(image, name="a"), Drive)
    assert_type(cs.drives.resize(drive, 2, name="b", wait=True), Drive)
    assert_type(cs.drives.set_scheduler(drive, None), Drive)
    assert_type(cs.drives.wait(drive), Drive)
    assert_type(cs.drives.init_upload(name="a", size=1, media="disk"), Drive)
    assert_type(cs.drives.upload_chunk_link(drive, 0), ChunkLink)
    assert_type(cs.drives.upload_direct(b""), Drive)
    assert_type(cs.drives.download_range(drive, 0, 1), bytes)
    assert_type(cs.library_drives.find(name="a"), LibraryDrive | None)
    assert_type(cs.library_drives.clone(image), Drive)
    assert_type(cs.jobs.get(server.jobs[0]), Job)
    assert_type(cs.jobs.wait(server.jobs[0]), Job)
    assert_type(cs.locations.list(), list[Location])
    assert_type(cs.locations.find("ZRH"), Location | None)
    assert_type(cs.capabilities.get(), Capabilities)
    assert_type(cs.capabilities.schema(), CapabilitiesSchema)
    assert_type(cs.cloud_status.get(), CloudStatus)
    assert_type(cs.profile.update(clone_naming="COUNTER"), Profile)
    assert_type(cs.balance.get(), Balance)
    assert_type(cs.accounts.create("a@example.com"), AccountCreated)
    assert_type(cs.accounts.login(), LoginResult)
    assert_type(cs.accounts.check_login(), bool)
    assert_type(cs.accounts.authenticate_asynchronous(), str)
    assert_type(cs.global_context.get(), dict[str, Any])
    assert_type(cs.global_context.update({"a": "b"}), dict[str, Any])
    assert_type(cs.tags.create(name="a", resources=[server, drive, "192.0.2.1"]), Tag)
    assert_type(cs.tags.add(tag, [server]), Tag)
    assert_type(cs.tags.servers(tag), list[Server])
    assert_type(cs.tags.drives(tag), list[Drive])
    assert_type(cs.tags.ips(tag), list[Ip])
    assert_type(cs.tags.vlans(tag), list[Vlan])
    assert_type(cs.vlans.update("u", meta={}), Vlan)
    assert_type(cs.ips.get("192.0.2.1"), Ip)
    assert_type(server.nics[0].model, str)
    assert_type(server.drives[0].boot_order, int | None)


async def awaited(cs: AsyncCloudSigma, server: Server, drive: Drive, image: LibraryDrive, tag: Tag) -> None:
    assert_type(cs.servers.iterate(), AsyncGenerator[Server, None])
    async for found in cs.servers.iterate(name="a"):
        assert_type(found, Server)
    listing: Coroutine[Any, Any, list[Server]] = cs.servers.list(name="a")
    assert_type(await listing, list[Server])
    assert_type(await cs.servers.page(0, 10), Page[Server])
    assert_type(await cs.servers.get(server), Server)
    assert_type(await cs.servers.find(name="a"), Server | None)
    assert_type(await cs.servers.create(name="a", cpu=1, mem=1, vnc_password="a"), Server)
    assert_type(await cs.servers.update(server, name="b"), Server)
    assert_type(await cs.servers.update_many([server], name="b"), list[Server])
    assert_type(await cs.servers.wait(server, status="running"), Server)
    assert_type(await cs.servers.start(server, wait=True), Server)
    assert_type(await cs.servers.open_vnc(server), VncTunnel)
    assert_type(await cs.servers.clone(server), Server)
    assert_type(await cs.servers.attach_drive(server, drive), Server)
    assert_type(await cs.servers.attach_nic(server), Server)
    assert_type(await cs.servers.schema(), Schema)
    assert_type(await cs.drives.create(name="a", size=1, media="disk"), Drive)
    assert_type(await cs.drives.resize(drive, 2), Drive)
    assert_type(await cs.drives.download_range(drive, 0, 1), bytes)
    assert_type(await cs.library_drives.clone(image), Drive)
    assert_type(await cs.jobs.wait("u"), Job)
    assert_type(await cs.locations.list(), list[Location])
    assert_type(await cs.capabilities.get(), Capabilities)
    assert_type(await cs.cloud_status.get(), CloudStatus)
    assert_type(await cs.profile.get(), Profile)
    assert_type(await cs.balance.get(), Balance)
    assert_type(await cs.accounts.login("a", "b"), LoginResult)
    assert_type(await cs.global_context.replace({}), dict[str, Any])
    assert_type(await cs.tags.servers(tag, detail=False), list[Server])
    assert_type(await cs.vlans.list(), list[Vlan])
    assert_type(await cs.ips.find(uuid="192.0.2.1"), Ip | None)
