"""What every hypervisor promises (`drivers.hypervisor`), asked of each of them alike."""

from __future__ import annotations

import os
import select
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma_emulator.drivers import make_hypervisor
from cloudsigma_emulator.drivers.hypervisor import DriveFile, Hypervisor, Report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")

PASSWORD = "s3cret"
UUID = "11111111-2222-4333-8444-555555555555"
# A boot sector that halts: cli; hlt; back to hlt.
HALTS = bytes.fromhex("fa f4 ebfd").ljust(510, b"\0") + b"\x55\xaa"


class CloudOfOne:
    """Answers every request with its path, and keeps the reports."""

    def __init__(self, folder: Path) -> None:
        self.reports: list[tuple[str, Report]] = []
        self.reasons: list[str] = []
        self.reported = threading.Event()
        self._disk = folder / "disk.raw"
        self._disk.write_bytes(HALTS)

    def context_answer(self, server: str, path: str) -> bytes:
        return f"{server[:8]}:{path}\n\x04".encode()

    def report(self, server: str, what: Report, why: str = "") -> None:
        self.reports.append((server, what))
        self.reasons.append(why)
        self.reported.set()

    def drive_files(self, server: str) -> list[DriveFile]:
        return [DriveFile("d", self._disk, "virtio", "0:0", 1, cdrom=False, shared=False)]


def server(uuid: str = UUID, **fields: Any) -> dict[str, Any]:
    nic = {
        "mac": "22:00:00:00:00:01",
        "model": "virtio",
        "boot_order": None,
        "vlan": None,
        "ip_v4_conf": {"conf": "dhcp", "ip": None},
        "ip_v6_conf": None,
        "lent_ip": "198.18.0.10",
    }
    return {
        "uuid": uuid, "name": "one", "status": "starting", "context": True, "smp": 1, "mem": 64 << 20, "cpu_model": None,
        "cpus_instead_of_cores": False, "hv_relaxed": False, "hv_tsc": False, "vnc_password": PASSWORD, "nics": [nic],
        **fields,
    }  # fmt: skip


@pytest.fixture
def cloud(tmp_path: Path) -> CloudOfOne:
    return CloudOfOne(tmp_path)


@pytest.fixture(params=["simulated", pytest.param("qemu", marks=pytest.mark.vm)])
def hypervisor(request: pytest.FixtureRequest, cloud: CloudOfOne) -> Iterator[Hypervisor]:
    if request.param == "qemu" and shutil.which("qemu-system-x86_64") is None:
        pytest.skip("qemu is not installed; make test-vm installs it")
    hypervisor = make_hypervisor(request.param, cloud, "tcg")
    yield hypervisor
    hypervisor.close()


def until(what: str, seconds: float, condition: Any) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def ask(path: str, question: bytes = b"<\nname\n>") -> bytes:
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(handle, question)
        data = b""
        while not data.endswith(b"\x04"):
            assert select.select([handle], [], [], 60)[0], data
            data += os.read(handle, 1000)
        return data
    finally:
        os.close(handle)


def greeting(port: int, size: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 60) as peer:
        data = b""
        while len(data) < size:
            piece = peer.recv(size - len(data))
            assert piece, data
            data += piece
        return data


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it was just being closed
    return False


def test_the_serial_port_answers_while_the_guest_runs(hypervisor: Hypervisor) -> None:
    assert hypervisor.serial_port(UUID) is None
    hypervisor.power_on(server())
    path = hypervisor.serial_port(UUID)
    assert path is not None
    assert ask(path) == b"11111111:name\n\x04"
    hypervisor.power_off(UUID)
    assert hypervisor.serial_port(UUID) is None


def test_without_context_there_is_no_port(hypervisor: Hypervisor) -> None:
    hypervisor.power_on(server(context=False))
    assert hypervisor.serial_port(UUID) is None


def test_powering_on_twice_is_powering_on_once(hypervisor: Hypervisor) -> None:
    hypervisor.power_on(server())
    path = hypervisor.serial_port(UUID)
    hypervisor.power_on(server())
    assert hypervisor.serial_port(UUID) == path


def test_calls_for_a_server_that_does_not_run_do_nothing(hypervisor: Hypervisor, cloud: CloudOfOne) -> None:
    hypervisor.power_off(UUID)
    hypervisor.press_power_button(UUID)
    hypervisor.reset(UUID)
    hypervisor.close_vnc(UUID)
    hypervisor.close_console(UUID)
    with hypervisor.standing_still([UUID]):
        pass
    assert hypervisor.ssh(UUID) is None
    assert dict(hypervisor.usage(UUID).nics) == dict(hypervisor.usage(UUID).drives) == {}
    assert cloud.reports == []


