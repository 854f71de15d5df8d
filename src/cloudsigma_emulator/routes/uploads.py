"""The bytes of drives: three ways to upload an image, one to download it.

One shot (``/drives/upload/``), a link for each chunk (``do=upload_chunk``), and resumable.js' form posts
(``/drives/{uuid}/upload/``). Links carry their own authority for a while; only their hashes are stored.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from typing import IO, Any

import orjson

from ..domain import drive_states, drives, fields
from ..domain.chunks import Span, chunk_span, covers
from ..domain.drive_states import UPLOADING
from ..domain.multipart import MultipartReader, boundary_of
from ..domain.permissions import CLONE, EDIT
from ..domain.refusal import ErrorItem, Refusal
from ..engine import cloning, drive_transitions
from ..engine.attachments import require_own_tags
from ..engine.sharing import require
from ..store.transaction import Transaction
from .drives import fetch_own
from .objects import avoided
from .rendering import render_drives
from .route import Answer, BodyStream, Call, FileRange, Route

Doc = dict[str, Any]

UPLOAD_LINK_SECONDS = 300
DOWNLOAD_LINK_SECONDS = 3600

_BLOCK = 1 << 20
_SPOOLED = 1 << 20
_MOST_FIELD = 4096
_OCTETS = "application/octet-stream"


# one shot


def upload_whole(call: Call) -> Answer:
    """Take a raw image in one request; the answer is the bare uuid of the new drive."""
    body = _body(call)
    if body.length is None:
        raise Refusal(411, ErrorItem("validation", "The size of the image must be given by Content-Length"))
    with call.transaction() as tx:
        name = f"Upload_{tx.now:%Y-%m-%d %H:%M:%S}"
        values = drives.read_upload({"name": name, "size": body.length, "media": "disk"})
        host = cloning.storage_host(tx)
        drive = drives.new_drive(tx.new_uuid(), call.user_uuid, values, UPLOADING, host)
        drive_transitions.begin_upload(tx, drive)
    try:
        _store(call, drive["uuid"], Span(0, body.length), body)
    except (Refusal, ConnectionError):
        _abandon(call, drive["uuid"])
        raise
    uuid: str = drive["uuid"]
    return Answer(201, raw=uuid.encode(), content_type="text/plain; charset=utf-8")


def _abandon(call: Call, uuid: str) -> None:
    with call.transaction() as tx:
        drive = tx.get("drives", uuid)
        if drive is not None and drive["status"] == UPLOADING:
            drive_transitions.delete(tx, call.app, drive)


# chunks


def begin_uploads(call: Call) -> Answer:
    """Make drives whose bytes will come in chunks; their size stays as sent until all are there."""
    bodies = call.objects("drive to upload")
    stored = []
    for body in bodies:
        values = drives.read_upload(body)
        require_own_tags(call.tx, call.user_uuid, values["tags"])
        host = cloning.storage_host(call.tx, avoided(call))
        drive = drives.new_drive(call.tx.new_uuid(), call.user_uuid, values, UPLOADING, host)
        drive_transitions.begin_upload(call.tx, drive)
        stored.append(drive)
    return Answer(201, {"objects": render_drives(call.tx, stored, call)})


def make_chunk_link(call: Call) -> Answer:
    """Answer a link to which one chunk can be posted; chunks are counted from 0."""
    drive = fetch_own(call, EDIT)
    drive_states.require_legal("upload", drive)
    body = call.object()
    for key in ("chunk_number", "chunk_size"):
        if body.get(key) is None:
            raise Refusal.validation("This field is required", key)
    number = fields.whole_number(body["chunk_number"], "chunk_number")
    chunk_size = fields.whole_number(body["chunk_size"], "chunk_size")
    span = chunk_span(drive["upload"]["size"], chunk_size, number)
    if covers(drive["upload"]["stored"], span):
        raise Refusal.already_uploaded(f"Chunk {number} was already uploaded")
    link = _new_link(
        call.tx, UPLOAD_LINK_SECONDS, drive=drive["uuid"], purpose="upload", number=number, span=list(span)
    )
    return Answer(202, {"link": f"/api/2.0/drives/upload_chunk/{link}/"})


def upload_chunk(call: Call) -> Answer:
    """Take the bytes of the chunk that a link stands for."""
    with call.transaction() as tx:
        link = _follow_link(tx, call.params["token"], "upload")
        drive = tx.get("drives", link["drive"])
        if drive is None:
            raise Refusal.not_found(link["drive"])
        span = Span(*link["span"])
        if covers(drive["upload"]["stored"], span):
            raise Refusal.already_uploaded(f"Chunk {link['number']} was already uploaded")
        drive_states.require_legal("upload", drive)
    _store(call, link["drive"], span, _body(call))
    return Answer(200, {})


def has_chunk(call: Call) -> Answer:
    """Tell resumable.js whether a chunk, counted from 1, is there: 200 or 404."""
    drive = fetch_own(call, EDIT)
    form = {name: call.query.get(name) for name in ("resumableChunkNumber", "resumableChunkSize")}
    form["resumableTotalSize"] = call.query.get("resumableTotalSize")
    span = _resumable_span(drive, form)
    if covers(drive["upload"]["stored"], span):
        return Answer(200, {})
    raise Refusal.missing(f"Chunk {form['resumableChunkNumber']} was not uploaded yet")


def upload_form(call: Call) -> Answer:
    """Take a chunk in resumable.js' form: five fields and the bytes, in any order."""
    uuid = call.params["uuid"]
    with call.transaction() as tx:
        # A refusal must stay cheap: nothing of the body is read for a drive that takes no bytes.
        drive = _uploading(tx, call, uuid)
    with tempfile.SpooledTemporaryFile(max_size=_SPOOLED) as part:
        form = _read_form(call, part)
        span = _resumable_span(drive, form)
        length = part.tell()
        if length != span.length and not call.app.options.lenient_uploads:
            raise _wrong_length(span, length)
        part.seek(0)
        if not covers(drive["upload"]["stored"], span):
            _store(call, uuid, span, _Spool(part, length))
    return Answer(200, {})


