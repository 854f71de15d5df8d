"""The main job, from a configuration file to a clean account, on an emulator inside this process.

Run by ``make demo``. Everything goes over real sockets, a real websocket and a real serial line (a pseudo-terminal);
the client does not know that the cloud is an emulator.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from cloudsigma_emulator import Emulator

GIB = 1024**3


def step(number: int, title: str) -> None:
    print(f"\n{number}. {title}")


def show(text: str) -> None:
    print(f"   {text}")


class Monitor(threading.Thread):
    """The old library's monitor sample as a second client: notes each action and the resource behind it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = threading.Event()
        self.lines: list[str] = []
        self._gone: set[str] = set()
        self._told = threading.Condition()

    def run(self) -> None:
        from cloudsigma.errors import ApiClientError, ClientError
        from cloudsigma.generic import GenericClient
        from cloudsigma.resource import Websocket

        ws = Websocket(timeout=None)
        client = GenericClient()
        self.listening.set()
        while True:
            try:
                action = ws.ws.recv()
            except ApiClientError:
                return  # the cloud has ended
            uri = action["resource_uri"]
            try:
                resource = client.get(uri)
                self.lines.append(f"{uri:58} {resource.get('name', '')!r} is {resource.get('status')}")
            except ClientError as error:
                self.lines.append(f"{uri:58} {error.status_code}: deleted meanwhile; goes on")
                with self._told:
                    self._gone.add(uri)
                    self._told.notify_all()

    def wait_until_gone(self, *uris: str) -> None:
        """Return when the monitor has been told of the deletion of each resource."""
        with self._told:
            if not self._told.wait_for(lambda: self._gone.issuperset(uris), timeout=20):
                sys.exit("the websocket did not tell of the deletion")


def configuration(path: Path) -> None:
    from cloudsigma import CloudSigma

    keys = [line.split("=")[0].strip() for line in path.read_text().splitlines() if "=" in line]
    show(f"{path}, mode {stat.S_IMODE(path.stat().st_mode):o}, with {', '.join(keys[:4])}")
    path.chmod(0o644)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CloudSigma().close()
    path.chmod(0o600)
    for warning in caught:
        show(f"made readable by others: {str(warning.message).replace(str(path), '…')}")


def old_names(emulator: Emulator, monitor: Monitor) -> None:
    import cloudsigma

    drive, server = cloudsigma.resource.Drive(), cloudsigma.resource.Server()
    test_disk: dict[str, Any] = {"name": "test_drive", "size": 1024000000, "media": "disk"}
    my_test_disk = drive.create(test_disk)
    show(
        f"drive   {my_test_disk['uuid']}  {my_test_disk['name']}, {my_test_disk['size']} bytes, {my_test_disk['status']}"
    )

    test_server: dict[str, Any] = {
        "name": "My Test Server",
        "cpu": 1000,
        "mem": 512 * 1024**2,
        "vnc_password": "secret",
    }
    my_test_server = server.create(test_server)
    uuid = my_test_server["uuid"]
    show(f"server  {uuid}  {my_test_server['name']}, {my_test_server['cpu']} MHz, {my_test_server['status']}")

    test_server["drives"] = [
        {"boot_order": 1, "dev_channel": "0:0", "device": "virtio", "drive": my_test_disk["uuid"]}
    ]
    updated = server.update(uuid, test_server)
    show(f"attach  by an update: {updated['drives'][0]['device']} {updated['drives'][0]['dev_channel']}")

    waiter = cloudsigma.resource.Websocket(timeout=20)
    show(f"start   {server.start(uuid)['result']}")
    waiter.wait_for_status(my_test_server["resource_uri"], cloudsigma.resource.Server, "running")

    os.environ["CLOUDSIGMA_SERIAL_PORT"] = emulator.serial_port(uuid)
    context = cloudsigma.metadata.GetServerMetadata().get()
    del os.environ["CLOUDSIGMA_SERIAL_PORT"]
    in_guest = f"{context['name']!r}, {context['cpu']} MHz, {len(context)} keys, drive {context['drives'][0]['drive']['name']!r}"

    show(f"stop    {server.stop(uuid)['result']}")
    waiter.wait_for_status(my_test_server["resource_uri"], cloudsigma.resource.Server, "stopped")
    waiter.ws.close()
    server.delete(uuid)
    drive.delete(my_test_disk["uuid"])
    monitor.wait_until_gone(my_test_server["resource_uri"], my_test_disk["resource_uri"])

    step(3, "Meanwhile a second client on the websocket: each action, and the resource behind it")
    for line in tuple(monitor.lines):
        show(line)
    step(4, "Inside the running server: its context over the serial line, without credentials")
    show(in_guest)


def new_client() -> None:
    from cloudsigma import CloudSigma

    begun = time.perf_counter()
    with CloudSigma() as cs:
        disk = cs.drives.create(name="web-disk", size=10 * GIB, media="disk")
        web = cs.servers.create(name="web", cpu=2000, mem=2 * GIB, vnc_password="secret")
        web = cs.servers.attach_drive(web, disk)
        web = cs.servers.start(web, wait=True)
        states = [web.status]
        web = cs.servers.stop(web, wait=True)
        states.append(web.status)
        cs.servers.delete(web, recurse="all_drives")
    show(
        f"CloudSigma       1 server with a drive: {', '.join(states)}, deleted; {time.perf_counter() - begun:.1f} s"
    )


async def new_client_async() -> None:
    from cloudsigma import AsyncCloudSigma

    async def life(cs: AsyncCloudSigma, number: int) -> str:
        server = await cs.servers.create(name=f"node-{number}", cpu=1000, mem=GIB, vnc_password="secret")
        server = await cs.servers.start(server, wait=True)
        reached = server.status
        server = await cs.servers.stop(server, wait=True)
        await cs.servers.delete(server)
        return reached

    begun = time.perf_counter()
    async with AsyncCloudSigma() as cs:
        reached = await asyncio.gather(*(life(cs, number) for number in range(5)))
    show(
        f"AsyncCloudSigma  5 servers at once: {', '.join(reached)}, deleted; {time.perf_counter() - begun:.1f} s"
    )


def left_behind() -> tuple[int, int]:
    from cloudsigma import CloudSigma

    with CloudSigma() as cs:
        return len(cs.servers.list()), len(cs.drives.list())


def main() -> None:
    with Emulator(speed="10") as emulator:
        os.environ["CLOUDSIGMA_CONFIG"] = str(emulator.config_path)
        before = left_behind()
        print(
            f"A CloudSigma cloud runs in this process at {emulator.api_endpoint}, ten times as fast as the real one."
        )
        step(1, "The configuration file")
        configuration(Path(emulator.config_path))
        step(2, "The old library's names: cloudsigma.resource.Drive(), Server(); dicts in, dicts out")
        monitor = Monitor()
        monitor.start()
        if not monitor.listening.wait(20):
            sys.exit("the websocket could not be opened")
        old_names(emulator, monitor)
        step(5, "The new client, told by events when a server runs")
        new_client()
        asyncio.run(new_client_async())
        step(6, "Afterwards")
        after = left_behind()
        if after != before:
            sys.exit(f"left behind: {after} servers and drives, before: {before}")
        show(
            f"servers {after[0]}, drives {after[1]} in the account, as before the demo; the cloud ends with this process"
        )


if __name__ == "__main__":
    main()
