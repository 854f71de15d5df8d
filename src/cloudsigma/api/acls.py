"""Access control lists: who else may do what with tagged resources."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, objects_in, typed
from ..core.references import path_of, uuid_of
from ..errors import InvalidArgument
from ..records.acl import Acl, AclFilters, AclSpec
from ..records.page import Page
from ..records.reference import Ref
from .bulk import delete_together, update_together
from .collection import Readable, Schemed
from .editing import required
from .narrowing import Narrowed
from .tagging import Tagged


class Acls(Narrowed[F, Acl], Readable[F, Acl], Tagged[F, Acl], Schemed[F]):
    """The access control lists (``/acls/``): the caller's own, and those of others that let him in."""

    _path = "acls"
    _list_path = "acls/"
    _record = Acl
    _filters = AclFilters

    @call
    async def list(self, **filters: Unpack[AclFilters]) -> List[Acl]:
        """Return every access control list that matches, with all its fields.

        ``filters`` are the keys of ``cloudsigma.records.AclFilters``; all given must hold, a sequence of
        values means any of them. The API filters none, so all are read. Raises ``TypeError`` for a filter that there is not, and the errors of
        ``cloudsigma.errors``.

        Asks ``GET /acls/``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Acl, None]:
        """Yield every access control list, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Acl]:
        """Return one page of the access control lists: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[AclFilters]) -> Acl | None:
        """Return the only access control list that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match: names need not be unique.
        """
        return await self._only_matching(filters)

    @call
    async def create(self, **fields: Unpack[AclSpec]) -> Acl:
        """Create an access control list and return it; it holds at once, also for resources that are tagged later.

        ``fields`` are the keys of ``cloudsigma.records.AclSpec``; none is required. Its ``grantees`` may then do
        what its ``rules`` say with all that has its ``tags``. Raises ``cloudsigma.errors.ValidationError`` with
        ``error_point`` for a user or tag that there is not.

        Sends ``POST /acls/``.
        """
        return await self._send("POST", "acls/", Acl, {"objects": [acl_body(fields)]})

    @call
    async def create_many(self, specs: Sequence[AclSpec]) -> List[Acl]:
        """Create several access control lists in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [acl_body(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", "acls/", body=body)), Acl)

    @call
    async def update(self, ref: Ref[Acl], **changes: Unpack[AclSpec]) -> Acl:
        """Change a access control list and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.AclSpec``; a list or ``meta`` that is named is
        replaced as a whole. It holds at once. The list is read, changed and written back, with every field that the cloud has.

        Raises ``cloudsigma.errors.ValidationError`` with ``error_point`` for a wrong value, and
        ``cloudsigma.errors.StaleRecord`` when ``ref`` is a record and a list or ``meta`` to be replaced has
        changed since it was read.

        Sends ``PUT /acls/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, acl_body(changes))

    @call
    async def update_many(self, refs: Sequence[Ref[Acl]], **changes: Unpack[AclSpec]) -> List[Acl]:
        """Make the same changes to several access control lists and return them in the order given.

        As ``update``, in one request for all; where the location does not take that, in one for each.

        Sends ``PUT /acls/``.
        """
        required(changes)
        return await update_together(self, refs, acl_body(changes))

    @call
    async def delete(self, ref: Ref[Acl]) -> None:
        """Delete an access control list. What it granted ends at once.

        Raises ``cloudsigma.errors.PermissionError`` for somebody else's.

        Sends ``DELETE /acls/{uuid}/``.
        """
        await self._requests.request("DELETE", path_of(ref, self._path))

    @call
    async def delete_many(self, refs: Sequence[Ref[Acl]]) -> None:
        """Delete several access control lists in one request; where the location does not take that, in one for each.

        Sends ``DELETE /acls/``.
        """
        await delete_together(self, refs)

    def _resent(self, present: Acl) -> Mapping[str, Any]:
        # Grantees and tags are answered in another shape than they are taken.
        return {
            **present,
            **acl_body({name: present[name] for name in ("grantees", "tags") if name in present}),
        }

    def _tags_body(self, uuids: List[str]) -> List[Any]:
        return [{"uuid": uuid} for uuid in uuids]


def acl_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body for an access control list: grantees, rules and tags as the objects that the API takes."""
    body = dict(fields)
    if body.get("grantees") is not None:
        body["grantees"] = [_grantee(user) for user in _sequence(body["grantees"], "grantees")]
    if body.get("rules") is not None:
        body["rules"] = [
            {"permission": rule} if isinstance(rule, str) else rule
            for rule in _sequence(body["rules"], "rules")
        ]
    if body.get("tags") is not None:
        body["tags"] = [{"uuid": uuid_of(tag, "tags", "tags")} for tag in _sequence(body["tags"], "tags")]
    return body


def _grantee(user: Any) -> dict[str, Any]:
    if isinstance(user, str):
        return {"email" if "@" in user else "uuid": user}
    if not isinstance(user, Mapping) or not (user.get("uuid") or user.get("email")):
        raise InvalidArgument("grantees must hold uuids, e-mail addresses, or objects with either")
    return {name: user[name] for name in ("uuid", "email") if user.get(name)}


def _sequence(value: Any, argument: str) -> Iterable[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidArgument(f"{argument} must be a sequence, not {type(value).__name__}")
    return value
