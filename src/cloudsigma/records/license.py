"""Licences that stick to a drive."""

from __future__ import annotations

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
