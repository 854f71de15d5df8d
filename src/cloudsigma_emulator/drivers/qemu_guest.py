"""One virtual machine: a thread that starts qemu, talks to it, and tells how it ended."""

from __future__ import annotations

import contextlib
import logging
import select
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .frames import Traffic
from .guest_lines import ConsoleViewer, GuestConsole
from .hypervisor import DriveFile, Report, Server, Usage
from .processes import dies_with_parent
from .qemu_arguments import command
from .qmp import Qmp, QmpError, QmpRefusal, QmpSilent
from .relays import Ended, Relay, Visit
from .streams import join
from .wires import Wires, address_of

if TYPE_CHECKING:
    from .qemu import QemuHypervisor

log = logging.getLogger("cloudsigma_emulator")

_SSH = 22
_GREETING_WITHIN = 60.0
_SAMPLED_EVERY = 1.0
_PRESSED_FOR = 60.0
_OFF_WITHIN = 10.0
"""Seconds that a machine may go on writing after its guest has powered itself off."""
_KILLED_WITHIN = 5.0
_STANDS_STILL_WITHIN = 10.0
_TRIES = 5
_PASSING = {"forwarding": 0.0, '" lock': 0.5}
"""Words of a machine that could not start for a passing reason (a port that somebody took in between, a drive that a
machine on its way out still has), and the seconds until it is worth another try."""

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

Order = Callable[[Qmp], None]


