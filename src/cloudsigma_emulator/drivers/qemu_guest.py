"""One virtual machine: a thread that starts qemu, talks to it, and tells how it ended."""

from __future__ import annotations

import contextlib
import logging
import queue
import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .frames import FrameSplitter, Traffic
from .guest_lines import ConsoleViewer, ContextLine, GuestConsole
from .hypervisor import DriveFile, Report, Server, Usage
from .qemu_arguments import Network, Wiring, command
from .qmp import Qmp, QmpError
from .relays import Ended, Relay, to_unix_socket
from .streams import Stream
from .vlan_switch import Port

if TYPE_CHECKING:
    from .qemu import QemuHypervisor

log = logging.getLogger("cloudsigma_emulator")

_SSH = 22
_GREETING_WITHIN = 30.0
_SAMPLED_EVERY = 1.0
_PRESSES = 60
_KILLED_WITHIN = 5.0
_OUTLIVES = 2.0
"""Seconds after which a machine that vanishes is one that ran, rather than one that could not start."""

_DEAD = ("internal-error", "guest-panicked", "io-error")
"""States of a machine that will not go on by itself."""

_BLOCK_FIELDS = {
    "bytes_read": "rd_bytes",
    "bytes_written": "wr_bytes",
    "count_flush": "flush_operations",
    "count_read": "rd_operations",
    "count_written": "wr_operations",
    "total_time_ns_flush": "flush_total_time_ns",
    "total_time_ns_read": "rd_total_time_ns",
    "total_time_ns_write": "wr_total_time_ns",
}


