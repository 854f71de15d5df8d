"""Virtual machines as processes: boot order, what ends with what, what a killed emulator leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator
from cloudsigma_emulator.drivers.accelerator import Probe, boot_sector

from . import vnc
from .conftest import MIB, VNC_PASSWORD, definition, wait_until

pytestmark = [pytest.mark.vm, pytest.mark.timeout(180)]


def sector_that_says(text: str) -> bytes:
    """A boot sector that writes a text to the first serial port and halts."""
    # cld; ds = 0; si = text; next: al = [si++]; al = 0 -> end; port 0x3f8 <- al; -> next; end: hlt; -> end
    code = bytes.fromhex("fc 31c0 8ed8 be167c ac 84c0 7406 baf803 ee ebf5 f4 ebfd")
    assert len(code) == 0x16  # where the text begins
    return (code + text.encode() + b"\0").ljust(510, b"\0") + b"\x55\xaa"


def processes(what: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"qemu-system" in command and what.encode() in command:
                found.append(int(folder.name))
    return found


def drive_with(client: CloudSigma, cloud: Emulator, name: str, data: bytes, media: str = "disk") -> str:
    drive = client.drives.create(name=name, size=512 * MIB, media=media, wait=True)  # type: ignore[arg-type]
    cloud.app.images.write(drive["uuid"], 0, data)
    return str(drive["uuid"])


def said(client: CloudSigma, server: str, until: bytes, seconds: float = 20) -> bytes:
    """What the guest's console says, up to some words."""
    url = client.servers.open_console(server)["console_url"]
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as peer:
        peer.settimeout(seconds)
        peer.sendall(f"{VNC_PASSWORD}\n".encode())
        data = b""
        while until not in data:
            piece = peer.recv(4096)
            assert piece, data
            data += piece
    return data


def started(client: CloudSigma, **fields: Any) -> str:
    body = definition(None, "machine") | {"mem": 256 * MIB, "nics": []} | fields
    server = client.servers.create(**body)
    client.servers.start(server, wait=True)
    return str(server["uuid"])


def attached(drive: str, device: str, channel: str, order: int | None) -> dict[str, Any]:
    return {"device": device, "dev_channel": channel, "boot_order": order, "drive": drive}


@pytest.mark.parametrize("device", ["virtio", "ide", "scsi"])
def test_boot_order_decides_whatever_the_channel(cloud: Emulator, client: CloudSigma, device: str) -> None:
    first = drive_with(client, cloud, "first", sector_that_says("<first>"))
    second = drive_with(client, cloud, "second", sector_that_says("<second>"))
    drives = [attached(first, device, "0:0", 2), attached(second, device, "0:1", 1)]
    server = started(client, drives=drives)
    try:
        assert b"<first>" not in said(client, server, b"<second>")
    finally:
        client.servers.stop(server, wait=True)


def test_a_drive_without_boot_order_is_not_booted(cloud: Emulator, client: CloudSigma) -> None:
    silent = drive_with(client, cloud, "silent", sector_that_says("<silent>"))
    loud = drive_with(client, cloud, "loud", sector_that_says("<loud>"))
    drives = [attached(silent, "virtio", "0:0", None), attached(loud, "ide", "0:0", 7)]
    server = started(client, drives=drives)
    try:
        assert b"<silent>" not in said(client, server, b"<loud>")
    finally:
        client.servers.stop(server, wait=True)


def cd_that_boots(sector: bytes) -> bytes:
    """A CD (ISO 9660 without any file, El Torito) that boots a sector."""
    size, block = 2048, b"CD001\1"
    record = (b"\0" + block + b"EL TORITO SPECIFICATION").ljust(0x47, b"\0") + (19).to_bytes(4, "little")
    validation = bytearray(b"\1".ljust(30, b"\0") + b"\x55\xaa")
    words = sum(int.from_bytes(validation[at : at + 2], "little") for at in range(0, 32, 2))
    validation[28:30] = (-words % 2**16).to_bytes(2, "little")
    entry = b"\x88\0\0\0\0\0" + (1).to_bytes(2, "little") + (20).to_bytes(4, "little")
    blocks = [b"\1" + block, record, b"\xff" + block, bytes(validation) + entry, sector]
    return bytes(16 * size) + b"".join(each.ljust(size, b"\0") for each in blocks)


