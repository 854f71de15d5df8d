"""How far a transfer is, and how fast it may go: what its workers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from .pieces import LARGEST_READ, PieceSize
from .port import BodySource, Port

REPORT_SECONDS = 0.1
RATE_SECONDS = 5.0
SMALLEST_STEP = 4 * 1024


class Progress(NamedTuple):
    """How far a transfer is."""

    done: int
    """Bytes of the image that are over, those of earlier runs and those under way among them."""
    total: int
    """Bytes of the image."""
    rate: float
    """Bytes a second, of late."""
    seconds_left: float | None
    """Seconds that the rest will take at that rate; None while that cannot be told."""


ProgressCallback: TypeAlias = Callable[[Progress], Any]


class Stopped(Exception):
    """Ends a worker of a transfer when another has failed."""


class Meter:
    """Counts what is moved, reports it, and holds the workers back.

    Arguments: ``callback`` for the reports; ``bandwidth`` in bytes a second, all workers together.
    """

    def __init__(
        self, port: Port, total: int, callback: ProgressCallback | None, bandwidth: float | None
    ) -> None:
        self._port = port
        self._total = total
        self._callback = callback
        self._bandwidth = bandwidth
        self._lock = port.lock()
        self._done = 0
        self._free_at = port.now()
        self._not_before = port.now()
        self._reported_at = 0.0
        self._marks: list[tuple[float, int]] = []
        self._failure: BaseException | None = None

    @property
    def step(self) -> int:
        """How many bytes may go at once."""
        if self._bandwidth is None:
            return LARGEST_READ
        return int(max(SMALLEST_STEP, min(LARGEST_READ, self._bandwidth / 8)))

    def now(self) -> float:
        """Return the seconds of a clock that never goes back."""
        return self._port.now()

    def fail(self, error: BaseException) -> None:
        """Let all workers end at their next step."""
        self._failure = self._failure or error

    def check(self) -> None:
        """Raise :class:`Stopped` when a worker has failed."""
        if self._failure is not None:
            raise Stopped

    def raise_failure(self) -> None:
        """Raise what has failed first, also where a worker took it for something to try again."""
        if self._failure is not None:
            raise self._failure

    def hold(self, seconds: float) -> None:
        """Let no worker begin anything for some time: the cloud asked for it."""
        self._not_before = max(self._not_before, self._port.now() + seconds)

    async def wait_for_turn(self) -> None:
        """Wait until the cloud may be asked again."""
        while (seconds := self._not_before - self._port.now()) > 0:
            self.check()
            await self._port.sleep(min(seconds, 1.0))
        self.check()

    async def begin(self, done: int) -> None:
        """Say how many bytes earlier runs have moved."""
        async with self._lock:
            self._done = done
            self._marks = [(self._port.now(), done)]
            self._report(final=True)

    async def add(self, count: int) -> None:
        """Count bytes; wait until the bandwidth has room for them."""
        self.check()
        wait = 0.0
        async with self._lock:
            now = self._port.now()
            self._done += count
            if self._bandwidth is not None:
                begin = max(now, self._free_at)
                self._free_at = begin + count / self._bandwidth
                wait = begin - now
            if self._callback is not None and now - self._reported_at >= REPORT_SECONDS:
                self._report()
        if wait > 0:
            await self._port.sleep(wait)
            self.check()

    async def take_back(self, count: int) -> None:
        """Count bytes less, which have to be moved once more."""
        async with self._lock:
            self._done -= count

    async def end(self) -> None:
        """Report that all is over."""
        async with self._lock:
            self._report(final=True)

    def _report(self, *, final: bool = False) -> None:
        if self._callback is None:
            return
        now = self._port.now()
        marks = self._marks
        marks.append((now, self._done))
        while len(marks) > 2 and now - marks[1][0] > RATE_SECONDS:
            marks.pop(0)
        seconds = now - marks[0][0]
        rate = max(0.0, (self._done - marks[0][1]) / seconds) if seconds > 0 else 0.0
        left = self._total - self._done
        self._reported_at = now
        seconds_left = 0.0 if not left else left / rate if rate else None
        try:
            self._callback(Progress(self._done, self._total, rate, seconds_left))
        except BaseException as error:
            self.fail(error)
            raise


class MeteredBody:
    """A request's body that is counted, and held back to the bandwidth."""

    def __init__(self, inner: BodySource, meter: Meter) -> None:
        self._inner = inner
        self._meter = meter
        self._piece = memoryview(b"")
        self._size = PieceSize(meter.step)
        self.length = inner.length
        self.counted = 0
        """Bytes counted since the beginning or the last taking back."""

    async def start(self) -> None:
        """Begin with the first byte."""
        await self.take_back()
        self._piece = memoryview(b"")
        self._size.restart()
        await self._inner.start()

    async def read(self) -> bytes | memoryview:
        """Return the next bytes."""
        if not self._piece:
            self._piece = memoryview(await self._inner.read())
        piece = self._piece[: self._size.next(self._meter.now())]
        self._piece = self._piece[len(piece) :]
        if piece:
            self.counted += len(piece)
            await self._meter.add(len(piece))
        return piece

    async def take_back(self) -> None:
        """Uncount what has to be sent once more."""
        count, self.counted = self.counted, 0
        if count:
            await self._meter.take_back(count)
