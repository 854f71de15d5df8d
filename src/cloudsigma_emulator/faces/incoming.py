"""The body of an upload on its way from the event loop to the worker that stores it.

A bounded buffer: the network is not read faster than the disk takes it, so memory does not grow with the image.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from .asgi import Receive

_HIGH = 8 << 20
IDLE_SECONDS = 60.0
"""How long a client may leave its body where it is; then it counts as gone, so that it keeps no worker for ever."""


class IncomingBody:
    """A BodyStream fed by the event loop. Nothing is asked of the client before the first read."""

    def __init__(self, receive: Receive, length: int | None) -> None:
        self.length = length
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._condition = threading.Condition()
        self._pieces: deque[memoryview] = deque()
        self._buffered = 0
        self._wanted = 0
        self._room = asyncio.Event()
        self._started = False
        self._ended = False
        self._lost = False
        self._pump: asyncio.Task[None] | None = None

    def read(self, size: int = 1 << 18) -> bytes:
        """Return up to ``size`` bytes, b"" at the end; waits until all of them or the last are there.

        Raises ConnectionError when the client went away before the end, or sent nothing for too long.
        """
        if not self._started:
            self._started = True
            self._loop.call_soon_threadsafe(self._begin)
        with self._condition:
            self._wanted = size
            while self._buffered < size and not self._ended and not self._lost:
                before = self._buffered
                if not self._condition.wait(IDLE_SECONDS) and self._buffered == before:
                    self._lost = True
            if self._lost:
                raise ConnectionError("the client went away in the middle of its body")
            taken = self._take(size)
        self._loop.call_soon_threadsafe(self._room.set)
        return taken

    def abandon(self) -> None:
        """Stop reading, and wake a reader that still waits; called in the event loop when the request is over."""
        if self._pump is not None:
            self._pump.cancel()
        with self._condition:
            self._lost = True
            self._condition.notify()

    def _take(self, size: int) -> bytes:
        parts: list[memoryview] = []
        wanted = size
        while wanted and self._pieces:
            piece = self._pieces.popleft()
            if len(piece) > wanted:
                self._pieces.appendleft(piece[wanted:])
                piece = piece[:wanted]
            parts.append(piece)
            wanted -= len(piece)
        self._buffered -= size - wanted
        return b"".join(parts)

    def _begin(self) -> None:
        self._pump = self._loop.create_task(self._fetch())

    async def _fetch(self) -> None:
        more = True
        while more:
            message = await self._receive()
            lost = message["type"] == "http.disconnect"
            piece = message.get("body", b"")
            more = not lost and message.get("more_body", False)
            with self._condition:
                if piece:
                    self._pieces.append(memoryview(piece))
                    self._buffered += len(piece)
                self._lost = lost
                self._ended = not more
                full = self._buffered >= _HIGH
                # The reader is not woken for less than it waits for: each time costs both threads.
                if self._ended or self._lost or self._buffered >= self._wanted:
                    self._condition.notify()
            if full and more:
                self._room.clear()
                await self._room.wait()