def test_a_cdrom_boots(cloud: Emulator, client: CloudSigma) -> None:
    cdrom = drive_with(client, cloud, "cd", cd_that_boots(sector_that_says("<cd>")), "cdrom")
    disk = drive_with(client, cloud, "disk", sector_that_says("<disk>"))
    drives = [attached(disk, "virtio", "0:0", 2), attached(cdrom, "ide", "0:1", 1)]
    server = started(client, drives=drives)
    try:
        assert b"<disk>" not in said(client, server, b"<cd>")
    finally:
        client.servers.stop(server, wait=True)


def test_many_drives_and_cards(cloud: Emulator, client: CloudSigma) -> None:
    boots = drive_with(client, cloud, "boots", sector_that_says("<boots>"))
    more = client.drives.create_many(
        [{"name": f"d{n}", "size": 512 * MIB, "media": "disk"} for n in range(30)]
    )
    client.drives.wait(more[-1], status="unmounted")
    drives = [attached(boots, "virtio", "0:0", 1)]
    drives += [attached(d["uuid"], "virtio", f"{1 + n // 6}:{n % 6}", None) for n, d in enumerate(more)]
    nics = [{"ip_v4_conf": {"conf": "dhcp"}, "model": model} for model in ("virtio", "e1000", "rtl8139")]
    server = started(client, drives=drives, nics=nics)
    try:
        said(client, server, b"<boots>")
    finally:
        client.servers.stop(server, wait=True)


def test_a_machine_that_vanishes_is_started_again(cloud: Emulator, client: CloudSigma) -> None:
    server = started(client)
    (pid,) = wait_until(lambda: processes(server), 20)
    wait_until(lambda: _answers(client, server), 20)
    os.kill(pid, signal.SIGKILL)
    (again,) = wait_until(lambda: [found for found in processes(server) if found != pid], 20)
    assert again != pid
    wait_until(lambda: client.servers.get(server)["status"] == "running", 10)
    client.servers.stop(server, wait=True)
    assert processes(server) == []


def _answers(client: CloudSigma, server: str) -> bool:
    url = client.servers.open_vnc(server)["vnc_url"]
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 15) as peer:
        return peer.recv(12) == b"RFB 003.008\n"


def test_nobody_shuts_other_viewers_out(cloud: Emulator, client: CloudSigma) -> None:
    server = started(client)
    url = client.servers.open_vnc(server)["vnc_url"]
    place = ("127.0.0.1", int(url.rpartition(":")[2]))
    with socket.create_connection(place, 30) as one, socket.create_connection(place, 30) as two:
        for viewer in (one, two):
            vnc.enter(viewer, VNC_PASSWORD, shared=False)
        for viewer in (one, two):
            viewer.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, 64, 64))  # asks for a corner
            assert viewer.recv(1) == b"\0"
    client.servers.stop(server, wait=True)


def test_a_server_whose_machine_died_in_an_outage_runs_afterwards(
    cloud: Emulator, client: CloudSigma
) -> None:
    server = started(client)
    (pid,) = wait_until(lambda: processes(server), 30)
    wait_until(lambda: _answers(client, server), 30)
    assert cloud.let_happen(server, "outage")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: cloud.serial_port(server) is None, 30)
    assert cloud.let_happen(server, "recover")
    wait_until(lambda: processes(server), 30)
    assert client.servers.get(server)["status"] == "running"
    client.servers.stop(server, wait=True)


FAR = 900_000
"""A sector near the end of a drive of 512 MiB."""


