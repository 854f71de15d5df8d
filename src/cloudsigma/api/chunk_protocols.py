"""How one chunk of an image is sent, once: to a link of its own, or in the form of resumable.js."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from ..core.chunks import FIRST_BY_LINK, FIRST_RESUMABLE, Chunk, chunk_seconds
from ..core.port import BodySource
from ..core.references import path_of
from ..core.requests import Requests
from ..core.resumable_form import form_edges, resumable_fields
from ..errors import (
    ChunkAlreadyUploaded,
    ClientError,
    NotFound,
    RateLimited,
    ServerError,
    TransferError,
)
from ..records.drive import ChunkLink, Drive
from .collection import object_in
from .upload_begin import ANEW, COMPLETE, fetch_drive

IDLE_SECONDS = 60.0


class LinkExpired(ClientError):
    """A link was used up or too old; a new one is fetched."""


class ChunkProtocol:
    """The way of an image to its drive.

    Arguments: ``drive``, a reference; ``size`` of the image and ``chunk_size`` in bytes; ``name`` of the image;
    ``slowest``, to how many bytes a second a chunk may be held back (None: it is not).
    """

    first: ClassVar[int]
    """The number of the first chunk."""

    def __init__(
        self,
        requests: Requests,
        drive: Any,
        size: int,
        chunk_size: int,
        name: str,
        slowest: float | None = None,
    ) -> None:
        self.requests = requests
        self.size = size
        self.chunk_size = chunk_size
        self._path = path_of(drive, "drives")
        self._drive = drive
        self._name = name
        self._slowest = slowest

    async def send(self, chunk: Chunk, body: BodySource, again: bool) -> None:
        """Send a chunk, once; ``again`` says that the cloud may have it. To repeat it is the caller's business.

        Raises :class:`cloudsigma.errors.ChunkAlreadyUploaded` when it has, :class:`LinkExpired`,
        :class:`cloudsigma.errors.TransferError` when the drive was deleted, and the other errors of a request.
        """
        raise NotImplementedError

    async def is_complete(self) -> bool:
        """Tell whether the drive has all its bytes."""
        try:
            return (await fetch_drive(self.requests, self._drive)).status in COMPLETE
        except NotFound:
            return False

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        """Send a request about the drive, which must still be there."""
        try:
            return await self.requests.request(method, path, **{"repeatable": True, **more})
        except NotFound as error:
            await self._existing(error)
            raise

    async def _existing(self, error: NotFound) -> Drive:
        """Return the drive, of which something was not found."""
        try:
            return await fetch_drive(self.requests, self._drive)
        except NotFound:
            raise TransferError(
                f"the drive {self._path.split('/')[1]} was deleted while it was uploaded; {ANEW}",
                error.status_code,
                error.request_id,
            ) from error

    def _terms(self, chunk: Chunk) -> dict[str, Any]:
        seconds = chunk_seconds(chunk.length, self.requests.settings.timeout)
        if seconds is not None and self._slowest is not None:
            seconds += chunk.length / self._slowest
        return {"timeout": seconds, "idle": IDLE_SECONDS, "retries": 0, "repeatable": True, "decode": False}


class ByLink(ChunkProtocol):
    """The cloud is asked for a link, which takes the bytes without credentials."""

    first = FIRST_BY_LINK

    async def send(self, chunk: Chunk, body: BodySource, again: bool) -> None:
        await self.send_to(await self.link(chunk.number), chunk, body)

    async def link(self, number: int) -> str:
        """Return the link for a chunk, which lasts five minutes. Raises as ``send`` does."""
        wanted = {"chunk_number": number, "chunk_size": self.chunk_size}
        answer = await self._ask(
            "POST", f"{self._path}action/", params={"do": "upload_chunk"}, body=wanted, retries=0
        )
        return object_in(answer, ChunkLink).link

    async def send_to(self, link: str, chunk: Chunk, body: BodySource) -> None:
        """Send a chunk to its link. Raises as ``send`` does."""
        try:
            # Who has the link may send the chunk.
            label = f"(the link for chunk {chunk.number})"
            await self.requests.request(
                "POST", link, source=body, authenticated=False, label=label, **self._terms(chunk)
            )
        except NotFound as error:
            if (await self._existing(error)).status != "uploading":
                raise  # a drive that takes nothing any more takes nothing from another link
            raise LinkExpired(
                f"the link for chunk {chunk.number} was not taken", error.status_code, error.request_id
            ) from error


class ByForm(ChunkProtocol):
    """The drive takes forms that name the chunk, and can be asked for it beforehand."""

    first = FIRST_RESUMABLE

    async def send(self, chunk: Chunk, body: BodySource, again: bool) -> None:
        fields = resumable_fields(chunk.number, self.chunk_size, self.size, self._name)
        if again and await self._is_there(fields):
            raise ChunkAlreadyUploaded(f"chunk {chunk.number} is there", 416)
        boundary = uuid4().hex
        form = _Form(body, form_edges(boundary, fields, self._name))
        await self._ask(
            "POST",
            f"{self._path}upload/",
            source=form,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            **self._terms(chunk),
        )

    async def _is_there(self, fields: dict[str, str]) -> bool:
        try:
            answer = await self.requests.request(
                "GET", f"{self._path}upload/", params=fields, retries=0, decode=False, follow=False
            )
        except RateLimited:
            raise
        except (ClientError, ServerError):
            return False  # only a good answer says that it is there; to send it twice does no harm
        # What a redirect leads to says nothing about the chunk.
        return answer.status < 300


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


PROTOCOLS: dict[str, type[ChunkProtocol]] = {"link": ByLink, "resumable": ByForm}
