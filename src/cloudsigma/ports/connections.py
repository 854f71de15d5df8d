"""Connections of the blocking port: kept alive by origin, the one used last used next.

Straight ones are h11 on a stream of httpcore2's; those through a proxy are httpcore2's own. Its pool, which would do
for both, takes more time for a small request than the network does.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

import h11
import httpcore2

from ..core.call import run
from ..core.port import BodySource, PortFailure
from . import network
from .abandonment import abandoned
from .conversation import Conversation, Headers
from .line import Line, time_left
from .network import Wire


class Connection(Protocol):
    """A connection that one exchange at a time may use."""

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        """Send a request and return status, headers and body; ``until`` is a time of ``time.monotonic``."""
        ...

    def is_ready(self) -> bool:
        """Tell whether the last exchange came to a proper end, the connection is not too old, and not closed."""
        ...

    def close(self) -> None:
        """Close it."""


class Straight:
    """A connection to the server itself."""

    def __init__(self, origin: network.Origin) -> None:
        self._origin = origin
        self._conversation = Conversation()
        self._stream: httpcore2.NetworkStream | None = None
        self._usable_until = 0.0

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        if wire.source is not None or wire.sink is not None or abandoned.get() is not None:
            return self._stream_through(wire, until)
        conversation = self._conversation
        sent = conversation.begin(wire.method, wire.target, wire.headers, wire.body)
        self._usable_until = 0.0
        stream = self._stream or self._connect(until)
        broken: httpcore2.WriteError | None = None
        try:
            stream.write(sent, timeout=time_left(until, sent=False))
        except httpcore2.WriteError as error:
            broken = error  # the server may have answered before it closed
        try:
            while not conversation.take(stream.read(network.READ_BYTES, timeout=time_left(until))):
                pass
        except (httpcore2.ReadError, httpcore2.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        if conversation.renew():
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return conversation.status, conversation.headers, conversation.body()

    def _stream_through(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        """Exchange with bodies that are made or taken on the way, and with an eye on being abandoned."""
        conversation = self._conversation
        head = conversation.begin_streamed(wire.method, wire.target, wire.headers, wire.length)
        self._usable_until = 0.0
        line = Line((self._stream or self._connect(until)).get_extra_info("socket"), until, wire.idle)
        broken: OSError | None = None
        whole = False
        try:
            whole = line.send_request(head, wire)
        except ConnectionError as error:
            broken = error  # the server may have answered before it closed
        if whole:
            conversation.end_streamed()
        try:
            status, headers, body = line.receive_answer(conversation, wire.sink)
        except (ConnectionError, h11.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        if not whole and 200 <= status < 300:
            raise PortFailure("the server answered before it had the whole request", sent=True)
        if conversation.renew() and whole:
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return status, headers, body

    def _connect(self, until: float) -> httpcore2.NetworkStream:
        origin = self._origin
        timeout = min(time_left(until, sent=False), network.CONNECT_SECONDS)
        stream = httpcore2.SyncBackend().connect_tcp(origin.host, origin.port, timeout, socket_options=[])
        self._stream = stream
        if origin.secure:
            stream = self._stream = stream.start_tls(network.tls_context(), origin.host, timeout)
        return stream

    def is_ready(self) -> bool:
        # An idle connection that has something to read was closed by the server.
        stream = self._stream
        return (
            stream is not None
            and time.monotonic() < self._usable_until
            and not stream.get_extra_info("is_readable")
        )

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()


class Proxied:
    """A connection through a proxy."""

    def __init__(self, origin: network.Origin, proxy: httpcore2.Proxy) -> None:
        self._origin = httpcore2.Origin(origin.scheme, origin.host.encode("ascii"), origin.port)
        self._inner = httpcore2.ConnectionPool(
            ssl_context=network.tls_context() if origin.secure else None,
            proxy=proxy,
            keepalive_expiry=network.KEEPALIVE_SECONDS,
        ).create_connection(self._origin)

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        content = None if wire.source is None else pieces_of(wire.source)
        request = network.proxied_request(self._origin, wire, time_left(until), content=content)
        response = self._inner.handle_request(request)
        parts: list[bytes] = []
        sink = wire.sink
        try:
            if sink is not None and not run(
                sink.begin(response.status, network.plain_headers(response.headers))
            ):
                sink = None
            for part in response.iter_stream():
                if sink is None:
                    parts.append(part)
                else:
                    run(sink.write(part))
                time_left(until)
        finally:
            response.close()
        return response.status, response.headers, b"".join(parts)

    def is_ready(self) -> bool:
        inner = self._inner
        return inner.is_idle() and not inner.is_closed() and not inner.has_expired()

    def close(self) -> None:
        self._inner.close()


class Connections:
    """The connections to one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = network.origin_of(origin)
        self._proxy = network.proxy_for(self.origin)
        self._idle: deque[Connection] = deque()
        self._free = threading.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        """Send a request on a connection that is free, or on a new one; wait for one when all are in use."""
        if not self._free.acquire(blocking=False) and not self._free.acquire(
            timeout=time_left(until, sent=False)
        ):
            raise PortFailure("no connection became free in time", sent=False, timed_out=True)
        connection: Connection | None = None
        ended = False
        try:
            connection = self._next()
            answer = connection.exchange(wire, until)
            ended = True
            return answer
        finally:
            if connection is not None:
                if ended and not self._closed and connection.is_ready():
                    self._idle.append(connection)
                else:
                    connection.close()
            self._free.release()

    def _next(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Straight(self.origin) if self._proxy is None else Proxied(self.origin, self._proxy)
            # A request would be lost on one that the server has closed meanwhile.
            if connection.is_ready():
                return connection
            connection.close()
            self._close_unusable()

    def _close_unusable(self) -> None:
        for _ in range(len(self._idle)):
            try:
                connection = self._idle.popleft()
            except IndexError:
                return
            if connection.is_ready():
                self._idle.append(connection)
            else:
                connection.close()

    def close(self) -> None:
        """Close those that are idle; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


def pieces_of(source: BodySource) -> Iterator[bytes]:
    """Yield the bytes of a body."""
    run(source.start())
    while piece := run(source.read()):
        yield bytes(piece)
