"""A connection of the event loop: bytes are received into buffers that are given to it, and nothing between."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import ssl
from typing import Any, cast

from .line import has_something_to_read

HEAD_START_SECONDS = 0.25
"""How long an address of a host has before the next one is tried as well (RFC 8305)."""

EARLY_BYTES = 64 * 1024


class Stream(asyncio.BufferedProtocol):
    """A connection, perhaps with TLS. Only one task at a time may receive, and one send."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._view = memoryview(b"")
        self._filled = 0
        self._wanted = 0
        self._spare = memoryview(b"")
        self._early = bytearray()
        self._over = False
        self._error: Exception | None = None
        self._receiving: asyncio.Future[None] | None = None
        self._sending: asyncio.Future[None] | None = None
        self._full = False

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        self._transport.pause_reading()

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._filled < len(self._view):
            return self._view[self._filled :]
        if not self._spare:
            self._spare = memoryview(bytearray(EARLY_BYTES))
        return self._spare

    def buffer_updated(self, nbytes: int) -> None:
        if self._filled < len(self._view):
            self._filled += nbytes
            if self._filled >= self._wanted:
                _wake(self._receiving)
            return
        self._early += self._spare[:nbytes]  # nobody asked for it yet
        if len(self._early) >= EARLY_BYTES and self._transport is not None:
            self._transport.pause_reading()

    def eof_received(self) -> None:
        self._over = True
        _wake(self._receiving)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._error = exc
        _wake(self._receiving)
        _wake(self._sending)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _wake(self._sending)

    # what the connection calls

    async def receive_into(self, view: memoryview, wanted: int = 1, idle: float | None = None) -> int:
        """Receive ``wanted`` bytes or more; return how many, fewer only when the other side has closed.

        Raises :class:`TimeoutError` when for ``idle`` seconds none came, and :class:`OSError`.
        """
        count = min(len(view), len(self._early))
        if count:
            view[:count] = self._early[:count]
            del self._early[:count]
        if count >= wanted:
            return count
        if self._over:
            if self._error is not None and not count:
                raise self._error
            return count
        assert self._transport is not None
        self._view, self._filled, self._wanted = view, count, wanted
        self._receiving = self._loop.create_future()
        self._transport.resume_reading()
        try:
            await self._within(self._receiving, idle)
        finally:
            self._transport.pause_reading()
            filled, self._view, self._filled, self._receiving = self._filled, memoryview(b""), 0, None
        if self._error is not None and not filled:
            raise self._error
        return filled

    async def receive(self, most: int, idle: float | None = None) -> bytes:
        """Receive what comes, nothing when the other side has closed; raises as :meth:`receive_into`."""
        buffer = bytearray(most)
        return bytes(memoryview(buffer)[: await self.receive_into(memoryview(buffer), 1, idle)])

    async def send(self, data: bytes | memoryview, idle: float | None = None) -> None:
        """Send bytes; returns when most of them have gone. Meanwhile the other side is heard.

        Raises :class:`TimeoutError` when for ``idle`` seconds none went, and :class:`OSError`.
        """
        assert self._transport is not None
        self._require_open()
        if len(self._early) < EARLY_BYTES:
            self._transport.resume_reading()
        self._transport.write(data)
        while self._full:
            self._require_open()
            self._sending = self._loop.create_future()
            try:
                await self._within(self._sending, idle)
            finally:
                self._sending = None
        self._require_open()

    def _require_open(self) -> None:
        if self._error is not None:
            raise self._error
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))

    async def _within(self, future: asyncio.Future[None], idle: float | None) -> None:
        if idle is None:
            await future
            return
        timers: list[asyncio.TimerHandle] = []

        def look(seen: tuple[int, int]) -> None:
            now = self._moved()
            if now != seen:
                timers[0] = self._loop.call_later(idle, look, now)
            elif not future.done():
                future.set_exception(TimeoutError())

        timers.append(self._loop.call_later(idle, look, self._moved()))
        try:
            await future
        finally:
            timers[0].cancel()

    def _moved(self) -> tuple[int, int]:
        assert self._transport is not None
        return self._filled, self._transport.get_write_buffer_size()

    async def secure(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Speak TLS from here on. Raises :class:`TimeoutError` and :class:`OSError`."""
        assert self._transport is not None
        # The time limit is ours: that of the event loop is told as a lost connection.
        async with asyncio.timeout(seconds):
            made = await self._loop.start_tls(
                self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds + 10
            )
        if made is None:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        self._transport = made
        self._transport.pause_reading()

    @property
    def heard(self) -> bool:
        """Whether something has come that nobody has asked for yet, or the other side has closed."""
        return bool(self._early) or self._over

    def is_idle(self) -> bool:
        """Tell whether nothing has come since, and the other side has not closed."""
        if self.heard or self._socket is None or self._transport is None or self._transport.is_closing():
            return False
        return not has_something_to_read(self._socket)

    async def close(self) -> None:
        """Close it at once; what was not sent yet is lost."""
        if self._transport is not None:
            self._transport.abort()
            await asyncio.sleep(0)  # the event loop closes the socket in its next turn


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


async def connect(host: str, port: int, seconds: float) -> Stream:
    """Connect to a host. Raises :class:`TimeoutError` and :class:`OSError`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        try:
            _, stream = await loop.create_connection(Stream, host, port, **_head_start(loop))
        except OSError as error:
            # For several addresses the event loop has words for all, and no number.
            first = None if error.errno is not None else re.search(r"\[Errno (\d+)\]", str(error))
            if first is None:
                raise
            raise OSError(int(first[1]), os.strerror(int(first[1]))) from error
    return stream


def _head_start(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    # Event loops of others, such as uvloop's, do not know the argument.
    code = getattr(type(loop).create_connection, "__code__", None)
    known = code is not None and "happy_eyeballs_delay" in code.co_varnames
    return {"happy_eyeballs_delay": HEAD_START_SECONDS} if known else {}
