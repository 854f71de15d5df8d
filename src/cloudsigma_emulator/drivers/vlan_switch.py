"""A learning Ethernet switch for the guests of one VLAN (IEEE 802.1D, without spanning tree)."""

from __future__ import annotations

import logging
import socket

from .frames import FrameSplitter, Traffic, packed
from .hub import Hub
from .streams import Stream

log = logging.getLogger("cloudsigma_emulator")

_GROUP = 1
"""Lowest bit of the first byte of an address that means several stations."""
_SHORTEST = 14
_MOST_ADDRESSES = 4096


class Port:
    """Where one network card is plugged in."""

    def __init__(self, switch: Switch, peer: socket.socket) -> None:
        self.traffic = Traffic()
        self._switch = switch
        self._splitter = FrameSplitter()
        self._stream = Stream(switch.hub, peer, self._received, self.unplug)

    def deliver(self, frame: bytes) -> None:
        """Send a frame to the guest, or drop it when the guest does not keep up, as networks do."""
        if not self._stream.full:
            self.traffic.received(frame)  # first: whoever has got it finds it counted
            self._stream.send(packed(frame))

    def unplug(self) -> None:
        """Take the card off the network."""
        self._stream.close()
        self._switch.forget(self)

    def _received(self, data: bytes) -> None:
        try:
            for frame in self._splitter.feed(data):
                self.traffic.sent(frame)
                self._switch.forward(self, frame)
        except ValueError as error:
            log.warning("a network card was unplugged: %s", error)
            self.unplug()


class Switch:
    """The network of one VLAN. Hub's thread only."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._ports: list[Port] = []
        self._places: dict[bytes, Port] = {}

    def plug(self, peer: socket.socket) -> Port:
        """Connect a network card."""
        port = Port(self, peer)
        self._ports.append(port)
        return port

    def forget(self, port: Port) -> None:
        """Forget a port, and who was behind it."""
        if port in self._ports:
            self._ports.remove(port)
            self._places = {address: place for address, place in self._places.items() if place is not port}

    def forward(self, source: Port, frame: bytes) -> None:
        """Bring a frame to the port of its addressee, or to all but its own when that is not known."""
        if len(frame) < _SHORTEST:
            return
        target, sender = frame[:6], frame[6:12]
        if not sender[0] & _GROUP and (sender in self._places or len(self._places) < _MOST_ADDRESSES):
            self._places[sender] = source
        place = None if target[0] & _GROUP else self._places.get(target)
        for port in [place] if place is not None else list(self._ports):
            if port is not source:
                port.deliver(frame)
