"""Giving a resource a tag and taking it off, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic

from ..core.call import F, call
from ..core.references import path_of, uuid_of
from ..errors import NotPermitted
from ..records.reference import Ref
from ..records.tag import Tag
from .collection import T
from .editing import Editable


class Tagged(Editable[F, T], Generic[F, T]):
    """A collection whose resources have tags."""

    @call
    async def add_tag(self, ref: Ref[T], tag: Ref[Tag]) -> T:
        """Give a resource one more ``tag`` and return the resource; one that it has already is no error.

        It is read, and written back with its other tags. To give one tag to many resources, see ``tags.add``.

        Raises ``cloudsigma.errors.NotFound`` when there is no such resource, and
        ``cloudsigma.errors.NotPermitted`` when it is somebody else's: those take no tags.

        Sends ``PUT /{collection}/{uuid}/``.
        """
        return await self._set_tag(ref, tag, wanted=True)

    @call
    async def remove_tag(self, ref: Ref[T], tag: Ref[Tag]) -> T:
        """Take a ``tag`` off a resource and return the resource; one that it does not have is no error.

        Raises ``cloudsigma.errors.NotFound`` when there is no such resource.

        Sends ``PUT /{collection}/{uuid}/``.
        """
        return await self._set_tag(ref, tag, wanted=False)

    async def _set_tag(self, ref: Any, tag: Any, *, wanted: bool) -> T:
        uuid, path = uuid_of(tag, "tags", "tag"), path_of(ref, self._path)

        def change(present: T) -> Mapping[str, Any]:
            have: list[str] = _tags(present)
            if (uuid in have) == wanted:
                return {}
            tags = [*have, uuid] if wanted else [item for item in have if item != uuid]
            return {"tags": self._tags_body(tags)}

        _, after = await self._edit_path(path, change)
        if "tags" in after and (uuid in _tags(after)) != wanted:
            raise NotPermitted(
                f"the cloud left the tags as they were: those of somebody else's {self._path} cannot be changed",
                method="PUT",
                path=f"/{path}",
            )
        return after

    def _tags_body(self, uuids: list[str]) -> list[Any]:
        """Return ``tags`` of a body."""
        return list(uuids)


def _tags(resource: Mapping[str, Any]) -> list[str]:
    return [uuid_of(item, "tags", "tags") for item in resource.get("tags") or ()]
