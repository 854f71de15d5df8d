"""One request to the API, from arguments to a decoded answer: address, credentials, repetition, errors.

``Requests`` is what collections are written on. It awaits nothing but its port.
"""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import orjson

from ..config import Settings
from ..errors import (
    ApiClientError,
    BadAnswer,
    ConnectionFailed,
    InvalidArgument,
    OutcomeUnknown,
    Timeout,
)
from ..version import __version__
from . import refusals, retry
from .addresses import Addresses
from .addresses import encode_params as encode_params
from .addresses import shown_path as shown_path
from .authentication import authentication_for
from .port import BodySink, BodySource, HttpRequest, HttpResponse, Port, PortFailure, TransferPort

if TYPE_CHECKING:
    from .events import EventFeed

T = TypeVar("T")

LOG = logging.getLogger("cloudsigma")
USER_AGENT = f"cloudsigma-python/{__version__}"
MAX_REDIRECTS = 5

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")


@dataclass(slots=True)
class Answer:
    """A successful answer. ``data`` is the decoded JSON, or None when the body is empty (204) or not JSON by request."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: Any = field(repr=False)
    request: HttpRequest
    raw: HttpResponse = field(repr=False)

    @property
    def request_id(self) -> str:
        """The cloud's name for this exchange, to quote to its support."""
        return self.headers.get("x-request-id", "")


@dataclass(slots=True)
class _Terms:
    """What holds for one call with all its attempts; ``lost`` once the answer to one of them was lost."""

    deadline: float
    retries: int
    repeatable: bool
    authenticated: bool
    follow: bool
    lost: bool = False


@dataclass(slots=True)
class _Setback:
    """An attempt that did not succeed, and whether another may follow."""

    error: ApiClientError
    repeat: bool
    retry_after: float | None


