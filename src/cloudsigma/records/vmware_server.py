"""VMware servers, which can only be looked at: what ``/vmware_servers/`` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .record import Record


class VmwareDisk(Record):
    """A disk of a VMware server; the names are those of its definition."""

    diskElementName: str | None  # noqa: N815
    """Name of the disk."""
    diskVirtualQuantityInBytes: int | None  # noqa: N815
    """Bytes."""


class VmwareMedia(Record):
    """A cdrom of a VMware server; the names are those of its definition."""

    mediaCdElementName: str | None  # noqa: N815
    """Name of the drive."""
    mediaCdHostResource: str | None  # noqa: N815
    """The image in it."""


class VmwareNic(Record):
    """A network card of a VMware server. All values are text, also numbers and truth values."""

    adapter_type: str | None
    """Emulated device, such as ``VMXNET3``."""
    connected: str | None
    """``true`` or ``false``."""
    index: str | None
    """Place among the cards, from 0."""
    ip_address: str | None
    """Address."""
    ip_address_mode: str | None
    """How it gets its address, such as ``MANUAL``."""
    mac_address: str | None
    """Hardware address."""
    network: str | None
    """Name of the network."""
    primary: str | None
    """``True`` or ``False``."""


class VmwareServer(Record):
    """A VMware server."""

    cores_per_socket: int
    """Cores of each CPU socket."""
    cpus: int
    """Number of CPUs."""
    deployed: bool
    """Whether it is deployed."""
    description: str | None
    """Words about it."""
    disk: list[VmwareDisk]
    """Its disks."""
    enabled: bool
    """Whether it may be used."""
    media: list[VmwareMedia]
    """Its cdroms."""
    memory: int
    """Memory, in megabytes (that of other servers is in bytes)."""
    name: str
    """Name."""
    nics: list[VmwareNic]
    """Its network cards."""
    organisation: str | None
    """The organisation that it belongs to, by uuid."""
    powered: bool
    """Whether it is switched on."""
    resource_uri: str
    """Absolute path of the server."""
    uuid: str
    """Identifier."""


class VmwareServerFilters(TypedDict, total=False):
    """What VMware servers can be narrowed by; the cloud filters nothing here, so that this library does."""

    name: str | Sequence[str]
    """Whole name, case included."""
    name__contains: str | Sequence[str]
    """Part of the name, case ignored."""
    uuid: str | Sequence[str]
    """Identifier."""
