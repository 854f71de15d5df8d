"""What both uploaders of the old library have in common: the threads, the queue and the progress that scripts know.

How a chunk gets to the cloud, and what is done when it does not, is the business of ``cloudsigma.api``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from ..api.chunk_protocols import ChunkProtocol
from ..api.upload_begin import printable_name
from ..api.upload_run import await_ready, deliver
from ..core.call import run
from ..core.chunks import Chunk, ChunkPlan
from ..core.images import RawImage
from ..core.port import BodySource, FileState
from ..core.progress import Meter
from ..core.requests import Requests
from ..errors import ImageChanged, InvalidArgument, NotFound, TransferError
from ..ports.abandonment import Abandoned, abandoned, stop_if_abandoned
from .image import ImagePath, opened

if TYPE_CHECKING:
    from ..generic import GenericClient

LOG = logging.getLogger("cloudsigma.upload")

PATIENCE_SECONDS = 5.0

Progress: TypeAlias = Callable[[int, int], Any]
R = TypeVar("R")


class _Crew:
    """Threads that send at the same time. Once ``stop`` is set, all that they do with the port ends soon."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.idle = threading.Event()
        self.idle.set()
        self.over = threading.Event()
        """Set when all have ended, or one has failed."""
        self.failure: BaseException | None = None
        self._lock = threading.Lock()
        self._running = 0

    def start(self, work: Callable[[], None], count: int) -> None:
        """Let so many threads work."""
        with self._lock:
            self._running += count
            self.idle.clear()
            self.over.clear()
        started = 0
        try:
            for number in range(count):
                threading.Thread(
                    target=self._work, args=(work,), name=f"upload-{number}", daemon=True
                ).start()
                started += 1
        finally:
            self._ended(count - started)

    def _work(self, work: Callable[[], None]) -> None:
        abandoned.set(self.stop)
        try:
            work()
        except Abandoned:
            pass
        except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
            LOG.error("an upload ends: %s", error)
            with self._lock:
                self.failure = self.failure or error
            self.stop.set()
            self.over.set()
        finally:
            self._ended(1)

    def _ended(self, count: int) -> None:
        with self._lock:
            self._running -= count
            if not self._running:
                self.idle.set()
                self.over.set()


