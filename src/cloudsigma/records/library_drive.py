"""Library drives: the images that the cloud offers, as ``/libdrives/`` answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .license import DriveLicense
from .record import Record
from .reference import Meta, Reference


class LibraryDrive(Record):
    """An image of the library: disks are cloned, cdroms are attached as they are."""

    affinities: list[str] | None
    """Wanted neighbourhood."""
    allow_multimount: bool
    """Whether several servers may have it attached."""
    arch: str | None
    """``64`` or ``32``, in text."""
    category: list[str]
    """What it is for: ``general``, ``webserver``, ``dbserver`` …"""
    cloud_init_service: bool | str | None
    """Whether the image has cloud-init; not everywhere."""
    created_at: str | None
    """Time it was made, ISO 8601; not everywhere."""
    default_auth_method: str | None
    """How the first login authenticates; not everywhere."""
    default_pass: str | None
    """Password of the first login; not everywhere."""
    default_user: str | None
    """Name of the first login; not everywhere."""
    deprecated: bool | None
    """Whether a newer image takes its place; not everywhere."""
    description: str | None
    """Text for people."""
    distribution: str | None
    """``debian``, ``ubuntu`` …"""
    favourite: bool
    """Whether the cloud recommends it."""
    image_type: str | None
    """``preinst`` (installed), ``install`` (installer) or ``live``."""
    install_notes: str | None
    """What to do first, such as the initial login."""
    jobs: list[Reference]
    """Background jobs it takes part in."""
    licenses: list[DriveLicense]
    """Licences that stick to its copies."""
    media: str
    """``disk`` or ``cdrom``."""
    meta: Meta
    """Keys and values; not all of them strings."""
    mounted_on: list[Reference]
    """Always empty: shared cdroms are not counted."""
    name: str
    """Name."""
    os: str | None
    """``linux``, ``windows`` …"""
    owner: Reference | None
    """Null: it belongs to the cloud."""
    paid: bool
    """Whether its use costs a licence."""
    remote_snapshots: list[Reference] | None
    """Not everywhere."""
    resource_uri: str
    """Absolute path of the library drive."""
    size: int
    """Bytes."""
    status: str
    """``unmounted``."""
    storage_type: str | None
    """Null here; through ``/drives/`` the storage it lies on."""
    tags: list[Reference]
    """Tags."""
    url: str | None
    """Where the image comes from."""
    uuid: str
    """Identifier."""
    version: str | None
    """Version of the distribution."""


class LibraryDriveFilters(TypedDict, total=False):
    """What the library can be narrowed by; several filters must all hold, a sequence means any of its values."""

    arch: str | int | Sequence[str]
    """``64``, ``32``."""
    category: str | Sequence[str]
    """``general``, ``webserver``, ``dbserver`` …"""
    distribution: str | Sequence[str]
    """``debian``, ``ubuntu`` …"""
    image_type: str | Sequence[str]
    """``preinst``, ``install`` or ``live``."""
    name: str | Sequence[str]
    """Whole name, case included."""
    name__icontains: str | Sequence[str]
    """Part of the name, case ignored."""
    os: str | Sequence[str]
    """``linux``, ``windows`` …"""
    uuid: str | Sequence[str]
    """Identifier."""
    version: str | Sequence[str]
    """Version of the distribution."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
