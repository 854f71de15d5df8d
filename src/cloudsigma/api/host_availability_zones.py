"""Zones: parts of the location that servers can be told to run in."""

from __future__ import annotations

from ..core.call import F
from ..records.host_allocation import HostAvailabilityZone
from .named_lists import Named


class HostAvailabilityZones(Named[F, HostAvailabilityZone]):
    """The zones (``/hostavailabilityzones/``), the same for every account.

    The uuid of one is ``allocation_pool`` of servers that are to run there.
    """

    _path = "hostavailabilityzones"
    _list_path = "hostavailabilityzones/"
    _record = HostAvailabilityZone
