"""The sockets between the emulator and one virtual machine, and who serves them on this side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from socket import socket, socketpair
from typing import TYPE_CHECKING, Any

from .frames import FrameSplitter, Traffic
from .guest_lines import ContextLine, GuestConsole
from .hypervisor import Server
from .qemu_arguments import Network, Wiring
from .streams import Stream

if TYPE_CHECKING:
    from .qemu import QemuHypervisor

Serve = Callable[[socket], Callable[[], None]]
"""Takes the near end of a wire, in the hub's thread; returns what unplugs it."""


class Wires:
    """The far ends go to qemu, the near ones to the hub.

    :param console: the server's first serial port.
    :param traffic: counters by MAC address, to be filled.
    :param ssh_places: where the SSH port of a card is reached, by MAC address.
    :param pid_file: where qemu writes its process number.
    :raises OSError: when the system has no more sockets.
    """

    def __init__(
        self,
        hypervisor: QemuHypervisor,
        server: Server,
        console: GuestConsole,
        traffic: dict[str, Traffic],
        ssh_places: Mapping[str, tuple[str, int]],
        pid_file: Path,
    ) -> None:
        self._hypervisor = hypervisor
        self._server = server
        self._console = console
        self._traffic = traffic
        self._ssh_places = ssh_places
        self._near: list[tuple[socket, Serve]] = []
        self._far: list[socket] = []
        self._closers: list[Callable[[], None]] = []
        self.control, control = socketpair()
        """The near end of the control connection."""
        self._far.append(control)
        try:
            self.wiring = Wiring(
                control=control.fileno(),
                console=self._pair(self._serve_console),
                context=self._pair(self._serve_context) if server["context"] else None,
                pid_file=pid_file,
                networks=[self._network(nic) for nic in server["nics"]],
            )
        except BaseException:
            self.close_near()
            self.close_far()
            raise

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
        """Let the hub serve the near ends; returns at once."""

        def plug() -> None:
            self._closers += [serve(peer) for peer, serve in self._near]

        self._hypervisor.hub.call_soon(plug)

    def disconnect(self) -> None:
        """Let the hub close the near ends that it serves; returns at once."""

        def unplug() -> None:
            closers, self._closers = self._closers, []
            for close in closers:
                close()

        self._hypervisor.hub.call_soon(unplug)

    def _pair(self, serve: Serve) -> int:
        near, far = socketpair()
        self._near.append((near, serve))
        self._far.append(far)
        return far.fileno()

    def _serve_context(self, peer: socket) -> Callable[[], None]:
        cloud, uuid = self._hypervisor.cloud, self._server["uuid"]
        return ContextLine(self._hypervisor.hub, peer, lambda path: cloud.context_answer(uuid, path)).close

    def _serve_console(self, peer: socket) -> Callable[[], None]:
        self._console.plug(self._hypervisor.hub, peer)
        return self._console.close

    def _network(self, nic: dict[str, Any]) -> Network:
        if nic["vlan"] is not None:
            switch, mac = self._hypervisor.switch(nic["vlan"]), nic["mac"]

            def plug(peer: socket) -> Callable[[], None]:
                port = switch.plug(peer)
                self._traffic[mac] = port.traffic
                return port.unplug

            return Network(vlan_socket=self._pair(plug))
        if nic["ip_v4_conf"] is None and nic["ip_v6_conf"] is None:
            return Network()
        traffic = self._traffic[nic["mac"]] = Traffic()
        address = address_of(nic)
        return Network(
            user=True,
            sent=self._pair(lambda peer: self._count(peer, traffic.sent)),
            received=self._pair(lambda peer: self._count(peer, traffic.received)),
            ssh_at=self._ssh_places.get(nic["mac"]),
            address=None if address is None or address.startswith("127.") else address,
        )

    def _count(self, peer: socket, seen: Callable[[bytes], None]) -> Callable[[], None]:
        splitter = FrameSplitter()

        def received(data: bytes) -> None:
            for frame in splitter.feed(data):
                seen(frame)

        return Stream(self._hypervisor.hub, peer, received).close


def address_of(nic: dict[str, Any]) -> str | None:
    """Return the public IPv4 address of a card, None when it has none of its own."""
    address: str | None = nic["lent_ip"] or (nic["ip_v4_conf"] or {}).get("ip")
    return address
