"""A program as users write it, on both faces. Type checkers accept it, and the tests run it."""

from __future__ import annotations

import asyncio

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.errors import ApiClientError, IllegalState, NotFound
from cloudsigma.records import Drive, NicSpec, Server, ServerSpec, to_datetime, to_decimal

GIB = 1024**3


def running_name(server: Server) -> str:
    """Use a record: fields have their types, nested ones too."""
    address: str = ""
    if server.runtime is not None:
        for nic in server.runtime.nics:
            if nic.ip_v4 is not None:
                address = nic.ip_v4.uuid
    cores: int = server.smp
    label: str = server.meta.get("label", "")
    return f"{server.name} {label} {cores} {address}".strip()


def blocking() -> str:
    """Drive a server through its life with the blocking face."""
    card: NicSpec = {"ip_v4_conf": {"conf": "dhcp"}, "model": "virtio"}
    spec: ServerSpec = {"name": "second", "cpu": 1000, "mem": GIB, "vnc_password": "s3cret"}
    with CloudSigma() as cs:
        disk: Drive = cs.drives.create(
            name="disk", size=10 * GIB, media="disk", meta={"label": "a"}, wait=True
        )
        web = cs.servers.create(name="web", cpu=2000, mem=2 * GIB, vnc_password="s3cret", nics=[card])
        second, *_ = cs.servers.create_many([spec])
        web = cs.servers.attach_drive(web, disk, boot_order=1)
        web = cs.servers.attach_nic(web, ip_v4="manual")
        web = cs.servers.update(web, nics=[*web.nics], meta={**web.meta, "label": "b"})
        tag = cs.tags.create(name="shop", resources=[web, disk, second])
        web = cs.servers.start(web, wait=True, timeout=60)
        said = running_name(web)
        try:
            cs.servers.start(web)
        except IllegalState as error:
            said += f" | {error.status_code}"
        for server in cs.servers.iterate(tag=tag, page_size=1):
            said += f" | {server.name}"
        cs.servers.stop(web.uuid, wait=True)
        for server in cs.servers.list(name__contains="web"):
            cs.servers.delete(server, recurse="all_drives")
        cs.servers.delete_many([second])
        cs.tags.delete(tag)
        found: Server | None = cs.servers.find(name="web")
        assert found is None
        assert to_decimal(cs.balance.get().balance) > 0
        return said


async def awaiting() -> list[str]:
    """The same with the awaited face, several servers at once."""
    async with AsyncCloudSigma() as cs:

        async def life(number: int) -> str:
            server = await cs.servers.create(
                name=f"s{number}", cpu=1000, mem=GIB, vnc_password="s3cret", idempotency_key=f"key{number}"
            )
            server = await cs.servers.start(server, wait=True)
            assert server.runtime is not None
            assert to_datetime(server.runtime.active_since or "").year > 2000
            server = await cs.servers.stop(server, wait=True)
            await cs.servers.delete(server)
            try:
                await cs.servers.get(server)
            except NotFound:
                return server.name
            return "still there"

        names = await asyncio.gather(*(life(number) for number in range(3)))
        async for server in cs.servers.iterate():
            names.append(server.name)
        first = await cs.library_drives.page(0, 2, os="linux")
        return names + [drive.name for drive in first.objects][:0]


def main() -> None:
    """Run both."""
    try:
        print(blocking())
        print(asyncio.run(awaiting()))
    except ApiClientError as error:
        raise SystemExit(f"{error.method} {error.path}: {error.message}") from error


if __name__ == "__main__":
    main()
