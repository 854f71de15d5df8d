"""The parts of the qemu hypervisor that need no qemu: command lines, the switch, the control protocol, leftovers."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma_emulator.drivers import run_folder
from cloudsigma_emulator.drivers.accelerator import Probe
from cloudsigma_emulator.drivers.frames import FrameSplitter, packed
from cloudsigma_emulator.drivers.guest_lines import ConsoleViewer, GuestConsole
from cloudsigma_emulator.drivers.hub import Hub
from cloudsigma_emulator.drivers.hypervisor import DriveFile
from cloudsigma_emulator.drivers.loopback import LoopbackRange
from cloudsigma_emulator.drivers.qemu_arguments import Network, Wiring, command
from cloudsigma_emulator.drivers.qmp import Qmp, QmpError, QmpRefusal, QmpSilent
from cloudsigma_emulator.drivers.relays import Ended, Relay
from cloudsigma_emulator.drivers.vlan_switch import Port, Switch

from .test_hypervisors import PASSWORD, UUID, server, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the hypervisor is of unix")


def words(
    fields: dict[str, Any] | None = None, drives: list[DriveFile] | None = None, **wiring: Any
) -> list[str]:
    defined = server(nics=[], **(fields or {}))
    wires = Wiring(**{"control": 3, "console": 4, "context": 5, "pid_file": Path("/p"), **wiring})
    return command("qemu", "tcg", defined, drives or [], wires)


def value(line: list[str], option: str, nth: int = 0) -> str:
    return line[[at for at, word in enumerate(line) if word == option][nth] + 1]


def drive(number: int, **fields: Any) -> DriveFile:
    given = {
        "device": "virtio",
        "dev_channel": f"0:{number}",
        "boot_order": None,
        "cdrom": False,
        "shared": False,
    }
    return DriveFile(**{"uuid": f"u{number}", "path": Path(f"/d{number},x"), **given, **fields})


def devices(line: list[str]) -> list[str]:
    return [line[at + 1] for at, word in enumerate(line) if word == "-device"]


def test_the_definition_reaches_the_machine() -> None:
    line = words({"smp": 3, "mem": 300_000_000, "cpus_instead_of_cores": True})
    assert value(line, "-smp") == "3,sockets=3,cores=1,threads=1"
    assert value(line, "-m") == "287M"  # rounded up
    assert "product=CloudSigma" in value(line, "-smbios")
    assert f"uuid={UUID}" in value(line, "-smbios")
    assert not any(PASSWORD in word for word in line)


def test_without_context_there_is_one_serial_port() -> None:
    assert words().count("-serial") == 2
    assert words(context=None).count("-serial") == 1


def test_boot_order_is_kept_and_made_unique() -> None:
    line = words(drives=[drive(0, boot_order=5), drive(1, boot_order=1), drive(2), drive(3, boot_order=1)])
    orders = {}
    for device in devices(line):
        options = dict(part.split("=", 1) for part in device.split(",") if "=" in part)
        if device.startswith("virtio-blk"):
            orders[options["id"]] = options.get("bootindex")
    assert orders == {"disk0": "2", "disk1": "0", "disk2": None, "disk3": "1"}
    assert value(line, "-boot") == "strict=on"


def test_channels_and_media() -> None:
    line = words(
        drives=[
            drive(0, device="ide", dev_channel="1:1", cdrom=True),
            drive(1, device="ide", dev_channel="0:1"),
            drive(2, device="scsi", dev_channel="3:2"),
            drive(3, shared=True),
        ]
    )
    found = devices(line)
    assert any(each.startswith("ide-cd,bus=ide.1,unit=1") for each in found)
    assert any(each.startswith("ide-hd,bus=ide.0,unit=1") for each in found)
    assert any(each.startswith("scsi-hd,bus=scsi0.0,scsi-id=3,lun=2") for each in found)
    nodes = [json.loads(line[at + 1]) for at, word in enumerate(line) if word == "-blockdev"]
    assert [node["read-only"] for node in nodes] == [True, False, False, False]
    assert [node["file"]["locking"] for node in nodes] == ["off", "auto", "auto", "off"]
    assert nodes[0]["file"]["filename"] == "/d0,x"


def test_cards_of_each_kind() -> None:
    nic = server()["nics"][0]
    nics = [{**nic, "mac": f"22:00:00:00:00:0{number}"} for number in range(3)]
    nics[2] |= {"model": "e1000", "boot_order": 1}
    networks = [
        Network(user=True, sent=10, received=11, ssh_at=("127.18.0.10", 22)),
        Network(vlan_socket=12),
        Network(user=True, ssh_at=("127.0.0.1", 1022), address="203.0.113.10"),
    ]
    defined = server(nics=nics)
    line = command("qemu", "tcg", defined, [], Wiring(3, 4, 5, Path("/p"), networks))
    netdevs = [line[at + 1] for at, word in enumerate(line) if word == "-netdev"]
    network = "net=203.0.113.0/24,host=203.0.113.1,dns=203.0.113.3,dhcpstart=203.0.113.10"
    assert netdevs == [
        "user,id=net0,hostfwd=tcp:127.18.0.10:22-:22",
        "socket,id=net1,fd=12",
        f"user,id=net2,{network},hostfwd=tcp:127.0.0.1:1022-:22",
    ]
    cards = [each for each in devices(line) if "mac=" in each]
    assert [each.split(",")[0] for each in cards] == ["virtio-net-pci", "virtio-net-pci", "e1000"]
    assert [f"mac=22:00:00:00:00:0{number}" in each for number, each in enumerate(cards)] == [True] * 3
    assert "bootindex=0" in cards[2]


def test_many_cards_get_bridges() -> None:
    found = devices(words(drives=[drive(number, dev_channel=f"{number}:0") for number in range(70)]))
    assert len([each for each in found if each.startswith("pci-bridge")]) == 2
    places = [each.split(",bus=")[1] for each in found if each.startswith("virtio-blk") and "bridge" in each]
    assert len(set(places)) == len(places)


# frames and the switch


@given(st.lists(st.binary(max_size=200), max_size=8), st.data())
def test_frames_come_out_however_they_are_cut(frames: list[bytes], data: st.DataObject) -> None:
    stream, splitter, found = b"".join(map(packed, frames)), FrameSplitter(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert found == frames


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        list(FrameSplitter().feed(b"\xff\xff\xff\xff"))


class Card:
    """The guest's end of a card."""

    def __init__(self, hub: Hub, switch: Switch, number: int) -> None:
        self.address = bytes([0x22, 0, 0, 0, 0, number])
        self.near, far = socket.socketpair()
        self.near.settimeout(60)
        plugged = threading.Event()

        def plug() -> None:
            self.port: Port = switch.plug(far)
            plugged.set()

        hub.call_soon(plug)
        assert plugged.wait(60)
        self._splitter = FrameSplitter()
        self._frames: list[bytes] = []

    def send(self, target: bytes, body: bytes) -> None:
        self.near.sendall(packed(target + self.address + b"\x08\x00" + body))

    def receive(self) -> bytes:
        while not self._frames:
            self._frames += self._splitter.feed(self.near.recv(65536))
        return self._frames.pop(0)[14:]


