"""Connections of the asyncio port; see ``cloudsigma.ports.connections``. Time limits are the port's."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol, cast

import h11
import httpcore2

from ..core.port import BodySource, PortFailure
from . import network
from .conversation import Conversation, Headers
from .network import Wire


class AsyncioConnection(Protocol):
    """A connection that one exchange at a time may use."""

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Send a request and return status, headers and body."""
        ...

    def is_ready(self) -> bool:
        """Tell whether the last exchange came to a proper end, the connection is not too old, and not closed."""
        ...

    async def close(self) -> None:
        """Close it."""


class AsyncioStraight:
    """A connection to the server itself."""

    def __init__(self, origin: network.Origin) -> None:
        self._origin = origin
        self._conversation = Conversation()
        self._stream: httpcore2.AsyncNetworkStream | None = None
        self._usable_until = 0.0

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        if wire.source is not None or wire.sink is not None:
            return await self._stream_through(wire, connect_seconds)
        conversation = self._conversation
        sent = conversation.begin(wire.method, wire.target, wire.headers, wire.body)
        self._usable_until = 0.0
        stream = self._stream or await self._connect(connect_seconds)
        broken: httpcore2.WriteError | None = None
        try:
            await stream.write(sent)
        except httpcore2.WriteError as error:
            broken = error  # the server may have answered before it closed
        try:
            while not conversation.take(await stream.read(network.READ_BYTES)):
                pass
        except (httpcore2.ReadError, httpcore2.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        if conversation.renew():
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return conversation.status, conversation.headers, conversation.body()

    async def _stream_through(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Exchange with bodies that are made or taken on the way."""
        conversation = self._conversation
        head = conversation.begin_streamed(wire.method, wire.target, wire.headers, wire.length)
        self._usable_until = 0.0
        stream = self._stream or await self._connect(connect_seconds)
        broken: httpcore2.WriteError | None = None
        try:
            await _send(stream, head, wire)
        except httpcore2.WriteError as error:
            broken = error  # the server may have answered before it closed
        else:
            conversation.end_streamed()
        try:
            body = await _receive_answer(stream, conversation, wire)
        except (httpcore2.ReadError, httpcore2.RemoteProtocolError, h11.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        status, headers = conversation.status, conversation.headers
        if broken is not None and 200 <= status < 300:
            raise PortFailure("the server answered before it had the whole request", sent=True)
        if conversation.renew() and broken is None:
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return status, headers, body

    async def _connect(self, timeout: float) -> httpcore2.AsyncNetworkStream:
        origin = self._origin
        backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        stream = await backend.connect_tcp(origin.host, origin.port, timeout, socket_options=[])
        self._stream = stream
        if origin.secure:
            stream = self._stream = await stream.start_tls(network.tls_context(), origin.host, timeout)
        return stream

    def is_ready(self) -> bool:
        # An idle connection that has something to read was closed by the server.
        stream = self._stream
        return (
            stream is not None
            and time.monotonic() < self._usable_until
            and not stream.get_extra_info("is_readable")
        )

    async def close(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


class AsyncioProxied:
    """A connection through a proxy."""

    def __init__(self, origin: network.Origin, proxy: httpcore2.Proxy) -> None:
        self._origin = httpcore2.Origin(origin.scheme, origin.host.encode("ascii"), origin.port)
        self._inner = httpcore2.AsyncConnectionPool(
            ssl_context=network.tls_context() if origin.secure else None,
            proxy=proxy,
            keepalive_expiry=network.KEEPALIVE_SECONDS,
        ).create_connection(self._origin)

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        content = None if wire.source is None else _pieces_of(wire.source)
        request = network.proxied_request(self._origin, wire, None, connect_seconds, content)
        response = await self._inner.handle_async_request(request)
        parts: list[bytes] = []
        sink = wire.sink
        try:
            if sink is not None and not await sink.begin(
                response.status, network.plain_headers(response.headers)
            ):
                sink = None
            async for part in response.aiter_stream():
                if sink is None:
                    parts.append(part)
                else:
                    await sink.write(part)
        finally:
            await response.aclose()
        return response.status, response.headers, b"".join(parts)

    def is_ready(self) -> bool:
        inner = self._inner
        return inner.is_idle() and not inner.is_closed() and not inner.has_expired()

    async def close(self) -> None:
        await self._inner.aclose()


async def _send(stream: httpcore2.AsyncNetworkStream, head: bytes, wire: Wire) -> None:
    source = wire.source
    if source is None:
        await stream.write(head + wire.body)
        return
    await source.start()
    piece: bytes | memoryview = head
    left = source.length
    while True:
        async with asyncio.timeout(wire.idle):
            await stream.write(piece if isinstance(piece, bytes) else bytes(piece))
        piece = await source.read()
        if not piece:
            break
        left -= len(piece)
    if left:
        raise PortFailure("the body of the request was not of its length", sent=True)


async def _receive_answer(
    stream: httpcore2.AsyncNetworkStream, conversation: Conversation, wire: Wire
) -> bytes:
    while not conversation.take_head(await _read(stream, wire)):
        pass
    sink = wire.sink
    wanted = sink is not None and await sink.begin(
        conversation.status, network.plain_headers(conversation.headers)
    )
    rest = conversation.hand_over() if wanted else None
    if sink is not None and rest is not None:
        length, came = rest
        if came:
            await sink.write(came)
        left = length - len(came)
        while left:
            came = await _read(stream, wire, min(left, network.STREAM_BYTES))
            if not came:
                raise h11.RemoteProtocolError("peer closed connection: incomplete message body")
            left -= len(came)
            await sink.write(came)
        return b""
    while not conversation.take_more():
        conversation.receive(await _read(stream, wire))
    if sink is None or not wanted:
        return conversation.body()
    await sink.write(conversation.body())
    return b""


async def _read(stream: httpcore2.AsyncNetworkStream, wire: Wire, length: int = network.READ_BYTES) -> bytes:
    async with asyncio.timeout(wire.idle):
        return await stream.read(length)


async def _pieces_of(source: BodySource) -> AsyncIterator[bytes]:
    await source.start()
    while piece := await source.read():
        yield bytes(piece)


class AsyncioConnections:
    """The connections of one event loop to one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = network.origin_of(origin)
        self._proxy = network.proxy_for(self.origin)
        self._idle: deque[AsyncioConnection] = deque()
        self._free = asyncio.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Send a request on a connection that is free, or on a new one; wait for one when all are in use."""
        async with self._free:
            connection = await self._next()
            ended = False
            try:
                answer = await connection.exchange(wire, connect_seconds)
                ended = True
                return answer
            finally:
                if ended and not self._closed and connection.is_ready():
                    self._idle.append(connection)
                else:
                    await connection.close()

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
        return (
            AsyncioStraight(self.origin) if self._proxy is None else AsyncioProxied(self.origin, self._proxy)
        )

    async def close(self) -> None:
        """Close those that are idle; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()
