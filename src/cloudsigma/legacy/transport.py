"""The connections behind the old classes: one pool for the process, which also remembers each thread's last exchange.

The old library opened a connection for every call; here all ``Drive()``, ``Server()`` … of a process share theirs.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from ..config import Settings
from ..core.call import run
from ..core.port import HttpRequest, HttpResponse, PortFailure
from ..core.requests import MAX_REDIRECTS, USER_AGENT, Requests, encode_params
from ..errors import ConnectionFailed, InvalidArgument, Timeout
from ..ports.blocking import BlockingPort
from .response import Response

_CREDENTIALS = frozenset({"authorization", "cookie"})

_lock = threading.Lock()
_port: RememberingPort | None = None
_owner = 0
_requests: dict[Settings, Requests] = {}


class RememberingPort(BlockingPort):
    """A blocking port that keeps the last exchange of each thread, for ``client.resp``."""

    def __init__(self) -> None:
        super().__init__()
        self._last = threading.local()

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await super().send(request)
        # The core changes the request's address in place when it follows a redirect.
        self._last.exchange = (replace(request), response)
        return response

    def forget(self) -> None:
        """Drop this thread's last exchange."""
        self._last.exchange = None

    def last(self) -> Response | None:
        """Return this thread's last exchange, or None when there was none since ``forget``."""
        exchange = getattr(self._last, "exchange", None)
        return Response(*exchange) if exchange else None


def shared_port() -> RememberingPort:
    """Return the port of this process; a forked child gets its own, as it must not use its parent's connections."""
    global _port, _owner
    with _lock:
        if _port is None or _owner != os.getpid():
            _port, _owner = RememberingPort(), os.getpid()
            _requests.clear()
        return _port


def requests_for(settings: Settings) -> tuple[RememberingPort, Requests]:
    """Return the port and the requests for these settings; equal settings share a login."""
    port = shared_port()
    with _lock:
        requests = _requests.get(settings)
        if requests is None or requests.port is not port:
            requests = _requests[settings] = Requests(port, settings)
        return port, requests


@atexit.register
def _close() -> None:
    if _port is not None and _owner == os.getpid():
        run(_port.close())


class Http:
    """What ``client.http`` offers for addresses that are not the API's own: plain requests.

    Each method takes a full URL and ``params``, ``data`` (text, bytes or form fields), ``json``, ``headers``,
    ``auth`` (a pair of user name and password) and ``timeout`` (seconds), and returns a response whatever its status.
    A GET follows redirects; ``auth`` is not sent on to another host. With ``session``, requests to the API itself
    carry that session's cookies.
    """

    def __init__(self, session: Requests | None, timeout: float | None) -> None:
        self._session = session
        self._timeout = timeout

    def get(self, url: str, **options: Any) -> Response:
        """Send a GET."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        """Send a HEAD."""
        return self.request("HEAD", url, **options)

    def post(self, url: str, data: Any = None, **options: Any) -> Response:
        """Send a POST."""
        return self.request("POST", url, data=data, **options)

    def put(self, url: str, data: Any = None, **options: Any) -> Response:
        """Send a PUT."""
        return self.request("PUT", url, data=data, **options)

    def delete(self, url: str, **options: Any) -> Response:
        """Send a DELETE."""
        return self.request("DELETE", url, **options)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> Response:
        """Send a request. Raises ``cloudsigma.errors.ConnectionFailed`` or ``cloudsigma.errors.Timeout``."""
        if params:
            url += ("&" if "?" in url else "?") + encode_params(params)
        body, kind = _content(data, json)
        own = {"User-Agent": USER_AGENT, "Accept": "*/*"}
        if kind:
            own["Content-Type"] = kind
        if auth is not None:
            from base64 import b64encode

            own["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        for name, value in (headers or {}).items():
            own = {key: kept for key, kept in own.items() if key.lower() != name.lower()}
            own[name] = value
        limit = timeout if timeout is not None else self._timeout
        request = HttpRequest(method, _checked(url), own, body, 1e9 if limit is None else limit)
        response = self._send(request, own)
        if not allow_redirects or method not in ("GET", "HEAD"):
            return response
        for _ in range(MAX_REDIRECTS):
            target = response.headers.get("location")
            if not target or response.status_code // 100 != 3:
                break
            target = _checked(urljoin(request.url, target))
            if urlsplit(target)[:2] != urlsplit(request.url)[:2]:
                own = {key: value for key, value in own.items() if key.lower() not in _CREDENTIALS}
            request.url, request.headers = target, own
            response = self._send(request, own)
        return response

    def _send(self, request: HttpRequest, own: Mapping[str, str]) -> Response:
        session = self._session
        if session is None or not request.url.startswith(session.origin + "/"):
            return exchange(request)
        deadline = session.port.now() + request.timeout
        response = self._attempt(request, own, session, deadline)
        if response.status_code == 401:
            run(session.authentication.renew(session, session.authentication.generation, deadline))
            response = self._attempt(request, own, session, deadline)
        return response

    def _attempt(
        self, request: HttpRequest, own: Mapping[str, str], session: Requests, deadline: float
    ) -> Response:
        proof = run(session.authentication.headers(session, request.method, deadline))
        request.headers = {**proof, **own}
        return exchange(request)


def exchange(request: HttpRequest) -> Response:
    """Send one request as it stands, once."""
    try:
        return Response(replace(request), run(shared_port().send(request)))
    except PortFailure as failure:
        cls = Timeout if failure.timed_out else ConnectionFailed
        parts = urlsplit(request.url)
        raise cls(
            f"{parts.scheme}://{parts.netloc}: {failure}", method=request.method, path=parts.path
        ) from failure


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise InvalidArgument("a full http or https URL without credentials in it is needed")
    if any(ord(character) <= 0x20 for character in url):
        raise InvalidArgument("the URL has blanks or control characters")
    path = parts.path or "/"
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def _content(data: Any, json: Any) -> tuple[bytes, str]:
    if json is not None:
        return orjson.dumps(json), "application/json"
    if data is None:
        return b"", ""
    if isinstance(data, str):
        return data.encode(), ""
    if isinstance(data, Mapping):
        from urllib.parse import urlencode

        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    return bytes(data.read() if hasattr(data, "read") else data), ""
