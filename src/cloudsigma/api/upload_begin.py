"""How an upload begins: the image is opened and measured, and a journal and a drive are found or made."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

import orjson

from ..core import retry
from ..core.chunks import ChunkPlan
from ..core.filters import filter_params
from ..core.images import (
    DISKS,
    DiskImage,
    Image,
    OrderedImage,
    RawImage,
    WatchedFile,
    disk_form,
    fingerprint,
    form_of,
    measure,
)
from ..core.journal import LONGEST_NAME, Journal, journal_path, length_of_name
from ..core.pages import fetch_all
from ..core.port import TransferPort
from ..core.references import path_of
from ..core.requests import Requests
from ..errors import (
    ApiClientError,
    InvalidArgument,
    NotFound,
    OutcomeUnknown,
    ResumeRefused,
    ServerError,
)
from ..records.drive import Drive
from ..records.record import Record
from .collection import object_in
from .idempotency import META_KEY, may_create_again

LOG = logging.getLogger("cloudsigma")
LATE_SECONDS = 1.0
COMPLETE = frozenset({"unmounted", "mounted"})
ANEW = "give resume=False to upload it anew"


class AnyPath(Protocol):
    """A path of :mod:`pathlib`, or what else names a file."""

    def __fspath__(self) -> str: ...


class Readable(Protocol):
    """Bytes in order: a file opened in binary mode, a pipe, ``sys.stdin.buffer``."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class Opened:
    """An image file, opened; ``facts`` are what the journal holds it to."""

    image: Image
    path: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


def is_stream(source: object) -> bool:
    """Tell whether the caller gave something to read from instead of a path."""
    return hasattr(source, "read") and not hasattr(source, "__fspath__")


async def open_stream(port: TransferPort, source: object, size: int | None, name: str) -> OrderedImage:
    """Take a stream of ``size`` bytes. Raises :class:`cloudsigma.errors.InvalidArgument` without a size."""
    if size is None:
        raise InvalidArgument(
            "a stream does not tell how many bytes will come, and the cloud must know beforehand: give size"
        )
    if size < 1:
        raise InvalidArgument("the image is empty")
    return OrderedImage(await port.files.stream(source, None), size, None, name)


async def open_image(
    port: TransferPort, path: str, form: str | None, known: Mapping[str, Any] | None
) -> Opened:
    """Open an image file.

    ``known`` are the facts of an earlier run, which spare measuring a packed file again if it is the same. Raises
    :class:`OSError`, and :class:`cloudsigma.errors.InvalidArgument` for an empty image.
    """
    name = printable_name(path)
    file = await port.files.open(path, "r")
    try:
        state = await file.state()
        watched = WatchedFile(port, path, file, state, await port.files.kind(path) == "device")
        kind = form_of(name, await file.read_at(0, 512), form)
        facts = {
            "file_size": state.size,
            "mtime_ns": state.mtime_ns,
            "fingerprint": await fingerprint(file, state.size),
            "form": kind,
        }
        image: Image
        if not state.size:
            raise InvalidArgument(f"the image {path} is empty")
        if kind == "raw":
            image = RawImage(watched)
        elif kind in DISKS.values():
            image = DiskImage(port, watched, kind, await port.files.disk_image(path, kind))
        else:
            same = known is not None and all(known.get(key) == value for key, value in facts.items())
            size = known["size"] if known is not None and same else await _measured(port, path, kind, form)
            image = OrderedImage(await port.files.stream(path, kind), size, watched, path)
        if not image.size:
            raise InvalidArgument(f"the image in {path} is empty")
        facts["size"] = image.size
        await image.check()
    except BaseException:
        await file.close()
        raise
    return Opened(image, path, name, facts)


async def _measured(port: TransferPort, path: str, packing: str, given: str | None) -> int:
    stream = await port.files.stream(path, packing)
    try:
        head = await stream.read(512)
        disk = disk_form(head) if given is None else None
        if disk is not None:
            raise InvalidArgument(
                f"in {path} is a {disk} image, and only one of both is turned to raw: unpack it and upload what comes "
                f"out, or say form={packing!r} to send that as it is"
            )
        return len(head) + await measure(stream)
    finally:
        await stream.close()


def printable_name(path: str) -> str:
    """Return a path's base name, in letters that any document can hold."""
    base = path.replace("\\", "/").rpartition("/")[2] if ":\\" in path else path.rpartition("/")[2]
    return base.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def account_tag(requests: Requests, more: str = "") -> str:
    """Return a few letters that stand for the cloud and the account, so that uploads to two do not meet."""
    settings = requests.settings
    text = f"{settings.api_endpoint}\n{settings.username}\n{more}"
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


async def open_journal(requests: Requests, port: TransferPort, path: str, anew: bool) -> Journal:
    """Open the journal of the upload of ``path`` to this account; raises as :meth:`Journal.open`."""
    where = f"{path}.upload-{account_tag(requests)}.journal"
    if length_of_name(where) > LONGEST_NAME or not await port.files.writable_beside(path):
        tag = account_tag(requests, path)  # in the state folder names of many folders meet
        where = await journal_path(port, f"upload-{tag}", printable_name(path))
    return await Journal.open(port, where, "upload", anew=anew)