class Uploader:
    """The threads, the queue and the progress of an upload."""

    first_chunk: ClassVar[int]
    counts_itself: ClassVar[bool] = False
    """Whether ``upload_chunk`` adds to the progress."""

    def _set_up(
        self,
        image_path: ImagePath,
        chunk_size: int,
        n_threads: int,
        progress_callback: Progress | None,
        progress_report_interval: float,
    ) -> None:
        from .transport import shared_port

        if n_threads < 1:
            raise InvalidArgument(f"n_threads is {n_threads}; it must be 1 or more")
        self.image_path = image_path
        self.chunk_size = chunk_size
        self.n_threads = n_threads
        self.progress_callback = progress_callback
        self.progress_report_interval = progress_report_interval
        self.queue: Queue[tuple[int, int, int]] = Queue()
        self.progress_lock = threading.RLock()
        self.uploaded_size = 0
        self.finished = False
        self._meter = Meter(shared_port(), 0, None, None)
        self._crew = _Crew()
        self._image: RawImage | None = None
        self._states: dict[str, FileState] = {}

    def _total(self) -> int:
        """Return the bytes of the image."""
        raise NotImplementedError

    def _uuid(self) -> str:
        """Return the drive's uuid. Raises ``cloudsigma.errors.InvalidArgument`` for what is none."""
        raise NotImplementedError

    def _way(self) -> ChunkProtocol:
        """Return the way to the drive."""
        raise NotImplementedError

    def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
        """Send one chunk, once."""
        raise NotImplementedError

    def file_chunks(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, offset and length in bytes of each chunk. The last one is the bigger."""
        for chunk in ChunkPlan(self._total(), self.chunk_size, self.first_chunk):
            yield chunk.number, chunk.offset, chunk.length

    def enqueue_chunks(self) -> None:
        """Put all chunks into the queue."""
        for chunk in self.file_chunks():
            self.queue.put(chunk)

    def start_threads(self) -> None:
        """Start the threads that send what is in the queue; each ends when there is nothing left, or on a failure."""
        if self._crew.stop.is_set():
            self._crew = _Crew()
        self._crew.start(self.upload_enqueued, min(self.n_threads, max(1, self.queue.qsize())))

    def upload_enqueued(self) -> None:
        """Send what is in the queue until it is empty.

        A chunk is sent again where that may help. When one has failed for good, the queue is emptied, and the chunk's
        error is raised.
        """
        while True:
            stop_if_abandoned()
            try:
                chunk = self.queue.get_nowait()
            except Empty:
                return
            try:
                self._deliver(*chunk)
            except Abandoned:
                raise
            except BaseException:
                self._drain()
                raise
            finally:
                self.queue.task_done()

    def _deliver(self, number: int, offset: int, length: int) -> None:
        way = self._way()

        async def send(_: bool) -> None:
            self.upload_chunk(number, offset, length)

        sent = finish(deliver(send, way, self._meter, attempts=way.requests.settings.retries + 1))
        if not (sent and self.counts_itself):
            self.update_progress(length)

    def _drain(self) -> None:
        while True:
            try:
                self.queue.get_nowait()
            except Empty:
                return
            self.queue.task_done()

    def _send(
        self,
        number: int,
        offset: int,
        length: int,
        send: Callable[[Chunk, BodySource], Coroutine[Any, Any, None]],
    ) -> None:
        """Have the bytes of one chunk sent, once."""
        chunk = Chunk(number, offset, length)
        with self._opened() as image:
            finish(send(chunk, run(image.take(chunk))))

    @contextmanager
    def _opened(self) -> Iterator[RawImage]:
        """Open the image, unless it is open; it must be the one of which the drive has chunks."""
        image = self._image
        if image is not None:
            yield image
            return
        with opened(self.image_path, self._must_be) as image:
            yield image

    def _must_be(self, now: FileState) -> FileState:
        if now.size != (self._total() or now.size):
            raise ImageChanged(f"{self.image_path} has {now.size} bytes now; it had {self._total()}")
        return self._states.setdefault(self._uuid(), now)

    def _name(self) -> str:
        """Return the image's base name."""
        return printable_name(Path(self.image_path).name)

    def _send_all(self) -> None:
        """Send all chunks; return when the drive has them all.

        Raises the error of the first chunk that failed for good, ``cloudsigma.errors.ImageChanged``, or
        ``cloudsigma.errors.TransferError`` when the cloud still waits for chunks afterwards.
        """
        self._crew.idle.wait()  # an attempt before may still be about to end
        self.uploaded_size = 0
        self.finished = False
        with self._opened() as image:
            self._image = image
            try:
                self.enqueue_chunks()
                self.report_progress()
                self.start_threads()
                self._watch(self._crew)
                run(image.check())
            finally:
                self._crew.stop.set()
                self._drain()
                self._crew.idle.wait(PATIENCE_SECONDS)
                self._image = None
        finish(await_ready(self._way().requests, self._uuid(), self._total()))
        self.finished = True

    def _watch(self, crew: _Crew) -> None:
        while not crew.over.wait(self.progress_report_interval):
            self.report_progress()
        if crew.failure is not None:
            raise crew.failure
        self.report_progress()

    def update_progress(self, uploaded_size: int) -> None:
        """Add bytes to those that the cloud has."""
        with self.progress_lock:
            self.uploaded_size += uploaded_size

    def report_progress(self) -> None:
        """Call the callback with the bytes that the cloud has, and those of the image."""
        if self.progress_callback:
            self.progress_callback(self.uploaded_size, self._total())


def requests_of(client: GenericClient) -> Requests:
    """Return the requests behind an old client, for what it cannot send itself."""
    from .transport import requests_for

    return requests_for(client._current_settings())[1]


def finish(coroutine: Coroutine[Any, Any, R]) -> R:
    """Finish a coroutine of the engine. A drive that is gone is ``NotFound``, as the old library had it."""
    try:
        return run(coroutine)
    except TransferError as error:
        if isinstance(error.__cause__, NotFound):
            raise error.__cause__ from None
        raise
