"""Numbers of remote desktop users of Windows drives: what ``/driveusers/`` answers and takes."""

from __future__ import annotations

from typing import Required, TypedDict

from .drive import Drive
from .record import Record
from .reference import Ref, Reference


class DriveUser(Record):
    """How many remote desktop users a drive has licences for. It has no identifier but that of the drive."""

    amount: int
    """Number of users."""
    drive: Reference
    """The drive."""


class DriveUserSpec(TypedDict, total=False):
    """A number of users to set for a drive that has none."""

    drive: Required[Ref[Drive]]
    """The drive."""
    amount: Required[int]
    """Number of users."""
