"""Capabilities: what the location offers to the account."""

from __future__ import annotations

from ..core.call import F, call
from ..records.capabilities import Capabilities, CapabilitiesSchema
from .collection import Collection


class LocationCapabilities(Collection[F]):
    """The limits and features of the location (``/capabilities/``)."""

    _path = "capabilities"

    @call
    async def get(self) -> Capabilities:
        """Return the limits of servers, drives and snapshots and the features that are offered.

        A feature that the location lacks is missing in the answer and reads as None.
        """
        return await self._fetch_one("capabilities/", Capabilities)

    @call
    async def schema(self) -> CapabilitiesSchema:
        """Return the methods of this resource; its schema holds no fields."""
        return await self._fetch_one("capabilities/schema/", CapabilitiesSchema)
