"""Filters for lists that the cloud does not filter: all is read, and what does not match is left out here."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (as in the collections, where `list` is a verb)
from collections.abc import Iterable, Mapping
from typing import Any, Generic

from ..core.call import F
from ..errors import InvalidArgument
from ..records.record import Record
from .collection import Listed, T, joined, the_only


class Narrowed(Listed[F, T], Generic[F, T]):
    """A collection whose list knows no filters; the verbs themselves stand in each collection."""

    async def _matching(self, filters: Mapping[str, Any]) -> List[T]:
        self._query(filters)
        wanted = {
            name: _values(name, value)
            for name, value in filters.items()
            if name != "fields" and value is not None
        }
        chosen: dict[str, Any] = {}
        if filters.get("fields") is not None:
            asked = set(joined(filters["fields"]).split(","))
            chosen["fields"] = sorted(asked.union(name.partition("__")[0] for name in wanted))
        found = await self._all(chosen)
        for name, values in wanted.items():
            found = [item for item in found if _matches(item, name, values)]
        return found

    async def _only_matching(self, filters: Mapping[str, Any]) -> T | None:
        return the_only(await self._matching(filters), self._path, filters)


def _values(name: str, value: Any) -> List[str]:
    values = [value] if isinstance(value, str) else List(value) if isinstance(value, Iterable) else None
    if values is None or not all(isinstance(item, str) for item in values):
        raise InvalidArgument(f"the filter {name} must be text or a sequence of texts")
    return values


def _matches(item: Record, name: str, values: List[str]) -> bool:
    if name == "name__contains":
        present = str(item.get("name") or "").casefold()
        return any(value.casefold() in present for value in values)
    return item.get(name) in values
