"""The bytes of a drive, a piece at a time: the low level of uploads and downloads.

There are three ways up. One request with the whole image (``DriveBytes.upload_direct``); chunks by links, counted
from 0 (``DriveBytes.init_upload``, ``DriveBytes.upload_chunk_link``, ``DriveBytes.upload_chunk``); chunks
by resumable.js, counted from 1 (``DriveBytes.init_upload``, ``DriveBytes.resumable_test``,
``DriveBytes.resumable_upload``). An image of ``size`` bytes has ``size // chunk_size`` chunks, at least one, of
which the last also takes what is left over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack
from urllib.parse import quote, urljoin, urlsplit
from uuid import uuid4

from ..core import refusals
from ..core.call import F, call
from ..core.chunks import chunk_seconds
from ..core.port import BodySource, HttpRequest, HttpResponse, PortFailure
from ..core.references import path_of, uuid_of
from ..core.requests import MAX_REDIRECTS, USER_AGENT, Requests, shown_path
from ..core.resumable_form import form_edges, resumable_fields
from ..errors import ApiClientError, BadAnswer, ConnectionFailed, InvalidArgument, NotFound, Timeout
from ..records.drive import ChunkLink, Drive
from ..records.drive_body import UploadSpec
from ..records.reference import Ref
from .bodies import Avoid, avoided, body_of
from .collection import Collection, object_in

DIRECT_IDLE_SECONDS = 300.0

DEFAULT_CHUNK = 5 * 1024**2
"""Bytes of a chunk when nothing else is said."""


class DriveBytes(Collection[F]):
    """The verbs that move bytes of drives."""

    _path = "drives"

    @call
    async def init_upload(self, *, avoid: Avoid = None, **fields: Unpack[UploadSpec]) -> Drive:
        """Make a drive that chunks can be uploaded to and return it, ``uploading``.

        ``fields`` are the keys of ``cloudsigma.records.UploadSpec``: name, size (bytes of the image, exactly) and
        media are required. The drive is ``unmounted`` once the last chunk has arrived. ``avoid`` names drives whose storage hosts to keep
        away from. Asks ``POST /initupload/``.
        """
        body = {"objects": [body_of(fields)]}
        answer = await self._requests.request(
            "POST", "initupload/", body=body, params={"avoid": avoided(avoid)}
        )
        return object_in(answer, Drive)

    @call
    async def upload_chunk_link(
        self, ref: Ref[Drive], chunk_number: int, chunk_size: int = DEFAULT_CHUNK
    ) -> ChunkLink:
        """Return where to send one chunk to within five minutes.

        ``chunk_number`` counts from 0, ``chunk_size`` is in bytes, the same for all chunks. Raises
        ``cloudsigma.errors.ChunkAlreadyUploaded``, and ``cloudsigma.errors.PermissionError`` when the drive
        is not ``uploading``.
        """
        body = {"chunk_number": chunk_number, "chunk_size": chunk_size}
        return await self._act(ref, "upload_chunk", ChunkLink, body)

    @call
    async def upload_chunk(self, link: ChunkLink | str, data: bytes) -> None:
        """Send ``data``, the bytes of one chunk, to its ``link``, which needs no credentials.

        Raises ``cloudsigma.errors.NotFound`` for a link that is used up or too old,
        ``cloudsigma.errors.ValidationError`` for a wrong number of bytes.
        """
        target = link if isinstance(link, str) else link.link
        # A link may be a whole URL of the host, or a path; another host would be refused.
        await self._requests.request(
            "POST",
            target,
            body=bytes(data),
            authenticated=False,
            decode=False,
            label="(the link for a chunk)",
        )

    @call
    async def resumable_test(
        self, ref: Ref[Drive], chunk_number: int, *, chunk_size: int, total_size: int, filename: str
    ) -> bool:
        """Return whether the cloud has a chunk already.

        ``chunk_number`` counts from 1; ``chunk_size`` and ``total_size`` (of the image) are in bytes; ``filename`` is
        the base name of the image.
        """
        params = resumable_fields(chunk_number, chunk_size, total_size, filename)
        try:
            answer = await self._requests.request(
                "GET", self._upload_path(ref), params=params, decode=False, follow=False
            )
        except NotFound:
            return False
        # What a redirect leads to says nothing about the chunk.
        return answer.status < 300

    @call
    async def resumable_upload(
        self,
        ref: Ref[Drive],
        chunk_number: int,
        data: bytes,
        *,
        chunk_size: int,
        total_size: int,
        filename: str,
    ) -> None:
        """Send ``data``, the bytes of one chunk, as a form of resumable.js.

        ``chunk_number`` counts from 1; ``chunk_size`` and ``total_size`` (of the image) are in bytes; ``filename`` is
        the base name of the image. Sending a chunk again does no harm. Raises ``cloudsigma.errors.ValidationError`` for a wrong number of bytes.
        """
        fields = resumable_fields(chunk_number, chunk_size, total_size, filename)
        boundary = uuid4().hex
        before, after = form_edges(boundary, fields, filename)
        await self._requests.request(
            "POST",
            self._upload_path(ref),
            body=b"".join((before, data, after)),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            repeatable=True,
            decode=False,
        )

    @call
    async def upload_direct(self, data: bytes, filename: str | None = None) -> Drive:
        """Upload ``data``, a whole image, in one request and return the drive made of it.

        The cloud names the drive by the time of the upload, as a disk; ``filename`` means nothing to it. It goes to
        the host for big transfers, with the name and password of the client: a token is not taken there. Everything is
        held in memory; a failure loses it all.
        """
        return await self._fetch_one(f"drives/{await _send_direct(self, filename, body=bytes(data))}/", Drive)

    @call
    async def download_range(self, ref: Ref[Drive], offset: int, length: int) -> bytes:
        """Return ``length`` bytes of a drive from ``offset`` on, fewer only at its end.

        Raises ``cloudsigma.errors.PermissionError`` for a drive that cannot be downloaded
        (``runtime.is_downloadable``).
        """
        if offset < 0 or length < 1:
            raise InvalidArgument("offset must be 0 or more and length 1 or more")
        requests = self._requests
        wanted = {"Range": f"bytes={offset}-{offset + length - 1}"}
        answer = await requests.request(
            "GET", f"{path_of(ref, 'drives')}download/", headers=wanted, decode=False, follow=False
        )
        response = answer.raw
        if 300 <= response.status < 400:
            response = await _follow(requests, answer.request.url, response, wanted)
        if response.status == 206:
            return response.body
        return response.body[offset : offset + length]

    def _upload_path(self, ref: Any) -> str:
        return f"{path_of(ref, 'drives')}upload/"

    def _direct(self) -> Requests:
        """Return requests to the host for big transfers: the one that also serves the websocket."""
        own = self._requests
        scheme, path = urlsplit(own.settings.api_endpoint)[0], urlsplit(own.settings.api_endpoint)[2]
        host = urlsplit(own.settings.ws_endpoint).netloc
        return Requests(own.port, replace(own.settings, api_endpoint=f"{scheme}://{host}{path}"))


async def send_whole(drives: DriveBytes[Any], source: BodySource, timeout: float | None) -> str:
    """Upload an image in one request that is made while it is sent, and return the uuid of its drive."""
    seconds = chunk_seconds(source.length, timeout)
    return await _send_direct(drives, None, source=source, timeout=seconds, idle=DIRECT_IDLE_SECONDS)


async def _send_direct(drives: DriveBytes[Any], filename: str | None, **body: Any) -> str:
    path = "drives/upload/"
    if filename is not None:
        path = f"{path}{quote(filename, safe='')}"
    answer = await drives._direct().request("POST", path, decode=False, **body)
    text = answer.raw.body.decode("utf-8", "replace").strip()
    try:
        return uuid_of(text, "drives")
    except InvalidArgument:
        raise BadAnswer(
            "the answer to the upload is not the uuid of a drive",
            answer.status,
            answer.request_id,
            method="POST",
            path=shown_path(answer.request.url),
        ) from None


async def _follow(
    requests: Requests, url: str, response: HttpResponse, headers: Mapping[str, str]
) -> HttpResponse:
    """Follow redirects of a download, which lead to other hosts and authorise themselves: no credentials go along."""
    for _ in range(MAX_REDIRECTS):
        url = urljoin(url, response.headers.get("location", ""))
        if urlsplit(url).scheme not in ("http", "https"):
            break
        response = await get_elsewhere(requests, url, headers, timeout=requests.settings.timeout or 3600.0)
        if 200 <= response.status < 300:
            return response
        if response.status >= 400:
            break
    raise refused_elsewhere(url, response)


async def get_elsewhere(
    requests: Requests, url: str, headers: Mapping[str, str], **terms: Any
) -> HttpResponse:
    """Ask another host, perhaps; what leads there authorises itself, so that no credentials go along."""
    own = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT, **headers}
    try:
        return await requests.port.send(HttpRequest("GET", url, own, **terms))
    except PortFailure as failure:
        cls = Timeout if failure.timed_out else ConnectionFailed
        raise cls(f"{urlsplit(url).hostname}: {failure}", method="GET") from failure


def refused_elsewhere(url: str, response: HttpResponse) -> ApiClientError:
    """Return the error that an answer from there means."""
    return refusals.refusal(
        response.status,
        response.headers,
        response.body,
        method="GET",
        path=f"(the link to {urlsplit(url).hostname})",
        repeatable=True,
    )
