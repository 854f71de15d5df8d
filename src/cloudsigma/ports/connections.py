"""Connections of the blocking port: kept alive by origin, the one used last used next.

HTTP is h11's, on sockets of our own: a pool made for everything takes more time for a small request than the network
does, and waits for a silent server where nobody can call it back.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import h11

from ..core.port import PortFailure
from . import network
from .abandonment import abandoned, in_slices
from .conversation import Conversation, Headers
from .dialing import dial
from .line import Duplex, Line, has_something_to_read, time_left
from .network import Origin, Wire
from .proxies import Proxy


class Connection:
    """A connection to a server, perhaps by way of a proxy, that one exchange at a time may use."""

    def __init__(self, origin: Origin, proxy: Proxy | None) -> None:
        self._origin = origin
        self._proxy = proxy
        self._conversation = Conversation()
        self._socket: Duplex | None = None
        self._usable_until = 0.0

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        """Send a request and return status, headers and body; ``until`` is a time of ``time.monotonic``."""
        if wire.source is not None or wire.sink is not None or abandoned.get() is not None:
            return self._stream_through(wire, until)
        conversation = self._conversation
        sent = conversation.begin(wire.method, wire.target, wire.headers, wire.body)
        self._usable_until = 0.0
        connection = self._socket or self._connect(until)
        broken: OSError | None = None
        try:
            connection.settimeout(time_left(until, sent=False))
            connection.sendall(sent)
        except network.CLOSED as error:
            broken = error  # the server may have answered before it closed
        try:
            connection.settimeout(time_left(until))
            while not conversation.take(connection.recv(network.READ_BYTES)):
                connection.settimeout(time_left(until))
        except (*network.CLOSED, h11.RemoteProtocolError):
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
        line = Line(self._socket or self._connect(until), until, wire.idle)
        broken: OSError | None = None
        whole = False
        try:
            whole = line.send_request(head, wire)
        except network.CLOSED as error:
            broken = error  # the server may have answered before it closed
        if whole:
            conversation.end_streamed()
        try:
            status, headers, body = line.receive_answer(conversation, wire.sink)
        except (*network.CLOSED, h11.RemoteProtocolError):
            if broken is not None:
                raise broken from None
            raise
        if not whole and 200 <= status < 300:
            raise PortFailure("the server answered before it had the whole request", sent=True)
        if conversation.renew() and whole:
            self._usable_until = time.monotonic() + network.KEEPALIVE_SECONDS
        return status, headers, body

    def _connect(self, until: float) -> Duplex:
        made = self._socket = dial(self._origin, self._proxy, until)
        return made

    def is_ready(self) -> bool:
        """Tell whether the last exchange came to a proper end, the connection is not too old, and not closed."""
        # An idle connection that has something to read was closed by the server.
        return (
            self._socket is not None
            and time.monotonic() < self._usable_until
            and not has_something_to_read(self._socket)
        )

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()


class Connections:
    """The connections to one origin."""

    def __init__(self, origin: str) -> None:
        self.origin = network.origin_of(origin)
        self._proxy = network.proxy_for(self.origin)
        self._forwards = self._proxy is not None and self._proxy.forwards(self.origin.secure)
        self._idle: deque[Connection] = deque()
        self._free = threading.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    def exchange(self, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        """Send a request on a connection that is free, or on a new one; wait for one when all are in use."""
        if not self._free.acquire(blocking=False) and not in_slices(
            lambda seconds: self._free.acquire(timeout=seconds), time_left(until, sent=False)
        ):
            raise PortFailure("no connection became free in time", sent=False, timed_out=True)
        connection: Connection | None = None
        ended = False
        try:
            connection = self._next()
            answer = self._send(connection, wire, until)
            ended = True
            return answer
        finally:
            if connection is not None:
                if ended and not self._closed and connection.is_ready():
                    self._idle.append(connection)
                else:
                    connection.close()
            self._free.release()

    def _send(self, connection: Connection, wire: Wire, until: float) -> tuple[int, Headers, bytes]:
        proxy = self._proxy
        if proxy is None or not self._forwards:
            return connection.exchange(wire, until)
        answer = connection.exchange(network.forwarded(wire, self.origin, proxy), until)
        if answer[0] == 407:
            raise proxy.refusal(407)
        return answer

    def _next(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self.origin, self._proxy)
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
