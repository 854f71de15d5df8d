"""Requests on either port, so that one test speaks for both faces; and a clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from cloudsigma.config import Settings, load_settings
from cloudsigma.core.call import run
from cloudsigma.core.port import Port
from cloudsigma.core.requests import Requests
from cloudsigma.ports.asyncio import AsyncioPort
from cloudsigma.ports.blocking import BlockingPort
from cloudsigma.ports.memory import Handler, MemoryPort

from .scripted import refused_port

T = TypeVar("T")

FACES = ("blocking", "asyncio")


def settings(endpoint: str = "http://127.0.0.1:1/api/2.0/", **options: Any) -> Settings:
    """Return settings that owe nothing to this machine."""
    given = {"username": "user@example.com", "password": "password", **options}
    return load_settings(
        environ={"CLOUDSIGMA_CONFIG": "", "HOME": "/nonexistent"}, api_endpoint=endpoint, **given
    )


def on(face: str, endpoint: str, job: Callable[[Requests], Coroutine[Any, Any, T]], **options: Any) -> T:
    """Run a job of the core over the network on one face and close everything."""

    async def whole(port: Port) -> T:
        requests = Requests(port, settings(endpoint, **options))
        try:
            return await job(requests)
        finally:
            await requests.close()

    if face == "blocking":
        return run(whole(BlockingPort()))

    async def main() -> T:
        return await whole(AsyncioPort())

    return asyncio.run(main())


class Clock:
    """Time that passes only by sleeping; ``naps`` are the pauses."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.naps: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.time += seconds


def in_memory(handle: Handler, clock: Clock | None = None, **options: Any) -> Requests:
    """Return requests that a function answers, without network and without real time."""
    clock = clock or Clock()
    port = MemoryPort(handle, now=clock.now, sleep=clock.sleep, random=lambda: 1.0)
    return Requests(port, settings(**options))


def refused_endpoint() -> str:
    """Return an endpoint of this machine at which nobody listens."""
    return f"http://127.0.0.1:{refused_port()}/api/2.0/"