@pytest.fixture
def cards() -> Iterator[list[Card]]:
    hub = Hub()
    switch = Switch(hub)
    cards = [Card(hub, switch, number) for number in (1, 2, 3)]
    yield cards
    for card in cards:
        hub.call_soon(card.port.unplug)
    hub.close()
    for card in cards:
        card.near.close()


EVERYBODY = b"\xff" * 6


def test_the_switch_learns_who_is_where(cards: list[Card]) -> None:
    one, two, three = cards
    one.send(two.address, b"unknown yet: to all")
    assert two.receive() == three.receive() == b"unknown yet: to all"
    two.send(one.address, b"known: to one")
    assert one.receive() == b"known: to one"
    one.send(two.address, b"known too")
    one.send(EVERYBODY, b"to all")
    assert two.receive() == b"known too"
    assert two.receive() == three.receive() == b"to all"  # three has seen nothing in between


def test_the_switch_counts_from_the_guests_side(cards: list[Card]) -> None:
    one, two, _ = cards
    one.send(EVERYBODY, b"x" * 86)
    two.receive()
    assert one.port.traffic.as_io() == {
        "bytes_recv": 0,
        "bytes_sent": 100,
        "packets_recv": 0,
        "packets_sent": 1,
    }
    assert two.port.traffic.as_io() == {
        "bytes_recv": 100,
        "bytes_sent": 0,
        "packets_recv": 1,
        "packets_sent": 0,
    }


