"""The port: every effect that the core may have on the world, and nothing else.

The core awaits only these methods. The asyncio port suspends in them; the blocking port's never do (they block and
return), so that one ``send(None)`` finishes a coroutine of the core; the memory port hands requests to a callable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

T = TypeVar("T")


class BodySource(Protocol):
    """A request's body that is made while it is sent, of ``length`` bytes."""

    length: int

    async def start(self) -> None:
        """Begin with the first byte, also when the request is sent once more."""

    async def read(self) -> bytes | memoryview:
        """Return the next bytes, none at the end. What it raises ends the exchange and its connection."""
        ...


class BodySink(Protocol):
    """Takes an answer's body while it arrives."""

    async def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Return whether the body of this answer is wanted here; otherwise it is in the answer as usual."""
        ...

    async def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes; they are only lent."""


@dataclass(slots=True)
class HttpRequest:
    """One HTTP request.

    ``timeout`` is the time in seconds that the whole exchange may take. ``label`` stands for the path in logs and errors
    where that is a secret. On a :class:`TransferPort` bodies may stream: a ``source`` takes the place of ``body``, a
    ``sink`` that of the answer's, and ``idle`` is how long none of their bytes may move, in seconds.
    """

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = 60.0
    source: BodySource | None = field(default=None, repr=False)
    sink: BodySink | None = field(default=None, repr=False)
    idle: float | None = None
    label: str = ""


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


class FileState(NamedTuple):
    """What tells one state of a file from another."""

    size: int
    mtime_ns: int
    inode: int
    device: int


class File(Protocol):
    """An open file that is read and written at places of its own, by several at once. What fails raises OSError."""

    async def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset`` on, fewer only at the end."""
        ...

    async def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Write all of ``data`` from ``offset`` on."""

    async def next_data(self, offset: int) -> tuple[int, int]:
        """Return where the next bytes are that take room on the disk, as (begin, end); before it lies a hole."""
        ...

    async def punch(self, offset: int, length: int) -> None:
        """Make bytes zero, without taking room for them where the system can."""

    async def truncate(self, size: int) -> None:
        """Cut or grow the file."""

    async def sync(self) -> None:
        """Return when the disk has everything."""

    async def state(self) -> FileState:
        """Return the state of the open file; for a device, its size."""
        ...

    async def lock(self) -> bool:
        """Take the file for this process alone; return False when another has it. It ends with the file's closing."""
        ...

    async def close(self) -> None:
        """Close the file; more than once is allowed."""


class ByteStream(Protocol):
    """Bytes that come in order."""

    async def read(self, length: int) -> bytes:
        """Return ``length`` bytes, fewer only at the end."""
        ...

    async def close(self) -> None:
        """Let go of what the bytes come from."""


class Files(Protocol):
    """The file system."""

    def path(self, path: object) -> str:
        """Return a path as text, absolute. Raises :class:`TypeError` for what is no path."""
        ...

    async def resolved(self, path: str) -> str:
        """Return the path to which symbolic links lead, where perhaps nothing is."""
        ...

    async def open(self, path: str, mode: str) -> File:
        """Open a file: ``r`` to read, ``w`` to read and write, made when it is not there.

        A block device is opened to be written to only when nobody else uses it, a file only by its own name, not by
        that of a symbolic link.
        """
        ...

    async def state(self, path: str) -> FileState | None:
        """Return the state of a file, or None when there is none."""
        ...

    async def kind(self, path: str) -> str:
        """Return ``file``, ``device`` for a block device, ``folder``, or ``stream`` for pipes and the like."""
        ...

    async def replace(self, source: str, target: str) -> None:
        """Give a file another name, in the place of what has it and with the same permissions; the disk has that then."""

    async def remove(self, path: str) -> None:
        """Delete a file; nothing happens when there is none."""

    async def writable_beside(self, path: str) -> bool:
        """Tell whether files can be made in the folder of ``path``; never in that of a block device."""
        ...

    async def state_folder(self) -> str:
        """Return this user's folder for what programs remember, made when it is not there."""
        ...

    async def stream(self, source: object, packing: str | None) -> ByteStream:
        """Read a path or an object with ``read`` in order, unpacked from ``gz``, ``xz`` or ``zst``."""
        ...

    async def disk_image(self, path: str, form: str) -> int:
        """Return the bytes of the disk in an image file of qemu-img's format ``form``."""
        ...

    async def disk_bytes(self, path: str, form: str, offset: int, length: int) -> bytes:
        """Return bytes of the disk in an image file; ``offset`` is best a multiple of a large power of two."""
        ...


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

    async def apart(self, work: Callable[[TransferPort], Awaitable[T]]) -> T:
        """Do work that moves many bytes, where it holds up nothing else of this port. Cancelled, it ends first."""
        ...

    def here(self, callback: Callable[[T], Any]) -> Callable[[T], Any]:
        """Return what calls ``callback`` where the caller is, also out of work that is done apart."""
        ...

    async def close(self) -> None:
        """Close every connection."""


class TransferPort(Port, Protocol):
    """Effects of work that moves many bytes: it blocks while it reads, writes, sends and receives them."""

    @property
    def files(self) -> Files:
        """The file system."""
        ...
