"""The websocket feed of one client: opened with a ticket, renewed when it is lost, shared by all who listen.

There is no task or thread behind it. Of those who wait for an event, one at a time reads the socket and hands the
frames to the others; when it has what it came for, the next one takes over.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, Collection
from math import inf
from typing import TYPE_CHECKING

import orjson

from ..errors import ApiClientError, AuthError, BadAnswer, ConnectionFailed, Timeout
from ..errors import PermissionError as Forbidden
from ..records.event import Event
from . import retry
from .port import FrameStream, PortFailure, UpgradeRefused

if TYPE_CHECKING:
    from .requests import Requests

LOG = logging.getLogger("cloudsigma")
BACKLOG = 10_000
OPEN_SECONDS = 20.0


class Gap:
    """Stands in a subscription where events may be missing, because the connection was lost."""


GAP = Gap()


class Subscription:
    """One listener's place in the feed: events wait here until they are taken."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self.waiting: deque[Event | Gap] = deque()
        self.signal = feed.requests.port.signal()

    async def next(self, timeout: float | None) -> Event | Gap | None:
        """Return the next event, ``GAP`` after a loss of the connection, or None after ``timeout`` seconds.

        Raises ``cloudsigma.errors.ApiClientError`` when the connection cannot be had again within that time.
        """
        return await self._feed.next(self, timeout)

    def offer(self, item: Event | Gap) -> None:
        """Put an event in; a listener that is far behind loses the oldest ones, which it is told as a gap."""
        if len(self.waiting) >= BACKLOG:
            LOG.warning("a listener is %d events behind; the oldest are dropped", len(self.waiting))
            self.waiting.clear()
            self.waiting.append(GAP)
        self.waiting.append(item)
        self.signal.set()


