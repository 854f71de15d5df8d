"""Status of the location: what is switched on."""

from __future__ import annotations

from ..core.call import F, call
from ..records.cloud_status import CloudStatus
from .collection import Collection


class LocationStatus(Collection[F]):
    """The features that are switched on (``/cloud_status/``)."""

    _path = "cloud_status"

    @call
    async def get(self) -> CloudStatus:
        """Return which features are switched on and what costs nothing."""
        return await self._fetch_one("cloud_status/", CloudStatus)
