"""A connection of the event loop."""

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

ENOUGH_BYTES = 256 * 1024
"""How much is received before somebody asks for it."""


class Stream(asyncio.Protocol):
    """A connection, perhaps with TLS. Only one task at a time may receive, and one send."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._came = b""
        self._over = False
        self._lost = False
        self._error: Exception | None = None
        self._receiving: asyncio.Future[None] | None = None
        self._sending: asyncio.Future[None] | None = None
        self._full = False

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        self._came = self._came + data if self._came else data
        if len(self._came) >= ENOUGH_BYTES and self._transport is not None:
            self._transport.pause_reading()
        _wake(self._receiving)

    def eof_received(self) -> None:
        self._over = True
        _wake(self._receiving)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = self._lost = True
        self._error = exc
        _wake(self._receiving)
        _wake(self._sending)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _wake(self._sending)

    # what the connection calls

    async def receive(self) -> bytes:
        """Receive what comes, nothing when the other side has closed. Raises :class:`OSError`."""
        if not self._came and not self._over:
            self._receiving = self._loop.create_future()
            try:
                await self._receiving
            finally:
                self._receiving = None
        came, self._came = self._came, b""
        if len(came) >= ENOUGH_BYTES and self._transport is not None:
            self._transport.resume_reading()
        if not came and self._error is not None:
            raise self._error
        return came

    async def send(self, data: bytes) -> None:
        """Send bytes; returns when most of them have gone. Raises :class:`OSError`."""
        assert self._transport is not None
        self._require_open()
        self._transport.write(data)
        while self._full:
            self._require_open()
            self._sending = self._loop.create_future()
            try:
                await self._sending
            finally:
                self._sending = None
        self._require_open()

    def _require_open(self) -> None:
        if self._error is not None:
            raise self._error
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))

    async def secure(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Speak TLS from here on. Raises :class:`TimeoutError` and :class:`OSError`."""
        assert self._transport is not None
        if self._came or self._over:
            # What comes before TLS would be taken for what comes within it.
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        # The time limit is ours: that of the event loop is told as a lost connection.
        async with asyncio.timeout(seconds):
            made = await self._loop.start_tls(
                self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds + 10
            )
        if made is None:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        self._transport = made

    def is_idle(self) -> bool:
        """Tell whether nothing has come since, and the other side has not closed."""
        if self._came or self._over or self._socket is None:
            return False
        if self._transport is None or self._transport.is_closing():
            return False
        return not has_something_to_read(self._socket)

    async def close(self) -> None:
        """Close it at once; what was not sent yet is lost."""
        if self._transport is not None and not self._lost:
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