def _uploading(tx: Transaction, call: Call, uuid: str) -> Doc:
    drive = tx.get("drives", uuid)
    if drive is None:
        raise Refusal.not_found(uuid)
    require(tx, call.user_uuid, "drives", drive, EDIT)
    if drive["upload"] is None:
        drive_states.require_legal("upload", drive)
    return drive


def _resumable_span(drive: Doc, form: dict[str, str | None]) -> Span:
    if drive["upload"] is None:
        raise Refusal.missing("Nothing was uploaded to this drive")
    numbers: dict[str, int] = {}
    for name in ("resumableChunkNumber", "resumableChunkSize", "resumableTotalSize"):
        if form.get(name) is None:
            raise Refusal.validation("This field is required", name)
        numbers[name] = fields.whole_number(form[name], name)
    size = drive["upload"]["size"]
    if numbers["resumableTotalSize"] != size:
        raise Refusal.validation(f"This upload has {size} bytes", "resumableTotalSize")
    return chunk_span(size, numbers["resumableChunkSize"], numbers["resumableChunkNumber"] - 1)


def _read_form(call: Call, part: IO[bytes]) -> dict[str, str | None]:
    form: dict[str, str | None] = {
        name: value for name, value in call.query.pairs if name.startswith("resumable")
    }
    texts: dict[str, bytes] = {}

    def take(name: str, data: bytes) -> None:
        if name == "file":
            part.write(data)
            return
        texts[name] = texts.get(name, b"") + data
        if len(texts[name]) > _MOST_FIELD:
            raise Refusal.validation(f"The field {name} is too long", name)

    reader = MultipartReader(boundary_of(call.headers.get("content-type", "")), take)
    body = _body(call)
    while data := body.read(_BLOCK):
        reader.feed(data)
    if not reader.ended:
        raise Refusal.validation("The multipart body ends before its closing boundary")
    return {**form, **{name: text.decode("utf-8", "replace") for name, text in texts.items()}}


# what the protocols share


class _Spool:
    """A chunk that was set aside, as a body to be stored."""

    def __init__(self, part: IO[bytes], length: int) -> None:
        self.length: int | None = length
        self._part = part

    def read(self, size: int = _BLOCK) -> bytes:
        """Return up to ``size`` bytes, b"" at the end."""
        return self._part.read(size)


def _body(call: Call) -> BodyStream:
    assert call.raw_body is not None
    return call.raw_body