class QemuGuest:
    """A server's virtual machine, from :meth:`start` until ``ended`` is set.

    :param hypervisor: what all guests share.
    :param server: the stored server, with the addresses lent to it.
    :param before: the machine that this server had before, which has to be gone.
    """

    def __init__(self, hypervisor: QemuHypervisor, server: Server, before: QemuGuest | None) -> None:
        self.server = server
        self.uuid: str = server["uuid"]
        self.ended = threading.Event()
        self.places = _ssh_places(server)
        """Where the SSH port is reached, by MAC address of the card."""
        self.vnc: Relay | None = None
        self.console: Relay | None = None
        self._hypervisor = hypervisor
        self._before = before
        self._commands: queue.SimpleQueue[Callable[[Qmp], None]] = queue.SimpleQueue()
        self._waker, self._woken = socket.socketpair()
        self._process: subprocess.Popen[bytes] | None = None
        self._cut = False
        self._lock = threading.Lock()
        self._drives: list[DriveFile] = []
        self._drive_io: dict[str, dict[str, int]] = {}
        self._traffic: dict[str, Traffic] = {}
        self._ports: list[Port] = []
        self._closers: list[Callable[[], None]] = []
        self._serial = GuestConsole()
        self._presses_left = 0
        self._vnc_socket = hypervisor.folder.path / f"vnc-{self.uuid[:8]}-{id(self):x}"
        self._thread = threading.Thread(target=self._run, name=f"guest-{self.uuid[:8]}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def cut_power(self) -> None:
        """Kill the machine; what it does not know yet it never will."""
        with self._lock:
            self._cut = True
            process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
        self._wake()

    def do(self, work: Callable[[Qmp], None]) -> None:
        """Let the guest's thread do something with the control connection; returns at once."""
        self._commands.put(work)
        self._wake()

    def press_power_button(self) -> None:
        """Send a power event each second for a minute, or until the guest is off."""
        self.do(lambda _: setattr(self, "_presses_left", _PRESSES))

    def reset(self) -> None:
        """Press the reset button."""
        self.close_tunnels()
        self.do(lambda qmp: qmp.execute("system_reset"))

    def open_vnc(self, password: str) -> int:
        """Open a port to the screen in place of any open one."""
        self.do(lambda qmp: _set_vnc_password(qmp, password))
        relay = Relay(self._hypervisor.hub, to_unix_socket(self._hypervisor.hub, self._vnc_socket))
        before, self.vnc = self.vnc, relay
        if before is not None:
            before.close()
        return relay.port

    def open_console(self, password: str) -> int:
        """Open a port to the first serial port in place of any open one."""

        def visit(peer: socket.socket, ended: Ended) -> Ended:
            return ConsoleViewer(self._hypervisor.hub, peer, self._serial, password, ended).close

        relay = Relay(self._hypervisor.hub, visit)
        before, self.console = self.console, relay
        if before is not None:
            before.close()
        return relay.port

    def close_vnc(self) -> None:
        """Close the port to the screen."""
        relay, self.vnc = self.vnc, None
        if relay is not None:
            relay.close()

    def close_console(self) -> None:
        """Close the port to the first serial port."""
        relay, self.console = self.console, None
        if relay is not None:
            relay.close()

    def close_tunnels(self) -> None:
        """Close both ports."""
        self.close_vnc()
        self.close_console()

    def usage(self) -> Usage:
        """Return what was moved; of drives, as it was up to a second ago."""
        return Usage({mac: traffic.as_io() for mac, traffic in self._traffic.items()}, dict(self._drive_io))

    # the thread

    def _run(self) -> None:
        report: Report | None = "failed"
        try:
            if self._before is not None:
                self._before.ended.wait(_KILLED_WITHIN)
            report = self._live()
        except QmpError as error:
            report = self._cause_of_death(error)
        except OSError as error:
            log.warning("server %s could not be run: %s", self.uuid, error)
        except Exception:
            log.exception("server %s could not be run", self.uuid)
        finally:
            self._tidy()
            self.ended.set()
            self._woken.close()
            self._waker.close()
        with self._lock:
            cut = self._cut
        if report is not None and not cut:
            self._hypervisor.guest_ended(self, report)

    def _live(self) -> Report | None:
        self._drives = self._hypervisor.cloud.drive_files(self.uuid)
        program, accelerator = self._hypervisor.machine()
        try:
            qmp = self._boot(program, accelerator)
        except QmpError as error:
            # The one thing that may go wrong by chance: somebody took the forwarded port in between.
            if "forwarding" not in self._last_words():
                raise QmpError(f"{error}; {self._last_words()}") from error
            self._tidy()
            self.places = _ssh_places(self.server)
            qmp = self._boot(program, accelerator)
        began = time.monotonic()
        try:
            return self._follow(qmp)
        except QmpError as error:
            if time.monotonic() - began < _OUTLIVES:
                raise
            log.info("server %s: its virtual machine has vanished (%s)", self.uuid, error)
            return "crashed"
        finally:
            qmp.close()

    def _cause_of_death(self, error: QmpError) -> Report:
        if not self._cut:
            log.warning("server %s could not be run: %s", self.uuid, error)
        return "failed"

    def _boot(self, program: str, accelerator: str) -> Qmp:
        wires = Wires(self)
        try:
            words = command(program, accelerator, self.server, self._drives, wires.wiring)
            with self._lock:
                if self._cut:
                    raise QmpError("its power was cut")
                with self._words_file().open("wb") as said:
                    self._process = subprocess.Popen(  # noqa: S603 - the words are ours
                        [*_dies_with_parent(), *words],
                        stdin=subprocess.DEVNULL,
                        stdout=said,
                        stderr=said,
                        pass_fds=wires.far,
                        start_new_session=True,
                    )
        except BaseException:
            wires.close_near()
            raise
        finally:
            wires.close_far()
        wires.connect()
        qmp = Qmp(wires.control)
        try:
            qmp.greet(_GREETING_WITHIN)
            _set_vnc_password(qmp, self.server["vnc_password"])
        except BaseException:
            qmp.close()
            raise
        return qmp

    def _follow(self, qmp: Qmp) -> Report | None:
        sampled = 0.0
        while True:
            while qmp.events:
                report = _heard(qmp, qmp.events.popleft())
                if report is not None:
                    return report
            with contextlib.suppress(queue.Empty):
                while True:
                    self._commands.get_nowait()(qmp)
            now = time.monotonic()
            if now - sampled >= _SAMPLED_EVERY:
                sampled = now
                self._sample(qmp)
                if self._presses_left:
                    self._presses_left -= 1
                    qmp.execute("system_powerdown")
            if qmp.events:
                continue
            ready, _, _ = select.select([qmp.fileno(), self._woken.fileno()], [], [], _SAMPLED_EVERY)
            if self._woken.fileno() in ready:
                self._woken.recv(4096)
            if qmp.fileno() in ready:
                try:
                    qmp.read_events()
                except QmpError:
                    if not qmp.events:
                        raise

    def _sample(self, qmp: Qmp) -> None:
        by_node = {f"drive{number}": drive.uuid for number, drive in enumerate(self._drives)}
        for found in qmp.execute("query-blockstats") if by_node else ():
            uuid, stats = by_node.get(found.get("node-name", "")), found["stats"]
            if uuid is not None:
                self._drive_io[uuid] = {name: int(stats[theirs]) for name, theirs in _BLOCK_FIELDS.items()}

    # wires

    def _tidy(self) -> None:
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.0)  # a machine that powered itself off is still writing
            if process.poll() is None:
                process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_KILLED_WITHIN)
        self.close_tunnels()

        def unplug() -> None:
            closers, self._closers = self._closers, []
            for close in closers:
                close()

        self._hypervisor.hub.call_soon(unplug)
        for path in (self._vnc_socket, self._hypervisor.folder.pid_file(self.uuid), self._words_file()):
            path.unlink(missing_ok=True)

    def _words_file(self) -> Path:
        return self._hypervisor.folder.path / f"{self.uuid}.said"

    def _last_words(self) -> str:
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
        try:
            said = self._words_file().read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return said[-1] if said else ""

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")


