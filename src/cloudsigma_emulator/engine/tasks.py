"""Runs the durable tasks when they fall due, each in a transaction of its own that also takes it off the list.

A task is a row, so a crash loses none: what was due meanwhile runs at the next start. Long tasks (copying an image)
run outside the app's lock in a worker thread and are taken off when they are done; after a crash they
run again from the beginning, so they have to bear that.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol

import orjson

from ..store.transaction import Transaction
from .clock import Clock
from .world import World

Payload = dict[str, Any]
Task = Callable[[Transaction, World, Payload], None]
LongTask = Callable[[World, Payload], None]
Quiet = Callable[[Transaction, float], float]


class Host(World, Protocol):
    """What the engine needs of the app."""

    @property
    def clock(self) -> Clock: ...

    def transaction(
        self, *, actor: str | None = None, wake: bool = True
    ) -> AbstractContextManager[Transaction]: ...


log = logging.getLogger("cloudsigma_emulator")

_IDLE_SECONDS = 60.0


class Engine:
    """The thread that waits for the next task, and the workers for the long ones."""

    def __init__(
        self,
        app: Host,
        tasks: Mapping[str, Task],
        long_tasks: Mapping[str, LongTask],
        calendar: Collection[str] = (),
        quiet: Mapping[str, Quiet] | None = None,
    ) -> None:
        self._app = app
        self._tasks = tasks
        self._long = long_tasks
        self._calendar = calendar
        self._quiet = quiet or {}
        self._condition = threading.Condition()
        self._woken = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._running: dict[int, Future[None]] = {}

    def start(self) -> None:
        """Begin to run tasks by themselves."""
        self._thread = threading.Thread(target=self._loop, name="cloudsigma-emulator-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the workers; tasks that were not begun stay for the next start."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def wake(self) -> None:
        """Look at the tasks again: there are new ones, or the clock moved."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def submit(self, work: Callable[[], None]) -> Future[None]:
        """Run something in a worker thread, outside the app's lock."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(4, thread_name_prefix="cloudsigma-emulator-worker")
        return self._pool.submit(work)

    def run_due(self) -> int:
        """Run every task that is due, and those that they make due; returns how many."""
        done = 0
        while self._run_first():
            done += 1
        return done

    def finish_long(self) -> None:
        """Wait for the long tasks that are running."""
        for future in list(self._running.values()):
            future.exception()

    def next_due(self) -> float | None:
        """Return when the next task is due, seconds since 1970."""
        with self._app.transaction(wake=False) as tx:
            sql = f"SELECT min(due) FROM tasks WHERE id NOT IN ({self._busy()})"  # noqa: S608 - our numbers
            due = tx.execute(sql)[0][0]
        return None if due is None else float(due)

    def next_step(self) -> float | None:
        """Return when the next task is due that is not just one of the calendar."""
        with self._app.transaction(wake=False) as tx:
            sql = (
                f"SELECT min(due) FROM tasks WHERE id NOT IN ({self._busy()})"  # noqa: S608 - our numbers
                " AND name NOT IN (SELECT value FROM json_each(?))"
            )
            due = tx.execute(sql, (orjson.dumps(sorted(self._calendar)).decode(),))[0][0]
        return None if due is None else float(due)

    def next_stop(self, until: float) -> float | None:
        """Return how far the clock may go at once, at most ``until``; None when nothing is due by then.

        That is to the next task; or, when it is one of many equal rounds, to the last of them before another task.
        """
        with self._app.transaction(wake=False) as tx:
            due_first = (
                f"SELECT due, name FROM tasks WHERE id NOT IN ({self._busy()})"  # noqa: S608 - our numbers
                " {} ORDER BY due, id LIMIT 1"
            )
            rows = tx.execute(due_first.format(""))
            if not rows or rows[0][0] > until:
                return None
            due, name = float(rows[0][0]), rows[0][1]
            quiet = self._quiet.get(name)
            if quiet is None:
                return due
            others = tx.execute(due_first.format("AND name<>?"), (name,))
            end = min(float(others[0][0]), until) if others else until
            return max(due, quiet(tx, end)) if end > due else due

    def _busy(self) -> str:
        return ",".join(str(number) for number in self._running)

    def _run_first(self) -> bool:
        number = 0
        try:
            with self._app.transaction(wake=False) as tx:
                rows = tx.execute(
                    f"SELECT id, name, payload FROM tasks WHERE due<=? AND id NOT IN ({self._busy()})"  # noqa: S608
                    " ORDER BY due, id LIMIT 1",
                    (tx.now.timestamp(),),
                )
                if not rows:
                    return False
                number, name, payload = rows[0][0], rows[0][1], orjson.loads(rows[0][2])
                if name in self._long:
                    self._running[number] = self.submit(lambda: self._run_long(number, name, payload))
                    return True
                tx.cancel(task_id=number)
                self._tasks[name](tx, self._app, payload)
        except Exception:
            log.exception("task %s failed", number)
            with self._app.transaction(wake=False) as tx:
                tx.cancel(task_id=number)
        return True

    def _run_long(self, number: int, name: str, payload: Payload) -> None:
        try:
            self._long[name](self._app, payload)
        except Exception:
            log.exception("task %s failed", name)
        finally:
            with self._app.transaction(wake=False) as tx:
                tx.cancel(task_id=number)
                self._running.pop(number, None)
            self.wake()

    def _loop(self) -> None:
        while True:
            try:
                self.run_due()
                due = self.next_due()
            except Exception:
                log.exception("the engine stumbled")
                due = None
            with self._condition:
                if not self._woken and not self._stopping:
                    self._condition.wait(self._patience(due))
                self._woken = False
                if self._stopping:
                    return

    def _patience(self, due: float | None) -> float:
        if due is None or self._app.clock.virtual:
            return _IDLE_SECONDS
        return min(_IDLE_SECONDS, max(0.0, due - self._app.clock.timestamp()))
