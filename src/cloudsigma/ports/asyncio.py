"""The port of the asyncio face."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.port import FrameStream, HttpRequest, HttpResponse, Signal, TransferPort
from . import network
from .connections_asyncio import AsyncioConnections

if TYPE_CHECKING:
    from .blocking import BlockingPort

T = TypeVar("T")


class AsyncioSignal:
    """A signal between tasks."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, timeout: float | None) -> bool:
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class AsyncioPort:
    """Sockets of the running event loop."""

    blocking = False

    def __init__(self) -> None:
        self._transfers: BlockingPort | None = None
        self._connections: dict[str, AsyncioConnections] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.source is not None or request.sink is not None:
            raise TypeError("bodies stream on the port that work apart is given")
        end = request.url.index("/", 8)
        timeout = None if request.timeout == inf else request.timeout
        # Connecting has a limit of its own: it tells that nothing was sent. The other one is for all together.
        connect_seconds = min(request.timeout, network.CONNECT_SECONDS)
        try:
            connections = self._connections_to(request.url[:end])
            wire = network.wire_of(request, request.url[end:], connections.origin)
            async with asyncio.timeout(None if timeout is None else timeout + 0.01):
                status, headers, body = await connections.exchange(wire, connect_seconds)
        except network.TRANSPORT_ERRORS as error:
            raise network.failure_of(error) from error
        return network.received(status, headers, body)

    def _connections_to(self, origin: str) -> AsyncioConnections:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Connections belong to the loop that made them; those of an earlier loop ended with it.
            self._loop = loop
            self._connections = {}
        found = self._connections.get(origin)
        if found is None:
            found = self._connections[origin] = AsyncioConnections(origin)
        return found

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def now(self) -> float:
        return time.monotonic()

    def random(self) -> float:
        return random.random()  # noqa: S311  (jitter)

    async def gather(self, jobs: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
        results: list[Any] = [None] * len(jobs)
        remaining = iter(range(len(jobs)))
        failures: list[Exception] = []

        async def work() -> None:
            for index in remaining:
                try:
                    results[index] = await jobs[index]()
                except Exception as error:  # noqa: BLE001  (raised again below, once the others have ended)
                    failures.append(error)
                if failures:
                    return

        workers = [asyncio.ensure_future(work()) for _ in range(min(max(limit, 1), len(jobs)))]
        try:
            await asyncio.gather(*workers)
        except BaseException:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        if failures:
            raise failures[0]
        return results

    def lock(self) -> AbstractAsyncContextManager[object]:
        return asyncio.Lock()

    def signal(self) -> Signal:
        return AsyncioSignal()

    async def open_frames(self, url: str, headers: Mapping[str, str], timeout: float) -> FrameStream:
        from .frames_asyncio import open_stream

        return await open_stream(url, headers, timeout)

    async def apart(self, work: Callable[[TransferPort], Awaitable[T]]) -> T:
        from .blocking import BlockingPort
        from .threads_asyncio import in_a_thread

        port = self._transfers = self._transfers or BlockingPort()
        return await in_a_thread(lambda: work(port))

    def here(self, callback: Callable[[T], Any]) -> Callable[[T], Any]:
        from .threads_asyncio import in_the_loop

        return in_the_loop(callback)

    async def close(self) -> None:
        if self._transfers is not None:
            await self._transfers.close()
        here = self._loop is asyncio.get_running_loop()
        connections, self._connections = self._connections, {}
        for each in connections.values() if here else ():
            await each.close()
