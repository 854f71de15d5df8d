"""The body of a request straight from the connection into buffers that are used again, past the HTTP parser.

Through parser and ASGI each byte would be copied five times on its way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .asgi import HttpProtocol

BUFFER = 1 << 20
BUFFERS = 4


class StraightBody(asyncio.BufferedProtocol):
    """Stands in for the HTTP protocol on its connection until the body is over.

    Arguments: the protocol; the bytes of the body that are to come, above 0; what gets them, full buffers and the
    last one, with whether it is the last; and what is called when the connection ends before.
    """

    def __init__(
        self,
        http: HttpProtocol,
        left: int,
        give: Callable[[memoryview, bool], None],
        lost: Callable[[], None],
    ) -> None:
        self.received = 0
        self._http = http
        self._transport = http.transport
        self._loop = asyncio.get_running_loop()
        self._left = left
        self._give = give
        self._lost = lost
        self._free: deque[memoryview] = deque()
        self._made = 0
        self._buffer = memoryview(b"")
        self._filled = 0
        self._waits = False
        self._wanted = True

    def begin(self) -> None:
        """Take the connection over."""
        self._http.flow.resume_reading()
        self._transport.set_protocol(self)

    def give_back(self, piece: memoryview) -> None:
        """Take back a buffer whose bytes were used; called in any thread."""
        if isinstance(piece.obj, bytearray):  # the first bytes came another way
            self._free.append(memoryview(piece.obj))
            if self._waits:
                self._loop.call_soon_threadsafe(self._go_on)

    def drain(self) -> None:
        """Throw away what still comes: the answer is there without it."""
        self._wanted = False
        self._go_on()

    def _go_on(self) -> None:
        if self._waits:
            self._waits = False
            self._transport.resume_reading()

    # the protocol

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes go, none of another request's among them."""
        if not self._buffer:
            self._buffer = self._next()
            self._filled = 0
        return self._buffer[self._filled : self._filled + self._left]

    def _next(self) -> memoryview:
        if self._free:
            return self._free.popleft()
        self._made += 1
        return memoryview(bytearray(min(BUFFER, self._left)))

    def buffer_updated(self, nbytes: int) -> None:
        """Take note of bytes that came."""
        self.received += nbytes
        self._filled += nbytes
        self._left -= nbytes
        if not self._wanted:
            self._filled = 0
            self._http._unset_keepalive_if_required()
        elif self._filled == len(self._buffer) or not self._left:
            full, self._buffer = self._buffer[: self._filled], memoryview(b"")
            self._give(full, not self._left)
            if self._made >= BUFFERS and not self._free and self._left:
                self._wait()
        if not self._left:
            self._transport.set_protocol(self._http)
            self._http.body_came()

    def _wait(self) -> None:
        self._waits = True
        # A buffer that came back just before found nobody waiting.
        if self._free:
            self._waits = False
        else:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell both that the connection is no more."""
        self._lost()
        self._http.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._http.resume_writing()
