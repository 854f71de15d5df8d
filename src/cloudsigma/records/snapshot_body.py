"""Bodies of ``/snapshots/`` and ``/remotesnapshots/`` and what their lists can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from .drive import Drive
from .reference import Ref
from .tag import Tag
from .tagged_filters import OrderedFilters


class SnapshotChanges(TypedDict, total=False):
    """What of a snapshot can be changed."""

    name: str
    """Name; need not be unique."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed. Keys of at most 32 characters, values strings."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class SnapshotSpec(SnapshotChanges, total=False):
    """A snapshot to take."""

    drive: Required[Ref[Drive]]
    """The drive to take it of."""


class RemoteSnapshotSpec(SnapshotSpec, total=False):
    """A remote snapshot to take."""

    location: Required[str]
    """Code of the location to keep it, one of ``remote_snapshots.remote_locations`` of the capabilities."""


class SnapshotCloneSpec(TypedDict, total=False):
    """How the drive made of a snapshot differs from the one it was taken of."""

    name: str
    """Name; that of the snapshot by default."""
    media: str
    """``disk`` or ``cdrom``."""
    affinities: Sequence[str]
    """Wanted neighbourhood, such as ``ssd``."""
    size: int
    """Bytes, not fewer than the drive had; not documented."""
    storage_type: str
    """Storage to lie on; not documented."""
    meta: Mapping[str, Any]
    """Keys and values; not documented."""


class SnapshotFilters(OrderedFilters, total=False):
    """What lists of snapshots can be narrowed by; several must all hold, a sequence means any of its values."""

    drive: Ref[Drive] | Sequence[str]
    """The drive they were taken of, by uuid."""
