"""What all collections share: the path, the requests, and the verbs that mean the same for each.

The verbs come in small classes, one for each capability, so that a collection has exactly those that its endpoints
support. Public calls are not called from inside; they share the ``_fetch…`` methods.
"""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from ..core.call import F, Faced, call
from ..core.filters import filter_params
from ..core.pages import fetch_all, fetch_page, iterate_pages
from ..core.references import path_of
from ..core.requests import Answer, Requests, shown_path
from ..errors import BadAnswer, ClientError
from ..records.page import Page
from ..records.record import Record
from ..records.reference import Ref
from ..records.schema import Schema

T = TypeVar("T", bound=Record)
R = TypeVar("R", bound=Record)

AT_ONCE = 8
"""How many requests one call of a collection sends at the same time."""

DEFAULT_WAIT = 600.0
"""Seconds that a ``wait`` takes at most when nothing else is said."""


class Collection(Faced[F]):
    """A part of the API below one path."""

    _path: ClassVar[str]

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._blocking = requests.port.blocking

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._requests.settings.api_endpoint}>"

    async def _fetch_one(self, path: str, record: type[R], params: Mapping[str, Any] | None = None) -> R:
        return object_in(await self._requests.request("GET", path, params=params), record)

    async def _send(self, method: str, path: str, record: type[R], body: Any, **params: Any) -> R:
        return object_in(await self._requests.request(method, path, body=body, params=params), record)

    async def _act(self, ref: Any, action: str, record: type[R], body: Any = None, **params: Any) -> R:
        """Run an action on one resource; the body is ``{}`` where there is nothing to say (an old server bug)."""
        path = f"{path_of(ref, self._path)}action/"
        return await self._send("POST", path, record, {} if body is None else body, do=action, **params)

    async def _each(self, refs: Sequence[Any], method: str, **params: Any) -> None:
        """Send the same bodiless request for many resources, several at once; the first failure is raised."""
        paths = [path_of(ref, self._path, "refs") for ref in refs]
        requests = self._requests
        await requests.port.gather(
            [partial(requests.request, method, path, params=params) for path in paths], AT_ONCE
        )


class Schemed(Collection[F]):
    """A collection that describes itself."""

    @call
    async def schema(self) -> Schema:
        """Return the cloud's own description of the fields, filters and methods of this collection.

        Asks ``GET /{collection}/schema/``. Raises the errors of ``cloudsigma.errors``.
        """
        return await self._fetch_one(f"{self._path}/schema/", Schema)


class Readable(Collection[F], Generic[F, T]):
    """A collection whose resources can be read one by one."""

    _record: type[T]

    @call
    async def get(self, ref: Ref[T], *, fields: str | Sequence[str] | None = None) -> T:
        """Return one resource, whole and as it is now.

        ``ref`` is its uuid, its resource_uri, a reference to it or a record of it. ``fields`` (names, or one text
        with commas) asks for only these; the record then says so when another is read.

        Raises ``cloudsigma.errors.NotFound`` when there is none, ``cloudsigma.errors.PermissionError`` when
        it is somebody else's and not shared, ``cloudsigma.errors.InvalidArgument`` for a ``ref`` that names
        nothing or another kind.

        Asks ``GET /{collection}/{uuid}/``.
        """
        return await self._fetch(ref, fields)

    async def _fetch(self, ref: Any, fields: str | Sequence[str] | None = None) -> T:
        names = None if fields is None else joined(fields)
        found = await self._fetch_one(path_of(ref, self._path), self._record, {"fields": names})
        if names is not None:
            found._mark_partial()
        return found


