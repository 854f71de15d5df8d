"""How the jobs of an interrupted gather of the blocking port learn that they are to end."""

from __future__ import annotations

import contextvars
import threading

abandoned: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("abandoned", default=None)


class Abandoned(BaseException):
    """Ends the jobs of a gather whose caller was interrupted; like a cancellation, it is no ordinary error."""


def stop_if_abandoned() -> None:
    """Raise :class:`Abandoned` in a job whose gather was interrupted."""
    stop = abandoned.get()
    if stop is not None and stop.is_set():
        raise Abandoned
