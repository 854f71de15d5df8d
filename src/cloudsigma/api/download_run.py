"""How a download runs: stretches of the drive fetched by several workers into a file that gets its name at the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from ..core import retry
from ..core.journal import Journal
from ..core.port import File, HttpResponse, TransferPort
from ..core.progress import Meter, ProgressCallback, Stopped
from ..core.references import path_of
from ..core.requests import MAX_REDIRECTS, Requests
from ..errors import (
    ApiClientError,
    BadAnswer,
    InvalidArgument,
    NotFound,
    RateLimited,
    ResumeRefused,
    TransferError,
    TransportError,
)
from ..records.drive import Drive
from .chunk_protocols import IDLE_SECONDS, LinkExpired
from .download_targets import Target, digest_key, hold_to_digests, target_of
from .drive_bytes import get_elsewhere, refused_elsewhere
from .upload_begin import fetch_drive
from .upload_run import ATTEMPTS

LOG = logging.getLogger("cloudsigma")

DEFAULT_STRETCH = 32 * 1024**2
LONGEST_SECONDS = 24 * 3600.0
"""How long one request may take; what stands still ends by itself."""

SYNC_BYTES = 256 * 1024**2
"""How many bytes of a download a crash of the machine may cost."""

ZERO_BLOCK = 64 * 1024
_ZEROS = bytes(ZERO_BLOCK)
_REFUSES_LINK = frozenset({401, 403, 404, 410})


class Taker(Protocol):
    """Takes the bytes of a stretch in order."""

    async def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes, which are only lent."""


class _Sink:
    """Takes an answer's body if that is the stretch that was asked for."""

    def __init__(self, offset: int, length: int, total: int, taker: Taker) -> None:
        self._offset = offset
        self._length = length
        self._total = total
        self._taker = taker
        self.count = 0

    async def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        if status == 206:
            wanted = f"bytes {self._offset}-{self._offset + self._length - 1}/{self._total}"
            told = headers.get("content-range", "")
            if told.replace("/*", f"/{self._total}") != wanted:
                raise TransferError(f"the answer has {told or 'no range'} where {wanted} was asked for")
            return True
        if status == 200:
            length = headers.get("content-length")
            if self._offset or (length is not None and int(length) != self._length):
                raise TransferError(
                    f"the server gives the whole image of {length} bytes where {self._length} from {self._offset} "
                    "were asked for"
                )
            return True
        return False

    async def write(self, data: bytes | memoryview) -> None:
        if self.count + len(data) > self._length:
            raise TransferError(f"more than the {self._length} bytes came that were asked for")
        await self._taker.write(data)
        self.count += len(data)


class RangeReader:
    """Reads stretches of one drive of ``size`` bytes, over the link to which the cloud redirects."""

    def __init__(self, requests: Requests, ref: Any, size: int, meter: Meter) -> None:
        self._requests = requests
        self._path = f"{path_of(ref, 'drives')}download/"
        self._size = size
        self._meter = meter
        self._url: str | None = None

    async def read(self, offset: int, length: int, taker: Taker) -> None:
        """Give ``length`` bytes from ``offset`` on to ``taker``, each once, over as many requests as it takes."""
        end = offset + length
        attempt = 0
        while offset < end:
            await self._meter.wait_for_turn()
            sink = _Sink(offset, end - offset, self._size, taker)
            try:
                await self._exchange(sink, offset, end)
                if sink.count < end - offset:
                    raise BadAnswer(f"the answer ended after {sink.count} of {end - offset} bytes", 206)
            except (TransferError, Stopped):
                raise
            except ApiClientError as error:
                self._meter.check()  # what the progress callback raised is no refusal of the cloud's
                attempt = 1 if sink.count else attempt + 1
                if attempt >= ATTEMPTS or not _may_help(error):
                    raise
                pause = retry.pause(
                    attempt, getattr(error, "retry_after", None), self._requests.port.random()
                )
                if isinstance(error, RateLimited) or error.status_code == 503:
                    self._meter.hold(pause)
                else:
                    await self._requests.port.sleep(pause)
            offset += sink.count

    async def _exchange(self, sink: _Sink, offset: int, end: int) -> None:
        wanted = {"Range": f"bytes={offset}-{end - 1}"}
        url = self._url
        if url is not None:
            response = await self._get(url, wanted, sink)
            if 200 <= response.status < 300:
                return
            self._url = None  # links do not last for ever
            if response.status not in _REFUSES_LINK:
                raise refused_elsewhere(url, response)
        answer = await self._requests.request(
            "GET", self._path, headers=wanted, decode=False, follow=False, retries=0, sink=sink,
            timeout=LONGEST_SECONDS, idle=IDLE_SECONDS,
        )  # fmt: skip
        response, url = answer.raw, answer.request.url
        for _ in range(MAX_REDIRECTS):
            if 200 <= response.status < 300:
                return
            if response.status >= 400:
                break
            url = urljoin(url, response.headers.get("location", ""))
            if urlsplit(url).scheme not in ("http", "https"):
                break
            response = await self._get(url, wanted, sink)
            if 200 <= response.status < 300:
                self._url = url
                return
            if response.status in _REFUSES_LINK:
                raise LinkExpired("the link for the download was not taken", response.status)
        raise refused_elsewhere(url, response)

    async def _get(self, url: str, headers: Mapping[str, str], sink: _Sink) -> HttpResponse:
        return await get_elsewhere(
            self._requests, url, headers, timeout=LONGEST_SECONDS, sink=sink, idle=IDLE_SECONDS
        )


