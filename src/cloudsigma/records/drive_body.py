"""Bodies of ``/drives/`` and ``/initupload/`` and what lists of drives can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from .reference import Ref
from .tag import Tag
from .tagged_filters import OrderedFilters


class DriveOptions(TypedDict, total=False):
    """What a body may say of a drive besides its required fields."""

    allow_multimount: bool
    """Let several servers have it attached (default false)."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed. Keys of at most 32 characters, values strings."""
    tags: Sequence[Ref[Tag]]
    """All tags."""
    affinities: Sequence[str]
    """Wanted neighbourhood, such as ``ssd``."""
    iops: int | None
    """Limit of operations a second, within ``drives`` of the capabilities."""


class DriveSpec(DriveOptions, total=False):
    """A drive to create."""

    name: Required[str]
    """Name; may be empty and need not be unique."""
    size: Required[int]
    """Bytes, within ``drives`` of the capabilities; the cloud rounds up to a multiple of 16384."""
    media: Required[str]
    """``disk`` or ``cdrom``."""
    storage_type: str
    """``dssd``, ``nvme`` …: one of ``drives`` of the capabilities; fixed from then on."""


class DriveResizeChanges(DriveOptions, total=False):
    """What of a drive can be changed together with its size."""

    name: str
    """Name."""
    media: str
    """``disk`` or ``cdrom``."""


class DriveChanges(DriveResizeChanges, total=False):
    """What of a drive can be changed; while its server runs only name, meta, tags and allow_multimount."""

    size: int
    """Bytes; it can only grow."""


class DriveCloneSpec(TypedDict, total=False):
    """How a copy of a drive differs from its source."""

    name: str
    """Name; left out, the profile's ``clone_naming`` makes one."""
    size: int
    """Bytes, not fewer than the source has."""
    media: str
    """``disk`` or ``cdrom``."""
    storage_type: str
    """Storage to lie on; that of the source by default."""
    affinities: Sequence[str]
    """Wanted neighbourhood, such as ``ssd``."""
    meta: Mapping[str, Any]
    """Keys and values, in place of the source's."""
    tags: Sequence[Ref[Tag]]
    """Tags."""


class UploadSpec(TypedDict, total=False):
    """A drive to be filled by an upload."""

    name: Required[str]
    """Name."""
    size: Required[int]
    """Bytes of the image, exactly."""
    media: Required[str]
    """``disk`` or ``cdrom``."""
    meta: Mapping[str, Any]
    """Keys and values."""
    tags: Sequence[Ref[Tag]]
    """Tags."""
    storage_type: str
    """Storage to lie on."""


class DriveFilters(OrderedFilters, total=False):
    """What lists of drives can be narrowed by; several filters must all hold, a sequence means any of its values."""