class EventFeed:
    """The events of the account (one connection for any number of listeners of this client)."""

    def __init__(self, requests: Requests) -> None:
        self.requests = requests
        self._stream: FrameStream | None = None
        self._subscriptions: list[Subscription] = []
        self._reader: Subscription | None = None
        self._closed = False
        self._lock = requests.port.lock()
        self._opening = requests.port.lock()

    async def subscribe(self, timeout: float | None = None) -> Subscription:
        """Return a place in the feed once the connection is open: what happens from now on will be told.

        ``timeout`` is in seconds. To be ended with ``unsubscribe``. Raises
        ``cloudsigma.errors.ApiClientError`` when the websocket cannot be had.
        """
        subscription = Subscription(self)
        async with self._lock:
            self._subscriptions.append(subscription)
        try:
            await self._open(OPEN_SECONDS if timeout is None else min(timeout, OPEN_SECONDS))
        except BaseException:
            await self.unsubscribe(subscription)
            raise
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Give the place up; the last one to go closes the connection."""
        stream = None
        async with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
            self._pass_on(subscription)
            if not self._subscriptions:
                stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    async def listen(self, resource_types: Collection[str] | None = None) -> AsyncGenerator[Event, None]:
        """Yield events for ever, of some collections or of all; a lost connection is renewed and a gap logged.

        Raises ``cloudsigma.errors.ApiClientError`` when the first connection cannot be had, and later when the
        credentials are refused.
        """
        subscription = await self.subscribe()
        try:
            while True:
                item = await subscription.next(None)
                if isinstance(item, Event):
                    if resource_types is None or item.get("resource_type") in resource_types:
                        yield item
                elif item is not None:
                    LOG.warning("the websocket was interrupted; events may be missing")
        finally:
            await self.unsubscribe(subscription)

    async def next(self, subscription: Subscription, timeout: float | None) -> Event | Gap | None:
        """Return the next item of a subscription; see ``Subscription.next``."""
        port = self.requests.port
        deadline = inf if timeout is None else port.now() + timeout
        while not subscription.waiting:
            left = deadline - port.now()
            if left <= 0:
                return None
            async with self._lock:
                if self._reader is None:
                    self._reader = subscription
                reading = self._reader is subscription
            if not reading:
                await subscription.signal.wait(None if left == inf else left)
                continue
            try:
                await self._read(left)
            finally:
                async with self._lock:
                    self._pass_on(subscription)
        return subscription.waiting.popleft()

    async def close(self) -> None:
        """Close the connection; whoever still listens gets an error."""
        async with self._lock:
            self._closed = True
            stream, self._stream = self._stream, None
            for subscription in self._subscriptions:
                subscription.signal.set()
        if stream is not None:
            await stream.close()

    def _pass_on(self, subscription: Subscription) -> None:
        """Let the others know that one of them may read now, if this one did."""
        if self._reader is subscription:
            self._reader = None
            for other in self._subscriptions:
                if other is not subscription:
                    other.signal.set()

    async def _read(self, left: float) -> None:
        """Hand out the next frame, or a gap if the connection had to be made again."""
        stream = self._stream
        if stream is None:
            await self._reopen(left)
            self._hand_out(GAP)
            return
        try:
            text = await stream.receive(None if left == inf else left)
        except PortFailure as failure:
            LOG.info("the websocket was lost: %s", failure)
            async with self._lock:
                if self._stream is stream:
                    self._stream = None
            await stream.close()
            return
        if text is not None:
            event = event_in(text)
            if event is not None:
                self._hand_out(event)

    def _hand_out(self, item: Event | Gap) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.offer(item)

    async def _reopen(self, left: float) -> None:
        """Open the connection again, as often and as long as it takes."""
        port = self.requests.port
        deadline = port.now() + left
        attempt = 0
        while True:
            try:
                await self._open(min(deadline - port.now(), OPEN_SECONDS))
                return
            except (AuthError, Forbidden):
                raise
            except ApiClientError as error:
                seconds = retry.pause(attempt, None, port.random())
                if self._closed or port.now() + seconds >= deadline:
                    raise
                LOG.info("the websocket cannot be had again yet: %s", error)
                attempt += 1
                await port.sleep(seconds)

    async def _open(self, timeout: float) -> None:
        """Open the connection unless it is open. A ticket that is refused is replaced once."""
        port = self.requests.port
        deadline = port.now() + timeout
        async with self._opening:
            if self._closed:
                raise ConnectionFailed("the client was closed")
            if self._stream is not None:
                return
            for last in (False, True):
                ticket = await self._ticket(deadline)
                left = deadline - port.now()
                try:
                    if left <= 0:
                        raise PortFailure("the time was over", sent=False, timed_out=True)
                    headers = {"Cookie": f"async_auth={ticket}", "Origin": self.requests.origin}
                    stream = await port.open_frames(self.requests.settings.ws_endpoint, headers, left)
                except UpgradeRefused as refused:
                    if refused.status in (401, 403) and not last:
                        continue
                    raise self._unavailable(refused) from refused
                except PortFailure as failure:
                    cls = Timeout if failure.timed_out else ConnectionFailed
                    raise cls(f"{self.requests.settings.ws_endpoint}: {failure}", method="GET") from failure
                async with self._lock:
                    self._stream = stream
                LOG.debug("the websocket is open")
                return

    def _unavailable(self, refused: UpgradeRefused) -> ApiClientError:
        cls = Forbidden if refused.status in (401, 403) else ConnectionFailed
        message = f"{self.requests.settings.ws_endpoint}: the websocket was refused"
        return cls(message, refused.status, method="GET")

    async def _ticket(self, deadline: float) -> str:
        """Return a new ticket, byte for byte as the cloud wrote it (it is good for two minutes)."""
        answer = await self.requests.request(
            "POST",
            "accounts/action/",
            params={"do": "authenticate_asynchronous"},
            body={},
            deadline=deadline,
            repeatable=True,
        )
        for raw in answer.raw.cookies:
            name, _, value = raw.partition(";")[0].strip().partition("=")
            if name == "async_auth" and value:
                return value
        raise BadAnswer(
            "the answer brings no ticket for the websocket",
            answer.status,
            answer.request_id,
            method="POST",
            path="/accounts/action/?do=authenticate_asynchronous",
        )


def event_in(text: str) -> Event | None:
    """Return the event of a frame, or None for a frame that is not one."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        data = None
    if isinstance(data, dict) and isinstance(data.get("resource_uri"), str):
        return Event(data)
    LOG.debug("a frame that is no event was passed over")
    return None
