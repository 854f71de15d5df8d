"""Where a download goes: a file that gets its name at the end, or a block device that is written in place."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

from ..core.journal import Journal, journal_path
from ..core.port import File, TransferPort
from ..errors import TransferError
from ..records.drive import Drive
from .upload_begin import printable_name

READ_BYTES = 1024 * 1024


class Target(Protocol):
    """The place for the bytes of a drive."""

    where: str
    """The path that is written to."""
    shared: bool
    """Whether it had content before, and others may write to it between two runs."""

    async def journal(self) -> str:
        """Return the path of the journal."""
        ...

    async def open(self, drive: Drive) -> File:
        """Open it for the bytes of a drive. Raises :class:`OSError` when it cannot take them."""
        ...

    async def begin(self, file: File, size: int) -> None:
        """Make room for ``size`` bytes."""

    async def begun(self, file: File, size: int) -> bool:
        """Tell whether an earlier run made room for ``size`` bytes."""
        ...

    async def check(self, file: File, size: int) -> None:
        """Raise :class:`cloudsigma.errors.TransferError` when there is no room for ``size`` bytes any more."""

    async def end(self) -> None:
        """Give it to who wanted it: all bytes are there, and the disk has them."""

    async def forget(self) -> None:
        """Leave nothing of a download that never really began."""


class FileTarget:
    """A file: its bytes are in ``path`` with ``.part`` until all are there."""

    shared = False

    def __init__(self, port: TransferPort, path: str) -> None:
        self._files = port.files
        self._path = path
        self.where = f"{path}.part"

    async def journal(self) -> str:
        return f"{self.where}.journal"

    async def open(self, drive: Drive) -> File:
        return await self._files.open(self.where, "w")

    async def begin(self, file: File, size: int) -> None:
        await file.truncate(0)  # and what was there before reads as zeros
        await file.truncate(size)

    async def begun(self, file: File, size: int) -> bool:
        return (await file.state()).size == size

    async def check(self, file: File, size: int) -> None:
        written = (await file.state()).size
        if written != size:
            raise TransferError(f"{self.where} has {written} bytes after the download of {size}")

    async def end(self) -> None:
        await self._files.replace(self.where, self._path)

    async def forget(self) -> None:
        await self._files.remove(self.where)


class DeviceTarget:
    """A block device: written in place, and what lies behind the drive's bytes stays as it is."""

    shared = True

    def __init__(self, port: TransferPort, path: str) -> None:
        self._port = port
        self.where = path

    async def journal(self) -> str:
        # Not beside it: the folder of devices is emptied when the machine starts.
        tag = blake2b(self.where.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
        return await journal_path(self._port, f"download-{tag}", printable_name(self.where))

    async def open(self, drive: Drive) -> File:
        file = await self._port.files.open(self.where, "w")
        try:
            size = (await file.state()).size
            if size < drive.size:
                raise OSError(
                    f"the block device {self.where} has {size} bytes, and the drive {drive.uuid} has {drive.size}: "
                    "nothing was written"
                )
        except BaseException:
            await file.close()
            raise
        return file

    async def begin(self, file: File, size: int) -> None:
        """Nothing to do."""

    async def begun(self, file: File, size: int) -> bool:
        return True

    async def check(self, file: File, size: int) -> None:
        found = (await file.state()).size
        if found < size:
            raise TransferError(
                f"the block device {self.where} has {found} bytes after the download of {size}"
            )

    async def end(self) -> None:
        """Nothing to do."""

    async def forget(self) -> None:
        """Nothing to do."""


async def target_of(port: TransferPort, path: str) -> Target:
    """Return the place that a path names. Raises :class:`OSError` for what cannot be one."""
    files = port.files
    if await files.state(path) is None:
        return FileTarget(port, await files.resolved(path))
    kind = await files.kind(path)
    if kind == "folder":
        raise IsADirectoryError(f"{path} is a folder; name the file in it")
    if kind == "stream":
        raise OSError(
            f"{path} is no ordinary file and no block device, and the parts of an image come in any order; download "
            "to a file, and send that on"
        )
    if kind == "device":
        return DeviceTarget(port, path)
    return FileTarget(port, await files.resolved(path))


async def hold_to_digests(journal: Journal, file: File, size: int, stretch: int) -> list[int]:
    """Read again what an earlier run wrote; drop, and return, the stretches that are not what they were."""
    other = []
    for index in sorted(journal.done):
        offset = index * stretch
        digest = blake2b(digest_size=16)
        end = min(offset + stretch, size)
        while offset < end and (piece := await file.read_at(offset, min(READ_BYTES, end - offset))):
            digest.update(piece)
            offset += len(piece)
        if journal.facts.get(digest_key(index)) != digest.hexdigest():
            other.append(index)
    journal.done.difference_update(other)
    return other


def digest_key(index: int) -> str:
    """Return the name that the digest of a stretch has among the facts of a journal."""
    return f"digest {index}"
