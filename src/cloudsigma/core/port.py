"""The port: every effect that the core may have on the world, and nothing else.

The core awaits only these methods. The asyncio port suspends in them; the blocking port's never do (they block and
return), so that one ``send(None)`` finishes a coroutine of the core; the memory port hands requests to a callable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class HttpRequest:
    """One HTTP request; ``timeout`` is the time in seconds that the whole exchange may take."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = 60.0


@dataclass(slots=True)
class HttpResponse:
    """One HTTP answer, whole. Header names are lower-case; ``cookies`` are the raw ``Set-Cookie`` values."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cookies: Sequence[str] = field(default=(), repr=False)


class PortFailure(Exception):
    """No answer was received.

    ``sent`` is False when the server certainly did not get the request; ``permanent`` means that trying again cannot
    help (a certificate that is not trusted, a host that does not exist).
    """

    def __init__(self, message: str, *, sent: bool, timed_out: bool = False, permanent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.timed_out = timed_out
        self.permanent = permanent


class UpgradeRefused(Exception):
    """A websocket could not be opened; ``status`` is the HTTP status of the refusal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"websocket refused with HTTP status {status}")
        self.status = status


class Signal(Protocol):
    """Something that one task (or thread) sets and another waits for."""

    def set(self) -> None:
        """Let the waiting one go on; if none waits, the next wait returns at once."""

    async def wait(self, timeout: float | None) -> bool:
        """Wait until it is set, clear it and return True; return False after ``timeout`` seconds."""
        ...


class FrameStream(Protocol):
    """An open websocket."""

    async def receive(self, timeout: float | None) -> str | None:
        """Return the next text frame, or None when none came within ``timeout`` seconds (None waits for ever).

        Raises ``PortFailure`` when the connection was lost or closed.
        """
        ...

    async def close(self) -> None:
        """Close the connection; more than once is allowed."""


class Port(Protocol):
    """All effects."""

    blocking: bool

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request for one answer, redirects not followed. Raises ``PortFailure``."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def now(self) -> float:
        """Return the seconds of a clock that never goes back."""
        ...

    def random(self) -> float:
        """Return a number in [0, 1), for jitter."""
        ...

    async def gather(self, jobs: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
        """Run all jobs, at most ``limit`` at once, and return their results in order.

        The first failure is raised once the jobs already begun have ended; those not begun are left out.
        """
        ...

    def lock(self) -> AbstractAsyncContextManager[object]:
        """Return a new lock that tasks (or threads) of this port may hold one at a time."""
        ...

    def signal(self) -> Signal:
        """Return a new signal."""
        ...

    async def open_frames(self, url: str, headers: Mapping[str, str], timeout: float) -> FrameStream:
        """Open a websocket. Raises ``UpgradeRefused`` or ``PortFailure``."""
        ...

    async def close(self) -> None:
        """Close every connection."""