def test_a_card_that_sends_rubbish_is_unplugged(cards: list[Card]) -> None:
    one, two, three = cards
    one.near.sendall(struct.pack(">I", 2**31))
    assert one.near.recv(10) == b""
    two.send(EVERYBODY, b"still works")
    assert three.receive() == b"still works"


def test_a_card_that_does_not_read_stops_nobody(cards: list[Card]) -> None:
    one, _deaf, three = cards
    for number in range(3000):
        one.send(EVERYBODY, bytes([number % 256]) * 1400)
        assert three.receive()[0] == number % 256


# the control protocol


@pytest.fixture
def machine() -> Iterator[tuple[Qmp, socket.socket]]:
    near, far = socket.socketpair()
    far.settimeout(60)
    qmp = Qmp(near)
    yield qmp, far
    qmp.close()
    far.close()


def test_events_between_answers_are_kept(machine: tuple[Qmp, socket.socket]) -> None:
    qmp, far = machine
    far.sendall(b'{"QMP": {}}\r\n{"event": "ONE"}\n{"return": {}, "id": 1}\n')
    qmp.greet(5)
    assert json.loads(far.recv(1000)) == {"execute": "qmp_capabilities", "id": 1}
    far.sendall(b'{"event": "TWO"}\n{"return": ')
    far.sendall(b'[1], "id": 2}\n{"event": "THREE"}\n')
    assert qmp.execute("query-it", a=1) == [1]
    assert not qmp.silent
    qmp.read_events()
    assert [event["event"] for event in qmp.events] == ["ONE", "TWO", "THREE"]


def test_refusals_do_not_tell_what_was_sent(machine: tuple[Qmp, socket.socket]) -> None:
    qmp, far = machine
    far.sendall(b'{"error": {"class": "GenericError", "desc": "no s3cret"}, "id": 1}\n')
    with pytest.raises(QmpRefusal) as caught:
        qmp.execute("set_password", password=PASSWORD)
    assert PASSWORD not in str(caught.value)
    far.sendall(b'{"error": {"class": "GenericError", "desc": "what was that?"}}\n')
    with pytest.raises(QmpRefusal):
        qmp.execute("anything")
    assert not qmp.silent


