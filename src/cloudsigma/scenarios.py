"""The old library's jobs on many drives, for calling by hand: each makes a ``cloudsigma.bulk.DrivesBulk``.

``id_prefix`` is how the names of the drives begin; numbers may be text.
"""

from __future__ import annotations

import sys
from collections.abc import Collection

from .bulk import DrivesBulk


def drives_create(id_prefix: str, count: int | str) -> None:
    """Make ``count`` drives."""
    DrivesBulk(id_prefix=id_prefix).create(int(count))


def drives_clone(id_prefix: str, count: int | str, source_drive: str) -> None:
    """Make ``count`` copies of a drive, named by uuid or by a part of its name, and wait for them."""
    DrivesBulk(id_prefix=id_prefix).clone(int(count), source_drive)


def drives_clone_all(id_prefix: str, count: int | str) -> None:
    """Make ``count`` copies of each drive and print them."""
    _show(DrivesBulk(id_prefix=id_prefix).clone_all(int(count)))


def drives_list(id_prefix: str) -> None:
    """Print name and uuid of each drive."""
    _show(DrivesBulk(id_prefix=id_prefix).get_list())


def _drives_get_by_uuids(id_prefix: str, uuids: Collection[str]) -> None:
    _show(DrivesBulk(id_prefix=id_prefix).get_by_uuids(uuids))


def drives_detail(id_prefix: str) -> None:
    """Print each drive whole."""
    _show(DrivesBulk(id_prefix=id_prefix).get_detail())


def drives_wipe(id_prefix: str) -> None:
    """Delete the drives."""
    DrivesBulk(id_prefix=id_prefix).wipe()


def drives_number(id_prefix: str) -> None:
    """Print how many drives there are."""
    _show(f"Number of DRIVES: {len(DrivesBulk(id_prefix=id_prefix).get_list())}")


def _show(what: object) -> None:
    sys.stdout.write(f"{what}\n")
