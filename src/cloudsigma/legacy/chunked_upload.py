"""An upload in chunks by several threads, with the methods that both uploaders of the old library had.

The subclass says how one chunk is sent, in ``ChunkedUpload.upload_chunk``.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeAlias

from ..core import retry
from ..core.chunks import ChunkPlan
from ..errors import (
    ApiClientError,
    ImageChanged,
    InvalidArgument,
    PermissionError,  # noqa: A004  (the old library's name)
    TransferError,
    TransportError,
)
from .image import Image

if TYPE_CHECKING:
    from ..core.requests import Requests
    from ..generic import GenericClient

LOG = logging.getLogger("cloudsigma.upload")

PATIENCE_SECONDS = 5.0
DRIVE_READY_SECONDS = 30.0

ImagePath: TypeAlias = "str | os.PathLike[str]"
Progress: TypeAlias = Callable[[int, int], Any]


class Stopped(Exception):
    """Ends a thread that still sends when another has failed."""


class ChunkedUpload:
    """The threads, the queue and the progress of an upload."""

    first_chunk: int
    retries: int
    count_when_sent = True
    """Whether a chunk is added to the progress here, or by ``upload_chunk`` itself."""

    def _set_up(
        self,
        image_path: ImagePath,
        chunk_size: int,
        n_threads: int,
        progress_callback: Progress | None,
        progress_report_interval: float,
    ) -> None:
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
        self._image: Image | None = None
        self._sent_state: tuple[int, int] | None = None
        self._failure: BaseException | None = None
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._over = threading.Event()
        self._running = 0

    def _total(self) -> int:
        """Return the bytes of the image."""
        raise NotImplementedError

    def _drive(self) -> Any:
        """Return the drive as it is now."""
        raise NotImplementedError

    def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
        """Send one chunk, once."""
        raise NotImplementedError

    @property
    def image_name(self) -> str:
        """The image's base name."""
        return Path(self.image_path).name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

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
        threads = [
            threading.Thread(target=self._work, name=f"upload-{number}", daemon=True)
            for number in range(min(self.n_threads, max(1, self.queue.qsize())))
        ]
        with self.progress_lock:
            self._running += len(threads)
            self._idle.clear()
            self._over.clear()
        for thread in threads:
            thread.start()

    def _work(self) -> None:
        try:
            self.upload_enqueued()
        finally:
            with self.progress_lock:
                self._running -= 1
                if not self._running:
                    self._idle.set()
                    self._over.set()

    def upload_enqueued(self) -> None:
        """Send what is in the queue until it is empty or a chunk has failed for good."""
        while not self._stop.is_set():
            try:
                chunk = self.queue.get_nowait()
            except Empty:
                return
            try:
                self._deliver(*chunk)
            except Stopped:
                pass
            except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
                self._fail(error)
            finally:
                self.queue.task_done()

    def _deliver(self, number: int, offset: int, length: int) -> None:
        """Send one chunk, again after a pause where that may help, but not for ever."""
        attempt = 0
        while True:
            try:
                self.upload_chunk(number, offset, length)
            except TransferError:
                raise
            except ApiClientError as error:
                if attempt and isinstance(error, PermissionError) and self._is_complete():
                    # Of an attempt before, which made the drive complete, only the answer was lost.
                    self.update_progress(length)
                    return
                if attempt >= self.retries or not _may_help(error):
                    raise
                pause = retry.pause(attempt, getattr(error, "retry_after", None), random.random())  # noqa: S311
                LOG.info("chunk %d was not taken (%s); it is sent again in %.1f s", number, error, pause)
                if self._stop.wait(pause):
                    raise Stopped from None
                attempt += 1
            else:
                if self.count_when_sent:
                    self.update_progress(length)
                return

    def _fail(self, error: BaseException) -> None:
        LOG.error("the upload of %s ends: %s", self.image_name, error)
        with self.progress_lock:
            self._failure = self._failure or error
        self._stop.set()
        self._over.set()
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                self.queue.get_nowait()
            except Empty:
                return
            self.queue.task_done()

    def _read(self, offset: int, length: int, before: bytes = b"", after: bytes = b"") -> bytes:
        if self._stop.is_set():
            raise Stopped
        if self._image is not None:
            return self._image.read(offset, length, before, after)
        with Image(self.image_path) as image:  # a chunk that a program sends by hand
            return image.read(offset, length, before, after)

    def _send_all(self) -> None:
        """Send all chunks; return when the drive has them all.

        Raises the error of the first chunk that failed for good, ``cloudsigma.errors.ImageChanged``, or
        ``cloudsigma.errors.TransferError`` when the cloud still waits for chunks afterwards.
        """
        if self._running:
            self._idle.wait()  # requests of an attempt before; each has an end
        self.uploaded_size = 0
        self.finished = False
        self._failure = None
        self._stop.clear()
        with Image(self.image_path) as image:
            if image.size != self._total():
                raise ImageChanged(f"{self.image_name} has {image.size} bytes now; it had {self._total()}")
            if self._sent_state not in (None, image.state):
                raise ImageChanged(
                    f"{self.image_name} is not the file any more of which the cloud has chunks"
                )
            self._image, self._sent_state = image, image.state
            try:
                self.enqueue_chunks()
                self.report_progress()
                self.start_threads()
                self._watch()
                image.check()
            finally:
                # Those that still send cannot be stopped; what they want to read is refused from now on.
                self._stop.set()
                self._drain()
                if not self._running or self._idle.wait(PATIENCE_SECONDS):
                    self._stop.clear()
                self._image = None
        self._await_drive()
        self.finished = True

    def _watch(self) -> None:
        while not self._over.wait(self.progress_report_interval):
            self.report_progress()
        if self._failure is not None:
            raise self._failure
        self.report_progress()

    def _is_complete(self) -> bool:
        return self._drive().get("status") in ("unmounted", "mounted")

    def _await_drive(self) -> None:
        ends = time.monotonic() + DRIVE_READY_SECONDS
        pause = 0.1
        while self._drive().get("status") == "uploading":
            if time.monotonic() + pause > ends:
                raise TransferError("all chunks were sent, but the cloud still waits for some of them")
            time.sleep(pause)
            pause = min(2 * pause, 3.0)

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


def _may_help(error: ApiClientError) -> bool:
    if error.status_code is None:
        return isinstance(error, TransportError)
    return retry.may_send_chunk_again(error.status_code)