class QemuGuest:
    """A server's virtual machine, from :meth:`start` until ``ended`` is set.

    :param hypervisor: what all guests share.
    :param server: the stored server, with the addresses lent to it.
    :param before: the machine that this server had before, which has to be gone.
    :raises OSError: when the system has no more sockets.
    """

    def __init__(self, hypervisor: QemuHypervisor, server: Server, before: QemuGuest | None) -> None:
        self.server = server
        self.uuid: str = server["uuid"]
        self.ended = threading.Event()
        self.places = _ssh_places(server)
        """Where the SSH port is reached, by MAC address of the card."""
        self._hypervisor = hypervisor
        self._before = before
        self._lock = threading.Lock()
        self._orders: deque[tuple[Order, Callable[[], None]]] = deque()
        self._cut = self._over = False
        self._holders = 0
        self._pressed_until = 0.0
        self._trouble = ""
        self._relays: dict[str, Relay] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._wires: Wires | None = None
        self._drives: list[DriveFile] = []
        self._drive_io: dict[str, dict[str, int]] = {}
        self._traffic: dict[str, Traffic] = {}
        self._serial = GuestConsole()
        self._thread = threading.Thread(target=self._run, name=f"guest-{self.uuid[:8]}", daemon=True)
        self._waker, self._woken = socket.socketpair()
        for end in (self._waker, self._woken):
            end.setblocking(False)

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

    def do(self, order: Order, dropped: Callable[[], None] = lambda: None) -> None:
        """Let the guest's thread do something with the control connection; returns at once.

        :param dropped: is called in place of it when the machine ends before.
        """
        with self._lock:
            over = self._over
            if not over:
                self._orders.append((order, dropped))
        if over:
            dropped()
        else:
            self._wake()

    def press_power_button(self) -> None:
        """Send a power event each second for a minute, or until the guest is off or reset."""
        self._pressed_until = time.monotonic() + _PRESSED_FOR
        self._wake()

    def reset(self) -> None:
        """Press the reset button."""
        self._pressed_until = 0.0
        self.close_tunnels()
        self.do(lambda qmp: qmp.execute("system_reset"))

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Let the machine do nothing, with all it has written in the files of its drives, until the end of the block."""
        stands = threading.Event()

        def halt(qmp: Qmp) -> None:
            try:
                qmp.execute("stop")
            finally:
                stands.set()

        def go_on(qmp: Qmp) -> None:
            if not self._holders:  # somebody may have come since
                qmp.execute("cont")

        with self._lock:
            self._holders += 1
        self.do(halt, stands.set)
        if not stands.wait(_STANDS_STILL_WITHIN):
            log.warning("server %s does not stand still while its drive is copied", self.uuid)
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
            self.do(go_on)

    def open_vnc(self, password: str) -> int:
        """Open a port to the screen in place of any open one; return its number."""
        self.do(lambda qmp: _set_vnc_password(qmp, password))
        return self._open("vnc", self._show_screen)

    def open_console(self, password: str) -> int:
        """Open a port to the first serial port in place of any open one; return its number."""

        def visit(peer: socket.socket, ended: Ended) -> Ended:
            return ConsoleViewer(self._hypervisor.hub, peer, self._serial, password, ended).close

        return self._open("console", visit)

    def close_tunnel(self, kind: str) -> None:
        """Close the port to the screen (``vnc``) or to the first serial port (``console``), if it is open."""
        with self._lock:
            relay = self._relays.pop(kind, None)
        if relay is not None:
            relay.close()

    def close_tunnels(self) -> None:
        """Close both ports."""
        for kind in ("vnc", "console"):
            self.close_tunnel(kind)

    def usage(self) -> Usage:
        """Return what was moved; of drives, as it was up to a second ago."""
        traffic = dict(self._traffic)  # to which its cards may be added meanwhile
        return Usage({mac: counted.as_io() for mac, counted in traffic.items()}, dict(self._drive_io))

    # tunnels

    def _open(self, kind: str, visit: Visit) -> int:
        relay = Relay(self._hypervisor.hub, visit)
        with self._lock:
            over = self._over
            before = self._relays.get(kind)
            if not over:
                self._relays[kind] = relay
        if over:
            relay.close()
        if before is not None:
            before.close()
        return relay.port

    def _show_screen(self, peer: socket.socket, ended: Ended) -> Ended:
        """Lead a viewer to the machine, which takes one end of a pair of sockets; until it does, the viewer waits."""
        near, far = socket.socketpair()

        def introduce(qmp: Qmp) -> None:
            try:
                qmp.execute("getfd", [far.fileno()], fdname="viewer")
                qmp.execute("add_client", protocol="vnc", fdname="viewer", skipauth=False)
            finally:
                far.close()

        end = join(self._hypervisor.hub, peer, near, ended)
        self.do(introduce, far.close)
        return end

    # the thread

    def _run(self) -> None:
        report: Report = "failed"
        why = ""
        try:
            if self._before is not None:
                self._before.ended.wait(_KILLED_WITHIN)
                self._before = None
            report, why = self._live()
        except (QmpError, OSError) as error:
            why = str(error)
        except Exception as error:
            log.exception("server %s stumbled", self.uuid)
            why = repr(error)
        finally:
            self._bury(_OFF_WITHIN if report == "powered_off" else 0.0)
            self._close()
        if not self._cut:
            self._hypervisor.guest_ended(self, report, why)
        self._hypervisor.forget(self)

    def _live(self) -> tuple[Report, str]:
        """Run the machine; return how it ended and why. Raises :class:`QmpError` and OSError when it never ran."""
        self._drives = self._hypervisor.cloud.drive_files(self.uuid)
        program, accelerator = self._hypervisor.machine()
        qmp = self._boot_in_the_end(program, accelerator)
        try:
            return self._follow(qmp)
        except QmpError as error:
            return "crashed", self._how_it_died(error)
        finally:
            qmp.close()

    def _boot_in_the_end(self, program: str, accelerator: str) -> Qmp:
        for left in reversed(range(_TRIES)):
            try:
                return self._boot(program, accelerator)
            except QmpError as error:
                why = self._how_it_died(error)
                pause = next((pause for word, pause in _PASSING.items() if word in why), None)
                if self._cut or pause is None or not left:
                    raise QmpError(why) from error
                self._bury(0.0)
                time.sleep(pause)
                self.places = _ssh_places(self.server)
        raise AssertionError("the last try returns or raises")

    def _boot(self, program: str, accelerator: str) -> Qmp:
        folder = self._hypervisor.folder
        wires = Wires(
            self._hypervisor,
            self.server,
            self._serial,
            self._traffic,
            self.places,
            folder.pid_file(self.uuid),
        )
        try:
            words = command(program, accelerator, self.server, self._drives, wires.wiring)
            with self._lock:
                if self._cut:
                    raise QmpError("its power was cut")
                with folder.words_file(self.uuid).open("wb") as said:
                    self._process = subprocess.Popen(  # noqa: S603 - the words are ours
                        [*dies_with_parent(), *words],
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
        self._wires = wires
        qmp = Qmp(wires.control)
        try:
            qmp.greet(_GREETING_WITHIN)
            _set_vnc_password(qmp, self.server["vnc_password"])
        except QmpRefusal as error:
            qmp.close()
            raise QmpError(str(error)) from error
        except BaseException:
            qmp.close()
            raise
        return qmp

    def _follow(self, qmp: Qmp) -> tuple[Report, str]:
        try:
            return self._converse(qmp)
        except QmpError:
            if any(_is_power_off(event) for event in qmp.events):  # its last word, on which nobody has acted
                return "powered_off", ""
            raise

    def _converse(self, qmp: Qmp) -> tuple[Report, str]:
        waiting = select.poll()
        waiting.register(qmp.fileno(), select.POLLIN)
        waiting.register(self._woken.fileno(), select.POLLIN)
        sampled = pressed = 0.0
        while True:
            while qmp.events:
                ending = self._heard(qmp, qmp.events.popleft())
                if ending is not None:
                    return ending
            while self._orders:
                order, _ = self._orders.popleft()
                self._carry_out(qmp, order)
            now = time.monotonic()
            if now - sampled >= _SAMPLED_EVERY and not qmp.silent:
                sampled = now
                self._carry_out(qmp, self._sample)
            if now - pressed >= _SAMPLED_EVERY and now < self._pressed_until:
                pressed = now
                self._carry_out(qmp, lambda qmp: qmp.execute("system_powerdown"))
            if qmp.events or self._orders:
                continue
            ready = {descriptor for descriptor, _ in waiting.poll(_SAMPLED_EVERY * 1000)}
            if self._woken.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            if qmp.fileno() in ready:
                try:
                    qmp.read_events()
                except QmpError:
                    if not qmp.events:
                        raise

    def _heard(self, qmp: Qmp, event: dict[str, Any]) -> tuple[Report, str] | None:
        """Return what an event means for the server, None for most."""
        if _is_power_off(event):
            return "powered_off", ""
        if event.get("event") == "BLOCK_IO_ERROR" and event["data"].get("nospace"):
            self._trouble = "no space is left for what its guest writes"
        if event.get("event") == "STOP":
            with contextlib.suppress(QmpRefusal, QmpSilent):
                status = qmp.execute("query-status")["status"]
                if status in _DEAD:
                    return "illegal_operation", self._trouble or status
        return None

    def _carry_out(self, qmp: Qmp, order: Order) -> None:
        """Carry out an order. The guest runs on when the machine refuses it, or is too busy to answer."""
        known = qmp.silent
        try:
            order(qmp)
        except QmpRefusal as error:
            log.warning("server %s: its virtual machine refuses %s", self.uuid, error)
        except QmpSilent:
            if not known:
                log.warning("server %s: its virtual machine has not answered for a while", self.uuid)

    def _sample(self, qmp: Qmp) -> None:
        by_node = {f"drive{number}": drive.uuid for number, drive in enumerate(self._drives)}
        for found in qmp.execute("query-blockstats") if by_node else ():
            uuid, stats = by_node.get(found.get("node-name", "")), found["stats"]
            if uuid is not None:
                self._drive_io[uuid] = {name: int(stats[theirs]) for name, theirs in _BLOCK_FIELDS.items()}

    # the end

    def _bury(self, patience: float) -> None:
        """See to it that the machine is gone, after so many seconds in which it may end by itself."""
        process, wires = self._process, self._wires
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
            if process.poll() is None:
                process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_KILLED_WITHIN)
        if wires is not None:
            wires.disconnect()
        folder = self._hypervisor.folder
        for path in (folder.pid_file(self.uuid), folder.words_file(self.uuid)):
            path.unlink(missing_ok=True)

    def _close(self) -> None:
        """Let nothing wait for this machine any more."""
        with self._lock:
            self._over = True
            orders, self._orders = self._orders, deque()
        for _, dropped in orders:
            dropped()
        self.close_tunnels()
        self.ended.set()
        with self._lock:
            self._woken.close()
            self._waker.close()

    def _how_it_died(self, error: QmpError) -> str:
        """Return what is known about the end of a machine: its own last words, or the system's."""
        process = self._process
        if process is None or isinstance(error, QmpSilent):
            return str(error)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        code = process.returncode
        how = str(error) if code is None else f"it ended with status {code}"
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                how = f"killed by {signal.Signals(-code).name}"
        said = ""
        with contextlib.suppress(OSError):
            path = self._hypervisor.folder.words_file(self.uuid)
            said = path.read_text(encoding="utf-8", errors="replace").strip()
        if not said or code == -signal.SIGKILL:  # then its words are about something else
            return how
        last = said.splitlines()[-1]
        return f"{how}: {last}" if code is not None and code < 0 else last

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")


def _is_power_off(event: dict[str, Any]) -> bool:
    data = event.get("data") or {}
    by_guest = bool(data.get("guest")) and data.get("reason") == "guest-shutdown"
    return by_guest and event.get("event") == "SHUTDOWN"


def _set_vnc_password(qmp: Qmp, password: str) -> None:
    qmp.execute("set_password", protocol="vnc", password=password)


def _ssh_places(server: Server) -> dict[str, tuple[str, int]]:
    public = [nic for nic in server["nics"] if nic["vlan"] is None and nic["ip_v4_conf"] is not None]
    return {nic["mac"]: _free_place(address_of(nic)) for nic in public}


def _free_place(address: str | None) -> tuple[str, int]:
    """Return where the guest's SSH port can be forwarded from: its own address where that is of this machine."""
    if address is not None and address.startswith("127."):
        with contextlib.suppress(OSError), socket.create_server((address, _SSH)):
            return address, _SSH
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return "127.0.0.1", port
