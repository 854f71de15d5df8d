"""Kept-alive connections of the asyncio port, by origin; see :mod:`cloudsigma.ports.connections`."""

from __future__ import annotations

import asyncio
from collections import deque

import httpcore2

from . import network


class AsyncioConnections:
    """The connections of one event loop to one origin."""

    def __init__(self, origin: str) -> None:
        scheme, host, port, self.host_header = network.origin_of(origin)
        self._origin = httpcore2.Origin(scheme, host, port)
        self._maker = httpcore2.AsyncConnectionPool(
            ssl_context=network.tls_context() if scheme == b"https" else None,
            proxy=network.proxy_for(scheme.decode(), host.decode(), port),
            keepalive_expiry=network.KEEPALIVE_SECONDS,
        )
        self._idle: deque[httpcore2.AsyncConnectionInterface] = deque()
        self._free = asyncio.BoundedSemaphore(network.CONNECTIONS)
        self._closed = False

    def url(self, target: bytes) -> httpcore2.URL:
        """Return the URL of a path with query at this origin."""
        origin = self._origin
        return httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)

    async def take(self) -> httpcore2.AsyncConnectionInterface:
        """Lend a connection for one exchange; wait when all are in use."""
        await self._free.acquire()
        try:
            return await self._next()
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, connection: httpcore2.AsyncConnectionInterface) -> None:
        """Take a lent connection back, to be used again if its exchange came to a proper end."""
        try:
            if connection.is_idle() and not connection.is_closed() and not self._closed:
                self._idle.append(connection)
            else:
                await connection.aclose()
        finally:
            self._free.release()

    async def _next(self) -> httpcore2.AsyncConnectionInterface:
        while self._idle:
            connection = self._idle.pop()
            # Also when the server has closed it meanwhile: the request would be lost on it.
            if not connection.has_expired():
                return connection
            expired = [connection, *(each for each in self._idle if each.has_expired())]
            for each in expired[1:]:
                self._idle.remove(each)
            for each in expired:
                await each.aclose()
        return self._maker.create_connection(self._origin)

    async def close(self) -> None:
        """Close those that are idle; those in use are closed when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().aclose()
