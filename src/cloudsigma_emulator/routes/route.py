"""One line of the URL table, what its handler gets, and what it gives back.

A handler is ``def handler(call: Call) -> Answer``. It runs inside one transaction (``call.tx``) that is committed
when it returns; it refuses by raising ``cloudsigma_emulator.domain.refusal.Refusal``.

Routes marked ``binary`` get the body as a stream (``call.raw_body``), run in a worker thread, and open
short transactions of their own with ``call.transaction()``; ``call.tx`` is closed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..domain.refusal import Refusal
from ..store.transaction import Transaction

if TYPE_CHECKING:
    from .cloud import Cloud

Doc = dict[str, Any]


class BodyStream(Protocol):
    """The bytes of a request as they arrive."""

    length: int | None
    """Content-Length, or None for a chunked body."""

    def read(self, size: int = 1 << 18) -> bytes | memoryview:
        """Return up to ``size`` bytes, b"" at the end; they are valid until the next call. Raises ConnectionError when the client went away."""
        ...


@dataclass(frozen=True, slots=True)
class FileRange:
    """Bytes of an image to send: the file, or zeros where it is missing or ends early.

    ``length`` is the whole size of the object in bytes; the HTTP face cuts it by ``Range``.
    """

    path: Path | None
    length: int


@dataclass(slots=True)
class Answer:
    """A handler's answer. ``body`` is made JSON; None with 204 is no body. ``raw`` is sent as it is.

    ``later`` makes the JSON when the handler's transaction is over, in short ones of its own: for what takes long.
    """

    status: int
    body: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    file: FileRange | None = None
    raw: bytes | None = None
    content_type: str | None = None
    later: Callable[[], bytes] | None = None


class Query:
    """The query string: names may repeat, blanks count, order is kept."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the last value of a parameter."""
        for key, value in reversed(self.pairs):
            if key == name:
                return value
        return default

    def all(self, name: str) -> list[str]:
        """Return every value of a parameter, in order."""
        return [value for key, value in self.pairs if key == name]


class Call:
    """One authenticated request on its way through a route."""

    __slots__ = (
        "_tx",
        "app",
        "headers",
        "method",
        "params",
        "query",
        "raw_body",
        "request_body",
        "route",
        "user",
    )

    def __init__(
        self,
        app: Cloud,
        route: Route,
        method: str,
        params: dict[str, str],
        query: Query,
        headers: dict[str, str],
        user: Doc | None,
        body: Any = None,
        raw_body: BodyStream | None = None,
        tx: Transaction | None = None,
    ) -> None:
        self.app = app
        self.route = route
        self.method = method
        self.params = params
        self.query = query
        self.headers = headers
        self.user: Doc = user or {}
        self.request_body = body
        self.raw_body = raw_body
        self._tx = tx

    @property
    def tx(self) -> Transaction:
        """The open transaction of this request."""
        if self._tx is None:
            raise RuntimeError("a binary route opens its own transactions with call.transaction()")
        return self._tx

    @property
    def user_uuid(self) -> str:
        """The caller's uuid."""
        return str(self.user["uuid"])

    @property
    def body(self) -> Any:
        """The parsed JSON body; None for an empty one."""
        return self.request_body

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction on behalf of the caller, for binary routes."""
        return self.app.transaction(actor=self.user.get("uuid"))

    @contextmanager
    def again(self) -> Iterator[Transaction]:
        """Open another transaction as ``tx``, when the handler's is over."""
        with self.transaction() as tx:
            self._tx = tx
            yield tx

    def object(self) -> Doc:
        """Return the body as one object; an absent body or ``null`` is ``{}``. 400 for anything else."""
        body = self.request_body
        if body is None:
            return {}
        if isinstance(body, dict):
            objects = body.get("objects")
            if (
                len(body) == 1
                and isinstance(objects, list)
                and len(objects) == 1
                and isinstance(objects[0], dict)
            ):
                return objects[0]
            return body
        raise Refusal.validation("The request body must be a JSON object")

    def objects(self, needed: str | None = None) -> list[Doc]:
        """Return the body as a list of objects: the envelope, a bare list and a bare object are all taken.

        Where ``needed`` says what they are for, such as "drive to create", an empty list is refused.
        """
        body = self.request_body
        if isinstance(body, dict) and isinstance(body.get("objects"), list):
            body = body["objects"]
        elif isinstance(body, dict):
            body = [body]
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise Refusal.validation("The request body must be an object or a list of objects")
        if needed is not None and not body:
            raise Refusal.validation(f"The body names no {needed}", "objects")
        return body


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table.

    ``pattern`` is relative to the API's base and ends in ``/``; ``action`` is the value of ``do``; ``id`` is the
    catalogue's name of the endpoint (``servers.create``). ``auth`` off: public. ``binary``: see the module.
    """

    method: str
    pattern: str
    handler: Handler
    action: str | None = None
    auth: bool = True
    id: str = ""
    binary: bool = False
