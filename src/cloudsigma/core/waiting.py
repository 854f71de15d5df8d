"""Waiting for a state: told by the websocket, and by looking again at growing intervals when there is none.

The feed is joined before the first look, so a state that is reached in between is seen either by the look or by a
frame. One deadline holds for all of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

from ..errors import (
    ApiClientError,
    AuthError,
    NotFound,
    ServerError,
    TransportError,
    WaitError,
    WaitFailed,
    WaitTimeout,
)
from ..records.event import Event
from ..records.record import Record
from .events import Gap, Subscription
from .requests import Requests

R = TypeVar("R", bound=Record)

LOG = logging.getLogger("cloudsigma")
FIRST_LOOK = 0.5
LONGEST_LOOK = 5.0
# Even with a websocket the object is looked at now and then: a frame may be lost on the way.
SAFETY_LOOK = 30.0

TOLD = frozenset(
    {"balance", "bservers", "drives", "ips", "jobs", "profile", "servers", "subscriptions", "vlans"}
)
"""Collections whose changes the websocket tells; others are looked at again and again."""


@dataclass(frozen=True, slots=True)
class Goal(Generic[R]):
    """What is waited for at one address.

    ``reached`` says whether the object is as it should be, or is None to wait until it is gone. ``failed`` says
    whether it can no longer become so. ``words`` tells the goal in messages (``"status running"``).
    """

    path: str
    record: type[R]
    words: str
    reached: Callable[[R], bool] | None
    failed: Callable[[R], bool] | None = None


async def wait_until(requests: Requests, goal: Goal[R], timeout: float | None) -> R | None:
    """Wait up to ``timeout`` seconds (None: for ever) for a goal and return the object, or None when it is gone.

    Raises ``cloudsigma.errors.WaitTimeout``; ``cloudsigma.errors.WaitFailed`` as soon as the object is in
    a state that cannot become the goal; ``cloudsigma.errors.NotFound`` when it does not exist, unless that is
    the goal; and what a request raises.
    """
    wait = _Wait(requests, goal, inf if timeout is None else requests.port.now() + timeout, timeout)
    subscription: Subscription | None = None
    try:
        if goal.path.lstrip("/").partition("/")[0] in TOLD:
            subscription = await _subscribed(requests, goal.path, timeout)
        return await wait.run(subscription)
    finally:
        if subscription is not None:
            await requests.events.unsubscribe(subscription)


async def _subscribed(requests: Requests, path: str, timeout: float | None) -> Subscription | None:
    try:
        return await requests.events.subscribe(timeout)
    except AuthError:
        raise
    except ApiClientError as error:
        LOG.info("no websocket (%s); looking at %s again and again instead", error, path)
        return None


class _Wait(Generic[R]):
    def __init__(self, requests: Requests, goal: Goal[R], deadline: float, timeout: float | None) -> None:
        self._requests = requests
        self._goal = goal
        self._deadline = deadline
        self._timeout = timeout
        self._uri = ""
        self._status: str | None = None

    async def run(self, subscription: Subscription | None) -> R | None:
        interval = FIRST_LOOK
        while True:
            done, item = await self._look()
            if done:
                return item
            if subscription is not None:
                try:
                    await self._told(subscription)
                    continue
                except (AuthError, WaitError):
                    raise
                except ApiClientError as error:
                    LOG.info("the websocket is gone (%s); looking again and again instead", error)
                    subscription = None
            await self._pause(interval)
            interval = min(interval * 1.5, LONGEST_LOOK)

    async def _look(self) -> tuple[bool, R | None]:
        """Read the object; return whether the goal is reached, and the object."""
        goal = self._goal
        try:
            answer = await self._requests.request("GET", goal.path, deadline=self._until())
        except NotFound:
            if goal.reached is None:
                return True, None
            raise
        except (TransportError, ServerError) as error:
            if self._left() > 0:
                LOG.info("%s cannot be read just now: %s", goal.path, error)
                return False, None
            raise self._timed_out() from error
        data = answer.data
        if isinstance(data, dict) and isinstance(data.get("objects"), list) and data["objects"]:
            data = data["objects"][0]
        item = goal.record(data if isinstance(data, dict) else {})
        uri = item.get("resource_uri")
        self._uri = uri if isinstance(uri, str) else ""
        if self._judge(item):
            return True, item
        return False, None

    def _judge(self, item: R) -> bool:
        goal = self._goal
        status = item.get("status") or item.get("state")
        self._status = status if isinstance(status, str) else self._status
        if goal.reached is not None and goal.reached(item):
            return True
        if goal.failed is not None and goal.failed(item):
            error = WaitFailed(
                f"{goal.path} is {self._status}, from where it does not come to {goal.words}",
                method="GET",
                path=goal.path,
            )
            error.status = self._status
            raise error
        return False

    async def _told(self, subscription: Subscription) -> None:
        """Return when a frame makes another look worthwhile."""
        look_at = min(self._deadline, self._requests.port.now() + SAFETY_LOOK)
        while True:
            left = look_at - self._requests.port.now()
            item = await subscription.next(max(0.0, left))
            if item is None:
                if self._left() <= 0:
                    raise self._timed_out()
                return
            if isinstance(item, Gap) or self._worth_a_look(item, subscription):
                return

    def _worth_a_look(self, event: Event, subscription: Subscription) -> bool:
        if not self._concerns(event):
            return False
        # Of several frames about the object that wait, the last one tells it all.
        for later in tuple(subscription.waiting):
            if isinstance(later, Gap) or self._concerns(later):
                return False
        told: Any = event.get("object")
        if not isinstance(told, dict) or not told.keys() & {"status", "state"} or self._goal.reached is None:
            return True
        return self._judge(self._goal.record(told))

    def _concerns(self, event: Event) -> bool:
        uri = event.get("resource_uri")
        if self._uri:
            return uri == self._uri
        return isinstance(uri, str) and uri.endswith("/" + self._goal.path.lstrip("/"))

    async def _pause(self, seconds: float) -> None:
        left = self._left()
        if left <= 0:
            raise self._timed_out()
        await self._requests.port.sleep(min(seconds, left))

    def _until(self) -> float:
        """Return the deadline of one look: the wait's own, with a little grace for a last look at its end."""
        now = self._requests.port.now()
        settings = self._requests.settings.timeout
        return min(max(self._deadline, now + 1.0), now + (inf if settings is None else settings))

    def _left(self) -> float:
        return self._deadline - self._requests.port.now()

    def _timed_out(self) -> WaitTimeout:
        seen = f"it is {self._status}" if self._status else "its state is not known"
        error = WaitTimeout(
            f"{self._goal.path} did not come to {self._goal.words} within {self._timeout:g} s; {seen}",
            method="GET",
            path=self._goal.path,
        )
        error.status = self._status
        return error