def sector_that_writes() -> bytes:
    """A boot sector that writes ever higher numbers to the second sector of its disk, and each then to a far one."""
    code = bytes.fromhex(
        "31c0 8ed8 8ec0 8ed0 bc007c"  # ds, es, ss = 0; a stack
        "66ff060080"  # next: count at 0x8000
        "66c706407c01000000 e80e00"  # to sector 1
        f"66c706407c{FAR.to_bytes(4, 'little').hex()} e80200"  # to the far one
        "ebe1"  # -> next
        "be387c b80043 cd13 c3"  # write: si = packet; extended write; return
    )
    assert len(code) <= 0x38
    packet = bytes.fromhex("10000100 00800000") + bytes(8)  # one sector, from 0x8000; its number is at 0x7c40
    return (code.ljust(0x38, b"\x90") + packet).ljust(510, b"\0") + b"\x55\xaa"


def test_copies_of_a_drive_in_use_are_of_one_moment(cloud: Emulator, client: CloudSigma) -> None:
    drive = drive_with(client, cloud, "busy", sector_that_writes())
    for offset in range(2 * MIB, 400 * MIB, MIB):
        cloud.app.images.write(drive, offset, b"x" * MIB)  # something to copy in between
    server = started(client, drives=[attached(drive, "virtio", "0:0", 1)])

    def numbers(uuid: str) -> tuple[int, int]:
        near, far = (cloud.app.images.read(uuid, place * 512, 4) for place in (1, FAR))
        return int.from_bytes(near, "little"), int.from_bytes(far, "little")

    try:
        seen = 100
        for number in range(3):
            for copied in ("clone", "snapshot"):
                wait_until(lambda seen=seen: numbers(drive)[1] > seen, 60)  # it has run on
                if copied == "clone":
                    uuid = client.drives.clone(drive, name=f"copy {number}", wait=True)["uuid"]
                else:
                    uuid = client.snapshots.create(drive=drive, name=f"snapshot {number}")["uuid"]
                    client.snapshots.wait(uuid, status="available")
                near, far = numbers(uuid)
                assert far <= near <= far + 1
                assert far > seen
                seen = far
    finally:
        client.servers.stop(server, wait=True)


def test_a_machine_that_cannot_start_ends_stopped(cloud: Emulator, client: CloudSigma) -> None:
    drive = drive_with(client, cloud, "gone", b"")
    path = cloud.app.images.path(drive)
    path.unlink()
    path.mkdir()  # qemu cannot open that
    server = client.servers.create(**definition(drive, "broken"))
    try:
        client.servers.start(server)
        wait_until(lambda: client.servers.get(server)["status"] == "stopped", 20)
        entries = client.audit_log.list(uuid=server["uuid"])
        assert any("could not be run" in entry["error_message"] for entry in entries)
    finally:
        path.rmdir()


def test_starts_and_stops_in_quick_alternation(cloud: Emulator, client: CloudSigma) -> None:
    drive = drive_with(client, cloud, "alternating", sector_that_says("<on>"))
    server = client.servers.create(**definition(drive, "alternating") | {"mem": 256 * MIB})["uuid"]
    for number in range(8):
        client.servers.start(server, wait=True)
        if number % 2:
            said(client, server, b"<on>")
        client.servers.stop(server, wait=True)
        wait_until(lambda: not processes(server), 10)
    client.servers.start(server, wait=True)
    client.servers.stop(server, wait=True)
    client.servers.delete(server, recurse="all_drives")
    wait_until(lambda: not processes(server), 10)
    assert cloud.app.images.existing(drive) is None


def test_stopping_cuts_the_power(cloud: Emulator, client: CloudSigma) -> None:
    server = started(client)
    wait_until(lambda: processes(server), 20)
    client.servers.stop(server, wait=True)
    wait_until(lambda: not processes(server), 5)


PROGRAM = """
import sys
from cloudsigma_emulator.command import main
sys.exit(main(sys.argv[1:]))
"""


