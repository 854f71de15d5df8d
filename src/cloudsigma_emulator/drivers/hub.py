"""One thread that watches every descriptor of a hypervisor: serial lines, VNC and console tunnels.

Nothing in it may block: what cannot be written at once waits in a bounded buffer of its own.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger("cloudsigma_emulator")

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Ready = Callable[[int], None]
"""Called with the events that a descriptor is ready for."""


def _new_selector() -> selectors.BaseSelector:
    # kqueue does not know every terminal device of macOS; select does.
    return selectors.SelectSelector() if sys.platform == "darwin" else selectors.DefaultSelector()


class Hub:
    """The thread and its descriptors. It starts with the first work that is given to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None
        self._closed = False
        self._selector: selectors.BaseSelector | None = None
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def call_soon(self, work: Callable[[], None]) -> None:
        """Run something in the hub's thread; from any thread, returns at once. Nothing after `close`."""
        with self._lock:
            if self._closed:
                return
            self._work.append(work)
            if self._thread is None:
                self._start()
            waker = self._waker
        if waker is not None and threading.current_thread() is not self._thread:
            with contextlib.suppress(BlockingIOError, OSError):
                waker.send(b"\0")

    def call_later(self, seconds: float, work: Callable[[], None]) -> None:
        """Run something in the hub's thread after some time. Hub's thread only; nothing after `close`."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), work))

    def watch(self, descriptor: int, events: int, ready: Ready) -> None:
        """Call `ready` whenever the descriptor is ready, in place of what was called before. Hub's thread only."""
        if self._selector is None:
            return
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)
        self._selector.register(descriptor, events, ready)

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor. Hub's thread only."""
        if self._selector is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(descriptor)

    def close(self) -> None:
        """End the thread after the work that was given to it."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread, waker = self._thread, self._waker
        if thread is not None and waker is not None:
            with contextlib.suppress(BlockingIOError, OSError):
                waker.send(b"\0")
            thread.join()
            waker.close()

    def _start(self) -> None:
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self._waker = near
        self._selector = _new_selector()
        self._selector.register(far, READ, lambda _: self._drain(far))
        self._thread = threading.Thread(
            target=self._run, args=(far,), name="cloudsigma-emulator-guests", daemon=True
        )
        self._thread.start()

    @staticmethod
    def _drain(far: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while far.recv(4096):
                pass

    def _run(self, far: socket.socket) -> None:
        assert self._selector is not None
        while True:
            while self._work:
                _guarded(self._work.popleft())
            while self._later and self._later[0][0] <= time.monotonic():
                _guarded(heapq.heappop(self._later)[2])
            with self._lock:
                if self._closed and not self._work:
                    break
                pending = bool(self._work)
            for key, events in self._selector.select(0 if pending else self._patience()):
                ready: Ready = key.data
                _guarded(lambda ready=ready, events=events: ready(events))  # type: ignore[misc]
        self._selector.close()
        far.close()

    def _patience(self) -> float | None:
        return max(0.0, self._later[0][0] - time.monotonic()) if self._later else None


def _guarded(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.exception("a guest's connection stumbled")
