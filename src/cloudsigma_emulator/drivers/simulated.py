"""The simulated hypervisor: everything around a guest is real, the guest itself does nothing.

Each running server has its serial line, its VNC port greets, its console asks for the password, and its guest
obeys the power button at once.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from .hub import Hub
from .hypervisor import Cloud, Server, Usage
from .relays import Relay
from .serial_line import SerialLine
from .speakers import Console, VncGreeter, conversation

log = logging.getLogger("cloudsigma_emulator")


@dataclass
class _Guest:
    name: str
    serial_line: SerialLine | None = None
    vnc: Relay | None = None
    console: Relay | None = None

    def close(self) -> None:
        for part in (self.serial_line, self.vnc, self.console):
            if part is not None:
                part.close()


class SimulatedHypervisor:
    """Runs guests that are not there (see `hypervisor.Hypervisor`)."""

    writes_images = False
    scratch = None
    lends_from = None

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._guests: dict[str, _Guest] = {}
        self._hub = Hub()

    def power_on(self, server: Server) -> None:
        """Open the serial line of a server, if its definition has one."""
        uuid = server["uuid"]
        with self._lock:
            if uuid in self._guests:
                return
            guest = _Guest(server["name"])
            if server["context"]:
                guest.serial_line = self._serial_line(uuid)
            self._guests[uuid] = guest

    def _serial_line(self, uuid: str) -> SerialLine | None:
        try:
            line = SerialLine(self._hub, lambda path: self._cloud.context_answer(uuid, path))
        except OSError as error:
            log.warning("server %s runs without a serial line: %s", uuid, error)
            return None
        log.info("server %s: serial port %s", uuid, line.path)
        return line

    def power_off(self, server: str) -> None:
        """Close whatever the guest had open."""
        with self._lock:
            guest = self._guests.pop(server, None)
        if guest is not None:
            guest.close()

    def press_power_button(self, server: str) -> None:
        """Let the guest power itself off."""
        if server in self._guests:
            self._hub.call_soon(lambda: self._cloud.report(server, "powered_off"))

    def reset(self, server: str) -> None:
        """Close the tunnels, as a reboot does; the serial line stays."""
        self.close_vnc(server)
        self.close_console(server)

    def standing_still(self, servers: Iterable[str]) -> contextlib.AbstractContextManager[None]:
        """Do nothing: these guests write nothing."""
        return contextlib.nullcontext()

    def open_vnc(self, server: str, password: str) -> int:
        """Open a VNC port in place of any open one; return its number."""
        tunnel = Relay(self._hub, conversation(self._hub, VncGreeter))
        with self._lock:
            guest = self._guests.setdefault(server, _Guest(server))
            before, guest.vnc = guest.vnc, tunnel
        if before is not None:
            before.close()
        return tunnel.port

    def close_vnc(self, server: str) -> None:
        """Close the VNC port, if there is one."""
        with self._lock:
            guest = self._guests.get(server)
            tunnel = guest.vnc if guest is not None else None
            if guest is not None:
                guest.vnc = None
        if tunnel is not None:
            tunnel.close()

    def open_console(self, server: str, password: str) -> int:
        """Open a console port in place of any open one; return its number."""
        with self._lock:
            guest = self._guests.setdefault(server, _Guest(server))
        tunnel = Relay(self._hub, conversation(self._hub, lambda: Console(guest.name, password)))
        with self._lock:
            before, guest.console = guest.console, tunnel
        if before is not None:
            before.close()
        return tunnel.port

    def close_console(self, server: str) -> None:
        """Close the console port, if there is one."""
        with self._lock:
            guest = self._guests.get(server)
            tunnel = guest.console if guest is not None else None
            if guest is not None:
                guest.console = None
        if tunnel is not None:
            tunnel.close()

    def serial_port(self, server: str) -> str | None:
        """Return the path of the pseudo-terminal that is the guest's second serial port."""
        with self._lock:
            guest = self._guests.get(server)
        return guest.serial_line.path if guest is not None and guest.serial_line is not None else None

    def ssh(self, server: str) -> str | None:
        """Return None: a simulated guest has no SSH."""
        return None

    def usage(self, server: str) -> Usage:
        """Return nothing: a simulated guest moves no bytes."""
        return Usage()

    def restore(self, servers: Iterable[Server]) -> None:
        """Open again what was open when the emulator was last ended."""
        for server in servers:
            self.power_on(server)

    def stop_all(self) -> None:
        """Close whatever any guest had open."""
        with self._lock:
            guests, self._guests = list(self._guests.values()), {}
        for guest in guests:
            guest.close()

    def close(self) -> None:
        """Close everything, and end the thread."""
        self.stop_all()
        self._hub.close()
