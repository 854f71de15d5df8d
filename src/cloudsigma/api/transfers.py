"""Whole images up and down: :meth:`DriveTransfers.upload` and :meth:`DriveTransfers.download`."""

from __future__ import annotations

import logging
from typing import Any, Literal

from ..core.call import F, call
from ..core.chunks import Chunk, ChunkPlan
from ..core.images import SECTOR, DiskImage, Image, OrderedImage
from ..core.journal import Journal
from ..core.port import BodySource, TransferPort
from ..core.progress import Meter, MeteredBody, ProgressCallback
from ..core.references import path_of, uuid_of
from ..core.requests import Requests
from ..errors import ImageChanged, InvalidArgument, ResumeRefused, TransferError
from ..records.drive import Drive
from ..records.reference import Ref
from .bodies import Avoid, avoided
from .chunk_protocols import PROTOCOLS
from .download_run import DEFAULT_STRETCH, Download
from .drive_bytes import DriveBytes, send_whole
from .upload_begin import (
    AnyPath,
    Opened,
    Readable,
    begin_drive,
    begin_drive_without_journal,
    chunk_size_of,
    drive_to_go_on_with,
    is_stream,
    open_image,
    open_journal,
    open_stream,
    remove_strays,
    require_same_image,
    upload_key,
)
from .upload_run import ChunkedUpload, await_ready
from .verifying import verify_image

LOG = logging.getLogger("cloudsigma")

Protocol = Literal["link", "resumable", "direct"]
Form = Literal["raw", "gz", "xz", "zst", "qcow2", "vmdk", "vdi"]

SMALL_CHUNK = 10 * 1024**2
LARGE_CHUNK = 32 * 1024**2
LARGE_IMAGE = 1024**3
"""Bytes from which on an image has large chunks, of which each costs the cloud the same few requests."""

PARALLEL = 4


def default_chunk(size: int) -> int:
    """Return the bytes of a chunk when nothing else is said."""
    return LARGE_CHUNK if size >= LARGE_IMAGE else SMALL_CHUNK


class DriveTransfers(DriveBytes[F]):
    """The verbs that move whole images."""

    @call
    async def upload(
        self,
        path: str | AnyPath | Readable,
        *,
        name: str | None = None,
        media: str = "disk",
        storage_type: str | None = None,
        avoid: Avoid = None,
        chunk_size: int | None = None,
        parallel: int = PARALLEL,
        progress: ProgressCallback | None = None,
        resume: bool | Ref[Drive] = True,
        verify: bool = False,
        bandwidth: float | None = None,
        protocol: Protocol | None = None,
        form: Form | None = None,
        size: int | None = None,
    ) -> Drive:
        """Upload an image and return its drive, complete and ready for use.

        ``path`` is a file or a block device; or something to read from that cannot seek, such as
        ``sys.stdin.buffer``, whose ``size`` in bytes must be given. Files called ``.gz``, ``.xz``, ``.zst``,
        ``.qcow2``, ``.vmdk`` and ``.vdi`` are turned to raw on the way, the last three by qemu-img; ``form`` says
        what the name does not. Holes of sparse files are not read from the disk.

        ``name`` is the drive's (by default the file's), ``media`` is ``disk`` or ``cdrom``, ``storage_type`` and
        ``avoid`` are as for :meth:`Drives.create`. ``chunk_size`` is in bytes (10 MiB, from 1 GiB on 32 MiB), ``parallel`` how many chunks are under
        way at once; of packed files and disks so many are in memory. ``progress`` is called with a
        :class:`cloudsigma.core.progress.Progress` now and then; what it raises ends the upload. ``bandwidth`` is the
        most bytes a second. With ``verify`` the drive is read back and compared.

        The same call again goes on with an upload that was broken off, also on another day: a journal beside the
        image, or in the user's state folder, knows what the cloud has. ``resume=False`` begins anew; a drive goes on
        with that one when there is no journal.

        ``protocol`` is ``link`` (a link for each chunk; the default), ``resumable`` (forms of resumable.js) or
        ``direct``: all in one request, which cannot go on when it is broken off; the default for a stream.

        Raises :class:`OSError` when the file cannot be read, :class:`cloudsigma.errors.ImageChanged` when it changed
        meanwhile, :class:`cloudsigma.errors.ResumeRefused` when file or drive are not those that were begun with,
        :class:`cloudsigma.errors.TransferError`, and the other errors of :mod:`cloudsigma.errors`.
        """
        _require_limits(parallel, bandwidth)
        if protocol not in (None, "link", "resumable", "direct"):
            raise InvalidArgument(f"there is no protocol {protocol!r}; there are link, resumable and direct")
        fields = _fields(name, media, storage_type)
        away = avoided(avoid)
        callback = None if progress is None else self._requests.port.here(progress)

        async def work(requests: Requests, port: TransferPort) -> Drive:
            drives = type(self)(requests)
            upload = _Upload(drives, port, fields, away, chunk_size, parallel, callback, bandwidth)
            if is_stream(path):
                return await upload.of_stream(path, protocol or "direct", size, verify)
            where = port.files.path(path)
            kind = await port.files.kind(where)
            if kind == "folder":
                raise IsADirectoryError(f"{where} is a folder, not an image")
            if kind == "stream":
                return await upload.of_stream(where, protocol or "direct", size, verify)
            if protocol == "direct":
                return await upload.in_one_request(where, form, verify)
            return await upload.of_file(where, protocol or "link", form, resume, verify)

        return await self._requests.apart(work)

    @call
    async def download(
        self,
        ref: Ref[Drive],
        path: str | AnyPath,
        *,
        chunk_size: int | None = None,
        parallel: int = PARALLEL,
        progress: ProgressCallback | None = None,
        resume: bool = True,
        sparse: bool = False,
        bandwidth: float | None = None,
    ) -> Drive:
        """Download a drive to a raw image file, and return the drive.

        ``path`` is the file, whose place the image takes when it is whole and the disk has it; until then it is in
        ``path`` with ``.part``. The same call again goes on with a download that was broken off, unless ``resume``
        is False. ``chunk_size`` is how many bytes are asked for at once, ``parallel`` how often at the same time.
        ``sparse`` leaves holes where the image is zero. ``progress`` and ``bandwidth`` are as for :meth:`upload`.

        Raises :class:`cloudsigma.errors.PermissionError` for a drive that cannot be downloaded
        (``runtime.is_downloadable``), :class:`OSError` when the file cannot be written,
        :class:`cloudsigma.errors.ResumeRefused` when the drive is not what it was when the download began,
        :class:`cloudsigma.errors.TransferError`, and the other errors of :mod:`cloudsigma.errors`.
        """
        _require_limits(parallel, bandwidth)
        callback = None if progress is None else self._requests.port.here(progress)

        async def work(requests: Requests, port: TransferPort) -> Drive:
            download = Download(
                requests,
                port,
                ref,
                port.files.path(path),
                stretch=DEFAULT_STRETCH if chunk_size is None else chunk_size,
                parallel=parallel,
                callback=callback,
                sparse=sparse,
                bandwidth=bandwidth,
            )
            return await download.run(resume)

        return await self._requests.apart(work)


