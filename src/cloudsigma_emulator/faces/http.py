"""The HTTP face: requests from the network to ``App.handle`` and its answers back, spoilt where a fault asks for it.

Ordinary requests are handled in the event loop: they take well under a millisecond. Uploads and very long lists run
in worker threads and downloads read their file in one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from typing import TYPE_CHECKING

import orjson

from ..routes.request import Request, Response
from .asgi import HttpProtocol, Receive, Scope, Send, cut, transport_of
from .control import Control
from .incoming import IncomingBody
from .websocket import Sockets

if TYPE_CHECKING:
    from ..app import App

log = logging.getLogger("cloudsigma_emulator")

BODY_LIMIT = 16 << 20
"""Bytes of a request that is not an upload."""
BODIES_LIMIT = 256 << 20
"""Bytes of all such requests together, on their way in at one moment."""
BODY_SECONDS = 60.0
"""How long a client may send nothing in the middle of its body."""
_BLOCK = 1 << 20
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class _GoneError(Exception):
    """The client went away in the middle of its request."""


class Face:
    """The ASGI application."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.sockets = Sockets(app)
        self._control = Control(app)
        self._bodies = Bodies()
        self._lists = ThreadPoolExecutor(4, thread_name_prefix="cloudsigma-emulator-list")
        self._uploads = ThreadPoolExecutor(64, thread_name_prefix="cloudsigma-emulator-upload")

    def close(self) -> None:
        """End the worker threads."""
        self._uploads.shutdown(wait=True, cancel_futures=True)
        self._lists.shutdown(wait=True, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one websocket."""
        if scope["type"] == "websocket":
            await self.sockets.serve(scope, receive, send)
            return
        try:
            await self._serve(scope, receive, send)
        except asyncio.CancelledError:  # The server ends. uvicorn would print where each request stood.
            transport_of(scope).abort()
            with contextlib.suppress(asyncio.CancelledError):
                await _gone(receive)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request_of(scope)
        try:
            response = await self._handle(scope, request, receive)
        except _GoneError:
            return  # a request that never came in whole is not carried out
        log.debug("%s %s %d", request.method, request.path, response.status)
        try:
            await self._answer(scope, receive, send, request, response)
        finally:
            if response.wake:
                self.app.wake()

    async def _handle(self, scope: Scope, request: Request, receive: Receive) -> Response:
        length = request.headers.get("content-length")
        if request.path.startswith("/_emulator"):
            body = await self._bodies.read(receive, request, length)
            if isinstance(body, Response):
                return body
            request.body = body
            return await asyncio.get_running_loop().run_in_executor(None, self._control.handle, request)
        if request.method not in ("GET", "HEAD") and self.app.is_binary(request):
            return await self._store(scope, request, receive, length)
        body = await self._bodies.read(receive, request, length)
        if isinstance(body, Response):
            return body
        request.body = body
        if self.app.is_long(request):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._lists, lambda: self.app.handle(request, face=True))
        return self.app.handle(request, face=True)

    async def _store(self, scope: Scope, request: Request, receive: Receive, length: str | None) -> Response:
        size = int(length) if length and length.isdigit() else None
        body = IncomingBody(receive, transport_of(scope), size)
        request.stream = body
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._uploads, lambda: self.app.handle(request, face=True))
        finally:
            body.abandon()

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, request: Request, response: Response
    ) -> None:
        fault = response.fault
        if fault is not None:
            if fault.delay:
                await asyncio.sleep(fault.delay)
            if fault.cut in ("before", "after"):
                cut(transport_of(scope), reset=fault.reset)
                await _gone(receive)
                return
        if response.file is not None:
            await _send_file(scope, receive, send, request, response)
            return
        body = response.body
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in response.headers]
        if response.status != 204:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if fault is not None and fault.cut == "half":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            cut(transport_of(scope), reset=fault.reset)
            await _gone(receive)
            return
        await send({"type": "http.response.body", "body": body})


def _request_of(scope: Scope) -> Request:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key in headers:
            text = headers[key] + ("; " if key == "cookie" else ", ") + text
        headers[key] = text
    return Request(
        scope["method"], scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1"), headers
    )


class Bodies:
    """Bodies that are kept in memory: none is too large, and all that come in at one moment are not either."""

    def __init__(self) -> None:
        self._held = 0

    async def read(self, receive: Receive, request: Request, length: str | None) -> bytes | Response:
        """Return a body, or the answer to one that is not taken."""
        if length == "0" or (length is None and "transfer-encoding" not in request.headers):
            return b""
        if length is not None and length.isdigit() and int(length) > BODY_LIMIT:
            return _refused(413, "validation", "The request body is too large")
        parts: list[bytes] = []
        size, more = 0, True
        try:
            while more:
                async with asyncio.timeout(BODY_SECONDS):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                self._held += len(parts[-1])
                more = message.get("more_body", False)
                if size > BODY_LIMIT:
                    return _refused(413, "validation", "The request body is too large")
                if self._held > BODIES_LIMIT:
                    return _refused(503, "concurrency", "Too much is being sent at once; try again")
        except TimeoutError:
            return _refused(408, "validation", "The request body did not come in time")
        finally:
            self._held -= size
        return b"".join(parts)


async def _gone(receive: Receive) -> None:
    """Wait until the server knows that the connection has ended."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _refused(status: int, error_type: str, message: str) -> Response:
    """Refuse a request whose body was not read to its end, and with it its connection."""
    error = {"error_type": error_type, "error_message": message, "error_point": None}
    headers = [("Content-Type", "application/json; charset=utf-8"), ("Connection", "close")]
    return Response(status, headers, orjson.dumps([error]))


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """Return first byte and end of a single range, (0, size) for none that is understood, None beyond the end."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or (not match[1] and not match[2]):
        return 0, size
    if not match[1]:
        return (max(0, size - int(match[2])), size) if int(match[2]) else None
    first = int(match[1])
    end = int(match[2]) + 1 if match[2] else size
    if end <= first and match[2]:
        return 0, size
    return (first, min(end, size)) if first < size else None


def _understood(header: str) -> bool:
    match = _RANGE.fullmatch(header.strip())
    if match is None or (not match[1] and not match[2]):
        return False
    return not (match[1] and match[2]) or int(match[2]) >= int(match[1])


async def _send_file(
    scope: Scope, receive: Receive, send: Send, request: Request, response: Response
) -> None:
    file = response.file
    assert file is not None
    status, size = response.status, file.length
    wanted = request.headers.get("range") if status == 200 else None
    span = _span(wanted, size)
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in response.headers]
    headers.append((b"accept-ranges", b"bytes"))
    start, end = span if span is not None else (0, 0)
    if span is None:
        status = 416
        headers.append((b"content-range", b"bytes */%d" % size))
    elif wanted is not None and _understood(wanted) and end > start:
        status = 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
    headers.append((b"content-length", b"%d" % (end - start)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if request.method == "HEAD" or start == end:
        await send({"type": "http.response.body", "body": b""})
        return
    half = response.fault is not None and response.fault.cut == "half"
    stop = start + (end - start) // 2 if half else end
    image = file.path.open("rb") if file.path is not None and file.path.exists() else None
    with image or contextlib.nullcontext():
        if image is not None:
            start = await _send_at_once(transport_of(scope), image, start, stop)
            if start < 0:
                await _gone(receive)
                return
        if not await _send_bytes(transport_of(scope), send, image, start, stop, end):
            await _gone(receive)
            return
    if half and response.fault is not None:
        cut(transport_of(scope), reset=response.fault.reset)
        await _gone(receive)


async def _send_at_once(transport: asyncio.Transport, image: BufferedReader, start: int, stop: int) -> int:
    """Let the system send a file to the connection; return where it ended, -1 when the client has gone.

    Nothing is sent where the system cannot do that, as with TLS. At least one byte is left to ASGI, for the end.
    """
    http = transport.get_protocol()
    if transport.get_extra_info("ssl_object") is not None or not isinstance(http, HttpProtocol):
        return start
    count = min(stop, os.fstat(image.fileno()).st_size) - start - 1
    if count <= 0:
        return start
    if transport.is_closing():
        return -1
    try:
        sent = await asyncio.get_running_loop().sendfile(transport, image, start, count, fallback=False)
    except (asyncio.SendfileNotAvailableError, NotImplementedError):
        return start
    except OSError:
        transport.abort()
        return -1
    http.count_sent(sent)
    return start + sent


async def _send_bytes(
    transport: asyncio.Transport, send: Send, image: BufferedReader | None, start: int, stop: int, end: int
) -> bool:
    """Send a file in pieces; False when the client has gone: nothing more is read for it."""
    loop = asyncio.get_running_loop()
    while start < stop:
        if transport.is_closing():
            return False
        wanted = min(_BLOCK, stop - start)
        data = b""
        if image is not None:
            data = await loop.run_in_executor(None, os.pread, image.fileno(), wanted, start)
        if len(data) < wanted:
            data += bytes(wanted - len(data))  # the image ends early: zeros follow
        start += wanted
        await send({"type": "http.response.body", "body": data, "more_body": start < end})
    return True