class Wires:
    """The sockets between the emulator and one machine: their far ends go to qemu, the near ones to the hub."""

    def __init__(self, guest: QemuGuest) -> None:
        self._guest = guest
        self._hypervisor = guest._hypervisor
        self._near: list[tuple[socket.socket, Callable[[socket.socket], Callable[[], None]]]] = []
        self._far: list[socket.socket] = []
        self.control, control = socket.socketpair()
        self._far.append(control)
        server = guest.server
        context = None
        if server["context"]:
            context = self._pair(self._context)
        console = self._pair(self._console)
        self.wiring = Wiring(
            control=control.fileno(),
            console=console,
            context=context,
            vnc=guest._vnc_socket,
            pid_file=self._hypervisor.folder.pid_file(guest.uuid),
            networks=[self._network(nic) for nic in server["nics"]],
        )

    @property
    def far(self) -> Sequence[int]:
        """The descriptors that qemu gets."""
        return [peer.fileno() for peer in self._far]

    def close_far(self) -> None:
        """Close this process' copies of what qemu has got."""
        for peer in self._far:
            peer.close()

    def close_near(self) -> None:
        """Close this side: there is no machine on the other."""
        self.control.close()
        for peer, _ in self._near:
            peer.close()

    def connect(self) -> None:
        """Let the hub serve the near ends."""
        guest = self._guest

        def plug() -> None:
            guest._closers += [serve(peer) for peer, serve in self._near]

        self._hypervisor.hub.call_soon(plug)

    def _pair(self, serve: Callable[[socket.socket], Callable[[], None]]) -> int:
        near, far = socket.socketpair()
        self._near.append((near, serve))
        self._far.append(far)
        return far.fileno()

    def _context(self, peer: socket.socket) -> Callable[[], None]:
        cloud, uuid = self._hypervisor.cloud, self._guest.uuid
        return ContextLine(self._hypervisor.hub, peer, lambda path: cloud.context_answer(uuid, path)).close

    def _console(self, peer: socket.socket) -> Callable[[], None]:
        self._guest._serial.plug(self._hypervisor.hub, peer)
        return self._guest._serial.close

    def _network(self, nic: dict[str, Any]) -> Network:
        if nic["vlan"] is not None:
            switch, mac = self._hypervisor.switch(nic["vlan"]), nic["mac"]

            def plug(peer: socket.socket) -> Callable[[], None]:
                port = switch.plug(peer)
                self._guest._traffic[mac] = port.traffic
                return port.unplug

            return Network(vlan_socket=self._pair(plug))
        conf = nic["ip_v4_conf"]
        if conf is None and nic["ip_v6_conf"] is None:
            return Network()
        traffic = self._guest._traffic[nic["mac"]] = Traffic()
        address = _address_of(nic)
        return Network(
            user=True,
            sent=self._pair(lambda peer: self._count(peer, traffic.sent)),
            received=self._pair(lambda peer: self._count(peer, traffic.received)),
            ssh_at=self._guest.places.get(nic["mac"]),
            address=None if address is None or address.startswith("127.") else address,
        )

    def _count(self, peer: socket.socket, seen: Callable[[bytes], None]) -> Callable[[], None]:
        splitter = FrameSplitter()

        def received(data: bytes) -> None:
            for frame in splitter.feed(data):
                seen(frame)

        return Stream(self._hypervisor.hub, peer, received).close


def _heard(qmp: Qmp, event: dict[str, Any]) -> Report | None:
    """Return what an event means for the server, None for most."""
    name, data = event.get("event"), event.get("data") or {}
    if name == "SHUTDOWN" and data.get("guest") and data.get("reason") == "guest-shutdown":
        return "powered_off"
    if name == "STOP" and qmp.execute("query-status")["status"] in _DEAD:
        return "illegal_operation"
    return None


def _set_vnc_password(qmp: Qmp, password: str) -> None:
    qmp.execute("set_password", protocol="vnc", password=password)


def _dies_with_parent() -> list[str]:
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "KILL", "--"] if program is not None else []


def _address_of(nic: dict[str, Any]) -> str | None:
    address: str | None = nic["lent_ip"] or (nic["ip_v4_conf"] or {}).get("ip")
    return address


def _ssh_places(server: Server) -> dict[str, tuple[str, int]]:
    public = [nic for nic in server["nics"] if nic["vlan"] is None and nic["ip_v4_conf"] is not None]
    return {nic["mac"]: _free_place(_address_of(nic)) for nic in public}


def _free_place(address: str | None) -> tuple[str, int]:
    """Return where the guest's SSH port can be forwarded from: its own address where that is of this machine."""
    if address is not None and address.startswith("127."):
        with contextlib.suppress(OSError), socket.create_server((address, _SSH)):
            return address, _SSH
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return "127.0.0.1", port