def _require_limits(parallel: int, bandwidth: float | None) -> None:
    if parallel < 1:
        raise InvalidArgument(f"parallel is {parallel}; it must be 1 or more")
    if bandwidth is not None and not bandwidth > 0:
        raise InvalidArgument(f"bandwidth is {bandwidth}; it must be above 0 bytes a second")


def _fields(name: str | None, media: str, storage_type: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"media": media}
    if name is not None:
        fields["name"] = name
    if storage_type is not None:
        fields["storage_type"] = storage_type
    return fields


class _Upload:
    """One call of ``upload``."""

    def __init__(
        self,
        drives: Any,
        port: TransferPort,
        fields: dict[str, Any],
        avoid: str | None,
        chunk_size: int | None,
        parallel: int,
        callback: ProgressCallback | None,
        bandwidth: float | None,
    ) -> None:
        self._drives = drives
        self._requests = drives._requests
        self._port = port
        self._fields = fields
        self._avoid = avoid
        self._chunk_size = chunk_size
        self._parallel = parallel
        self._callback = callback
        self._bandwidth = bandwidth

    def _meter(self, size: int) -> Meter:
        return Meter(self._port, size, self._callback, self._bandwidth)

    async def of_file(self, path: str, protocol: str, form: str | None, resume: Any, verify: bool) -> Drive:
        """Upload a file in chunks, with a journal."""
        # Without a readable image nothing is made, not even a journal.
        await (await self._port.files.open(path, "r")).close()
        journal = await open_journal(self._requests, self._port, path, resume is False)
        opened: Opened | None = None
        try:
            if resume is False:
                _warn_of(journal)
                await journal.clear()
            opened = await open_image(self._port, path, form, journal.facts)
            drive = await self._chunks(opened, journal, protocol, resume)
            if verify:
                await verify_image(self._requests, self._port, drive, opened, self._parallel)
            await remove_strays(self._requests, journal, drive)
            await journal.remove()
            return drive
        except BaseException as error:
            if journal.facts.get("drive") and not isinstance(error, (ImageChanged, ResumeRefused)):
                error.add_note(
                    f"the same call goes on with drive {journal.facts['drive']}: {journal.path} knows what it has"
                )
            raise
        finally:
            if opened is not None:
                await opened.image.close()
            if not journal.facts:
                await journal.remove()  # nothing was begun
            await journal.close()

    async def _chunks(self, opened: Opened, journal: Journal, protocol: str, resume: Any) -> Drive:
        image = opened.image
        resumed = bool(journal.facts)
        drive: Drive | None = None
        if resumed:
            require_same_image(journal, opened.facts)
        if resume not in (True, False):
            uuid = uuid_of(resume, "drives", "resume")
            if journal.facts.get("drive") not in (None, uuid):
                raise ResumeRefused(
                    f"{journal.path} speaks of drive {journal.facts['drive']}, not {uuid}: give that one, or delete it"
                )
            drive = await drive_to_go_on_with(self._requests, uuid, image.size)
            if drive.status != "uploading":
                raise ResumeRefused(f"the drive {uuid} is {drive.status}: it waits for no upload")
        elif journal.facts.get("drive"):
            drive = await drive_to_go_on_with(self._requests, journal.facts["drive"], image.size)
        size = chunk_size_of(self._chunk_size, journal, default_chunk(image.size), image.size)
        if isinstance(image, DiskImage) and size % SECTOR and len(ChunkPlan(image.size, size)) > 1:
            raise InvalidArgument(f"chunk_size is {size}; of a disk image it must be a multiple of {SECTOR}")
        if not resumed:
            key = upload_key(opened.facts, self._port.random())
            await journal.state({**opened.facts, "kind": "upload", "key": key, "chunk_size": size})
        if drive is None:
            fields = {"name": opened.name, **self._fields, "size": image.size}
            drive = await begin_drive(self._requests, journal, fields, self._avoid)
            if drive.size != image.size:
                raise TransferError(
                    f"the cloud made a drive of {drive.size} bytes for an image of {image.size}"
                )
        if journal.facts.get("drive") is None:
            await journal.state({"drive": drive.uuid})
        if drive.status == "uploading":
            await self._run(image, drive, opened.name, journal, protocol, size, resumed or resume is not True)
        return await await_ready(self._requests, drive.uuid, image.size)

    async def _run(
        self,
        image: Image,
        drive: Drive,
        name: str,
        journal: Journal | None,
        protocol: str,
        chunk_size: int,
        resumed: bool,
    ) -> None:
        meter = self._meter(image.size)
        slowest = None if self._bandwidth is None else self._bandwidth / self._parallel
        way = PROTOCOLS[protocol](self._requests, drive.uuid, image.size, chunk_size, name, slowest)
        await ChunkedUpload(way, image, journal, meter, parallel=self._parallel, resumed=resumed).run()
        await meter.end()

    async def of_stream(self, source: object, protocol: str, size: int | None, verify: bool) -> Drive:
        """Upload what cannot be read twice."""
        if verify:
            raise InvalidArgument("what cannot be read twice cannot be compared: leave out verify")
        name = str(self._fields.get("name", "stream"))
        image = await open_stream(self._port, source, size, name)
        try:
            if protocol == "direct":
                return await self._direct(image.whole(), image.size)
            chunk_size = chunk_size_of(self._chunk_size, None, default_chunk(image.size), image.size)
            fields = {"name": name, **self._fields, "size": image.size}
            drive = await begin_drive_without_journal(self._requests, fields, self._avoid)
            await self._run(image, drive, name, None, protocol, chunk_size, False)
            return await await_ready(self._requests, drive.uuid, image.size)
        finally:
            await image.close()

    async def in_one_request(self, path: str, form: str | None, verify: bool) -> Drive:
        """Upload a file in one request."""
        opened = await open_image(self._port, path, form, None)
        image = opened.image
        try:
            self._fields.setdefault("name", opened.name)
            if isinstance(image, (OrderedImage, DiskImage)):
                body = image.whole()
            else:
                body = await image.take(Chunk(0, 0, image.size))
            drive = await self._direct(body, image.size)
            if verify:
                await verify_image(self._requests, self._port, drive, opened, self._parallel)
            return drive
        finally:
            await image.close()

    async def _direct(self, body: BodySource, size: int) -> Drive:
        if self._avoid is not None or "storage_type" in self._fields:
            raise InvalidArgument("an upload in one request can choose neither storage_type nor avoid")
        meter = self._meter(size)
        await meter.begin(0)
        uuid = await send_whole(self._drives, MeteredBody(body, meter), self._requests.settings.timeout)
        await meter.end()
        drive = await await_ready(self._requests, uuid, size)
        changes = {key: value for key, value in self._fields.items() if drive.get(key) != value}
        if changes:
            drive = (await self._drives._update_path(path_of(drive, "drives"), drive, changes))[1]
        return drive


def _warn_of(journal: Journal) -> None:
    drive = journal.facts.get("drive")
    if drive:
        LOG.warning("the drive %s of an upload that was broken off is left as it is, unfinished", drive)
