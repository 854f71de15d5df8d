"""How the qemu hypervisor gets on with machines that behave in unusual ways: `fake_qemu` in place of qemu."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator
from cloudsigma_emulator.drivers import make_hypervisor, qmp
from cloudsigma_emulator.drivers.frames import Traffic
from cloudsigma_emulator.drivers.hypervisor import Hypervisor, Report
from cloudsigma_emulator.drivers.qemu import QemuHypervisor
from cloudsigma_emulator.drivers.qemu_guest import QemuGuest

from .fake_qemu import NAME
from .test_hypervisors import PASSWORD, UUID, CloudOfOne, greeting, refused, server, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the hypervisor is of unix")

SILENT_AFTER = 0.3


@pytest.fixture
def cloud(tmp_path: Path) -> CloudOfOne:
    return CloudOfOne(tmp_path)


@pytest.fixture
def said(tmp_path: Path) -> Callable[[], list[str]]:
    """The commands that machines have got."""
    return lambda: (tmp_path / "commands").read_text().split() if (tmp_path / "commands").exists() else []


Run = Callable[..., Hypervisor]


Behave = Callable[..., None]


@pytest.fixture
def behave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Let machines behave as the words say."""
    program = tmp_path / NAME
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("fake_qemu.py")}" "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("QMP_LOG", str(tmp_path / "commands"))
    monkeypatch.setenv("ONCE", str(tmp_path / "once"))
    return lambda *behaviour: monkeypatch.setenv("BEHAVIOUR", " ".join(behaviour))


@pytest.fixture
def run(cloud: CloudOfOne, behave: Behave) -> Iterator[Run]:
    """A hypervisor that runs one machine, which behaves as the words say."""
    made: list[Hypervisor] = []

    def begin(*behaviour: str) -> Hypervisor:
        behave(*behaviour)
        made.append(make_hypervisor("qemu", cloud, "tcg"))
        made[-1].power_on(server(context=False, nics=[]))
        return made[-1]

    yield begin
    for hypervisor in made:
        hypervisor.close()


def powers_off(hypervisor: Hypervisor, cloud: CloudOfOne) -> None:
    hypervisor.press_power_button(UUID)
    assert cloud.reported.wait(60)
    assert cloud.reports == [(UUID, "powered_off")]


def test_the_last_word_of_a_machine_counts_though_it_is_gone(run: Run, cloud: CloudOfOne) -> None:
    powers_off(run("hasty"), cloud)


def test_a_machine_that_refuses_an_order_runs_on(
    run: Run, cloud: CloudOfOne, caplog: pytest.LogCaptureFixture
) -> None:
    hypervisor = run("refuses")
    hypervisor.reset(UUID)
    until("the refusal is noted", 30, lambda: "refuses system_reset" in caplog.text)
    powers_off(hypervisor, cloud)


def test_a_machine_that_does_not_answer_for_a_while_runs_on(
    run: Run, cloud: CloudOfOne, said: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hypervisor = run("busy")
    until("it runs", 30, lambda: "query-blockstats" in said())
    monkeypatch.setattr(qmp, "_PATIENCE", SILENT_AFTER)
    hypervisor.reset(UUID)
    until("its silence is noted", 30, lambda: "has not answered" in caplog.text)
    monkeypatch.undo()
    asked = len(said())
    until("it is talked to again", 30, lambda: len(said()) > asked)
    powers_off(hypervisor, cloud)


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("broken", "qemu-system-x86_64: no good"),
        ("aborts", "killed by SIGABRT: qemu-system-x86_64: kvm.c: no good"),
    ],
)
def test_why_a_machine_could_not_be_run_is_told(
    run: Run, cloud: CloudOfOne, behaviour: str, why: str
) -> None:
    run(behaviour)
    assert cloud.reported.wait(60)
    assert cloud.reports == [(UUID, "failed")]
    assert cloud.reasons == [why]


def test_what_was_moved_can_be_asked_for_while_cards_are_plugged_in(
    cloud: CloudOfOne, behave: Behave
) -> None:
    behave()
    hypervisor = make_hypervisor("qemu", cloud, "tcg")
    assert isinstance(hypervisor, QemuHypervisor)
    guest = QemuGuest(hypervisor, server(nics=[]), None)

    class Slow(Traffic):
        def as_io(self) -> dict[str, int]:
            guest._traffic["late"] = Traffic()
            return super().as_io()

    guest._traffic["early"] = Slow()
    try:
        assert set(guest.usage().nics) == {"early"}
        assert set(guest.usage().nics) == {"early", "late"}
    finally:
        guest._close()
        hypervisor.close()


