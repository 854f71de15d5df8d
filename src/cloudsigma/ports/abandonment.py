"""How blocking work in threads learns that nobody waits for it any more: that its gather was interrupted, or its call."""

from __future__ import annotations

import contextvars
import threading

abandoned: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("abandoned", default=None)


class Abandoned(BaseException):
    """Ends work whose caller was interrupted; like a cancellation, it is no ordinary error."""


def stop_if_abandoned() -> None:
    """Raise :class:`Abandoned` in a job that is to end; once, so that it can set in order what it leaves."""
    stop = abandoned.get()
    if stop is not None and stop.is_set():
        abandoned.set(None)
        raise Abandoned
