"""Numbers of remote desktop users, for which Windows drives need licences."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, TypedDict, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..records.drive import Drive
from ..records.drive_user import DriveUser, DriveUserSpec
from ..records.page import Page
from ..records.reference import Ref
from .bodies import drive_uuid
from .collection import AT_ONCE, Listed

DriveOrUser: TypeAlias = Ref[Drive] | DriveUser
"""What names a number of users: its drive, or its record."""


class _NoFilters(TypedDict, total=False):
    pass


class DriveUsers(Listed[F, DriveUser]):
    """The numbers of remote desktop users (``/driveusers/``), each known by its drive."""

    _path = "driveusers"
    _list_path = "driveusers/"
    _record = DriveUser
    _filters = _NoFilters

    @call
    async def list(self) -> List[DriveUser]:
        """Return the numbers of users of all drives that have one. Raises the errors of ``cloudsigma.errors``.

        Asks ``GET /driveusers/``.
        """
        return await self._all({})

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[DriveUser, None]:
        """Yield the same, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[DriveUser]:
        """Return one page of them: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def get(self, ref: DriveOrUser) -> DriveUser:
        """Return the number of users of the drive ``ref``.

        Raises ``cloudsigma.errors.NotFound`` for a drive that has none.

        Asks ``GET /driveusers/{uuid}/``.
        """
        return await self._fetch_one(_path_of(ref), DriveUser)

    @call
    async def create(self, **fields: Unpack[DriveUserSpec]) -> DriveUser:
        """Set the number of users of a drive that has none, and return it.

        ``fields`` are the keys of ``cloudsigma.records.DriveUserSpec``: drive and amount, both required. Raises
        ``cloudsigma.errors.ValidationError``.

        Sends ``POST /driveusers/``.
        """
        return await self._send("POST", "driveusers/", DriveUser, _body(fields))

    @call
    async def create_many(self, specs: Sequence[DriveUserSpec]) -> List[DriveUser]:
        """Set the numbers of users of several drives in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [_body(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", "driveusers/", body=body)), DriveUser)

    @call
    async def update(self, ref: DriveOrUser, *, amount: int) -> DriveUser:
        """Change the number of users of the drive ``ref`` to ``amount`` and return it.

        There is nothing else to it, so that it is not read before. Raises
        ``cloudsigma.errors.ValidationError`` for an amount that cannot be.

        Sends ``PUT /driveusers/{uuid}/``.
        """
        return await self._send("PUT", _path_of(ref), DriveUser, {"amount": amount})

    @call
    async def delete(self, ref: DriveOrUser) -> None:
        """Give up the users of the drive ``ref``.

        Raises ``cloudsigma.errors.PermissionError`` while the drive is mounted.

        Sends ``DELETE /driveusers/{uuid}/``.
        """
        await self._requests.request("DELETE", _path_of(ref))

    @call
    async def delete_many(self, refs: Sequence[DriveOrUser]) -> None:
        """Give up the users of several drives, a few at a time; the first failure is raised at the end."""
        jobs = [partial(self._requests.request, "DELETE", path) for path in map(_path_of, refs)]
        await self._requests.port.gather(jobs, AT_ONCE)


def _path_of(ref: Any) -> str:
    if isinstance(ref, Mapping) and "uuid" not in ref and isinstance(ref.get("drive"), (str, Mapping)):
        ref = ref["drive"]
    return f"driveusers/{drive_uuid(ref, 'ref')}/"


def _body(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "drive": drive_uuid(fields["drive"])}
