"""What the parts of virtual routers share as resources of their own: their lists, and deletion by a job."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of, uuid_of
from ..core.requests import Requests
from ..records.page import Page
from ..records.reference import Ref
from ..records.virtual_router import RouterAction, RouterPartDeletion, RouterPartFilters
from .collection import AT_ONCE, DEFAULT_WAIT, Collection, Listed, R, Readable, Schemed, T, object_in
from .waits import wait_for_job


class RouterPart(Listed[F, T], Readable[F, T], Generic[F, T]):
    """A kind of part that can be read."""

    _filters = RouterPartFilters

    @call
    async def list(self, **filters: Unpack[RouterPartFilters]) -> List[T]:
        """Return every one that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.RouterPartFilters``; all given must hold, a sequence of
        values means any of them. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[RouterPartFilters]
    ) -> AsyncGenerator[T, None]:
        """Yield every one that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20, **filters: Unpack[RouterPartFilters]) -> Page[T]:
        """Return one page of those that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[RouterPartFilters]) -> T | None:
        """Return the only one that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)


class DeletablePart(Collection[F], Generic[F, T]):
    """A kind of part that a job deletes."""

    @call
    async def delete(
        self, ref: Ref[T], *, wait: bool = False, timeout: float | None = DEFAULT_WAIT
    ) -> RouterPartDeletion:
        """Delete one and return the job that does it: with ``wait`` when it is done; ``timeout`` is in seconds.

        Raises ``cloudsigma.errors.NotFound`` when there is none, ``cloudsigma.errors.WaitFailed`` and
        ``cloudsigma.errors.WaitTimeout``.
        """
        return await delete_part(self._requests, path_of(ref, self._path), wait, timeout)

    @call
    async def delete_many(self, refs: Sequence[Ref[T]]) -> None:
        """Delete several, a few at a time. The first failure is raised once those begun have ended."""
        await self._each(refs, "DELETE")


class CreatablePart(Schemed[F], Generic[F, T]):
    """A kind of part that a job creates. ``create`` itself stands in each, for what is created differs."""

    _record: type[T]

    async def _create(self, body: Mapping[str, Any], wait: bool, timeout: float | None) -> T:
        made = await self._send("POST", f"{self._path}/", self._record, {"objects": [body]})
        return await done(self._requests, made, wait, timeout)

    async def _create_many(self, bodies: Sequence[Mapping[str, Any]]) -> List[T]:
        if not bodies:
            return []
        answer = await self._requests.request("POST", f"{self._path}/", body={"objects": bodies})
        return typed(objects_in(answer), self._record)


async def delete_part(requests: Requests, path: str, wait: bool, timeout: float | None) -> RouterPartDeletion:
    """Delete what is at ``path``. An answer without body, as an earlier revision of the API has it, names no job."""
    answer = await requests.request("DELETE", path)
    uuid = path.rstrip("/").rpartition("/")[2]
    deletion = RouterPartDeletion({"job": None, "uuid": uuid} if not answer.data else answer.data)
    if wait and deletion.job is not None:
        await wait_for_job(requests, deletion.job, "success", timeout)
    return deletion


async def done(requests: Requests, record: R, wait: bool, timeout: float | None) -> R:
    """Wait, if wanted, until the jobs of what was created or changed have ended well; return it."""
    if wait:
        jobs = [partial(wait_for_job, requests, job, "success", timeout) for job in record.get("jobs") or ()]
        await requests.port.gather(jobs, AT_ONCE)
    return record


async def act_on_router(
    collection: Collection[F],
    ref: Any,
    action: str,
    wait: bool,
    timeout: float | None,
    body: Mapping[str, Any] | None = None,
) -> RouterAction:
    """Run an action that a job carries out; with ``wait`` return when it has ended well."""
    path = f"{path_of(ref, collection._path)}action/"
    answer = await collection._requests.request(
        "POST", path, body={} if body is None else dict(body), params={"do": action}
    )
    result = object_in(answer, RouterAction)
    if wait and result.job is not None:
        await wait_for_job(collection._requests, result.job, "success", timeout)
    return result


def with_uuids(fields: Mapping[str, Any], kinds: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a body in which references are uuids; ``kinds`` says of which collection each key's must be."""
    body = dict(fields)
    for name, kind in kinds.items():
        if body.get(name) is not None:
            body[name] = uuid_of(body[name], kind, name)
    return body
