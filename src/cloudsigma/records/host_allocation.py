"""Where servers run: what ``/hostallocationpools/`` and ``/hostavailabilityzones/`` answer and take.

No answer of the cloud is recorded.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from .record import Record


class HostAllocationPool(Record):
    """The machines of a private cloud as servers are placed on them."""

    cpu_alloc: str | None
    """How much of the machines' CPU is given away, a decimal of three places: ``1.000``."""
    cpu_alloc_last_resort: str | None
    """The same when there is no room otherwise."""
    description: str | None
    """Words about it."""
    name: str | None
    """Name."""
    uuid: str
    """Identifier: what a server is created with to run there."""


class HostAllocationPoolChanges(TypedDict, total=False):
    """What of a pool can be changed."""

    name: str
    """Name."""
    description: str
    """Words about it."""
    cpu_alloc: str | int | Decimal
    """How much of the machines' CPU is given away."""
    cpu_alloc_last_resort: str | int | Decimal
    """The same when there is no room otherwise."""


class HostAvailabilityZone(Record):
    """A part of the location that servers can be told to run in; the same for every account."""

    name: str
    """Name."""
    uuid: str
    """Identifier: what a server is created with to run there, as ``allocation_pool``."""
