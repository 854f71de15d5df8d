"""Locations of the cloud."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)

from ..core.call import F, call
from ..core.pages import fetch_all
from ..records.location import Location
from .collection import Schemed


class Locations(Schemed[F]):
    """The locations (``/locations/``). They have a code for an ``id`` and no uuid."""

    _path = "locations"

    @call
    async def list(self) -> List[Location]:
        """Return all locations, each with the addresses of its API, its uploads and its events."""
        return await self._locations()

    @call
    async def find(self, id: str) -> Location | None:
        """Return the location with the code ``id``, such as ``ZRH`` (case does not matter), or None.

        The API has no filter for it: all are read.
        """
        wanted = id.upper()
        return next((found for found in await self._locations() if found.id.upper() == wanted), None)

    async def _locations(self) -> List[Location]:
        return await fetch_all(self._requests, "locations/", Location)