def test_a_late_answer_is_not_taken_for_the_next_one(
    machine: tuple[Qmp, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    qmp, far = machine
    monkeypatch.setattr("cloudsigma_emulator.drivers.qmp._PATIENCE", 0.05)
    for word in ("first", "second"):
        with pytest.raises(QmpSilent):
            qmp.execute(word)
    assert qmp.silent
    far.sendall(b'{"return": "first", "id": 1}\n{"event": "ONE"}\n{"return": "second", "id": 2}\n')
    qmp.read_events()
    assert not qmp.silent
    with pytest.raises(QmpSilent):
        qmp.execute("third")
    far.sendall(b'{"return": "third", "id": 3}\n{"return": "fourth", "id": 4}\n')
    monkeypatch.undo()
    assert qmp.execute("fourth") == "fourth"
    assert not qmp.silent


def test_descriptors_go_along_with_a_command(machine: tuple[Qmp, socket.socket]) -> None:
    qmp, far = machine
    far.sendall(b'{"return": {}, "id": 1}\n')
    with Path(os.devnull).open("rb") as file:
        qmp.execute("getfd", [file.fileno()], fdname="it")
        data, (descriptor,), _, _ = socket.recv_fds(far, 1000, 1)
        assert json.loads(data)["arguments"] == {"fdname": "it"}
        assert os.fstat(descriptor).st_rdev == os.fstat(file.fileno()).st_rdev
        os.close(descriptor)


def test_a_machine_that_is_gone(machine: tuple[Qmp, socket.socket]) -> None:
    qmp, far = machine
    far.sendall(b'{"event": "LAST"}\n')
    far.close()
    with pytest.raises(QmpError, match=r"gone|pipe"):
        qmp.execute("anything")
    assert [event["event"] for event in qmp.events] == ["LAST"]
    with pytest.raises(QmpError):
        qmp.greet(1)


# leftovers


def test_only_folders_of_the_dead_are_removed(tmp_path: Path) -> None:
    dead, alive, foreign = (tmp_path / name for name in ("dead", "alive", "foreign"))
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "lock").touch()
    foreign.mkdir()  # without a lock: not ours to remove
    holder = os.open(alive / "lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    command_line = [sys.executable, "-c", "import time; time.sleep(60)", str(dead / "m.pid")]
    left = subprocess.Popen(command_line)
    bystander = subprocess.Popen(command_line[:3])
    (dead / "m.pid").write_text(f"{left.pid}\n")
    (dead / "n.pid").write_text(f"{bystander.pid}\n")
    (dead / "o.pid").write_text("nonsense")
    (alive / "m.pid").write_text(f"{bystander.pid}\n")
    try:
        run_folder.remove_leftovers(tmp_path)
        assert left.wait(60) < 0
        assert bystander.poll() is None
        assert sorted(path.name for path in tmp_path.iterdir()) == ["alive", "foreign"]
    finally:
        os.close(holder)
        for process in (left, bystander):
            process.kill()
            process.wait()


def test_a_folder_that_others_may_write_to_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = run_folder.RunFolder()
    assert folder.path.parent.stat().st_mode & 0o777 == 0o700
    folder.close()
    assert not folder.path.parent.exists()
    folder.path.parent.mkdir(mode=0o777)
    folder.path.parent.chmod(0o777)
    with pytest.raises(PermissionError, match="TMPDIR") as refused:
        run_folder.RunFolder()
    assert refused.value.filename == str(folder.path.parent)


def test_emulators_beside_each_other_start_and_end_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failed: list[BaseException] = []

    def come_and_go() -> None:
        try:
            for _ in range(20):
                folder = run_folder.RunFolder()
                assert (folder.path / "lock").exists()
                folder.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert list(tmp_path.iterdir()) == []


# addresses


def test_emulators_beside_each_other_have_addresses_of_their_own() -> None:
    ranges = [LoopbackRange() for _ in range(3)]
    prefixes = [each.prefix for each in ranges]
    if prefixes[0] is None:
        pytest.skip("nobody may listen at port 22 here")
    assert len(set(prefixes)) == 3
    ranges[0].close()
    again = LoopbackRange()
    assert again.prefix == prefixes[0]
    for each in (*ranges[1:], again):
        each.close()


# how to get at a processor


def test_the_search_for_a_processor_can_be_given_up(tmp_path: Path) -> None:
    program = tmp_path / "qemu"
    program.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/number\nexec sleep 100\n")
    program.chmod(0o755)
    probe = Probe(str(program), tmp_path)
    found: list[float | None] = []
    thread = threading.Thread(target=lambda: found.append(probe.boot_time("tcg", 100)))
    thread.start()
    until(
        "the machine is there",
        30,
        lambda: (tmp_path / "number").exists() and (tmp_path / "number").read_text(),
    )
    probe.cancel()
    thread.join(60)
    assert found == [None]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "number").read_text()), 0)


@pytest.mark.parametrize(("accelerator", "cpu"), [("kvm", "host"), ("tcg", "max")])
def test_the_machine_that_is_tried_has_the_processors_of_servers(
    tmp_path: Path, accelerator: str, cpu: str
) -> None:
    wiring = Wiring(control=3, console=4, context=None, pid_file=Path("/p"))
    assert value(command("qemu", accelerator, server(nics=[]), [], wiring), "-cpu") == cpu
    program = tmp_path / "qemu"
    program.write_text(
        f'#!/bin/sh\ncase " $* " in *" -cpu {cpu} "*) printf "alive\\n" >{tmp_path}/probe.said ;; esac\n'
    )
    program.chmod(0o755)
    assert Probe(str(program), tmp_path).boot_time(accelerator) is not None


