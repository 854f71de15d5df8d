"""A port without sockets: requests go to a callable, time to a clock of your own. For tests, and for servers in process."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, TypeVar

from ..core.port import (
    BodySource,
    FrameStream,
    HttpRequest,
    HttpResponse,
    PortFailure,
    Signal,
    TransferPort,
    UpgradeRefused,
)
from .asyncio import AsyncioPort
from .blocking import BlockingPort
from .files import LocalFiles

T = TypeVar("T")

HeaderLines: TypeAlias = Mapping[str, str] | list[tuple[str, str]]
Handler: TypeAlias = Callable[[str, str, dict[str, str], bytes], tuple[int, HeaderLines, bytes]]
"""``handle(method, url, headers, body) -> (status, headers, body)``; it may raise ``PortFailure``."""


class MemoryFrames:
    """A websocket whose frames come from a callable: text, or None when none came in time."""

    def __init__(self, receive: Callable[[float | None], str | None], close: Callable[[], None]) -> None:
        self._receive = receive
        self._close = close

    async def receive(self, timeout: float | None) -> str | None:
        return self._receive(timeout)

    async def close(self) -> None:
        self._close()


def _pairs(lines: HeaderLines) -> Iterable[tuple[str, str]]:
    if isinstance(lines, Mapping):
        return [(name, lines[name]) for name in lines]
    return lines


async def _whole(source: BodySource) -> bytes:
    await source.start()
    body = bytearray()
    while piece := await source.read():
        body += piece
    return bytes(body)


class MemoryPort:
    """Requests answered by ``handle``; for a client ``CloudSigma(port=MemoryPort(handle), …)``.

    ``blocking=False`` makes it one for ``AsyncCloudSigma``. ``now`` and ``sleep`` are the clock, so that a test can let
    hours pass at once. ``frames(url, headers)`` opens a websocket; without it every one is refused.
    """

    def __init__(
        self,
        handle: Handler,
        *,
        blocking: bool = True,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
        random: Callable[[], float] | None = None,
        frames: Callable[[str, Mapping[str, str]], FrameStream] | None = None,
    ) -> None:
        self.blocking = blocking
        self._handle = handle
        self._now = now
        self._sleep = sleep
        self._random = random
        self._frames = frames
        self._threads: BlockingPort | AsyncioPort = BlockingPort() if blocking else AsyncioPort()
        self.files = LocalFiles()

    async def send(self, request: HttpRequest) -> HttpResponse:
        sent = request.body if request.source is None else await _whole(request.source)
        status, lines, body = self._handle(request.method, request.url, dict(request.headers), sent)
        headers: dict[str, str] = {}
        cookies: list[str] = []
        for name, value in _pairs(lines):
            if name.lower() == "set-cookie":
                cookies.append(value)
            else:
                headers[name.lower()] = value
        sink = request.sink
        if sink is not None and await sink.begin(status, headers):
            await sink.write(body)
            body = b""
        return HttpResponse(status, headers, body, cookies)

    async def sleep(self, seconds: float) -> None:
        if self._sleep is None:
            await self._threads.sleep(seconds)
        else:
            self._sleep(seconds)

    def now(self) -> float:
        return self._now()

    def random(self) -> float:
        return self._threads.random() if self._random is None else self._random()

    async def gather(self, jobs: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
        return await self._threads.gather(jobs, limit)

    def lock(self) -> AbstractAsyncContextManager[Any]:
        return self._threads.lock()

    def signal(self) -> Signal:
        return self._threads.signal()

    async def open_frames(self, url: str, headers: Mapping[str, str], timeout: float) -> FrameStream:
        if self._frames is None:
            raise UpgradeRefused(404)
        return self._frames(url, headers)

    async def apart(self, work: Callable[[TransferPort], Awaitable[T]]) -> T:
        return await work(self)

    def here(self, callback: Callable[[T], Any]) -> Callable[[T], Any]:
        return callback

    async def close(self) -> None:
        await self._threads.close()


__all__ = [
    "Handler",
    "HttpRequest",
    "HttpResponse",
    "MemoryFrames",
    "MemoryPort",
    "PortFailure",
    "UpgradeRefused",
]