def emulator(folder: Path, *more: str) -> tuple[subprocess.Popen[bytes], Callable[..., Any]]:
    config = folder / "config"
    config.unlink(missing_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--port", "0", "--hypervisor", "qemu", "--accelerator", "tcg",
             "--speed", "instant", "--config-out", str(config), *more],
            stderr=log,
        )  # fmt: skip
    wait_until(config.exists, 30)
    settings = dict(line.split(" = ", 1) for line in config.read_text().splitlines())

    def call(method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            settings["api_endpoint"] + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": "Bearer token-of-user@example.com", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return process, call


def run_one(call: Callable[..., Any], drive: str | None = None) -> str:
    body = {"objects": [definition(drive, "m") | {"mem": 256 * MIB, "nics": []}]}
    uuid = str(call("POST", "servers/", body)["objects"][0]["uuid"])
    call("POST", f"servers/{uuid}/action/?do=start", {})
    wait_until(lambda: processes(uuid), 20)
    return uuid


def folders() -> set[str]:
    base = Path(tempfile.gettempdir()) / f"cloudsigma-emulator-{os.getuid()}"
    return {path.name for path in base.iterdir()} if base.exists() else set()


def test_everything_ends_with_the_emulator(tmp_path: Path) -> None:
    before = folders()
    process, call = emulator(tmp_path)
    server = run_one(call)
    mine = folders() - before
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert processes(server) == []
    assert not mine & folders()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a name that is longer than the path of a socket may be, and that needs quoting."""
    with tempfile.TemporaryDirectory(prefix="vm-") as folder:
        place = Path(folder, "a place, 'ünd' " + "x" * 120)
        place.mkdir()
        yield place


def test_nothing_is_left_after_the_emulator_was_killed(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A temporary folder of its own, so that no other emulator cleans up before this one.
    monkeypatch.setenv("TMPDIR", str(place))
    # Without setpriv machines outlive their emulator, as they do on other systems.
    tools = place / "bin"
    tools.mkdir()
    program = shutil.which("qemu-system-x86_64")
    assert program is not None
    (tools / "qemu-system-x86_64").symlink_to(program)
    monkeypatch.setenv("PATH", str(tools))
    process, call = emulator(tmp_path)
    server = run_one(call)
    wait_until(lambda: list(place.glob("cloudsigma-emulator-*/*/*.pid")), 20)
    (left,) = (place / f"cloudsigma-emulator-{os.getuid()}").iterdir()
    process.kill()
    process.wait()
    assert processes(server)
    # A number that belongs to somebody else by now is not touched.
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    (left / "00000000-0000-0000-0000-000000000000.pid").write_text(f"{bystander.pid}\n")
    try:
        process, _ = emulator(tmp_path)
        assert processes(server) == []
        assert not left.exists()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        process.terminate()
        process.wait(30)
    assert sorted(place.iterdir()) == [tools]


def test_machines_die_with_a_killed_emulator_where_the_system_can(tmp_path: Path) -> None:
    process, call = emulator(tmp_path)
    server = run_one(call)
    process.kill()
    process.wait()
    wait_until(lambda: not processes(server), 5)


def test_running_servers_run_again_after_a_restart(tmp_path: Path) -> None:
    data = str(tmp_path / "a folder, \"quoted\" = 'ünd' lang".ljust(200, "g"))
    process, call = emulator(tmp_path, "--data", data)
    server = run_one(call, call("GET", "drives/")["objects"][0]["uuid"])
    process.terminate()
    assert process.wait(30) == 0
    assert processes(server) == []
    process, call = emulator(tmp_path, "--data", data)
    try:
        wait_until(lambda: processes(server), 20)
        assert call("GET", f"servers/{server}/")["status"] == "running"
    finally:
        process.terminate()
        process.wait(30)


def test_the_probe_sector_boots(tmp_path: Path) -> None:
    assert len(boot_sector()) == 512
    probe = Probe("qemu-system-x86_64", tmp_path)
    assert probe.boot_time("tcg", 30) is not None
    assert probe.boot_time("nonsense", 30) is None
