"""Drives attached to a server: the records, and what a body says of them."""

from __future__ import annotations

from typing import Literal, Required, TypeAlias, TypedDict

from .drive import Drive
from .library_drive import LibraryDrive
from .record import Record
from .reference import Ref, Reference

Device: TypeAlias = Literal["virtio", "ide", "scsi"]
"""How a drive appears in the guest."""


class DriveIo(Record):
    """Reads and writes of an attached drive since the server was started."""

    bytes_read: int
    """Bytes read."""
    bytes_written: int
    """Bytes written."""
    count_flush: int
    """Number of flushes."""
    count_read: int
    """Number of reads."""
    count_written: int
    """Number of writes."""
    total_time_ns_flush: int
    """Nanoseconds spent flushing."""
    total_time_ns_read: int
    """Nanoseconds spent reading."""
    total_time_ns_write: int
    """Nanoseconds spent writing."""


class AttachedDriveRuntime(Record):
    """What an attached drive of a running server does."""

    io: DriveIo
    """Counters."""


class AttachedDrive(Record):
    """A drive in the definition of a server."""

    boot_order: int | None
    """Place in the boot order, from 1; null does not boot from it."""
    dev_channel: str
    """``controller:unit`` on the device, such as ``0:1``."""
    device: str
    """``virtio``, ``ide`` or ``scsi``."""
    drive: Reference
    """The drive."""
    runtime: AttachedDriveRuntime | None
    """Counters while the server runs."""


class AttachedDriveSpec(TypedDict, total=False):
    """A drive attached to a server, in a body."""

    device: Required[Device]
    """``virtio`` (controllers of up to 6 units), ``ide`` (0:0, 0:1, 1:0, 1:1) or ``scsi``."""
    dev_channel: Required[str]
    """``controller:unit``, once per device; units 0 to 2 are safe everywhere."""
    drive: Required[Ref[Drive] | LibraryDrive]
    """The drive, or a library drive of media cdrom."""
    boot_order: int | None
    """Place in the boot order, from 1; the default null does not boot from it."""
