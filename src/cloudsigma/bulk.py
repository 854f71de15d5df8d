"""The old library's work on many drives, told from others by how their names begin.

New programs use ``cs.drives.create_many()`` and ``cs.drives.delete_many()``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from . import conf
from .config import configuration_error
from .errors import NotFound
from .generic import GenericClient
from .resource import Drive, LibDrive, Server

__all__ = ["BulkBase", "DrivesBulk"]

LOG = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0


class BulkBase:
    """Objects of the account whose names begin with ``id_prefix``."""

    def __init__(self, id_prefix: str) -> None:
        self.id_prefix = id_prefix
        self.id_counter = 0
        self.c = GenericClient()
        self.c_drive = Drive()
        self.c_libdrive = LibDrive()
        self.c_guest = Server()

    def get_name(self) -> str:
        """Return the next name: the prefix and a number of five digits."""
        self.id_counter += 1
        return f"{self.id_prefix}-{self.id_counter:05d}"

    def filter_by_name_uuid(self, resp: Iterable[Mapping[str, Any]], name_or_uuid: str) -> list[Any]:
        """Return those objects of ``resp`` that have this uuid, or this text in their names."""
        return [each for each in resp if each["uuid"] == name_or_uuid or name_or_uuid in each["name"]]


class _Configured:
    """A value of the configuration file, read when it is used."""

    def __init__(self, key: str, default: Any) -> None:
        self._key = key
        self._default = default

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        value = conf.config.setting(self._key)
        if value is None:
            return self._default
        if not isinstance(self._default, int):
            return value
        try:
            return int(value)
        except (TypeError, ValueError):
            raise configuration_error(
                f"{self._key} is {value!r}; it must be a number of bytes", conf.CONFIG_LOCATION, self._key
            ) from None


class DrivesBulk(BulkBase):
    """Drives whose names begin with ``id_prefix``.

    Arguments: ``media``, ``size`` in bytes and ``description`` of the drives to be made, by default those of the
    configuration file (``CREATE_DRIVE_MEDIA``, ``CREATE_DRIVE_SIZE``, ``CREATE_DRIVE_DESCRIPTION``), or else a disk of
    10 GiB; ``id_prefix``.
    """

    CREATE_DRIVE_MEDIA = _Configured("CREATE_DRIVE_MEDIA", "disk")
    CREATE_DRIVE_SIZE = _Configured("CREATE_DRIVE_SIZE", 10 * 1024**3)
    CREATE_DRIVE_DESCRIPTION = _Configured("CREATE_DRIVE_DESCRIPTION", "some descr")

    def __init__(
        self,
        media: str | None = None,
        size: int | None = None,
        description: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.media = self.CREATE_DRIVE_MEDIA if media is None else media
        self.size = self.CREATE_DRIVE_SIZE if size is None else size
        self.description = self.CREATE_DRIVE_DESCRIPTION if description is None else description

    def generate_definition(self) -> dict[str, Any]:
        """Return the definition of the next drive to be made."""
        return {
            "media": self.media,
            "name": self.get_name(),
            "size": self.size,
            "meta": {"description": self.description},
        }

    def create(self, count: int) -> list[Any]:
        """Make ``count`` drives, one after the other, and return them."""
        drives = []
        for _ in range(count):
            made = self.c_drive.create({"objects": [self.generate_definition()]})
            LOG.info("Created drive %r", made["name"])
            drives.append(made)
        return drives

    def delete(self, uuid: str, name: str) -> None:
        """Delete one drive; ``name`` is for the log."""
        self.c_drive.delete(uuid)
        LOG.info("Deleted drive %r", name)

    def wipe(self) -> None:
        """Delete all drives whose names begin with the prefix."""
        for drive in self.get_list():
            self.delete(drive["uuid"], drive["name"])

    def clone(self, count: int, source_name_or_uuid: str) -> list[Any]:
        """Make ``count`` copies of a drive, return them when none is being copied any more.

        The source is looked for as ``lookup`` does. What is returned are the definitions as the cloning began.
        """
        source = self.lookup(source_name_or_uuid)
        drives = []
        for _ in range(count):
            copy = self.c_drive.clone(source["uuid"], _copied(source, self.get_name()))
            LOG.info("Cloned drive %r from %r", copy["name"], source["name"])
            drives.append(copy)
        self._await_copies(source["uuid"], [drive["uuid"] for drive in drives])
        return drives

    def _await_copies(self, source: str, uuids: Collection[str]) -> None:
        pause = FIRST_PAUSE
        while True:
            states = {drive["uuid"]: drive["status"] for drive in self.get_by_uuids(uuids)}
            listed = ", ".join(f"{uuid}: {status}" for uuid, status in states.items())
            if "cloning_dst" not in states.values():
                LOG.info("Finished cloning %s to drives %s", source, listed)
                return
            LOG.info("Waiting for the copies of %s: %s", source, listed)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def clone_all(self, count: int = 1) -> list[Any]:
        """Make ``count`` copies of each drive whose name begins with the prefix, and return them as cloning begins.

        Drives that are unavailable are left out.
        """
        drives = []
        for source in self.get_detail():
            if source["status"] == "unavailable":
                continue
            for number in range(int(count)):
                name = f"clone_{source['name']}_{number}"
                copy = self.c_drive.clone(source["uuid"], _copied(source, name))
                LOG.info("Cloned drive %r from %r", copy["name"], source["name"])
                drives.append(copy)
        return drives

    def get_list(self) -> list[Any]:
        """Return name and uuid of the drives whose names begin with the prefix."""
        return self._own(self.c_drive.list(query_params={"fields": "name,uuid"}))

    def get_detail(self) -> list[Any]:
        """Return the drives whose names begin with the prefix, whole."""
        return self._own(self.c_drive.list_detail())

    def _own(self, drives: Iterable[Any]) -> list[Any]:
        return [drive for drive in drives if drive["name"].startswith(self.id_prefix)]

    def lookup(self, name_or_uuid: str) -> Any:
        """Return the first drive with this uuid or with this text in its name: of the account, else of the library.

        Raises ``cloudsigma.errors.NotFound`` when there is none.
        """
        for drives in (self.c_drive, self.c_libdrive):
            found = self.filter_by_name_uuid(drives.list_detail(), name_or_uuid)
            if found:
                return found[0]
        raise NotFound(f"neither the account nor the library has a drive {name_or_uuid!r}")

    def get_by_uuids(self, uuids: Collection[str]) -> list[Any]:
        """Return name, uuid and status of these drives."""
        drives = self.c_drive.list_detail(query_params={"fields": "name,uuid,status"})
        return [drive for drive in drives if drive["uuid"] in uuids]


def _copied(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    kept = ("media", "size", "meta", "affinities")
    return {"name": name, **{key: source[key] for key in kept if source.get(key) is not None}}
