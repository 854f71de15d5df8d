"""What is waited for: the end of each kind of transition, and the states from which it cannot be reached."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.references import path_of
from ..core.waiting import Goal, wait_until
from ..errors import WaitFailed
from ..records.drive import Drive
from ..records.job import Job
from ..records.record import Record
from ..records.server import Server

if TYPE_CHECKING:
    from ..core.requests import Requests

R = TypeVar("R", bound=Record)

DEAD_SERVER = frozenset({"paused"})
"""States of a server from which it does not come back by itself."""

DEAD_DRIVE = frozenset({"unavailable"})
"""States of a drive in which a change that was begun has failed."""

READY_DRIVE = frozenset({"unmounted", "mounted"})
"""States of a drive that nothing is being done to."""


LONGEST_LAG = 60.0
"""Seconds after an action in which the state before it may still be shown."""


async def wait_for_goal(requests: Requests, goal: Goal[R], timeout: float | None) -> R:
    """Wait for a goal that is not the end of the object."""
    found = await wait_until(requests, goal, timeout)
    assert found is not None
    return found


async def wait_for_status(
    requests: Requests,
    path: str,
    record: type[R],
    wanted: str | Collection[str],
    timeout: float | None,
    dead: Collection[str] = (),
) -> R:
    """Wait until ``status`` is one of the wanted; one of ``dead`` that is not wanted ends the wait at once."""
    wanted = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    goal = Goal(
        path,
        record,
        f"status {' or '.join(wanted)}",
        lambda item: item.get("status") in wanted,
        lambda item: item.get("status") in dead,
    )
    return await wait_for_goal(requests, goal, timeout)


async def wait_until_gone(requests: Requests, path: str, timeout: float | None) -> None:
    """Wait until a GET of ``path`` answers that there is nothing."""
    await wait_until(requests, Goal(path, Record, "its end", None), timeout)


async def wait_for_transition(
    requests: Requests, ref: Any, origin: str, wanted: str, timeout: float | None, fallen_back: str
) -> Server:
    """Wait until a server has gone from ``origin`` to ``wanted``; going back to ``origin`` is a failure.

    Just after an action the cloud may still show the old state, so that ``origin`` counts as a way back once another
    state was seen, or when it is still there after ``LONGEST_LAG``. ``fallen_back`` says in the error what happened
    and what can be done.
    """
    path = path_of(ref, "servers")
    left = False
    latest = requests.port.now() + LONGEST_LAG

    def failed(server: Server) -> bool:
        nonlocal left
        status = server.get("status")
        if status != origin:
            left = True
            return status in DEAD_SERVER
        if left or requests.port.now() > latest:
            raise failure(path, origin, fallen_back)
        return False

    goal = Goal(path, Server, f"status {wanted}", lambda server: server.get("status") == wanted, failed)
    return await wait_for_goal(requests, goal, timeout)


async def wait_for_restart(requests: Requests, before: Server, timeout: float | None) -> Server:
    """Wait until a server runs again after a restart, which shows in the time it was started, or in another status.

    That time has no fractions of a second: a server that runs on after ``LONGEST_LAG`` was restarted in the
    second in which it was started.
    """
    started = _started(before)
    left = False
    latest = requests.port.now() + LONGEST_LAG

    def reached(server: Server) -> bool:
        nonlocal left
        if server.get("status") != "running":
            left = True
            return False
        return left or _started(server) != started or requests.port.now() > latest

    goal = Goal(
        path_of(before, "servers"),
        Server,
        "status running after a restart",
        reached,
        lambda server: server.get("status") in DEAD_SERVER | {"stopped"},
    )
    return await wait_for_goal(requests, goal, timeout)


async def wait_for_drive(
    requests: Requests, drive: Any, timeout: float | None, at_least: int | None = None
) -> Drive:
    """Wait until nothing is being done to a drive any more and, after a resize, it has its new size in bytes."""

    def ready(found: Drive) -> bool:
        big_enough = at_least is None or found.get("size", 0) >= at_least
        return found.get("status") in READY_DRIVE and big_enough

    goal = Goal(
        path_of(drive, "drives"),
        Drive,
        "status unmounted or mounted",
        ready,
        lambda found: found.get("status") in DEAD_DRIVE,
    )
    return await wait_for_goal(requests, goal, timeout)


async def wait_for_job(requests: Requests, job: Any, state: str, timeout: float | None) -> Job:
    """Wait until a job has come to ``state``; any other state than ``started`` is its end too."""
    path = path_of(job, "jobs")

    def failed(found: Job) -> bool:
        present = found.get("state")
        if present not in (None, "started", state):
            raise failure(path, str(present), f"the job ended in state {present}, not {state}")
        return False

    goal = Goal(path, Job, f"state {state}", lambda found: found.get("state") == state, failed)
    return await wait_for_goal(requests, goal, timeout)


def failure(path: str, status: str, message: str) -> WaitFailed:
    """Return the error for a transition that ended elsewhere."""
    error = WaitFailed(message, method="GET", path=path)
    error.status = status
    return error


def _started(server: Server) -> Any:
    runtime = server.get("runtime")
    return runtime.get("active_since") if isinstance(runtime, dict) else None