def _may_help(error: ApiClientError) -> bool:
    if isinstance(error, (TransportError, LinkExpired)):
        return not getattr(error.__cause__, "permanent", False)
    if isinstance(error, BadAnswer):
        return error.status_code is None or error.status_code < 300
    return error.status_code is not None and retry.may_send_chunk_again(error.status_code)


class Download:
    """One call of ``download``."""

    def __init__(
        self,
        requests: Requests,
        port: TransferPort,
        ref: Any,
        path: str,
        *,
        stretch: int,
        parallel: int,
        callback: ProgressCallback | None,
        sparse: bool,
        bandwidth: float | None,
    ) -> None:
        if stretch < 1:
            raise InvalidArgument(f"chunk_size is {stretch}; it must be 1 byte or more")
        self._requests = requests
        self._port = port
        self._ref = ref
        self._path = path
        self._stretch = stretch
        self._parallel = parallel
        self._callback = callback
        self._sparse = sparse
        self._bandwidth = bandwidth
        self._unsynced: list[int] = []
        self._digests: dict[int, str] = {}
        self._owned = False
        """Whether what is in the target's place is this download's."""
        self._used = True
        """Whether something else than zeros may stand where nothing was written in this run."""
        self._sync_lock = port.lock()

    async def run(self, resume: bool) -> Drive:
        """Download the drive, or what is missing of it, and return it."""
        target = await target_of(self._port, self._path)
        drive = await fetch_drive(self._requests, self._ref)
        journal = await Journal.open(self._port, await target.journal(), "download", anew=not resume)
        try:
            file = await target.open(drive)
            try:
                await self._prepare(journal, target, file, drive, resume)
                await self._fetch(journal, target, file, drive)
                await file.sync()
                await self._check(target, file, drive)
            finally:
                await file.close()
            await target.end()
            await journal.remove()
        except BaseException as error:
            if self._owned and journal.done:
                error.add_note(f"the same call goes on with {target.where}")
            elif self._owned or not journal.facts:
                await journal.remove()  # what a later run would begin with is nothing
                if self._owned:
                    await target.forget()
            raise
        finally:
            await journal.close()
        return drive

    async def _prepare(
        self, journal: Journal, target: Target, file: File, drive: Drive, resume: bool
    ) -> None:
        facts = journal.facts
        size = drive.size
        if facts and resume:
            if (facts.get("drive"), facts.get("size")) != (drive.uuid, size):
                raise ResumeRefused(
                    f"{target.where} is of drive {facts.get('drive')} with {facts.get('size')} bytes, not of {drive.uuid} "
                    f"with {size}; give resume=False to begin anew"
                )
            if await target.begun(file, size):
                self._owned = True
                self._stretch = int(facts["stretch"])
                if target.shared:
                    other = await hold_to_digests(journal, file, size, self._stretch)
                    LOG.info(
                        "%s: %d parts were written to since and are fetched again", target.where, len(other)
                    )
                return
        if resume and not facts and not target.shared and (await file.state()).size:
            raise ResumeRefused(
                f"{target.where} is there, and not of a download of this library: delete it, or give resume=False to "
                "have it written over"
            )
        self._owned = True
        await journal.clear()
        # In this order: what is in the file belongs to a journal at any time.
        await journal.state({"kind": "download", "drive": drive.uuid, "size": size, "stretch": self._stretch})
        await target.begin(file, size)
        self._used = target.shared

    async def _fetch(self, journal: Journal, target: Target, file: File, drive: Drive) -> None:
        size, step = drive.size, self._stretch
        missing = [index for index in range(-(-size // step)) if index not in journal.done]
        meter = Meter(self._port, size, self._callback, self._bandwidth)
        await meter.begin(size - sum(min(step, size - index * step) for index in missing))
        reader = RangeReader(self._requests, drive, size, meter)
        turns = iter(missing)

        async def work(turns: Iterator[int]) -> None:
            try:
                for index in turns:
                    meter.check()
                    offset = index * step
                    length = min(step, size - offset)
                    taker = _Writer(
                        file, offset, meter, sparse=self._sparse, used=self._used, digested=target.shared
                    )
                    await reader.read(offset, length, taker)
                    if taker.digest is not None:
                        self._digests[index] = taker.digest.hexdigest()
                    await self._note(journal, file, index)
            except Stopped:
                return
            except BaseException as error:
                meter.fail(error)
                raise

        workers: Sequence[Any] = [lambda: work(turns)] * min(self._parallel, len(missing))
        try:
            await self._port.gather(workers, self._parallel)
        except NotFound as error:
            raise TransferError(
                f"the drive {drive.uuid} was deleted while it was downloaded",
                error.status_code,
                error.request_id,
            ) from error
        finally:
            await self._settle(journal, file)
        meter.raise_failure()
        await meter.end()

    async def _note(self, journal: Journal, file: File, index: int) -> None:
        async with self._sync_lock:
            self._unsynced.append(index)
            due = len(self._unsynced) * self._stretch >= SYNC_BYTES
        if due:
            await self._settle(journal, file)

    async def _settle(self, journal: Journal, file: File) -> None:
        """Let the disk have what was written, and then the journal know of it."""
        async with self._sync_lock:
            if self._unsynced:
                await file.sync()
                known = {
                    digest_key(each): self._digests[each] for each in self._unsynced if each in self._digests
                }
                if known:
                    await journal.state(known)
                for index in self._unsynced:
                    await journal.note(index)
                self._unsynced = []

    async def _check(self, target: Target, file: File, drive: Drive) -> None:
        await target.check(file, drive.size)
        try:
            after = await fetch_drive(self._requests, drive.uuid)
        except NotFound as error:
            raise TransferError(f"the drive {drive.uuid} was deleted while it was downloaded") from error
        if after.size != drive.size:
            raise TransferError(
                f"the drive {drive.uuid} was resized from {drive.size} to {after.size} bytes meanwhile"
            )


class _Writer:
    """Writes a stretch; where ``sparse`` says so, zeros only where something else may stand (``used``)."""

    def __init__(
        self, file: File, offset: int, meter: Meter, *, sparse: bool, used: bool, digested: bool
    ) -> None:
        self._file = file
        self._at = offset
        self._meter = meter
        self._sparse = sparse
        self._used = used
        self.digest = blake2b(digest_size=16) if digested else None

    async def write(self, data: bytes | memoryview) -> None:
        if self.digest is not None:
            self.digest.update(data)
        if self._sparse:
            await self._write_sparse(memoryview(data))
        else:
            await self._file.write_at(self._at, data)
            self._at += len(data)
        await self._meter.add(len(data))

    async def _write_sparse(self, view: memoryview) -> None:
        begin = 0  # of what is to be written, within view
        place = 0
        while place < len(view):
            block = view[place : place + ZERO_BLOCK - (self._at + place) % ZERO_BLOCK]
            end = place + len(block)
            if not block[0] and not block[-1] and bytes(block) == _ZEROS[: len(block)]:
                if place > begin:
                    await self._file.write_at(self._at + begin, view[begin:place])
                if self._used:
                    await self._file.punch(self._at + place, len(block))
                begin = end
            place = end
        if begin < len(view):
            await self._file.write_at(self._at + begin, view[begin:])
        self._at += len(view)
