"""Status of a location: features that are switched on, as ``/cloud_status/`` answers it."""

from __future__ import annotations

from typing import Any

from .record import Record


class FreeTier(Record):
    """What every account has without paying."""

    dssd: int | None
    """Bytes of storage."""
    mem: int | None
    """Bytes of memory."""


class FreeTierMonthly(Record):
    """What every account has each month without paying."""

    tx: int | None
    """Bytes of outgoing traffic."""


class CloudStatus(Record):
    """Features of a location."""

    free_tier: FreeTier | None
    """What costs nothing."""
    free_tier_monthly: FreeTierMonthly | None
    """What costs nothing, each month."""
    guest: bool | None
    """Whether one may look around without an account."""
    host_availability_zones: bool | None
    """Whether hosts can be chosen by zone."""
    paas: list[Any] | None
    """Platforms on top of it."""
    remote_snapshots: bool | None
    """Whether snapshots can be kept in other locations."""
    signup: bool | None
    """Whether accounts can be opened."""
    sso: list[str] | None
    """Other ways to log in."""
    trial: bool | None
    """Whether a trial is offered."""
    vmware: bool | None
    """Whether VMware servers are offered."""
    vpc: bool | None
    """Whether private clouds are offered."""
