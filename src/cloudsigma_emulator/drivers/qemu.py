"""The qemu hypervisor: servers are virtual machines that boot their drives.

Each has a thread (`qemu_guest`); what flows between machines and the world goes through the hub.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from .accelerator import Probe
from .hub import Hub
from .hypervisor import Cloud, Report, Server, Usage
from .loopback import LoopbackRange
from .qemu_guest import QemuGuest
from .run_folder import RunFolder
from .serial_line import SerialLine
from .vlan_switch import Switch

log = logging.getLogger("cloudsigma_emulator")

PROGRAM = "qemu-system-x86_64"
_GONE_WITHIN = 2.0
_REPORTED_AGAIN_AFTER = 1.0
_CRASHES, _WITHIN = 3, 60.0
"""So many crashes within so many seconds mean that a server cannot be run."""
_TOLD: dict[Report, str] = {
    "crashed": "is started again, its virtual machine has vanished",
    "failed": "could not be run",
    "illegal_operation": "is paused, its virtual machine has stopped",
    "powered_off": "powered itself off",
}
_RESTORED = ("running", "unavailable")


class QemuHypervisor:
    """Runs guests as virtual machines (see `hypervisor.Hypervisor`).

    :param accelerator: ``auto`` (KVM where a machine boots with it), ``kvm`` or ``tcg``.
    :raises NotImplementedError: when there is no qemu, or none can be run on this system.
    """

    writes_images = True

    def __init__(self, cloud: Cloud, accelerator: str = "auto") -> None:
        program = shutil.which(PROGRAM)
        if program is None:
            raise NotImplementedError(
                f"{PROGRAM} is not installed; on Debian: apt-get install --no-install-recommends "
                "qemu-system-x86 seabios"
            )
        if sys.platform == "win32":
            raise NotImplementedError("the hypervisor qemu needs Linux or macOS")
        self.cloud = cloud
        self.hub = Hub()
        self.folder = RunFolder()
        self.scratch: Path | None = self.folder.path
        self._range = LoopbackRange()
        self.lends_from = self._range.prefix
        self._program = program
        self._accelerator = accelerator
        self._choosing = threading.Lock()
        self._probe = Probe(program, self.folder.path)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._guests: dict[str, QemuGuest] = {}
        self._ending: dict[str, QemuGuest] = {}
        self._host_ports: dict[str, SerialLine] = {}
        self._switches: dict[str, Switch] = {}
        self._crashes: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_CRASHES))
        self._probing = threading.Thread(target=self.machine, name="guest-probe", daemon=True)
        self._probing.start()

    # what guests need

    def machine(self) -> tuple[str, str]:
        """Return the program and how it gets at a processor; the first call finds that out."""
        with self._choosing:
            if self._accelerator == "auto":
                self._accelerator = self._probe.choose()
            return self._program, self._accelerator

    def switch(self, vlan: str) -> Switch:
        """Return the network of a VLAN."""
        with self._lock:
            return self._switches.setdefault(vlan, Switch(self.hub))

    def guest_ended(self, guest: QemuGuest, what: Report, why: str) -> None:
        """Take note of the end of a machine that nobody asked for, and tell the cloud."""
        with self._lock:
            if self._guests.get(guest.uuid) is not guest:
                return
            del self._guests[guest.uuid]
            crashes = self._crashes[guest.uuid]
            if what == "crashed":
                crashes.append(time.monotonic())
                if len(crashes) == _CRASHES and crashes[-1] - crashes[0] < _WITHIN:
                    what, why = "failed", f"it vanished {_CRASHES} times within a minute: {why}"
                    crashes.clear()
        self._close_host_port(guest.uuid)
        if what != "powered_off":
            log.warning("server %s %s: %s", guest.uuid, _TOLD[what], why)
        self._report(guest.uuid, what, why)

    def forget(self, guest: QemuGuest) -> None:
        """Take note that nothing is left of a machine."""
        with self._lock:
            if self._ending.get(guest.uuid) is guest:
                del self._ending[guest.uuid]

    # what the cloud asks

    def power_on(self, server: Server) -> None:
        """Begin to boot a server."""
        uuid = server["uuid"]
        with self._lock:
            if uuid in self._guests:
                return
            try:
                guest = QemuGuest(self, server, self._ending.get(uuid))
            except OSError as error:
                self._could_not_begin(uuid, error)
                return
            self._guests[uuid] = guest
            if server["context"]:
                self._open_host_port(uuid)
        guest.start()
        log.info(
            "server %s: SSH at %s, serial port %s", uuid, self.ssh(uuid) or "-", self.serial_port(uuid) or "-"
        )

    def power_off(self, server: str) -> None:
        """Kill a machine, and wait a moment for its drives to be free."""
        with self._lock:
            guest = self._guests.pop(server, None)
            if guest is not None:
                self._ending[server] = guest
        self._close_host_port(server)
        if guest is not None:
            guest.cut_power()
            guest.ended.wait(_GONE_WITHIN)

    def press_power_button(self, server: str) -> None:
        """Send power events for a minute."""
        guest = self._guests.get(server)
        if guest is not None:
            guest.press_power_button()

    @contextlib.contextmanager
    def standing_still(self, servers: Iterable[str]) -> Iterator[None]:
        """Let machines stand still until the end of the block."""
        with contextlib.ExitStack() as held:
            for server in servers:
                guest = self._guests.get(server)
                if guest is not None:
                    held.enter_context(guest.standing_still())
            yield

    def reset(self, server: str) -> None:
        """Press the reset button; the tunnels close."""
        guest = self._guests.get(server)
        if guest is not None:
            guest.reset()

    def open_vnc(self, server: str, password: str) -> int:
        """Open a port to the guest's screen."""
        guest = self._guests.get(server)
        return guest.open_vnc(password) if guest is not None else _closed_port()

    def close_vnc(self, server: str) -> None:
        """Close the port to the screen, if there is one."""
        guest = self._guests.get(server)
        if guest is not None:
            guest.close_tunnel("vnc")

    def open_console(self, server: str, password: str) -> int:
        """Open a port to the guest's first serial port."""
        guest = self._guests.get(server)
        return guest.open_console(password) if guest is not None else _closed_port()

    def close_console(self, server: str) -> None:
        """Close the port to the first serial port, if there is one."""
        guest = self._guests.get(server)
        if guest is not None:
            guest.close_tunnel("console")

    def serial_port(self, server: str) -> str | None:
        """Return a device of this machine that answers as the guest's second serial port does inside."""
        with self._lock:
            line = self._host_ports.get(server)
        return line.path if line is not None else None

    def ssh(self, server: str) -> str | None:
        """Return where the guest's SSH port is reached."""
        guest = self._guests.get(server)
        if guest is None or not guest.places:
            return None
        host, port = next(iter(guest.places.values()))
        return f"{host}:{port}"

    def usage(self, server: str) -> Usage:
        """Return what a guest has moved."""
        guest = self._guests.get(server)
        return guest.usage() if guest is not None else Usage()

    def restore(self, servers: Iterable[Server]) -> None:
        """Boot again what ran; what is about to start is booted when its time comes, what was about to end is off."""
        for server in servers:
            if server["status"] in _RESTORED:
                self.power_on(server)
            else:
                self.cloud.report(server["uuid"], "powered_off")

    def stop_all(self) -> None:
        """Kill every machine and wait until all are gone."""
        with self._lock:
            guests, self._guests = list(self._guests.values()), {}
            guests += self._ending.values()
            self._crashes.clear()
            lines, self._host_ports = list(self._host_ports.values()), {}
        for line in lines:
            line.close()
        for guest in guests:
            guest.cut_power()
        for guest in guests:
            guest.ended.wait(2 * _GONE_WITHIN)
        self.hub.call_soon(self._switches.clear)

    def close(self) -> None:
        """Kill every machine; end the hub; leave nothing in the system."""
        self._closed.set()
        self._probe.cancel()
        self.stop_all()
        self._probing.join()
        self.hub.close()
        self._range.close()
        self.folder.close()

    # inside

    def _report(self, uuid: str, what: Report, why: str) -> None:
        """Tell the cloud until it has understood: its disk may be full."""
        tries = 0
        while not self._closed.is_set() and uuid not in self._guests:
            try:
                self.cloud.report(uuid, what, why)
            except Exception:
                tries += 1
                if tries == 1:
                    log.exception(
                        "server %s %s, which could not be noted; trying until it can", uuid, _TOLD[what]
                    )
                self._closed.wait(_REPORTED_AGAIN_AFTER)
            else:
                return

    def _could_not_begin(self, uuid: str, error: OSError) -> None:
        """Report it from a thread: who powers on may not be told meanwhile."""
        log.warning("server %s %s: %s", uuid, _TOLD["failed"], error)
        threading.Thread(target=self._report, args=(uuid, "failed", str(error)), daemon=True).start()

    def _open_host_port(self, uuid: str) -> None:
        try:
            self._host_ports[uuid] = SerialLine(self.hub, lambda path: self.cloud.context_answer(uuid, path))
        except OSError as error:
            log.warning("server %s has no serial line on this machine: %s", uuid, error)

    def _close_host_port(self, uuid: str) -> None:
        with self._lock:
            line = self._host_ports.pop(uuid, None)
        if line is not None:
            line.close()


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
