"""Snapshots of drives, local and remote: what ``/snapshots/`` and ``/remotesnapshots/`` answer."""

from __future__ import annotations

from .grantee import Grantee
from .record import Record
from .reference import Meta, Reference


class Snapshot(Record):
    """The state of a drive at one moment, kept on the same storage. It goes with its drive.

    Fields marked "not everywhere" are missing in older locations and read as None there.
    """

    allocated_size: int | None
    """Bytes that it takes by itself, 0 as long as the drive has not changed; null while it is ``creating``."""
    drive: Reference
    """The drive it was taken of."""
    grantees: list[Grantee] | None
    """Whom the owner let in; empty for everybody else; not everywhere."""
    meta: Meta
    """The user's keys and values."""
    name: str
    """Name; by default the drive's uuid and the time (UTC)."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str] | None
    """What the caller may do with somebody else's; empty for his own; not everywhere."""
    resource_uri: str
    """Absolute path of the snapshot."""
    status: str
    """``creating``, ``available``; also ``cloning_dst`` while a drive is made of it."""
    tags: list[Reference]
    """The caller's tags."""
    timestamp: str
    """Time it was taken, with a blank in place of the ``T``; see ``cloudsigma.records.to_datetime``."""
    uuid: str
    """Identifier."""


class SnapshotDrive(Record):
    """What the drive of a remote snapshot was like, for the snapshot outlives it."""

    media: str
    """``disk`` or ``cdrom``."""
    name: str
    """Name of the drive."""
    size: int
    """Bytes of the drive."""
    src_uuid: str
    """Identifier of the drive."""
    storage_type: str | None
    """Storage that the drive was on."""


class RemoteSnapshot(Snapshot):
    """The state of a drive at one moment, kept in another location. It stays when the drive is deleted."""

    drive_meta: SnapshotDrive
    """What the drive was like."""
    last_state_change: str | None
    """Time of its latest change of status."""
    location: str
    """Code of the location that keeps it, such as ``ZRH``."""
    status: str
    """``creating``, ``transferring``, then ``available``; only then it can be changed, cloned and deleted."""
