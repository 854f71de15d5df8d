"""Licences: those that stick to a drive, and those that ``/licenses/`` sells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .record import Record
from .reference import Reference


class LicenseType(Record):
    """The kind of a licence."""

    burstable: bool
    """Whether it may be used without a subscription and be billed by use."""
    long_name: str
    """Name for people."""
    name: str
    """Name in the API."""
    resource_uri: str
    """Absolute path of the licence."""
    type: str
    """How it is billed: ``install``, ``instance`` (while a server runs), ``stub`` (by a number given)."""
    user_metric: str | None
    """The attribute of a server that is counted, such as ``smp``."""


class DriveLicense(Record):
    """A licence that a drive needs to be started with."""

    amount: int
    """How many of the licence's unit."""
    license: LicenseType
    """The licence."""
    user: Reference | None
    """Owner of the licence; null for one that nobody bought."""


class License(LicenseType):
    """A licence that can be subscribed; its ``name`` is the ``resource`` of the subscription."""

    free: bool | None
    """Whether it costs nothing; not told everywhere."""
    initial_purchase_requirement: str | None
    """Least amount of the first purchase; not told everywhere."""
    subsequent_purchase_requirement: str | None
    """Least amount of later purchases; not told everywhere."""


class LicenseFilters(TypedDict, total=False):
    """What licences can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""

    name: str | Sequence[str]
    """Whole name, case included."""
    name__contains: str | Sequence[str]
    """Part of the name, case ignored."""
    type: str | Sequence[str]
    """``install``, ``instance`` or ``stub``."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
