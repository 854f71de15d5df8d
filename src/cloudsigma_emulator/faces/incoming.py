"""The body of an upload on its way from the event loop to the worker that stores it.

A bounded buffer: the network is not read faster than the disk takes it, so memory does not grow with the image.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from .asgi import HttpProtocol, Receive
from .straight import StraightBody

_HIGH = 4 << 20
IDLE_SECONDS = 60.0
"""How long a client may leave its body where it is; then it counts as gone, so that it keeps no worker for ever."""


class IncomingBody:
    """A BodyStream fed by the event loop. Nothing is asked of the client before the first read.

    Arguments: ASGI's ``receive``; the connection; the bytes of the body, None when it comes in HTTP's chunks. One of
    known length bypasses the parser after its first bytes.
    """

    def __init__(self, receive: Receive, transport: asyncio.Transport, length: int | None) -> None:
        self.length = length
        self._receive = receive
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._condition = threading.Condition()
        self._pieces: deque[memoryview] = deque()
        self._buffered = 0
        self._lent: memoryview | None = None
        self._room = asyncio.Event()
        self._started = False
        self._ended = False
        self._lost = False
        self._pump: asyncio.Task[None] | None = None
        self._straight: StraightBody | None = None

    def read(self, size: int = 1 << 18) -> bytes | memoryview:
        """Return up to ``size`` bytes, b"" at the end; waits until there are some. They are valid until the next call.

        Raises ConnectionError when the client went away before the end, or sent nothing for too long.
        """
        if not self._started:
            self._started = True
            self._loop.call_soon_threadsafe(self._begin)
        if self._lent is not None:
            self._give_back(self._lent)
        with self._condition:
            while not self._pieces and not self._ended and not self._lost:
                before = self._received()
                if not self._condition.wait(IDLE_SECONDS) and self._received() == before:
                    self._lost = True
            if self._lost:
                raise ConnectionError("the client went away in the middle of its body")
            if not self._pieces:
                return b""
            piece = self._pieces.popleft()
            if len(piece) > size:
                self._pieces.appendleft(piece[size:])
                piece = piece[:size]
            else:
                self._lent = piece
            self._buffered -= len(piece)
        return piece

    def abandon(self) -> None:
        """Stop reading, and wake a reader that still waits; called in the event loop when the request is over."""
        if self._pump is not None:
            self._pump.cancel()
        if self._straight is not None:
            self._straight.drain()
        self._lose()

    def _received(self) -> int:
        return self._straight.received if self._straight is not None else len(self._pieces)

    def _give_back(self, piece: memoryview) -> None:
        self._lent = None
        if self._straight is not None:
            self._straight.give_back(piece)
        else:
            self._loop.call_soon_threadsafe(self._room.set)

    def _begin(self) -> None:
        self._pump = self._loop.create_task(self._fetch())

    async def _fetch(self) -> None:
        left = self.length
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._lose()
                return
            piece = message.get("body", b"")
            more = message.get("more_body", False)
            self._put(memoryview(piece), not more)
            http = self._transport.get_protocol()
            if more and left is not None and isinstance(http, HttpProtocol):
                self._straight = StraightBody(http, left - len(piece), self._put, self._lose)
                self._straight.begin()
                return
            if more and self._buffered >= _HIGH:
                self._room.clear()
                await self._room.wait()

    def _put(self, piece: memoryview, last: bool) -> None:
        with self._condition:
            if piece:
                self._pieces.append(piece)
                self._buffered += len(piece)
            self._ended = last
            self._condition.notify()

    def _lose(self) -> None:
        with self._condition:
            self._lost = True
            self._condition.notify()
