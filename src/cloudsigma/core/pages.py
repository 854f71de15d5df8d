"""Lists of the API, a page at a time or whole.

An answer is an envelope (``meta`` and ``objects``) or, for a few addresses, a bare array.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import BadAnswer, InvalidArgument
from ..records.record import Record
from .requests import Answer, Requests, shown_path

R = TypeVar("R", bound=Record)

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """A part of a list. ``total_count`` is how many objects match in all, as far as the cloud tells."""

    objects: list[R]
    offset: int
    limit: int
    total_count: int

    def __iter__(self) -> Iterator[R]:
        return iter(self.objects)

    def __len__(self) -> int:
        return len(self.objects)

    def __getitem__(self, index: int) -> R:
        return self.objects[index]


def objects_in(answer: Answer) -> list[Any]:
    """Return the objects of a list answer. Raises :class:`cloudsigma.errors.BadAnswer` when it is none."""
    data = answer.data
    objects = data.get("objects") if isinstance(data, dict) else data
    if not isinstance(objects, list):
        raise BadAnswer(
            "the answer is not a list of the API"
            if data is not None
            else "the answer is empty where a list must be",
            answer.status,
            answer.request_id,
            method=answer.request.method,
            path=shown_path(answer.request.url),
        )
    return objects


def typed(objects: list[Any], record: type[R], partial: bool = False) -> list[R]:
    """Return the objects as records; ``partial`` when only chosen fields were asked for."""
    records = [record(item) for item in objects]
    if partial:
        for item in records:
            item._mark_partial()
    return records


def object_in(answer: Answer, record: type[R]) -> R:
    """Return the one object of an answer, bare or in an envelope of one.

    Raises :class:`cloudsigma.errors.BadAnswer` when there is none.
    """
    data = answer.data
    if isinstance(data, dict) and isinstance(data.get("objects"), list) and set(data) <= {"objects", "meta"}:
        data = data["objects"][0] if data["objects"] else None
    elif isinstance(data, list):
        data = data[0] if len(data) == 1 else None
    if not isinstance(data, dict):
        raise BadAnswer(
            "the answer holds no object",
            answer.status,
            answer.request_id,
            method=answer.request.method,
            path=shown_path(answer.request.url),
        )
    return record(data)


async def fetch_page(
    requests: Requests,
    path: str,
    record: type[R],
    *,
    offset: int = 0,
    limit: int = 0,
    params: Mapping[str, Any] | None = None,
) -> Page[R]:
    """Return one page of the list at ``path``; ``limit`` 0 means all that follows ``offset``.

    Raises :class:`cloudsigma.errors.InvalidArgument` for negative numbers.
    """
    if offset < 0 or limit < 0:
        raise InvalidArgument(f"{'offset' if offset < 0 else 'limit'} must not be negative")
    query: dict[str, Any] = {**(params or {}), "limit": limit, "offset": offset or None}
    answer = await requests.request("GET", path, params=query)
    objects = objects_in(answer)
    meta = answer.data.get("meta") if isinstance(answer.data, dict) else None
    total = meta.get("total_count") if isinstance(meta, dict) else None
    return Page(
        typed(objects, record, partial=bool(query.get("fields"))),
        offset,
        limit,
        total if isinstance(total, int) else offset + len(objects),
    )


async def fetch_all(
    requests: Requests, path: str, record: type[R], params: Mapping[str, Any] | None = None
) -> list[R]:
    """Return every object of the list at ``path``, in one request."""
    return (await fetch_page(requests, path, record, params=params)).objects


async def iterate_pages(
    requests: Requests,
    path: str,
    record: type[R],
    *,
    page_size: int = PAGE_SIZE,
    params: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Page[R], None]:
    """Yield the list at ``path`` page by page, in constant memory.

    An object that appears or goes meanwhile may shift the others by one: it is a walk, not a snapshot.
    """
    if page_size < 1:
        raise InvalidArgument("page_size must be at least 1")
    offset = 0
    previous: R | None = None
    while True:
        page = await fetch_page(requests, path, record, offset=offset, limit=page_size, params=params)
        # An address that knows no pages sends the same objects again.
        if not page.objects or (previous is not None and page.objects[0] == previous):
            return
        yield page
        previous = page.objects[0]
        offset += len(page.objects)
        # The cloud's count may be too low, so that only a page that is not full ends the walk.
        if len(page.objects) < page_size and offset >= page.total_count:
            return
        if len(page.objects) > page_size:
            return
