"""Blocking work in a thread beside the event loop, which may call back into it."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .abandonment import abandoned, in_slices, stop_if_abandoned
from .blocking import finish

T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""How long a cancelled call waits for its thread; that has the patience of a gather, and of a file, before it ends."""


async def in_a_thread(work: Callable[[], Awaitable[T]]) -> T:
    """Finish blocking work in a thread of its own; cancelled, it is abandoned, and ends before this returns."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    stop = threading.Event()

    def run() -> None:
        abandoned.set(stop)
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = finish(work()), None
        except BaseException as error:  # noqa: BLE001  (raised again where it is awaited)
            outcome = None, error
        try:
            loop.call_soon_threadsafe(ended.set_result, outcome)
        except RuntimeError:
            pass  # the loop was closed: nobody waits any more

    # A daemon, and none of the loop's own threads: a program may end although a disk keeps it waiting.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="cloudsigma transfer", daemon=True).start()
    try:
        result, error = await asyncio.shield(ended)
    except asyncio.CancelledError as cancelled:
        stop.set()
        await _outlast(ended, loop.time() + PATIENCE_SECONDS)
        if ended.done():
            for note in getattr(ended.result()[1], "__notes__", ()):
                cancelled.add_note(note)
        raise
    finally:
        stop.set()
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


async def _outlast(ended: asyncio.Future[Any], until: float) -> None:
    """Wait for the end of a thread, also when it is cancelled once more: the thread has been told already."""
    loop = asyncio.get_running_loop()
    while not ended.done() and loop.time() < until:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([ended], timeout=until - loop.time())


def in_the_loop(callback: Callable[[T], Any]) -> Callable[[T], Any]:
    """Return what has the running event loop call ``callback``, for threads beside it; its errors are raised there."""
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    def call_back(told: T) -> None:
        stop_if_abandoned()
        stop = abandoned.get()
        called = threading.Event()
        awaited = True
        errors: list[BaseException] = []

        def call() -> None:
            try:
                if awaited and not (stop is not None and stop.is_set()):
                    callback(told)
            except BaseException as error:  # noqa: BLE001  (raised again in the thread, and then where that is awaited)
                errors.append(error)
            finally:
                called.set()

        loop.call_soon_threadsafe(call, context=context)
        try:
            in_slices(called.wait, None)
        except BaseException:
            awaited = False
            raise
        if errors:
            raise errors[0]

    return call_back