def require_same_image(journal: Journal, facts: Mapping[str, Any]) -> None:
    """Raise :class:`cloudsigma.errors.ResumeRefused` when the file is not the one that was begun with."""
    told = {
        "file_size": "has another size",
        "mtime_ns": "was written to since",
        "fingerprint": "has other content",
        "form": "is taken for another form of image",
        "size": "has another size",
    }
    for key, words in told.items():
        if journal.facts.get(key) != facts[key]:
            raise ResumeRefused(
                f"the image {words} ({key} was {journal.facts.get(key)}, is {facts[key]}), so that the upload that "
                f"{journal.path} speaks of cannot go on; its drive {journal.facts.get('drive')} is of no use any "
                f"more: {ANEW}"
            )


async def begin_drive(
    requests: Requests, journal: Journal, fields: dict[str, Any], avoid: str | None
) -> Drive:
    """Make the drive, at most once: the journal's key is in its ``meta`` and found again when an answer was lost."""
    key = journal.facts["key"]
    body = {**fields, "meta": {**(fields.get("meta") or {}), META_KEY: key}}
    attempt = 0
    unknown: ApiClientError | None = None
    while True:
        if attempt or journal.facts.get("asked"):
            found = await _find(requests, fields["name"], key)
            if found is None:
                # The request of a run that was killed, or whose answer was lost, may still be on its way.
                await requests.port.sleep(LATE_SECONDS)
                found = await _find(requests, fields["name"], key)
            if found is not None:
                return found
        if unknown is not None and attempt > requests.settings.retries:
            raise unknown
        # Asked again: the earlier request may be carried out all the same, see remove_strays.
        await journal.state({"asked_again" if journal.facts.get("asked") else "asked": True})
        try:
            answer = await requests.request(
                "POST", "initupload/", body={"objects": [body]}, params={"avoid": avoid}
            )
            return object_in(answer, Drive)
        except (OutcomeUnknown, ServerError) as error:
            if not may_create_again(error):
                raise
            unknown = error
            await requests.port.sleep(retry.pause(attempt, None, requests.port.random()))
            attempt += 1


async def begin_drive_without_journal(requests: Requests, fields: dict[str, Any], avoid: str | None) -> Drive:
    """Make the drive for what cannot be sent again by a later run."""
    answer = await requests.request(
        "POST", "initupload/", body={"objects": [fields]}, params={"avoid": avoid}
    )
    return object_in(answer, Drive)


async def remove_strays(requests: Requests, journal: Journal, drive: Drive) -> None:
    """Delete the empty drives of an upload whose drive was asked for more than once."""
    if not journal.facts.get("asked_again"):
        return
    for made in await _made(requests, drive.name, journal.facts["key"]):
        if made["uuid"] != drive.uuid and made.get("status") == "uploading":
            LOG.info("drive %s was made by a request that was taken for lost; it is deleted", made["uuid"])
            try:
                await requests.request("DELETE", path_of(made["uuid"], "drives"))
            except NotFound:
                continue


async def _find(requests: Requests, name: str, key: str) -> Drive | None:
    for made in await _made(requests, name, key):
        return await fetch_drive(requests, made["uuid"])
    return None


async def _made(requests: Requests, name: str, key: str) -> list[Record]:
    """Return the drives that were made for an upload: those of its name with its key."""
    params = {**filter_params({"name": name}), "fields": "uuid,meta,status"}
    found = await fetch_all(requests, "drives/detail/", Record, params)
    return [made for made in found if (made.get("meta") or {}).get(META_KEY) == key]


async def fetch_drive(requests: Requests, ref: Any) -> Drive:
    """Return a drive as it is now."""
    return object_in(await requests.request("GET", path_of(ref, "drives")), Drive)


async def drive_to_go_on_with(requests: Requests, ref: Any, size: int) -> Drive:
    """Return the drive of an upload that was broken off.

    Raises :class:`cloudsigma.errors.ResumeRefused` when it is gone, or not one that takes this image.
    """
    try:
        drive = await fetch_drive(requests, ref)
    except NotFound as error:
        raise ResumeRefused(f"the drive {ref} that was begun is gone; {ANEW}") from error
    if drive.status == "uploading":
        if drive.size != size:
            raise ResumeRefused(
                f"the drive {drive.uuid} takes {drive.size} bytes, but the image has {size}; {ANEW}"
            )
    elif drive.status not in COMPLETE or drive.size < size:
        raise ResumeRefused(f"the drive {drive.uuid} is {drive.status} and takes no bytes; {ANEW}")
    return drive


def chunk_size_of(given: int | None, journal: Journal | None, default: int, size: int) -> int:
    """Return the chunk size: that of the earlier run, or what was ``given``."""
    begun = journal.facts.get("chunk_size") if journal is not None else None
    chosen = begun or (default if given is None else given)
    ChunkPlan(size, chosen)
    return int(chosen)


def upload_key(facts: Mapping[str, Any], random: float) -> str:
    """Return a text that no other upload has."""
    return blake2b(orjson.dumps([dict(facts), random]), digest_size=12).hexdigest()
