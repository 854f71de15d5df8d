"""What the account uses: as ``/currentusage/``, ``/usage/``, ``/burstusage/`` and ``/dailyburstusage/`` answer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .balance import Balance
from .record import Record
from .values import Moment


class ResourceUsage(Record):
    """How much of one resource is used: bytes, MHz or a count."""

    burst: int
    """What goes beyond the subscriptions."""
    subscribed: int
    """What is subscribed."""
    using: int
    """What is used."""


class CurrentUsage(Record):
    """What is used now."""

    balance: Balance
    """The money of the account."""
    usage: dict[str, ResourceUsage]
    """Use by resource."""


class UsageSample(Record):
    """What one server or drive used at one moment; a sample is taken every five minutes."""

    amount: str
    """Bytes or MHz."""
    poll_time: str
    """When, ISO 8601 with offset."""
    resource: str
    """``intel_cpu``, ``intel_mem``, ``dssd`` …"""
    uuid: str
    """The server or drive."""


class BurstUsage(Record):
    """What one resource cost beyond its subscriptions."""

    amount: str
    """Money, a decimal; a location that sends a number has it turned into its text."""
    date: str | None
    """When, ISO 8601."""
    resource_type: str
    """What was used."""
    usage: int
    """How much: bytes, MHz or a count."""
    uuid: str
    """Identifier."""


class DailyBurstUsage(Record):
    """What one resource cost beyond its subscriptions on one day."""

    amount: str
    """Money, a decimal; a location that sends a number has it turned into its text."""
    date: str
    """The day, ``2014-11-17``."""
    resource_type: str
    """What was used."""
    usage: int
    """How much: bytes, MHz or a count."""


class UsageFilters(TypedDict, total=False):
    """What samples can be listed by; times may be text, a datetime, or a date for its midnight (UTC)."""

    poll_time__gt: Moment
    """Taken after."""
    poll_time__lt: Moment
    """Taken before."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""


class BurstUsageFilters(TypedDict, total=False):
    """What burst use is added up over, by default the last 30 days; text, a datetime, or a date for its midnight."""

    date: Moment
    """On this very time."""
    date__gt: Moment
    """After."""
    date__gte: Moment
    """Then or after."""
    date__lt: Moment
    """Before."""
    date__lte: Moment
    """Then or before."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""


class DailyBurstUsageFilters(TypedDict, total=False):
    """Which days, by default the last 30."""

    date__gt: Moment
    """From this day on: the cloud means its midnight, so that the day itself is in it."""
    date__lt: Moment
    """Before this day."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
