"""Tags: words that resources of all kinds can be given."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Unpack

from ..core.call import F, call, stream
from ..core.pages import PAGE_SIZE, fetch_all, objects_in, typed
from ..core.references import path_of
from ..records.drive import Drive
from ..records.ip import Ip
from ..records.page import Page
from ..records.record import Record
from ..records.reference import Ref
from ..records.server import Server
from ..records.tag import Tag, TagChanges, TagFilters, TagSpec
from ..records.vlan import Vlan
from .bodies import tagged
from .collection import Deletable, R, Readable, Schemed, object_in
from .editing import Editable, required
from .narrowing import Narrowed
from .plain_uris import with_plain_uri


class Tags(Narrowed[F, Tag], Readable[F, Tag], Editable[F, Tag], Deletable[F, Tag], Schemed[F]):
    """The caller's tags (``/tags/``). Others do not see them."""

    _path = "tags"
    _list_path = "tags/detail/"
    _record = Tag
    _filters = TagFilters

    @call
    async def list(self, **filters: Unpack[TagFilters]) -> List[Tag]:
        """Return every tag that matches, with what has it.

        ``filters`` are the keys of ``cloudsigma.records.TagFilters``; all given must hold, a sequence of values
        means any of them. The API filters no tags, so all are read. Raises ``TypeError`` for a filter that
        there is not, and the errors of ``cloudsigma.errors``.

        Asks ``GET /tags/detail/``.
        """
        return await self._matching(filters)

    @stream
    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Tag, None]:
        """Yield every tag, reading ``page_size`` at a time, so that memory does not grow."""
        return self._walk({}, page_size)

    @call
    async def page(self, offset: int = 0, limit: int = 20) -> Page[Tag]:
        """Return one page of the tags: ``offset`` counts from 0, ``limit`` 0 means all that follow."""
        return await self._page(offset, limit, {})

    @call
    async def find(self, **filters: Unpack[TagFilters]) -> Tag | None:
        """Return the only tag that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match: names need not be unique.
        """
        return await self._only_matching(filters)

    @call
    async def create(self, **fields: Unpack[TagSpec]) -> Tag:
        """Create a tag and return it.

        ``fields`` are the keys of ``cloudsigma.records.TagSpec``; ``name`` is required, ``resources`` may mix
        servers, drives, addresses and others. Raises ``cloudsigma.errors.ValidationError``.

        Sends ``POST /tags/``.
        """
        answer = await self._requests.request("POST", "tags/", body={"objects": [_tag_body(fields)]})
        return object_in(answer, Tag)

    @call
    async def create_many(self, specs: Sequence[TagSpec]) -> List[Tag]:
        """Create several tags in one request and return them in the order given."""
        if not specs:
            return []
        body = {"objects": [_tag_body(spec) for spec in specs]}
        return typed(objects_in(await self._requests.request("POST", "tags/", body=body)), Tag)

    @call
    async def update(self, ref: Ref[Tag], **changes: Unpack[TagChanges]) -> Tag:
        """Change a tag and return it; what is not named stays as it is.

        ``changes`` are the keys of ``cloudsigma.records.TagChanges``; ``resources`` replaces all of them, see
        ``add`` and ``remove``. The tag is read, changed and written back.

        Sends ``PUT /tags/{uuid}/``.
        """
        required(changes)
        return await self._update(ref, _tag_body(changes))

    @call
    async def add(self, ref: Ref[Tag], resources: Sequence[Ref[Record]]) -> Tag:
        """Give the tag to more resources, of any kinds mixed, and return it.

        Sends ``PUT /tags/{uuid}/``.
        """
        more = tagged(resources)

        def with_more(tag: Tag) -> Mapping[str, Any]:
            have = [{"uuid": item["uuid"]} for item in tag.resources]
            return {"resources": have + [item for item in more if item not in have]}

        return await self._edit(ref, with_more)

    @call
    async def remove(self, ref: Ref[Tag], resources: Sequence[Ref[Record]]) -> Tag:
        """Take the tag from resources and return it; those that do not have it are no error.

        Sends ``PUT /tags/{uuid}/``.
        """
        gone = tagged(resources)

        def without(tag: Tag) -> Mapping[str, Any]:
            have = [{"uuid": item["uuid"]} for item in tag.resources]
            return {"resources": [item for item in have if item not in gone]}

        return await self._edit(ref, without)

    @call
    async def servers(self, ref: Ref[Tag], *, detail: bool = True) -> List[Server]:
        """Return the servers that have the tag, with all their fields; not ``detail``, with the few of the plain list.

        Asks ``GET /tags/{uuid}/servers/detail/`` or ``GET /tags/{uuid}/servers/``.
        """
        if detail:
            path = f"{path_of(ref, 'tags')}servers/detail/"
            return await fetch_all(self._requests, path, Server)
        return await self._members(ref, "servers", Server)

    @call
    async def drives(self, ref: Ref[Tag]) -> List[Drive]:
        """Return the drives that have the tag, with the few fields of the plain list.

        ``drives.list(tag=…)`` returns them whole.

        Asks ``GET /tags/{uuid}/drives/``.
        """
        return await self._members(ref, "drives", Drive)

    @call
    async def ips(self, ref: Ref[Tag]) -> List[Ip]:
        """Return the addresses that have the tag, with the few fields of the plain list.

        Asks ``GET /tags/{uuid}/ips/``.
        """
        return await self._members(ref, "ips", Ip)

    @call
    async def vlans(self, ref: Ref[Tag]) -> List[Vlan]:
        """Return the VLANs that have the tag, with the few fields of the plain list.

        Asks ``GET /tags/{uuid}/vlans/``.
        """
        return await self._members(ref, "vlans", Vlan)

    async def _members(self, ref: Any, kind: str, record: type[R]) -> List[R]:
        path = f"{path_of(ref, 'tags')}{kind}/"
        members = await fetch_all(self._requests, path, record)
        for member in members:
            with_plain_uri(member)
            member._mark_partial()
        return members


def _tag_body(fields: Mapping[str, Any]) -> dict[str, Any]:
    body = dict(fields)
    if body.get("resources") is not None:
        body["resources"] = tagged(body["resources"])
    return body