class Requests:
    """The requests of one client."""

    def __init__(self, port: Port, settings: Settings) -> None:
        self.port = port
        self.settings = settings
        self.authentication = authentication_for(settings)
        self.login_lock: AbstractAsyncContextManager[object] = port.lock()
        self._addresses = Addresses(settings.api_endpoint)
        self.origin = self._addresses.origin
        self._events: EventFeed | None = None
        self._apart: Requests | None = None

    @property
    def events(self) -> EventFeed:
        """The websocket feed that all waiting calls of this client share."""
        if self._events is None:
            from .events import EventFeed

            self._events = EventFeed(self)
        return self._events

    async def apart(self, work: Callable[[Requests, TransferPort], Awaitable[T]]) -> T:
        """Do work that moves many bytes, on the port for that and with requests over it."""

        def begin(port: TransferPort) -> Awaitable[T]:
            return work(self._over(port), port)

        return await self.port.apart(begin)

    def _over(self, port: TransferPort) -> Requests:
        if port is self.port:
            return self
        if self._apart is None:
            self._apart = Requests(port, self.settings)
        return self._apart

    async def close(self) -> None:
        """Close the websocket feed and every connection."""
        if self._events is not None:
            await self._events.close()
        await self.port.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        retries: int | None = None,
        repeatable: bool | None = None,
        authenticated: bool = True,
        decode: bool = True,
        follow: bool = True,
        source: BodySource | None = None,
        sink: BodySink | None = None,
        idle: float | None = None,
        label: str = "",
    ) -> Answer:
        """Send one request, repeated where that is safe, and return its answer.

        ``path`` is relative to the API's root (``"servers/"``), a resource_uri, or a URL of the same origin. ``body``
        is sent as JSON, bytes as they are. ``timeout`` is the time in seconds for the whole call with all its
        repetitions (``deadline`` the same as a time of the port's clock), ``retries`` how often it is repeated at
        most; both come from the settings when None. ``repeatable`` says that a POST may be sent twice without harm.
        ``decode=False`` leaves the body as bytes in ``answer.raw.body``; ``follow=False`` returns a redirect instead
        of following it. ``source`` is a body that is made while it is sent, ``sink`` takes
        that of an answer; ``idle`` is how long in seconds none of their bytes may move. ``label`` stands for a path
        that is a secret in logs and errors.

        Raises the errors of ``cloudsigma.errors``.
        """
        method = method.upper()
        request = HttpRequest(method, self.url(path, params), self._headers(headers, decode), b"")
        request.sink, request.idle, request.label = sink, idle, label
        if source is not None:
            request.source = source
            request.headers.setdefault("Content-Type", "application/octet-stream")
        elif body is not None:
            self._attach(request, body)
        elif method in ("POST", "PUT"):
            request.headers.setdefault("Content-Type", "application/json")
        if deadline is None:
            seconds = self.settings.timeout if timeout is None else timeout
            deadline = self.port.now() + (inf if seconds is None else seconds)
        terms = _Terms(
            deadline,
            self.settings.retries if retries is None else retries,
            method in retry.REPEATABLE if repeatable is None else repeatable,
            authenticated,
            follow,
        )
        response = await self._exchange(request, terms)
        return self._answer(request, response, decode)

    def url(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the full URL for a path; see ``cloudsigma.core.addresses.Addresses.url``."""
        return self._addresses.url(path, params)

    def _headers(self, extra: Mapping[str, str] | None, decode: bool) -> dict[str, str]:
        headers = {
            "Accept": "application/json" if decode else "*/*",
            "Accept-Encoding": "gzip" if decode else "identity",
            "User-Agent": USER_AGENT,
        }
        for name, value in (extra or {}).items():
            if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
                raise InvalidArgument(f"the header {name!r} has letters that HTTP does not carry")
            headers[name] = value
        return headers

    def _attach(self, request: HttpRequest, body: Any) -> None:
        if isinstance(body, (bytes, bytearray, memoryview)):
            request.body = bytes(body)
            request.headers.setdefault("Content-Type", "application/octet-stream")
            return
        try:
            request.body = orjson.dumps(body)
        except TypeError as error:
            raise InvalidArgument(f"the body cannot be written as JSON: {error}") from None
        request.headers.setdefault("Content-Type", "application/json")

    async def _exchange(self, request: HttpRequest, terms: _Terms) -> HttpResponse:
        attempt = 0
        while True:
            result = await self._attempt(request, terms)
            if isinstance(result, HttpResponse):
                return result
            if not result.repeat or attempt >= terms.retries:
                raise result.error
            seconds = retry.pause(attempt, result.retry_after, self.port.random())
            if self.port.now() + seconds >= terms.deadline:
                raise result.error
            attempt += 1
            await self.port.sleep(seconds)

    async def _attempt(self, request: HttpRequest, terms: _Terms) -> HttpResponse | _Setback:
        """Send the request once: after a login if one is due, again after its renewal, and where a redirect leads."""
        renewed = False
        redirects = 0
        while True:
            generation = await self._prove(request, terms)
            started = self.port.now()
            request.timeout = terms.deadline - started
            try:
                if request.timeout <= 0:
                    raise PortFailure("the time was over", sent=False, timed_out=True, permanent=True)
                response = await self.port.send(request)
            except PortFailure as failure:
                self._log(request, f"no answer: {failure}", started)
                return self._lost(request, failure, terms)
            self._log(request, str(response.status), started, response.headers.get("x-request-id", ""))
            if response.cookies and terms.authenticated:
                self.authentication.received(response.cookies)
            status = response.status
            if 200 <= status < 300 or (status < 400 and not terms.follow):
                return response
            if retry.is_done_by_lost_attempt(request.method, status, terms.lost):
                return HttpResponse(204, response.headers, b"")
            if status < 400:
                redirects += 1
                self._redirect(request, response, redirects)
                continue
            if status == 401 and terms.authenticated and not renewed:
                renewed = True
                if await self.authentication.renew(self, generation, terms.deadline):
                    continue
            return self._refused(request, response, terms)

    async def _prove(self, request: HttpRequest, terms: _Terms) -> int:
        if terms.authenticated:
            proof = await self.authentication.headers(self, request.method, terms.deadline)
            request.headers.update(proof)
        return self.authentication.generation

    def _refused(self, request: HttpRequest, response: HttpResponse, terms: _Terms) -> _Setback:
        error = refusals.refusal(
            response.status,
            response.headers,
            decoded_body(response),
            method=request.method,
            path=_shown(request),
            repeatable=terms.repeatable,
        )
        repeat = retry.may_repeat_after_status(terms.repeatable, response.status, error.error_type)
        return _Setback(error, repeat, retry.retry_after(response.headers))

    def _lost(self, request: HttpRequest, failure: PortFailure, terms: _Terms) -> _Setback:
        terms.lost = terms.lost or failure.sent
        error = self._no_answer(request, failure, terms.lost)
        error.__cause__ = failure
        repeat = not failure.permanent and retry.may_repeat_after_loss(terms.repeatable, failure.sent)
        return _Setback(error, repeat, None)

    def _no_answer(self, request: HttpRequest, failure: PortFailure, sent: bool) -> ApiClientError:
        path = _shown(request)
        if sent and request.method not in ("GET", "HEAD", "OPTIONS"):
            message = f"no answer was received ({failure}); {refusals.how_to_find_out(request.method, path)}"
            return OutcomeUnknown(message, method=request.method, path=path)
        cls = Timeout if failure.timed_out else ConnectionFailed
        return cls(f"{self.origin}: {failure}", method=request.method, path=path)

    def _redirect(self, request: HttpRequest, response: HttpResponse, count: int) -> None:
        location = response.headers.get("location", "")
        target = urljoin(request.url, location)
        same_origin = target.startswith(self.origin + "/")
        if request.method not in ("GET", "HEAD") or not location or not same_origin or count > MAX_REDIRECTS:
            error = refusals.refusal(
                response.status,
                response.headers,
                b"",
                method=request.method,
                path=_shown(request),
                repeatable=True,
            )
            if location and not same_origin:
                host = urlsplit(target).hostname
                error.message = (
                    f"{error.message}: it leads to {host}, and credentials are sent to no other host"
                )
                error.args = (error.message, *error.args[1:])
            raise error
        request.url = target

    def _answer(self, request: HttpRequest, response: HttpResponse, decode: bool) -> Answer:
        data: Any = None
        if decode:
            response.body = decoded_body(response)
            if response.body and not response.body.isspace():
                try:
                    data = orjson.loads(response.body)
                except orjson.JSONDecodeError:
                    data = self._other_than_json(request, response)
        return Answer(response.status, response.headers, data, request, response)

    def _other_than_json(self, request: HttpRequest, response: HttpResponse) -> Any:
        kind = response.headers.get("content-type", "")
        if kind.startswith("text/plain"):
            return response.body.decode("utf-8", "replace")  # OPTIONS, and the one-shot upload's uuid
        if "html" in kind or response.body.lstrip()[:1] == b"<":
            what = "HTML"
        else:
            what = "JSON that is cut off or malformed"
        message = f"the answer is {what}, not a document of the API"
        path = _shown(request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            message = f"{message}; {refusals.how_to_find_out(request.method, path)}"
        raise BadAnswer(
            message,
            response.status,
            response.headers.get("x-request-id", ""),
            method=request.method,
            path=path,
        )

    def _log(self, request: HttpRequest, outcome: str, started: float, request_id: str = "") -> None:
        if LOG.isEnabledFor(logging.DEBUG):
            milliseconds = (self.port.now() - started) * 1000
            LOG.debug(
                "%s %s -> %s in %.0f ms%s",
                request.method,
                _shown(request),
                outcome,
                milliseconds,
                f" (request id {request_id})" if request_id else "",
            )


def _shown(request: HttpRequest) -> str:
    return request.label or shown_path(request.url)


def decoded_body(response: HttpResponse) -> bytes:
    """Return the body without its ``Content-Encoding``. Raises ``cloudsigma.errors.BadAnswer`` if it is damaged."""
    if response.headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip") or not response.body:
        return response.body
    try:
        return gzip.decompress(response.body)
    except (OSError, EOFError, zlib.error):
        raise BadAnswer("the compressed answer is cut off or damaged", response.status) from None
