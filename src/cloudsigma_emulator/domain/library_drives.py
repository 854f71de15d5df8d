"""Library drives: images that belong to the cloud, everyone may copy and nobody may change.

Stored with an owner of None under a kind of their own, so that they never stand in the drive lists; asked for
under ``/drives/`` they look like ordinary drives.
"""

from __future__ import annotations

from typing import Any

from .drives import Drive, render_licenses
from .refs import resource_uri

LIBRARY_KEYS = (
    "arch",
    "category",
    "description",
    "distribution",
    "favourite",
    "image_type",
    "install_notes",
    "os",
    "paid",
    "url",
    "version",
)
"""What the library says about an image beyond the keys of a drive."""

_META_OF_COPY = {
    "arch": "arch",
    "category": "category",
    "description": "description",
    "distribution": "distribution",
    "favourite": "favorite",
    "image_type": "image_type",
    "install_notes": "install_notes",
    "os": "os",
    "paid": "paid",
    "url": "url",
    "version": "version",
}


def render_library_drive(drive: Drive) -> dict[str, Any]:
    """Return a library drive as ``/libdrives/`` shows it: 26 keys."""
    return {
        "affinities": drive["affinities"],
        "allow_multimount": drive["allow_multimount"],
        **{key: drive[key] for key in LIBRARY_KEYS},
        "jobs": [],
        "licenses": render_licenses(drive),
        "media": drive["media"],
        "meta": drive["meta"],
        "mounted_on": [],
        "name": drive["name"],
        "owner": None,
        "resource_uri": resource_uri("libdrives", drive["uuid"]),
        "size": drive["size"],
        "status": drive["status"],
        "storage_type": None,
        "tags": [],
        "uuid": drive["uuid"],
    }


def meta_of_copy(drive: Drive) -> dict[str, Any]:
    """Return the meta that a copy of a drive starts with: the source's own, and what the library says of it."""
    described = {
        meta_key: drive[key] for key, meta_key in _META_OF_COPY.items() if drive.get(key) is not None
    }
    return {**described, **drive["meta"]}
