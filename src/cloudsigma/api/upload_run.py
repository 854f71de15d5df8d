"""How an upload runs: chunks sent by several workers, each until the cloud has taken note of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from ..core import retry
from ..core.chunks import FIRST_BY_LINK, FIRST_RESUMABLE, Chunk, ChunkPlan, chunk_seconds
from ..core.images import Image
from ..core.journal import Journal
from ..core.port import BodySource
from ..core.progress import Meter, MeteredBody, Stopped
from ..core.requests import Requests
from ..core.resumable_form import form_edges, resumable_fields
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
from ..records.drive import ChunkLink, Drive
from .collection import object_in
from .upload_begin import ANEW, COMPLETE, fetch_drive

ATTEMPTS = 12
"""How often a chunk is sent at most; the pauses between them make up more than a minute."""

IDLE_SECONDS = 60.0
READY_SECONDS = 60.0

FIRST_NUMBERS = {"link": FIRST_BY_LINK, "resumable": FIRST_RESUMABLE}


class LinkExpired(ApiClientError):
    """A link was used up or too old; a new one is fetched."""


class ChunkedUpload:
    """One run of an upload in chunks. ``resumed``: the cloud may have chunks that the journal does not know of."""

    def __init__(
        self,
        requests: Requests,
        drive: Drive,
        image: Image,
        name: str,
        journal: Journal | None,
        meter: Meter,
        *,
        protocol: str,
        chunk_size: int,
        parallel: int,
        bandwidth: float | None,
        resumed: bool,
    ) -> None:
        self._requests = requests
        self._drive = drive
        self._image = image
        self._name = name
        self._journal = journal
        self._meter = meter
        self._protocol = protocol
        self._parallel = parallel
        self._resumed = resumed
        self._slowest = None if bandwidth is None else bandwidth / parallel
        self._order = requests.port.lock()
        self.plan = ChunkPlan(image.size, chunk_size, FIRST_NUMBERS[protocol])

    async def run(self) -> None:
        """Send what is missing. Raises the error of the first chunk that failed for good."""
        done = self._journal.done if self._journal is not None else set()
        missing = [index for index in range(len(self.plan)) if index not in done]
        await self._meter.begin(self._image.size - sum(self.plan[index].length for index in missing))
        turns = iter(missing)
        workers: Sequence[Any] = [lambda: self._work(turns)] * min(self._parallel, len(missing))
        await self._requests.port.gather(workers, self._parallel)

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
        except BaseException:
            self._meter.fail()
            raise

    async def _deliver(self, chunk: Chunk, body: MeteredBody) -> None:
        """Send a chunk, again after a pause where that may help, but not for ever."""
        port = self._requests.port
        again = self._resumed
        attempt = 0
        while True:
            await self._meter.wait_for_turn()
            try:
                await self._send(chunk, body, again)
                return
            except ChunkAlreadyUploaded:
                await self._count(body, chunk)
                return
            except (TransferError, Stopped):
                raise
            except ApiClientError as error:
                await body.take_back()
                if again and isinstance(error, PermissionError) and await self._is_complete():
                    # The cloud had it already, or only the answer to an attempt before was lost.
                    await self._count(body, chunk)
                    return
                attempt += 1
                if attempt >= ATTEMPTS or not _may_help(error):
                    raise
                again = True
                if isinstance(error, LinkExpired) and attempt == 1:
                    continue
                pause = retry.pause(attempt, getattr(error, "retry_after", None), port.random())
                if isinstance(error, RateLimited) or error.status_code == 503:
                    self._meter.hold(pause)
                else:
                    await port.sleep(pause)

    async def _count(self, body: MeteredBody, chunk: Chunk) -> None:
        await body.take_back()
        await self._meter.add(chunk.length)

    async def _send(self, chunk: Chunk, body: BodySource, again: bool) -> None:
        if self._protocol == "link":
            await self._send_by_link(chunk, body)
        elif not again or not await self._is_there(chunk):
            await self._send_form(chunk, body)
        else:
            raise ChunkAlreadyUploaded(f"chunk {chunk.number} is there", 416)

    async def _send_by_link(self, chunk: Chunk, body: BodySource) -> None:
        wanted = {"chunk_number": chunk.number, "chunk_size": self.plan.chunk_size}
        link = object_in(
            await self._ask(
                "POST", f"drives/{self._drive.uuid}/action/", params={"do": "upload_chunk"}, body=wanted
            ),
            ChunkLink,
        )
        try:
            await self._requests.request(
                "POST", link.link, source=body, authenticated=False, **self._terms(chunk)
            )
        except NotFound as error:
            raise LinkExpired(
                f"the link for chunk {chunk.number} was not taken", error.status_code, error.request_id
            ) from error

    async def _send_form(self, chunk: Chunk, body: BodySource) -> None:
        boundary = uuid4().hex
        form = _Form(body, form_edges(boundary, self._fields(chunk), self._name))
        await self._ask(
            "POST",
            f"drives/{self._drive.uuid}/upload/",
            source=form,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            **self._terms(chunk),
        )

    async def _is_there(self, chunk: Chunk) -> bool:
        path = f"drives/{self._drive.uuid}/upload/"
        try:
            answer = await self._requests.request(
                "GET", path, params=self._fields(chunk), decode=False, follow=False
            )
        except NotFound:
            return False
        return answer.status < 300

    def _fields(self, chunk: Chunk) -> dict[str, str]:
        return resumable_fields(chunk.number, self.plan.chunk_size, self.plan.size, self._name)

    def _terms(self, chunk: Chunk) -> dict[str, Any]:
        seconds = chunk_seconds(chunk.length, self._requests.settings.timeout)
        if seconds is not None and self._slowest is not None:
            seconds += chunk.length / self._slowest
        return {"timeout": seconds, "idle": IDLE_SECONDS, "retries": 0, "repeatable": True, "decode": False}

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        """Send a request about the drive, which must still be there."""
        try:
            return await self._requests.request(method, path, **{"repeatable": True, **more})
        except NotFound as error:
            try:
                await fetch_drive(self._requests, self._drive.uuid)
            except NotFound:
                raise TransferError(
                    f"the drive {self._drive.uuid} was deleted while it was uploaded; {ANEW}",
                    error.status_code,
                    error.request_id,
                ) from error
            raise

    async def _is_complete(self) -> bool:
        try:
            return (await fetch_drive(self._requests, self._drive.uuid)).status in COMPLETE
        except NotFound:
            return False


class _Form:
    """The bytes of a chunk within a form."""

    def __init__(self, inner: BodySource, edges: tuple[bytes, bytes]) -> None:
        self._inner = inner
        self._before, self._after = edges
        self._state = 0
        self.length = len(self._before) + inner.length + len(self._after)

    async def start(self) -> None:
        self._state = 0
        await self._inner.start()

    async def read(self) -> bytes | memoryview:
        if self._state == 0:
            self._state = 1
            return self._before
        if self._state == 1:
            piece = await self._inner.read()
            if piece:
                return piece
            self._state = 2
            return self._after
        return b""


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
