"""Drives: what ``/drives/`` answers."""

from __future__ import annotations

from .grantee import Grantee
from .license import DriveLicense
from .record import Record
from .reference import Meta, Reference


class DriveRuntime(Record):
    """What the storage says of a drive."""

    is_downloadable: bool | None
    """Whether its bytes can be read over HTTP; not everywhere."""
    is_ephemeral: bool | None
    """Whether its bytes are lost when the server stops; not everywhere."""
    is_snapshotable: bool | None
    """Whether snapshots can be taken; null while it is being made."""
    snapshots_allocated_size: int
    """Bytes that its snapshots take."""
    storage_type: str | None
    """Storage it lies on."""


class Drive(Record):
    """A drive of the caller's, or a library drive asked for through ``/drives/``.

    The plain list carries only owner, resource_uri, status and uuid; the collections of this library ask for all of
    it. Fields marked "not everywhere" are missing in older locations and read as None there.
    """

    affinities: list[str] | None
    """Wanted neighbourhood, such as ``ssd``; null on very old drives."""
    allow_multimount: bool
    """Whether several servers may have it attached."""
    backup_scheduler: Reference | None
    """The scheduler that takes its snapshots; not everywhere."""
    grantees: list[Grantee] | None
    """Whom the owner let in; empty for everybody else; not everywhere."""
    iops: int | None
    """Limit of operations a second; null for the default; not everywhere."""
    jobs: list[Reference]
    """Background jobs it takes part in."""
    licenses: list[DriveLicense]
    """Licences that a server needs to start with it."""
    media: str
    """``disk`` or ``cdrom``."""
    meta: Meta
    """The user's keys and values, and those copied from a library drive."""
    mounted_on: list[Reference]
    """Servers that have it attached, running or not."""
    name: str
    """Name; may be empty and need not be unique."""
    owner: Reference | None
    """The user that it belongs to; null for a library drive."""
    permissions: list[str] | None
    """What the caller may do with somebody else's drive; empty for his own; not everywhere."""
    remote_snapshots: list[Reference] | None
    """Its snapshots in other locations; not everywhere."""
    resource_uri: str
    """Absolute path of the drive."""
    runtime: DriveRuntime
    """What the storage says of it."""
    size: int
    """Bytes; still the old ones while it is being resized."""
    snapshots: list[Reference]
    """Its local snapshots."""
    status: str
    """``creating``, ``unmounted``, ``mounted``, ``resizing``, ``cloning_src``, ``cloning_dst``, ``copying``,
    ``uploading``, ``staging`` or ``unavailable``."""
    storage_type: str | None
    """``dssd``, ``nvme``, ``zadara``, ``local_nvme``, ``magnetic`` or ``ssd``; fixed when it is made."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """Identifier."""


class ChunkLink(Record):
    """Where the bytes of one chunk of an upload may be sent for five minutes, without credentials."""

    link: str
    """Path on the host of the API."""
