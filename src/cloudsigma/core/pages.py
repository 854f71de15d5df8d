"""Lists of the API, a page at a time or whole.

An answer is an envelope (``meta`` and ``objects``) or, for a few addresses, a bare array.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar

from ..errors import BadAnswer, InvalidArgument
from ..records.page import Page
from ..records.record import Record
from .requests import Answer, Requests, shown_path

R = TypeVar("R", bound=Record)

PAGE_SIZE = 500


def objects_in(answer: Answer) -> list[Any]:
    """Return the objects of a list answer. Raises ``cloudsigma.errors.BadAnswer`` when it is none."""
    data = answer.data
    objects = data.get("objects") if isinstance(data, dict) else data
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
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


async def fetch_page(
    requests: Requests,
    path: str,
    record: type[R],
    params: Mapping[str, Any] | None = None,
    *,
    offset: int = 0,
    limit: int = 0,
    partial: bool = False,
) -> Page[R]:
    """Return one page of the list at ``path``; ``limit`` 0 means all that follows ``offset``.

    ``partial`` marks the records as holding only chosen fields. Raises
    ``cloudsigma.errors.InvalidArgument`` for negative numbers.
    """
    if offset < 0 or limit < 0:
        raise InvalidArgument(f"{'offset' if offset < 0 else 'limit'} must not be negative")
    query: dict[str, Any] = {**(params or {}), "limit": limit, "offset": offset or None}
    answer = await requests.request("GET", path, params=query)
    objects = objects_in(answer)
    meta = answer.data.get("meta") if isinstance(answer.data, dict) else None
    total = meta.get("total_count") if isinstance(meta, dict) else None
    return Page(
        typed(objects, record, partial),
        offset,
        limit,
        total if isinstance(total, int) else offset + len(objects),
    )


async def fetch_all(
    requests: Requests,
    path: str,
    record: type[R],
    params: Mapping[str, Any] | None = None,
    *,
    partial: bool = False,
) -> list[R]:
    """Return every object of the list at ``path``, in one request."""
    return (await fetch_page(requests, path, record, params, partial=partial)).objects


async def iterate_pages(
    requests: Requests,
    path: str,
    record: type[R],
    params: Mapping[str, Any] | None = None,
    *,
    page_size: int = PAGE_SIZE,
    partial: bool = False,
) -> AsyncGenerator[Page[R], None]:
    """Yield the list at ``path`` page by page, in constant memory.

    An object that appears or goes meanwhile may shift the others by one: it is a walk, not a snapshot.
    """
    if page_size < 1:
        raise InvalidArgument("page_size must be at least 1")
    offset = 0
    previous: R | None = None
    while True:
        page = await fetch_page(
            requests, path, record, params, offset=offset, limit=page_size, partial=partial
        )
        # An address that knows no pages sends the same objects again.
        if not page.objects or (previous is not None and page.objects[0] == previous):
            return
        yield page
        previous = page.objects[0]
        offset += len(page.objects)
        # The cloud's count may be too low, so that only a page that is not full ends the walk.
        if len(page.objects) > page_size or (len(page.objects) < page_size and offset >= page.total_count):
            return
