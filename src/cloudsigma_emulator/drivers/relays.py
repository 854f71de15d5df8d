"""TCP ports of this machine that lead to a guest, and close with everything that came through them."""

from __future__ import annotations

import socket
from collections.abc import Callable

from .hub import READ, Hub

HOST = "127.0.0.1"
_PAUSE = 0.5

Ended = Callable[[], None]
Visit = Callable[[socket.socket, Ended], Ended]
"""Takes a connection and what to tell when it has ended; returns what ends it."""


class Relay:
    """A listening port on 127.0.0.1, open until :meth:`close`."""

    def __init__(self, hub: Hub, visit: Visit) -> None:
        self._hub = hub
        self._visit = visit
        self._listener = socket.create_server((HOST, 0), backlog=16)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._endings: dict[int, Ended] = {}
        self._count = 0
        self._open = True
        hub.call_soon(self._watch)

    def close(self) -> None:
        """Close the port and every connection; returns at once."""
        self._hub.call_soon(self._close)

    def _watch(self) -> None:
        if self._open:
            self._hub.watch(self._listener.fileno(), READ, self._accept)

    def _accept(self, _: int) -> None:
        try:
            peer, _address = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self._rest()
            return
        self._count += 1
        number = self._count
        self._endings[number] = peer.close  # until the visit is on its way, which may be over at once
        try:
            end = self._visit(peer, lambda: self._forget(number))
        except OSError:
            peer.close()
            self._forget(number)
            self._rest()
            return
        if number in self._endings:
            self._endings[number] = end

    def _rest(self) -> None:
        """Let nobody in for a while: the system has no more descriptors."""
        self._hub.forget(self._listener.fileno())
        self._hub.call_later(_PAUSE, self._watch)

    def _forget(self, number: int) -> None:
        self._endings.pop(number, None)

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._hub.forget(self._listener.fileno())
            self._listener.close()
            for end in list(self._endings.values()):
                end()
            self._endings.clear()
