"""TCP ports of this machine that lead to a guest, and close with everything that came through them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from .hub import READ, Hub
from .streams import join

HOST = "127.0.0.1"
_TRY_AGAIN = 0.1
_TRIES = 150

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
        except OSError:
            return
        self._count += 1
        number = self._count
        self._endings[number] = peer.close  # until the visit is on its way, which may be over at once
        end = self._visit(peer, lambda: self._forget(number))
        if number in self._endings:
            self._endings[number] = end

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


def to_unix_socket(hub: Hub, path: Path) -> Visit:
    """Return what leads a visitor to a unix socket, waiting a while for one that is not there yet."""

    def visit(peer: socket.socket, ended: Ended) -> Ended:
        endings: list[Ended] = [peer.close]

        def attempt(left: int) -> None:
            if peer.fileno() < 0:
                return
            near = socket.socket(socket.AF_UNIX)
            try:
                near.connect(str(path))
            except OSError:
                near.close()
                if left:
                    hub.call_later(_TRY_AGAIN, lambda: attempt(left - 1))
                else:
                    with contextlib.suppress(OSError):
                        peer.close()
                    ended()
                return
            endings[:] = [join(hub, peer, near, ended)]

        attempt(_TRIES)
        return lambda: endings[0]()

    return visit