def test_a_program_that_cannot_be_started_finds_no_processor(tmp_path: Path) -> None:
    assert Probe(str(tmp_path / "nothing"), tmp_path).boot_time("tcg") is None


# the console


class Serial:
    """A console whose machine is a socket of the test's."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.console = GuestConsole()
        self.machine, near = socket.socketpair()
        self.machine.settimeout(60)
        self.hub.call_soon(lambda: self.console.plug(self.hub, near))
        self.relay = Relay(self.hub, self._visit)
        self.viewers: list[socket.socket] = []

    def _visit(self, peer: socket.socket, ended: Ended) -> Ended:
        return ConsoleViewer(self.hub, peer, self.console, PASSWORD, ended).close

    def view(self, *typed: bytes) -> socket.socket:
        viewer = socket.create_connection(("127.0.0.1", self.relay.port), 30)
        self.viewers.append(viewer)
        assert viewer.recv(100) == b"Password: "
        for piece in typed:
            viewer.sendall(piece)
        return viewer

    def close(self) -> None:
        self.relay.close()
        self.hub.call_soon(self.console.close)
        self.hub.close()
        for peer in (self.machine, *self.viewers):
            peer.close()


@pytest.fixture
def serial() -> Iterator[Serial]:
    serial = Serial()
    yield serial
    serial.close()


def heard(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        assert piece, data
        data += piece
    return data


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("apart", [False, True])
def test_keys_after_the_password_go_to_the_guest(serial: Serial, end: bytes, *, apart: bool) -> None:
    typed = PASSWORD.encode() + end + b"root\r\n"
    viewer = serial.view(*([bytes([byte]) for byte in typed] if apart else [typed]))
    assert heard(viewer, 2) == b"\r\n"
    assert heard(serial.machine, 6) == b"root\r\n"


@pytest.mark.parametrize(
    "line", [b"\n", b"wrong\r\n", PASSWORD.encode()[:-1] + b"\n", b"x" * 2000, b"\0\xff\n"]
)
def test_without_the_password_nothing_is_shown(serial: Serial, line: bytes) -> None:
    serial.machine.sendall(b"secret")
    viewer = serial.view(line)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := viewer.recv(1000):
            data += piece
    assert b"secret" not in data


def test_viewers_come_and_go_and_a_deaf_one_disturbs_nobody(serial: Serial) -> None:
    enter = PASSWORD.encode() + b"\n"
    one, deaf, gone = serial.view(enter), serial.view(enter), serial.view(enter)
    for viewer in (one, gone):
        assert heard(viewer, 2) == b"\r\n"
    gone.close()
    for number in range(60):
        piece = bytes([number]) * 65536
        serial.machine.sendall(piece)
        assert heard(one, len(piece)) == piece
    back = serial.view(enter)
    assert heard(back, 2 + 65536) == b"\r\n" + piece  # what was said last
    back.sendall(b"a")
    assert heard(serial.machine, 1) == b"a"
    one.sendall(b"b")
    assert heard(serial.machine, 1) == b"b"
    deaf.close()


def test_a_port_whose_visitors_cannot_be_served_stays_open() -> None:
    hub = Hub()
    wanting = [OSError(24, "Too many open files")]

    def visit(peer: socket.socket, ended: Ended) -> Ended:
        if wanting:
            raise wanting.pop()
        peer.sendall(b"hello")
        return peer.close

    relay = Relay(hub, visit)
    with socket.create_connection(("127.0.0.1", relay.port), 30) as refused:
        assert refused.recv(5) == b""
    with socket.create_connection(("127.0.0.1", relay.port), 30) as served:
        assert served.recv(5) == b"hello"
    relay.close()
    hub.close()
