"""The port of the blocking face: its methods are ``async def`` that never suspend. Usable from several threads."""

from __future__ import annotations

import contextvars
import os
import random
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from ..core.port import FrameStream, HttpRequest, HttpResponse, Signal, TransferPort
from . import network
from .abandonment import Abandoned, StopWithin, abandoned, in_slices, stop_if_abandoned
from .bodies import BodyError
from .connections import Connections
from .files import LocalFiles

T = TypeVar("T")

PATIENCE_SECONDS = 3.0
"""How long an interrupted gather waits for its jobs, which may be kept by a disk that does not answer."""


class BlockingSignal:
    """A signal between threads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, timeout: float | None) -> bool:
        if in_slices(self._event.wait, timeout):
            self._event.clear()
            return True
        return False


class ThreadLock:
    """A lock between threads, for ``async with``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> object:
        in_slices(lambda seconds: self._lock.acquire(timeout=-1 if seconds is None else seconds), None)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


class BlockingPort:
    """Sockets and threads, each call finished when it returns."""

    blocking = True

    def __init__(self) -> None:
        self.files = LocalFiles()
        self._begin_again()

    def _begin_again(self) -> None:
        """Have no connections: a forked child must not use those of its parent."""
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._connections: dict[str, Connections] = {}
        # Programs in the old style never close anything.
        weakref.finalize(self, _close_all, self._connections)

    async def send(self, request: HttpRequest) -> HttpResponse:
        stop_if_abandoned()
        if os.getpid() != self._process:
            self._begin_again()
        end = request.url.index("/", 8)
        origin = request.url[:end]
        until = time.monotonic() + min(request.timeout, threading.TIMEOUT_MAX)
        try:
            connections = self._connections.get(origin) or self._connections_to(origin)
            wire = network.wire_of(request, request.url[end:], connections.origin)
            status, headers, body = connections.exchange(wire, until)
        except BodyError as carried:
            raise carried.error from None
        except network.TRANSPORT_ERRORS as error:
            raise network.failure_of(error) from error
        return network.received(status, headers, body)

    def _connections_to(self, origin: str) -> Connections:
        with self._lock:
            found = self._connections.get(origin)
            if found is None:
                found = self._connections[origin] = Connections(origin)
        return found

    async def sleep(self, seconds: float) -> None:
        in_slices(_asleep, seconds)

    def now(self) -> float:
        return time.monotonic()

    def random(self) -> float:
        return random.random()  # noqa: S311  (jitter)

    async def gather(self, jobs: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
        if len(jobs) <= 1 or limit <= 1:
            return [finish(job()) for job in jobs]
        return _Gathering(jobs).run(min(limit, len(jobs)))

    def lock(self) -> AbstractAsyncContextManager[object]:
        return ThreadLock()

    def signal(self) -> Signal:
        return BlockingSignal()

    async def open_frames(self, url: str, headers: Mapping[str, str], timeout: float) -> FrameStream:
        from .frames_blocking import open_stream

        stop_if_abandoned()
        return open_stream(url, headers, timeout)

    async def apart(self, work: Callable[[TransferPort], Awaitable[T]]) -> T:
        return await work(self)

    def here(self, callback: Callable[[T], Any]) -> Callable[[T], Any]:
        return callback

    async def close(self) -> None:
        with self._lock:
            _close_all(self._connections)


def _close_all(connections: dict[str, Connections]) -> None:
    while connections:
        connections.popitem()[1].close()


def _asleep(seconds: float | None) -> bool:
    time.sleep(seconds or 0.0)
    return False


class _Gathering:
    """Jobs being run by threads, each with a copy of the caller's context."""

    def __init__(self, jobs: Sequence[Callable[[], Awaitable[Any]]]) -> None:
        self._jobs = jobs
        self._results: list[Any] = [None] * len(jobs)
        self._next = iter(range(len(jobs)))
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._stop = StopWithin()
        self._ended = threading.Semaphore(0)

    def run(self, workers: int) -> list[Any]:
        threads: list[threading.Thread] = []
        try:
            for _ in range(workers):
                context = contextvars.copy_context()
                # Daemons: an interrupted program may end although a server keeps one of them waiting.
                thread = threading.Thread(
                    target=context.run, args=(self._work,), name="cloudsigma worker", daemon=True
                )
                threads.append(thread)
                thread.start()
            # Not Thread.join: interrupted, it takes a running thread for ended (CPython issue 45274).
            for _ in threads:
                in_slices(lambda seconds: self._ended.acquire(timeout=seconds), None)
        except BaseException:
            self._stop.set()
            patience = time.monotonic() + PATIENCE_SECONDS
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, patience - time.monotonic()))
            raise
        for thread in threads:
            thread.join()
        stop_if_abandoned()
        if self._failure is not None:
            raise self._failure
        return self._results

    def _work(self) -> None:
        abandoned.set(self._stop)
        try:
            self._work_off()
        finally:
            self._ended.release()

    def _work_off(self) -> None:
        while True:
            with self._lock:
                index = None if self._failure or self._stop.is_set() else next(self._next, None)
            if index is None:
                return
            try:
                self._results[index] = finish(self._jobs[index]())
            except Abandoned:
                return
            except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
                with self._lock:
                    self._failure = self._failure or error
                if not isinstance(error, Exception):
                    self._stop.set()  # such as a Ctrl-C in a callback: the others have no time to end by themselves


def finish(awaitable: Awaitable[T]) -> T:
    """Finish an awaitable that never suspends."""
    from ..core.call import run

    async def wait() -> T:
        return await awaitable

    coroutine: Coroutine[Any, Any, T] = wait()
    return run(coroutine)