def test_a_drive_that_is_still_let_go_of_is_waited_for(run: Run, cloud: CloudOfOne, said: Any) -> None:
    hypervisor = run("locked")
    until("it runs", 30, lambda: "query-blockstats" in said())
    powers_off(hypervisor, cloud)


def test_viewers_of_the_screen_are_handed_to_the_machine(run: Run) -> None:
    hypervisor = run()
    port = hypervisor.open_vnc(UUID, PASSWORD)
    # No socket of the machine's own, whose path might be too long.
    assert hypervisor.scratch is not None
    viewers = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(2)]
    for viewer in viewers:
        assert viewer.recv(12) == b"RFB 003.008\n"
    assert not [path for path in hypervisor.scratch.iterdir() if path.is_socket()]
    hypervisor.close_vnc(UUID)
    for viewer in viewers:
        assert viewer.recv(1) == b""
        viewer.close()
    until("the port closes", 30, lambda: refused(port))
    assert greeting(hypervisor.open_vnc(UUID, PASSWORD), 12) == b"RFB 003.008\n"


def test_a_viewer_waits_for_a_machine_and_leaves_with_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    hypervisor = run()
    held = threading.Event()
    monkeypatch.setattr(type(hypervisor), "machine", lambda _: held.wait(90) and None)
    waiting = UUID.replace("1", "9")
    hypervisor.power_on(server(waiting, context=False, nics=[]))
    with socket.create_connection(("127.0.0.1", hypervisor.open_vnc(waiting, PASSWORD)), 30) as viewer:
        threading.Timer(0.2, held.set).start()  # the machine will not start, for lack of a program
        assert viewer.recv(1) == b""


def test_machines_stand_still_while_anybody_copies(run: Run, said: Any) -> None:
    hypervisor = run()
    until("it runs", 30, lambda: "query-blockstats" in said())

    def orders() -> list[str]:
        return [command for command in said() if command in ("stop", "cont")]

    with hypervisor.standing_still([UUID, "unknown"]):
        assert orders() == ["stop"]
        with hypervisor.standing_still([UUID]):
            assert orders() == ["stop", "stop"]
        assert not orders()[2:]
    until("it goes on", 30, lambda: "cont" in orders())


def test_a_machine_that_ends_holds_no_copy_up(run: Run, said: Any) -> None:
    hypervisor = run()
    until("it runs", 30, lambda: "query-blockstats" in said())
    with hypervisor.standing_still([UUID]):
        hypervisor.power_off(UUID)
    with hypervisor.standing_still([UUID]):
        pass


@contextlib.contextmanager
def many_open_files(count: int) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] not in (resource.RLIM_INFINITY, -1) and before[1] < 2 * count:
        pytest.skip("this process may not have so many files open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(2 * count, before[0]), before[1]))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(count)]
    try:
        yield
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_it_works_with_more_than_a_thousand_open_files(run: Run, cloud: CloudOfOne) -> None:
    with many_open_files(1100):
        powers_off(run(), cloud)


def test_without_any_more_open_files_a_server_is_reported(run: Run, cloud: CloudOfOne, said: Any) -> None:
    import resource

    hypervisor = run()
    until("it runs", 30, lambda: "query-blockstats" in said())
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free
    other = UUID.replace("1", "9")
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, before[1]))
    try:
        hypervisor.power_on(server(other))
        assert cloud.reported.wait(60)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        os.close(spare)
    assert cloud.reports == [(other, "failed")]
    assert "open files" in cloud.reasons[0]


