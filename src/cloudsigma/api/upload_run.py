"""How an upload runs: chunks sent by several workers, each until the cloud has taken note of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from ..core import retry
from ..core.chunks import Chunk, ChunkPlan
from ..core.images import Image
from ..core.journal import Journal
from ..core.progress import Meter, MeteredBody, Stopped
from ..core.requests import Requests
from ..errors import (
    ApiClientError,
    BadAnswer,
    ChunkAlreadyUploaded,
    NotFound,
    PermissionError,  # noqa: A004  (the old library's name)
    RateLimited,
    TransferError,
    TransportError,
)
from ..records.drive import Drive
from .chunk_protocols import ChunkProtocol, LinkExpired
from .upload_begin import COMPLETE, fetch_drive

LOG = logging.getLogger("cloudsigma")

ATTEMPTS = 12
"""How often a chunk is sent at most; the pauses between them make up more than a minute."""

READY_SECONDS = 60.0


class ChunkedUpload:
    """One run of an upload in chunks. ``resumed``: the cloud may have chunks that the journal does not know of."""

    def __init__(
        self,
        protocol: ChunkProtocol,
        image: Image,
        journal: Journal | None,
        meter: Meter,
        *,
        parallel: int,
        resumed: bool,
    ) -> None:
        self._protocol = protocol
        self._image = image
        self._journal = journal
        self._meter = meter
        self._parallel = parallel
        self._resumed = resumed
        self._port = protocol.requests.port
        self._order = self._port.lock()
        self.plan = ChunkPlan(image.size, protocol.chunk_size, protocol.first)

    async def run(self) -> None:
        """Send what is missing. Raises the error of the first chunk that failed for good."""
        done = self._journal.done if self._journal is not None else set()
        missing = [index for index in range(len(self.plan)) if index not in done]
        await self._meter.begin(self._image.size - sum(self.plan[index].length for index in missing))
        turns = iter(missing)
        workers: Sequence[Any] = [lambda: self._work(turns)] * min(self._parallel, len(missing))
        await self._port.gather(workers, self._parallel)
        self._meter.raise_failure()

    async def _work(self, turns: Iterator[int]) -> None:
        try:
            while True:
                self._meter.check()
                if self._image.ordered:
                    async with self._order:
                        index = next(turns, None)
                        body = None if index is None else await self._image.take(self.plan[index])
                else:
                    index = next(turns, None)
                    body = None if index is None else await self._image.take(self.plan[index])
                if index is None or body is None:
                    return
                await self._deliver(self.plan[index], MeteredBody(body, self._meter))
                if self._journal is not None:
                    await self._journal.note(index)
        except Stopped:
            return  # the one that failed tells why
        except BaseException as error:
            self._meter.fail(error)
            raise

    async def _deliver(self, chunk: Chunk, body: MeteredBody) -> None:
        async def send(again: bool) -> None:
            try:
                await self._protocol.send(chunk, body, again)
            except ApiClientError:
                await body.take_back()
                raise

        if not await deliver(send, self._protocol, self._meter, again=self._resumed):
            await self._meter.add(chunk.length)


async def deliver(
    send: Callable[[bool], Awaitable[None]],
    protocol: ChunkProtocol,
    meter: Meter,
    *,
    again: bool = False,
    attempts: int = ATTEMPTS,
) -> bool:
    """Have a chunk sent, again after a pause where that may help, but not for ever.

    ``send`` sends it once, and is told whether the cloud may have it already, which ``again`` says of the first time;
    ``attempts`` is how often it is called at most. ``meter`` holds back all that use it when the cloud is busy.

    Returns False when the cloud had the chunk, so that ``send`` had nothing to do. Raises the error of the last
    attempt.
    """
    port = protocol.requests.port
    attempt = 0
    while True:
        await meter.wait_for_turn()
        try:
            await send(again)
            return True
        except ChunkAlreadyUploaded:
            meter.check()
            return False
        except (TransferError, Stopped):
            raise
        except ApiClientError as error:
            meter.check()  # what the progress callback raised is no refusal of the cloud's
            if again and isinstance(error, (PermissionError, NotFound)) and await protocol.is_complete():
                # The cloud had it already, or only the answer to an attempt before was lost.
                return False
            attempt += 1
            if attempt >= attempts or not _may_help(error):
                raise
            again = True
            if isinstance(error, LinkExpired) and attempt == 1:
                continue
            pause = retry.pause(attempt, getattr(error, "retry_after", None), port.random())
            LOG.info("a chunk was not taken (%s); it is sent again in %.1f s", error, pause)
            if isinstance(error, RateLimited) or error.status_code == 503:
                meter.hold(pause)
            else:
                await port.sleep(pause)


def _may_help(error: ApiClientError) -> bool:
    if isinstance(error, (TransportError, LinkExpired)):
        return not getattr(error.__cause__, "permanent", False)
    if isinstance(error, BadAnswer):
        return error.status_code is not None and error.status_code < 300
    return error.status_code is not None and retry.may_send_chunk_again(error.status_code)


async def await_ready(requests: Requests, ref: Any, size: int) -> Drive:
    """Return the drive once the cloud has made it of its bytes.

    Raises :class:`cloudsigma.errors.TransferError` when it waits for more, is too small, or was deleted.
    """
    port = requests.port
    ends = port.now() + READY_SECONDS
    pause = 0.05
    while True:
        try:
            drive = await fetch_drive(requests, ref)
        except NotFound as error:
            raise TransferError(f"the drive {ref} was deleted while it was uploaded") from error
        if drive.status != "uploading":
            break
        if port.now() + pause > ends:
            raise TransferError(f"all was sent, but the cloud still waits for a part of drive {drive.uuid}")
        await port.sleep(pause)
        pause = min(2 * pause, 3.0)
    if drive.status not in COMPLETE:
        raise TransferError(f"the drive {drive.uuid} became {drive.status} after its upload")
    if drive.size < size:
        raise TransferError(f"the drive {drive.uuid} has {drive.size} bytes after the upload of {size}")
    return drive
