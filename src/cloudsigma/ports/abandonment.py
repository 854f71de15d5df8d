"""How blocking work in threads learns that nobody waits for it any more: that its gather was interrupted, or its call."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Protocol

SLICE_SECONDS = 0.2
"""How long work may wait without asking whether it is still wanted."""


class Stop(Protocol):
    """Says whether work is to end; an event is one."""

    def is_set(self) -> bool: ...


class StopWithin:
    """Says that a part of some work is to end: it alone, or all of that."""

    def __init__(self) -> None:
        self._whole = abandoned.get()
        self._own = threading.Event()

    def set(self) -> None:
        """End this part."""
        self._own.set()

    def is_set(self) -> bool:
        """Tell whether it is to end."""
        return self._own.is_set() or (self._whole is not None and self._whole.is_set())


abandoned: contextvars.ContextVar[Stop | None] = contextvars.ContextVar("abandoned", default=None)


class Abandoned(BaseException):
    """Ends work whose caller was interrupted; like a cancellation, it is no ordinary error."""


def stop_if_abandoned() -> None:
    """Raise :class:`Abandoned` in a job that is to end; once, so that it can set in order what it leaves."""
    stop = abandoned.get()
    if stop is not None and stop.is_set():
        abandoned.set(None)
        raise Abandoned


def in_slices(wait: Callable[[float | None], bool], timeout: float | None) -> bool:
    """Wait up to ``timeout`` seconds, with an eye on being abandoned."""
    if timeout is not None:
        timeout = min(timeout, threading.TIMEOUT_MAX)
    if abandoned.get() is None:
        return wait(timeout)
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        left = SLICE_SECONDS if until is None else min(SLICE_SECONDS, until - time.monotonic())
        if wait(max(0.0, left)):
            return True
        stop_if_abandoned()
        if until is not None and time.monotonic() >= until:
            return False