def test_a_machine_that_is_stopped_is_no_news(run: Run, said: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    hypervisor = run()
    until("it runs", 30, lambda: "query-blockstats" in said())
    hypervisor.power_off(UUID)
    hypervisor.close()
    assert caplog.text == ""


def test_what_happened_is_told_until_it_is_understood(
    run: Run, cloud: CloudOfOne, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The cloud's disk may be full, and a server must not seem to run for ever for that."""
    understood, left = cloud.report, [1]

    def report(server: str, what: Report, why: str = "") -> None:
        if left:
            raise OSError(left.pop(), "No space left on device")
        understood(server, what, why)

    monkeypatch.setattr(cloud, "report", report)
    powers_off(run(), cloud)
    assert "which could not be noted" in caplog.text


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux says what is open")
def test_twenty_machines_later_nothing_more_is_open(run: Run, said: Any) -> None:
    hypervisor = run()

    def one_more() -> None:
        before = len(said())
        hypervisor.power_on(server())
        path = hypervisor.serial_port(UUID)
        assert path is not None
        until("it runs", 30, lambda: "query-blockstats" in said()[before:])
        with socket.create_connection(("127.0.0.1", hypervisor.open_vnc(UUID, PASSWORD)), 30) as viewer:
            assert viewer.recv(12) == b"RFB 003.008\n"
            assert greeting(hypervisor.open_console(UUID, PASSWORD), 10) == b"Password: "
            hypervisor.power_off(UUID)
            assert viewer.recv(1) == b""

    def open_things() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    hypervisor.power_off(UUID)
    for _ in range(2):
        one_more()
    most = open_things()
    for _ in range(20):
        one_more()
    until(
        "all is closed", 30, lambda: all(now <= then for now, then in zip(open_things(), most, strict=True))
    )


# over the end of an emulator


def with_client(cloud: Emulator) -> CloudSigma:
    return CloudSigma(
        api_endpoint=cloud.api_endpoint,
        ws_endpoint=cloud.ws_endpoint,
        username=cloud.username,
        password=cloud.password,
    )


def emulator(data: Path, hypervisor: str = "qemu") -> Emulator:
    return Emulator(hypervisor=hypervisor, accelerator="tcg", data=data)


def test_a_server_that_was_about_to_end_is_off_at_the_next_start(behave: Behave, tmp_path: Path) -> None:
    behave("deaf")
    data = tmp_path / "data"
    with emulator(data) as cloud, with_client(cloud) as client:
        uuid = client.servers.create(name="m", cpu=1000, mem=2**28, vnc_password=PASSWORD)["uuid"]
        client.servers.start(uuid, wait=True)
        client.servers.shutdown(uuid)
    with emulator(data) as cloud, with_client(cloud) as client:
        client.servers.wait(uuid, status="stopped", timeout=60)
        assert cloud.serial_port(uuid) is None


def test_a_machine_that_vanishes_while_others_keep_the_cloud_busy_is_started_for_good(
    behave: Behave, tmp_path: Path, said: Any
) -> None:
    behave("fragile")
    idle, busy = threading.Event(), threading.Event()

    def take_long() -> None:
        busy.set()
        idle.wait(60)

    def change() -> None:
        with cloud.app.transaction() as tx:
            tx.after_commit(take_long)

    with emulator(tmp_path / "data") as cloud, with_client(cloud) as client:
        uuid = client.servers.create(name="m", cpu=1000, mem=2**28, vnc_password=PASSWORD)["uuid"]
        client.servers.start(uuid, wait=True)
        until("it runs", 30, lambda: "set_password" in said())
        changing = threading.Thread(target=change)
        changing.start()
        busy.wait(60)
        try:
            cloud.app.hypervisor.reset(uuid)  # of which it dies

            def runs_again() -> bool:
                cloud.app.engine.wake()  # as any request does
                return said().count("set_password") == 2

            until("it runs again", 30, runs_again)
        finally:
            idle.set()
            changing.join()
        client.servers.shutdown(uuid)
        client.servers.wait(uuid, status="stopped", timeout=60)


def test_what_runs_again_has_an_address_of_this_emulator(behave: Behave, tmp_path: Path) -> None:
    behave()
    data = tmp_path / "data"
    with emulator(data, "simulated") as cloud, with_client(cloud) as client:
        nics = [{"ip_v4_conf": {"conf": "dhcp"}}]
        uuid = client.servers.create(name="m", cpu=1000, mem=2**28, vnc_password=PASSWORD, nics=nics)["uuid"]
        client.servers.start(uuid, wait=True)
        usual = address_of(client, uuid)
    for hypervisor in ("qemu", "simulated"):
        with emulator(data, hypervisor) as cloud, with_client(cloud) as client:
            address = address_of(client, uuid)
            prefix = cloud.app.hypervisor.lends_from or usual.rpartition(".")[0]
            assert address.startswith(prefix)
            assert client.ips.get(address)["server"]["uuid"] == uuid


def address_of(client: CloudSigma, server: str) -> str:
    return str(client.servers.get(server)["runtime"]["nics"][0]["ip_v4"]["uuid"])