def test_vnc_greets_unasked_as_soon_as_it_is_opened(hypervisor: Hypervisor) -> None:
    hypervisor.power_on(server())
    port = hypervisor.open_vnc(UUID, PASSWORD)
    assert greeting(port, 12) == b"RFB 003.008\n"
    again = hypervisor.open_vnc(UUID, PASSWORD)
    assert again != port
    until("the first port closes", 60, lambda: refused(port))
    assert greeting(again, 12) == b"RFB 003.008\n"
    hypervisor.close_vnc(UUID)
    until("the port closes", 60, lambda: refused(again))
    hypervisor.close_vnc(UUID)


def test_the_console_asks_for_the_password_first(hypervisor: Hypervisor) -> None:
    hypervisor.power_on(server())
    port = hypervisor.open_console(UUID, PASSWORD)
    with socket.create_connection(("127.0.0.1", port), 60) as peer:
        assert peer.recv(100) == b"Password: "
        peer.sendall(b"wrong\r\n")
        data = b""
        while piece := peer.recv(100):
            data += piece
        assert b"denied" in data
    with socket.create_connection(("127.0.0.1", port), 60) as peer:
        assert peer.recv(100) == b"Password: "
        peer.sendall(PASSWORD.encode() + b"\n")
        assert b"denied" not in peer.recv(1000)
    hypervisor.close_console(UUID)
    until("the port closes", 60, lambda: refused(port))


@pytest.mark.parametrize("how", ["reset", "power_off"])
def test_tunnels_close_with_a_reboot_and_with_the_power(hypervisor: Hypervisor, how: str) -> None:
    hypervisor.power_on(server())
    ports = [hypervisor.open_vnc(UUID, PASSWORD), hypervisor.open_console(UUID, PASSWORD)]
    getattr(hypervisor, how)(UUID)
    for port in ports:
        until("the port closes", 60, lambda port=port: refused(port))
    assert (hypervisor.serial_port(UUID) is not None) == (how == "reset")


def test_cutting_the_power_is_reported_to_nobody(hypervisor: Hypervisor, cloud: CloudOfOne) -> None:
    hypervisor.power_on(server())
    hypervisor.open_vnc(UUID, PASSWORD)
    hypervisor.power_off(UUID)
    hypervisor.power_on(server())
    hypervisor.power_off(UUID)
    assert not cloud.reported.wait(0.5)


def test_stop_all_ends_every_guest(hypervisor: Hypervisor, cloud: CloudOfOne) -> None:
    uuids = [UUID, UUID.replace("1", "9")]
    for uuid in uuids:
        hypervisor.power_on(server(uuid))
    port = hypervisor.open_vnc(UUID, PASSWORD)
    hypervisor.stop_all()
    assert [hypervisor.serial_port(uuid) for uuid in uuids] == [None, None]
    until("the port closes", 60, lambda: refused(port))
    assert cloud.reports == []
    hypervisor.power_on(server())
    assert hypervisor.serial_port(UUID) is not None


def test_what_ran_runs_again(hypervisor: Hypervisor) -> None:
    hypervisor.restore([server(status="running")])
    path = hypervisor.serial_port(UUID)
    assert path is not None
    assert ask(path) == b"11111111:name\n\x04"


def test_closing_leaves_nothing(hypervisor: Hypervisor) -> None:
    hypervisor.power_on(server())
    scratch = hypervisor.scratch
    hypervisor.close()
    assert scratch is None or not scratch.exists()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("guest-1")]


@pytest.mark.vm
def test_a_machine_that_cannot_be_run_is_reported(cloud: CloudOfOne) -> None:
    hypervisor = make_hypervisor("qemu", cloud, "tcg")
    try:
        hypervisor.power_on(server(cpu_model="no-such-model"))
        assert cloud.reported.wait(60)
        assert cloud.reports == [(UUID, "failed")]
        assert hypervisor.serial_port(UUID) is None
    finally:
        hypervisor.close()


def test_a_hypervisor_that_is_not_there_says_how_to_get_it(
    cloud: CloudOfOne, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotImplementedError, match="apt-get install"):
        make_hypervisor("qemu", cloud)
    with pytest.raises(NotImplementedError, match="simulated"):
        make_hypervisor("other", cloud)