class Listed(Collection[F], Generic[F, T]):
    """A collection that can be listed. The verbs themselves stand in each collection, for their filters differ."""

    _record: type[T]
    _list_path: ClassVar[str]
    _filters: ClassVar[Any]

    async def _all(self, filters: Mapping[str, Any]) -> List[T]:
        path, params, partial = self._query(filters)
        return await fetch_all(self._requests, path, self._record, params, partial=partial)

    async def _page(self, offset: int, limit: int, filters: Mapping[str, Any]) -> Page[T]:
        path, params, partial = self._query(filters)
        return await fetch_page(
            self._requests, path, self._record, params, offset=offset, limit=limit, partial=partial
        )

    def _walk(self, filters: Mapping[str, Any], page_size: int) -> AsyncGenerator[T, None]:
        path, params, partial = self._query(filters)
        pages = iterate_pages(
            self._requests, path, self._record, params, page_size=page_size, partial=partial
        )
        return _objects(pages)

    async def _only(self, filters: Mapping[str, Any]) -> T | None:
        return the_only(await self._all(filters), self._path, filters)

    def _query(self, filters: Mapping[str, Any]) -> tuple[str, dict[str, Any], bool]:
        """Return the path and query for filters, and whether only some fields are asked for.

        Chosen fields are asked of the plain list, which costs the cloud less; all of them only the detailed one has.
        Raises ``TypeError`` for a filter that this collection does not know.
        """
        allowed = self._filters.__optional_keys__
        for name in filters:
            if name not in allowed:
                known = ", ".join(sorted(allowed))
                raise TypeError(f"{self._path} cannot be filtered by {name!r}; what can be given is: {known}")
        chosen = dict(filters)
        fields = chosen.pop("fields", None)
        params: dict[str, Any] = filter_params(chosen)
        if fields is None:
            return self._list_path, params, False
        params["fields"] = joined(fields)
        return f"{self._path}/", params, True


class Deletable(Collection[F], Generic[F, T]):
    """A collection whose resources can be deleted one by one."""

    @call
    async def delete(self, ref: Ref[T]) -> None:
        """Delete one resource.

        Raises ``cloudsigma.errors.NotFound`` when there is none, and
        ``cloudsigma.errors.PermissionError`` when it may not be deleted in its present state.

        Sends ``DELETE /{collection}/{uuid}/``.
        """
        await self._requests.request("DELETE", path_of(ref, self._path))

    @call
    async def delete_many(self, refs: Sequence[Ref[T]]) -> None:
        """Delete several resources, a few at a time. The first failure is raised once those begun have ended."""
        await self._each(refs, "DELETE")


async def _objects(pages: AsyncGenerator[Page[R], None]) -> AsyncGenerator[R, None]:
    try:
        async for page in pages:
            for found in page.objects:
                yield found
    finally:
        await pages.aclose()


def object_in(answer: Answer, record: type[R]) -> R:
    """Return the one object of an answer, bare or in an envelope (which of them an action sends differs).

    Raises ``cloudsigma.errors.BadAnswer`` when there is not exactly one.
    """
    data = answer.data
    if (
        isinstance(data, dict)
        and isinstance(data.get("objects"), list)
        and data.keys() <= {"objects", "meta"}
    ):
        data = data["objects"]
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        raise BadAnswer(
            f"the answer does not hold one {record.__name__}",
            answer.status,
            answer.request_id,
            method=answer.request.method,
            path=shown_path(answer.request.url),
        )
    return record(data)


def the_only(found: List[R], path: str, filters: Mapping[str, Any]) -> R | None:
    """Return the only object found, or None. Raises ``cloudsigma.errors.ClientError`` for more than one."""
    if len(found) > 1:
        wanted = ", ".join(f"{name}={value!r}" for name, value in filters.items())
        uuids = ", ".join(str(item.get("uuid")) for item in found[:5])
        raise ClientError(
            f"{len(found)} {path} match {wanted or 'no filter at all'} where find() wants one at most "
            f"({uuids}{', …' if len(found) > 5 else ''}); narrow it by uuid=… or tag=…, or use list()"
        )
    return found[0] if found else None


def joined(fields: str | Sequence[str]) -> str:
    """Return names of fields as one text with commas. Raises ``TypeError`` when there is none."""
    names = fields.split(",") if isinstance(fields, str) else fields
    stripped = [name.strip() for name in names]
    if not all(stripped) or not stripped:
        raise TypeError("fields is empty; leave it out to get all of them")
    return ",".join(stripped)
