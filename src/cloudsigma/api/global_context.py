"""The global context: keys and values that every server of the account can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.call import F, call
from ..records.record import Record
from .collection import Collection, object_in


class GlobalContext(Collection[F]):
    """The dictionary that guests see as ``global_context`` (``/global_context/``)."""

    _path = "global_context"

    @call
    async def get(self) -> dict[str, Any]:
        """Return the whole dictionary."""
        return dict(object_in(await self._requests.request("GET", "global_context/"), Record))

    @call
    async def replace(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Put ``values`` in place of the whole dictionary and return it; ``{}`` clears it.

        Keys have at most 32 characters, values are text. Raises ``cloudsigma.errors.ValidationError``.
        """
        return await self._write(values)

    @call
    async def update(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set the keys of ``values``, leaving the others as they are, and return the whole dictionary.

        The API only replaces the whole, so that it is read first; a change made by somebody else in between is lost.
        """
        present = object_in(await self._requests.request("GET", "global_context/"), Record)
        return await self._write({**present, **values})

    async def _write(self, values: Mapping[str, Any]) -> dict[str, Any]:
        # A POST, but one that may be sent twice: it replaces everything.
        answer = await self._requests.request("POST", "global_context/", body=dict(values), repeatable=True)
        return dict(object_in(answer, Record))
