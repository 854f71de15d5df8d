"""Connections of the asyncio port; see ``cloudsigma.ports.connections``. Time limits are the port's."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable
from typing import TypeVar

import h11

from . import network
from .conversation import Conversation, Headers
from .network import Origin, Wire
from .proxies import Handshake, Proxy
from .streams_asyncio import Stream, connect

T = TypeVar("T")


class AsyncioConnection:
    """A connection to a server, perhaps by way of a proxy, that one exchange at a time may use."""

    def __init__(self, origin: Origin, proxy: Proxy | None) -> None:
        self._origin = origin
        self._proxy = proxy
        self._conversation = Conversation()
        self._stream: Stream | None = None
        self._usable_until = 0.0

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Send a request and return status, headers and body; connecting may take ``connect_seconds`` a step."""
        conversation = self._conversation
        sent = conversation.begin(wire.method, wire.target, wire.headers, wire.body)
        self._usable_until = 0.0
        stream = self._stream or await self._connect(connect_seconds)
        broken: OSError | None = None
        try:
            await stream.send(sent)
        except network.CLOSED as error:
            broken = error  # the server may have answered before it closed
        try:
            while not conversation.take(await stream.receive()):
                pass
        except (*network.CLOSED, h11.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        if conversation.renew():
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return conversation.status, conversation.headers, conversation.body()

    async def _connect(self, seconds: float) -> Stream:
        origin, proxy = self._origin, self._proxy
        where = origin if proxy is None else proxy
        stream = self._stream = await _step(proxy, connect(where.host, where.port, seconds))
        if proxy is not None:
            if proxy.secure:
                await _step(proxy, stream.secure(network.tls_context(), proxy.host, seconds))
            handshake = proxy.handshake(origin.host, origin.port, origin.secure)
            if handshake is not None:
                await _step(proxy, _converse(stream, handshake, seconds))
        if origin.secure:
            await _step(None, stream.secure(network.tls_context(), origin.host, seconds))
        return stream

    def is_ready(self) -> bool:
        """Tell whether the last exchange came to a proper end, the connection is not too old, and not closed."""
        # An idle connection on which something has come was closed by the server.
        stream = self._stream
        return stream is not None and time.monotonic() < self._usable_until and stream.is_idle()

    async def close(self) -> None:
        """Close it."""
        if self._stream is not None:
            await self._stream.close()


async def _step(proxy: Proxy | None, made: Awaitable[T]) -> T:
    try:
        return await made
    except network.TRANSPORT_ERRORS as error:
        raise network.connect_failure(error, proxy) from error


async def _converse(stream: Stream, handshake: Handshake, seconds: float) -> None:
    """Say to a proxy what is to be said."""
    try:
        async with asyncio.timeout(seconds):
            sent = next(handshake)
            while True:
                await stream.send(sent)
                sent = handshake.send(await stream.receive())
    except StopIteration:
        return


class AsyncioConnections:
    """The connections of one event loop to one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = network.origin_of(origin)
        self._proxy = network.proxy_for(self.origin)
        self._forwards = self._proxy is not None and self._proxy.forwards(self.origin.secure)
        self._idle: deque[AsyncioConnection] = deque()
        self._free = asyncio.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Send a request on a connection that is free, or on a new one; wait for one when all are in use."""
        async with self._free:
            connection = await self._next()
            ended = False
            try:
                answer = await self._send(connection, wire, connect_seconds)
                ended = True
                return answer
            finally:
                if ended and not self._closed and connection.is_ready():
                    self._idle.append(connection)
                else:
                    await connection.close()

    async def _send(
        self, connection: AsyncioConnection, wire: Wire, connect_seconds: float
    ) -> tuple[int, Headers, bytes]:
        proxy = self._proxy
        if proxy is None or not self._forwards:
            return await connection.exchange(wire, connect_seconds)
        answer = await connection.exchange(network.forwarded(wire, self.origin, proxy), connect_seconds)
        if answer[0] == 407:
            raise proxy.refusal(407)
        return answer

    async def _next(self) -> AsyncioConnection:
        while self._idle:
            connection = self._idle.pop()
            # A request would be lost on one that the server has closed meanwhile.
            if connection.is_ready():
                return connection
            unusable = [connection, *(each for each in self._idle if not each.is_ready())]
            for each in unusable[1:]:
                self._idle.remove(each)
            for each in unusable:
                await each.close()
        return AsyncioConnection(self.origin, self._proxy)

    async def close(self) -> None:
        """Close those that are idle; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