def _store(call: Call, uuid: str, span: Span, body: BodyStream) -> None:
    """Write a stretch of an image as its bytes arrive, then take note of it. Refuses a wrong length with 400."""
    lenient = call.app.options.lenient_uploads
    if body.length is not None and body.length != span.length and not lenient:
        raise _wrong_length(span, body.length)
    written = 0
    with call.app.images.open_for_writing(uuid) as image:
        while data := body.read(_BLOCK):
            if written + len(data) > span.length:
                if not lenient:
                    raise _wrong_length(span, written + len(data))
                data = data[: span.length - written]
            image.write_at(span.offset + written, data)
            written += len(data)
    if written < span.length and not lenient:
        raise _wrong_length(span, written)
    with call.transaction() as tx:
        drive = tx.get("drives", uuid)
        if drive is not None and drive["status"] == UPLOADING:
            drive_transitions.stored(tx, call.app, drive, span)
    if drive is None:
        # It was deleted while the bytes came in: the file that they made goes too.
        call.app.images.remove(uuid)
        raise Refusal.not_found(uuid)


def _wrong_length(span: Span, length: int) -> Refusal:
    return Refusal.validation(f"This chunk has {span.length} bytes; {length} were sent")


def _new_link(tx: Transaction, seconds: float, **meaning: Any) -> str:
    token = secrets.token_hex(20)
    now = tx.now.timestamp()
    tx.execute("DELETE FROM upload_links WHERE expires<=?", (now,))
    tx.execute(
        "INSERT INTO upload_links(id, doc, expires) VALUES(?,?,?)",
        (_sealed(token), orjson.dumps(meaning), now + seconds),
    )
    return token


def _follow_link(tx: Transaction, token: str, purpose: str) -> Doc:
    rows = tx.execute("SELECT doc, expires FROM upload_links WHERE id=?", (_sealed(token),))
    if rows and rows[0][1] > tx.now.timestamp():
        meaning: Doc = orjson.loads(rows[0][0])
        if meaning["purpose"] == purpose:
            return meaning
    raise Refusal.missing("This link is unknown or has expired")


def _sealed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# download


def download(call: Call) -> Answer:
    """Redirect to a link that gives the image without credentials."""
    drive = fetch_own(call, CLONE)
    drive_states.require_legal("download", drive)
    link = _new_link(call.tx, DOWNLOAD_LINK_SECONDS, drive=drive["uuid"], purpose="download")
    return Answer(302, headers=[("Location", f"/api/2.0/drives/download/{link}/")])


def download_by_link(call: Call) -> Answer:
    """Answer the bytes of the image that a link stands for; what was never written reads as zeros."""
    link = _follow_link(call.tx, call.params["token"], "download")
    drive = call.tx.get("drives", link["drive"])
    if drive is None:
        raise Refusal.not_found(link["drive"])
    uuid = drive["uuid"]
    headers = [("Content-Disposition", f'attachment; filename="{uuid}"')]
    file = FileRange(call.app.images.existing(uuid), drive["size"])
    return Answer(200, headers=headers, file=file, content_type=_OCTETS)


ROUTES: list[Route] = [
    Route("POST", "/drives/upload/", upload_whole, id="drives.upload_direct", binary=True),
    Route("PUT", "/drives/upload/", upload_whole, id="drives.upload_direct", binary=True),
    Route("POST", "/drives/upload/{filename}/", upload_whole, id="drives.upload_direct_named", binary=True),
    Route("PUT", "/drives/upload/{filename}/", upload_whole, id="drives.upload_direct_named", binary=True),
    Route("POST", "/initupload/", begin_uploads, id="initupload.create"),
    Route(
        "POST",
        "/drives/{uuid}/action/",
        make_chunk_link,
        action="upload_chunk",
        id="drives.upload_chunk_link",
    ),
    Route(
        "POST",
        "/drives/upload_chunk/{token}/",
        upload_chunk,
        auth=False,
        id="drives.upload_chunk_data",
        binary=True,
    ),
    Route("GET", "/drives/{uuid}/upload/", has_chunk, id="drives.resumable_test"),
    Route("POST", "/drives/{uuid}/upload/", upload_form, id="drives.resumable_upload", binary=True),
    Route("GET", "/drives/{uuid}/download/", download, id="drives.download"),
    Route("GET", "/drives/download/{token}/", download_by_link, auth=False, id="drives.download_by_link"),
]
