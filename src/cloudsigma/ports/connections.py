"""Kept-alive connections of the blocking port, by origin. httpcore2 makes them; which one is used next is decided here.

Its own pool does the same at twice the cost of a small request.
"""

from __future__ import annotations

import threading
from collections import deque

import httpcore2

from ..core.port import PortFailure
from . import network


class Connections:
    """The connections to one origin: the one used last is used next, so that those too many expire."""

    def __init__(self, origin: str) -> None:
        scheme, host, port, self.host_header = network.origin_of(origin)
        self._origin = httpcore2.Origin(scheme, host, port)
        self._maker = httpcore2.ConnectionPool(
            ssl_context=network.tls_context() if scheme == b"https" else None,
            proxy=network.proxy_for(scheme.decode(), host.decode(), port),
            keepalive_expiry=network.KEEPALIVE_SECONDS,
        )
        self._idle: deque[httpcore2.ConnectionInterface] = deque()
        self._free = threading.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    def url(self, target: bytes) -> httpcore2.URL:
        """Return the URL of a path with query at this origin."""
        origin = self._origin
        return httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)

    def take(self, timeout: float) -> httpcore2.ConnectionInterface:
        """Lend a connection for one exchange; wait up to ``timeout`` seconds when all are in use."""
        if not self._free.acquire(blocking=False) and not self._free.acquire(timeout=timeout):
            raise PortFailure("no connection became free in time", sent=False, timed_out=True)
        try:
            return self._next()
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: httpcore2.ConnectionInterface) -> None:
        """Take a lent connection back, to be used again if its exchange came to a proper end."""
        try:
            if connection.is_idle() and not connection.is_closed() and not self._closed:
                self._idle.append(connection)
            else:
                connection.close()
        finally:
            self._free.release()

    def _next(self) -> httpcore2.ConnectionInterface:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._maker.create_connection(self._origin)
            # Also when the server has closed it meanwhile: the request would be lost on it.
            if not connection.has_expired():
                return connection
            connection.close()
            self._close_expired()

    def _close_expired(self) -> None:
        for _ in range(len(self._idle)):
            try:
                connection = self._idle.popleft()
            except IndexError:
                return
            if connection.has_expired():
                connection.close()
            else:
                self._idle.append(connection)

    def close(self) -> None:
        """Close those that are idle; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
