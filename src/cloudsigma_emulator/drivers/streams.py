"""A connected socket in the hub: reads are handed over, writes wait in a bounded buffer."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from .hub import READ, WRITE, Hub

_PIECE = 1 << 16
_MOST_PENDING = 1 << 20


class Stream:
    """One socket, used in the hub's thread only.

    :param received: takes what arrives.
    :param closed: told once when the other side has gone, not after :meth:`close`.
    :param most_pending: bytes that may wait for the other side.
    """

    def __init__(
        self,
        hub: Hub,
        peer: socket.socket,
        received: Callable[[bytes], None],
        closed: Callable[[], None] = lambda: None,
        most_pending: int = _MOST_PENDING,
    ) -> None:
        peer.setblocking(False)
        self._hub = hub
        self._peer = peer
        self._received = received
        self._closed = closed
        self._most_pending = most_pending
        self._pending = bytearray()
        self._paused = False
        self._open = True
        self.drained: Callable[[], None] = lambda: None
        """Called when everything that waited was sent."""
        self._watch()

    @property
    def open(self) -> bool:
        """Tell whether neither side has ended it."""
        return self._open

    @property
    def full(self) -> bool:
        """Tell whether as much waits for the other side as may."""
        return len(self._pending) >= self._most_pending

    def send(self, data: bytes) -> bool:
        """Send bytes now or as soon as the other side takes them; False, and nothing sent, when too much waits."""
        if not self._open or self.full:
            return False
        had = bool(self._pending)
        self._pending += data
        if not had:
            self._write()
        return True

    def pause(self, *, paused: bool) -> None:
        """Stop or go on reading."""
        if paused != self._paused:
            self._paused = paused
            self._watch()

    def close(self) -> None:
        """Close the socket, with what waits for it."""
        if self._open:
            self._open = False
            self._hub.forget(self._peer.fileno())
            with contextlib.suppress(OSError):
                self._peer.close()

    def _watch(self) -> None:
        if not self._open:
            return
        events = (0 if self._paused else READ) | (WRITE if self._pending else 0)
        if events:
            self._hub.watch(self._peer.fileno(), events, self._ready)
        else:
            self._hub.forget(self._peer.fileno())

    def _ready(self, events: int) -> None:
        if events & READ:
            self._read()
        if self._open and self._pending and events & WRITE:
            self._write()

    def _read(self) -> None:
        try:
            data = self._peer.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._received(data)
        else:
            self._end()

    def _write(self) -> None:
        try:
            while self._pending:
                del self._pending[: self._peer.send(self._pending)]
        except BlockingIOError:
            pass
        except OSError:
            self._end()
            return
        self._watch()
        if not self._pending:
            self.drained()

    def _end(self) -> None:
        if self._open:
            self.close()
            self._closed()


def join(
    hub: Hub, one: socket.socket, other: socket.socket, closed: Callable[[], None]
) -> Callable[[], None]:
    """Let two sockets talk to each other, the slower one setting the pace; return what ends it. Hub's thread only.

    :param closed: told when either side has gone.
    """
    streams: list[Stream] = []

    def end() -> None:
        for stream in streams:
            stream.close()

    def ended() -> None:
        end()
        closed()

    def carry(source: int, data: bytes) -> None:
        target = streams[1 - source]
        target.send(data)
        streams[source].pause(paused=target.full)

    for number, peer in enumerate((one, other)):
        streams.append(Stream(hub, peer, lambda data, number=number: carry(number, data), ended))  # type: ignore[misc]
    for number in (0, 1):
        streams[number].drained = lambda number=number: streams[1 - number].pause(paused=False)  # type: ignore[misc]
    return end
