"""Connections of the asyncio port; see ``cloudsigma.ports.connections``. Time limits are the port's."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any, TypeVar, cast

import h11
import httpcore2

from ..core.port import PortFailure
from . import network
from .conversation import Conversation, Headers
from .network import Origin, Wire
from .proxies import Handshake, Proxy

T = TypeVar("T")

SEND_BYTES = 256 * 1024
"""How many bytes must go out before they count as moving."""


class AsyncioConnection:
    """A connection to a server, perhaps by way of a proxy, that one exchange at a time may use."""

    def __init__(self, origin: Origin, proxy: Proxy | None) -> None:
        self._origin = origin
        self._proxy = proxy
        self._conversation = Conversation()
        self._stream: httpcore2.AsyncNetworkStream | None = None
        self._usable_until = 0.0

    async def exchange(self, wire: Wire, connect_seconds: float) -> tuple[int, Headers, bytes]:
        """Send a request and return status, headers and body; connecting may take ``connect_seconds`` a step."""
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
        except (httpcore2.ReadError, h11.RemoteProtocolError):
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
        except (httpcore2.ReadError, h11.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        status, headers = conversation.status, conversation.headers
        if broken is not None and 200 <= status < 300:
            raise PortFailure("the server answered before it had the whole request", sent=True)
        if conversation.renew() and broken is None:
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return status, headers, body

    async def _connect(self, seconds: float) -> httpcore2.AsyncNetworkStream:
        origin, proxy = self._origin, self._proxy
        where = origin if proxy is None else proxy
        backend = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        made = backend.connect_tcp(where.host, where.port, seconds, socket_options=[])
        stream = self._stream = await _step(proxy, made)
        if proxy is not None:
            if proxy.secure:
                made = stream.start_tls(network.tls_context(), proxy.host, seconds)
                stream = self._stream = await _step(proxy, made)
            handshake = proxy.handshake(origin.host, origin.port, origin.secure)
            if handshake is not None:
                await _step(proxy, _converse(stream, handshake, seconds))
        if origin.secure:
            made = stream.start_tls(network.tls_context(), origin.host, seconds)
            stream = self._stream = await _step(None, made)
        return stream

    def is_ready(self) -> bool:
        """Tell whether the last exchange came to a proper end, the connection is not too old, and not closed."""
        # An idle connection that has something to read was closed by the server.
        stream = self._stream
        return (
            stream is not None
            and time.monotonic() < self._usable_until
            and not stream.get_extra_info("is_readable")
        )

    async def close(self) -> None:
        """Close it."""
        if self._stream is not None:
            await self._stream.aclose()


async def _step(proxy: Proxy | None, made: Coroutine[Any, Any, T]) -> T:
    try:
        return await made
    except network.TRANSPORT_ERRORS as error:
        raise network.connect_failure(error, proxy) from error


async def _converse(stream: httpcore2.AsyncNetworkStream, handshake: Handshake, seconds: float) -> None:
    """Say to a proxy what is to be said."""
    try:
        async with asyncio.timeout(seconds):
            sent = next(handshake)
            while True:
                await stream.write(sent)
                sent = handshake.send(await stream.read(network.READ_BYTES))
    except StopIteration:
        return


async def _send(stream: httpcore2.AsyncNetworkStream, head: bytes, wire: Wire) -> None:
    source = wire.source
    if source is None:
        await stream.write(head + wire.body)
        return
    await source.start()
    piece: bytes | memoryview = head
    left = source.length
    while True:
        for begin in range(0, len(piece), SEND_BYTES):
            async with asyncio.timeout(wire.idle):
                await stream.write(bytes(piece[begin : begin + SEND_BYTES]))
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
