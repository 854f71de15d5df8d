"""An answer with the attributes that scripts read from ``client.resp``, and its line in the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

from ..core.port import HttpRequest, HttpResponse
from ..core.requests import decoded_body, shown_path

REDACTED = "<redacted>"
_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-csrftoken", "proxy-authorization", "set-cookie"})


class Headers(Mapping[str, str]):
    """HTTP headers, looked up without regard to case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._names = {name.lower(): name for name in headers}

    def __getitem__(self, name: str) -> str:
        return self._headers[self._names[name.lower()]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return repr(redacted(self._headers))


class SentRequest:
    """The request behind an answer. Credentials in ``headers`` are replaced by ``<redacted>``."""

    def __init__(self, request: HttpRequest) -> None:
        self.method = request.method
        self.url = request.url
        self.headers = Headers(redacted(request.headers))
        self._body = request.body

    @property
    def path_url(self) -> str:
        """The path with its query."""
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    @property
    def body(self) -> str | bytes | None:
        """What was sent: text, bytes if it is no text, None if nothing."""
        if not self._body:
            return None
        try:
            return self._body.decode()
        except UnicodeDecodeError:
            return self._body

    def __repr__(self) -> str:
        return f"<{self.method} {shown_path(self.url)}>"


class Response:
    """One answer of the API, as the old library's ``client.resp`` showed it.

    ``cookies`` holds the values byte for byte as they were sent.
    """

    def __init__(self, request: HttpRequest, response: HttpResponse) -> None:
        self.status_code = response.status
        self.headers = Headers(response.headers)
        self.cookies = dict(filter(None, map(_cookie, response.cookies)))
        self.request = SentRequest(request)
        self.url = request.url
        self.encoding = "utf-8"
        # The core unpacks the bodies that it decodes itself, in place.
        self.content = decoded_body(response) if response.body[:2] == b"\x1f\x8b" else response.body

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def reason(self) -> str:
        """The standard phrase for the status."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(self.encoding, "replace")

    def json(self) -> Any:
        """Return the body decoded as JSON. Raises ``ValueError`` when it is none."""
        return orjson.loads(self.content)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with credentials and cookies replaced."""
    return {name: REDACTED if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def log_line(response: Response) -> str:
    """Return the exchange as a line for the log: no headers, of the bodies only their size and outermost keys."""
    request = response.request
    body = request.body
    sent = _outline(body.encode() if isinstance(body, str) else body or b"")
    request_id = response.headers.get("x-request-id", "none")
    return (
        f"{request.method} {shown_path(request.url)} {sent} -> {response.status_code} {response.reason} "
        f"{_outline(response.content)}, request id {request_id}"
    )


def _outline(body: bytes) -> str:
    if not body:
        return "(no body)"
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"({len(body)} bytes)"
    if isinstance(data, dict) and isinstance(data.get("objects"), list):
        objects = data["objects"]
        first = objects[0] if objects else None
        keys = f" with {', '.join(map(str, first))}" if isinstance(first, dict) else ""
        return f"({len(body)} bytes of JSON: {len(objects)} objects{keys})"
    keys = f": {', '.join(map(str, data))}" if isinstance(data, dict) else ""
    return f"({len(body)} bytes of JSON{keys})"


def _cookie(raw: str) -> tuple[str, str] | None:
    name, separator, value = raw.partition(";")[0].strip().partition("=")
    return (name, value) if separator else None
