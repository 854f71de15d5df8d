"""The two serial ports of a real guest: the console, and the one that answers for the server context."""

from __future__ import annotations

import hmac
import logging
import re
import socket
from collections.abc import Callable

from ..domain.context_frames import FrameReader
from .hub import Hub
from .streams import Stream

log = logging.getLogger("cloudsigma_emulator")

ANSWER_AFTER = 0.25
"""Seconds before an answer: a shell that asks and then opens the port a second time to read loses what comes at once."""
_KEPT = 1 << 16
_MOST_LINE = 1024
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n)(.*)", re.DOTALL)


class ContextLine:
    """Answers requests for the server context on a guest's serial port. Hub's thread only."""

    def __init__(self, hub: Hub, peer: socket.socket, answer: Callable[[str], bytes]) -> None:
        self._hub = hub
        self._answer = answer
        self._frames = FrameReader()
        self._stream = Stream(hub, peer, self._received)

    def close(self) -> None:
        """Unplug the port."""
        self._stream.close()

    def _received(self, data: bytes) -> None:
        for path in self._frames.feed(data):
            self._hub.call_later(ANSWER_AFTER, lambda path=path: self._reply(path))  # type: ignore[misc]

    def _reply(self, path: str) -> None:
        if not self._stream.open:
            return
        if self._stream.full or not self._stream.send(self._answer(path)):
            log.warning("a guest does not read its second serial port: a request gets no answer")


class GuestConsole:
    """A guest's first serial port: what it said last is kept, viewers see that and what follows. Hub's thread only."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._viewers: set[ConsoleViewer] = set()
        self._stream: Stream | None = None

    def plug(self, hub: Hub, peer: socket.socket) -> None:
        """Connect the port to the machine; viewers may be there before."""
        self._stream = Stream(hub, peer, self._received)

    def close(self) -> None:
        """Unplug the port."""
        if self._stream is not None:
            self._stream.close()

    def join(self, viewer: ConsoleViewer) -> bytes:
        """Let a viewer see what comes; return what came last."""
        self._viewers.add(viewer)
        return bytes(self._kept)

    def leave(self, viewer: ConsoleViewer) -> None:
        """A viewer has gone."""
        self._viewers.discard(viewer)

    def type(self, data: bytes) -> None:
        """Send keys to the guest."""
        if self._stream is not None:
            self._stream.send(data)

    def _received(self, data: bytes) -> None:
        self._kept += data
        del self._kept[:-_KEPT]
        for viewer in list(self._viewers):
            viewer.show(data)


class ConsoleViewer:
    """One connection to a console: first a line with the password, then the guest. Hub's thread only."""

    def __init__(
        self, hub: Hub, peer: socket.socket, console: GuestConsole, password: str, closed: Callable[[], None]
    ) -> None:
        self._console = console
        self._password = password.encode()
        self._line = bytearray()
        self._inside = self._newline_due = False
        self._closed = closed
        self._stream = Stream(hub, peer, self._received, self._gone)
        self._stream.send(b"Password: ")

    def show(self, data: bytes) -> None:
        """Show what the guest wrote; a viewer that does not read misses it."""
        self._stream.send(data)

    def close(self) -> None:
        """End the connection."""
        self._console.leave(self)
        self._stream.close()

    def _gone(self) -> None:
        self._console.leave(self)
        self._closed()

    def _end(self) -> None:
        self.close()
        self._closed()

    def _received(self, data: bytes) -> None:
        if self._inside:
            self._type(data)
            return
        self._line += data
        typed = _LINE.match(self._line)
        if typed is None:
            if len(self._line) > _MOST_LINE:
                self._end()
            return
        line, end, keys = typed.groups()
        if not hmac.compare_digest(line, self._password):
            self._stream.send(b"\r\nAccess denied\r\n")
            self._end()
            return
        self._inside = True
        self._line.clear()
        self._stream.send(b"\r\n" + self._console.join(self))
        self._newline_due = end == b"\r"
        self._type(keys)

    def _type(self, keys: bytes) -> None:
        if self._newline_due and keys:
            # The second half of the password line's end is no key for the guest.
            self._newline_due = False
            keys = keys.removeprefix(b"\n")
        if keys:
            self._console.type(keys)
