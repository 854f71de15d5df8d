"""The bytes of drives: sparse files named by the uuid of the drive, in the data directory or a temporary one.

A drive without a file reads as zeros. A snapshot shares the file of its drive until one of them is written to. No text from a request ever becomes part of a file name: names are made from
parsed uuids only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import uuid as uuids_module
from collections.abc import Iterator
from pathlib import Path

from .changed_bytes import ChangeMeter

_COPIED_AT_ONCE = 16 << 20
_FICLONE = 0x40049409


class Images:
    """The folder of drive images.

    Arguments: the data directory; None makes a private temporary directory that ``close`` removes.
    """

    def __init__(self, directory: Path | None) -> None:
        self._given = directory / "images" if directory is not None else None
        self._made: Path | None = None
        self._making = threading.Lock()
        self._parting = threading.Lock()
        self._changes = ChangeMeter()

    @property
    def directory(self) -> Path:
        """The folder, made on first use."""
        with self._making:
            if self._made is None:
                if self._given is None:
                    self._made = Path(tempfile.mkdtemp(prefix="cloudsigma-emulator-"))
                else:
                    self._given.mkdir(parents=True, exist_ok=True, mode=0o700)
                    self._made = self._given
            return self._made

    def path(self, drive: str) -> Path:
        """Return where the bytes of a drive are or would be. Raises ValueError for what is not a uuid."""
        return self.directory / f"{uuids_module.UUID(drive)}.raw"

    def existing(self, drive: str) -> Path | None:
        """Return the file of a drive if it has one."""
        if self._made is None and (self._given is None or not self._given.is_dir()):
            return None
        path = self.path(drive)
        return path if path.exists() else None

    def create(self, drive: str, size: int) -> Path:
        """Make an image of zeros, or cut or grow the one that is there, to ``size`` bytes."""
        path = self.own(drive)
        with self._open(path) as handle:
            os.ftruncate(handle, size)
        return path

    def resize(self, drive: str, size: int) -> None:
        """Grow (with zeros) or cut an image; a drive without a file has nothing to resize."""
        path = self.existing(drive)
        if path is None:
            return
        if size < path.stat().st_size:
            self.own(drive)  # growing does no harm to whoever shares the file
        os.truncate(path, size)

    def clear(self, drive: str, size: int) -> None:
        """Make every byte zero."""
        path = self.existing(drive)
        if path is not None:
            if path.stat().st_nlink > 1:
                path.unlink()
            else:
                os.truncate(path, 0)
            self.create(drive, size)

    def write(self, drive: str, offset: int, data: bytes) -> None:
        """Write bytes at an offset; the file appears and grows as needed."""
        with self._open(self.own(drive)) as handle:
            written = 0
            view = memoryview(data)
            while written < len(view):
                written += os.pwrite(handle, view[written:], offset + written)

    def open_for_writing(self, drive: str) -> ImageWriter:
        """Return a writer that keeps the file open, for a stream of bytes."""
        return ImageWriter(self.own(drive))

    def read(self, drive: str, offset: int, size: int) -> bytes:
        """Read up to ``size`` bytes; a missing file or a missing end read as nothing, not as zeros."""
        path = self.existing(drive)
        if path is None:
            return b""
        handle = os.open(path, os.O_RDONLY)
        try:
            return os.pread(handle, size, offset)
        finally:
            os.close(handle)

    def allocated(self, drive: str) -> int:
        """Return how many bytes of the image take room on the disk."""
        path = self.existing(drive)
        return path.stat().st_blocks * 512 if path is not None else 0

    def clone(self, source: str, target: str, size: int | None = None) -> None:
        """Copy an image as a whole or not at all; holes stay holes, shared extents where the system can.

        ``size`` is the new image's; the source's when None.
        """
        path = self.existing(source)
        if path is None:
            if size is not None:
                self.create(target, size)
            return
        final = self.path(target)
        partial = final.with_suffix(".part")
        try:
            copy_sparse(path, partial)
            if size is not None:
                os.truncate(partial, size)
            partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)

    def adopt(self, drive: str, source: Path) -> None:
        """Let a drive have a copy of a file's bytes."""
        final = self.path(drive)
        partial = final.with_suffix(".part")
        try:
            copy_sparse(source, partial)
            partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)

    def share(self, source: str, target: str) -> None:
        """Let ``target`` have the bytes that ``source`` has now, in no time and taking no room.

        Both go on sharing them until one is written to. Nothing happens when the target has bytes already.
        """
        path = self.existing(source)
        if path is None:
            return
        try:
            os.link(path, self.path(target))
        except FileExistsError:
            return
        except OSError:  # a file system without links
            self.clone(source, target)

    def own(self, drive: str) -> Path:
        """End the sharing of an image and return its file; who writes to that without this class calls this first."""
        path = self.path(drive)
        with self._parting:
            if path.exists() and path.stat().st_nlink > 1:
                partial = path.with_suffix(".part")
                try:
                    copy_sparse(path, partial)
                    partial.replace(path)
                finally:
                    partial.unlink(missing_ok=True)
        return path

    def changed(self, drive: str, snapshot: str, size: int) -> int:
        """Return how many bytes of a drive, of the first ``size``, are no longer what its snapshot has."""
        return self._changes.measure(self.existing(drive), self.existing(snapshot), size)

    def remove(self, drive: str) -> None:
        """Delete an image; nothing happens when there is none."""
        path = self.existing(drive)
        if path is not None:
            path.unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Delete every image."""
        if self._made is None and (self._given is None or not self._given.is_dir()):
            return
        for path in self.directory.iterdir():
            if path.suffix in (".raw", ".part"):
                path.unlink(missing_ok=True)

    def keep_only(self, drives: set[str]) -> None:
        """Delete images whose drive is gone: what a crash between commit and removal left behind."""
        if self._given is None or not self._given.is_dir():
            return
        for path in self.directory.iterdir():
            if path.suffix == ".part" or (path.suffix == ".raw" and path.stem not in drives):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary directory, if there is one."""
        if self._given is None and self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None

    @staticmethod
    @contextlib.contextmanager
    def _open(path: Path) -> Iterator[int]:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)


class ImageWriter:
    """An image held open while its bytes arrive. A context manager."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def write_at(self, offset: int, data: bytes | memoryview) -> None:
        """Write all of ``data`` at ``offset``."""
        view = memoryview(data)
        while view:
            done = os.pwrite(self._handle, view, offset)
            view, offset = view[done:], offset + done

    def truncate(self, size: int) -> None:
        """Cut or grow the image."""
        os.ftruncate(self._handle, size)

    def close(self) -> None:
        """Let go of the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> ImageWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file: by reference where the file system can, else its data extents only."""
    with source.open("rb") as reader, target.open("wb") as writer:
        if _reflink(reader.fileno(), writer.fileno()):
            return
        size = os.fstat(reader.fileno()).st_size
        position = 0
        while position < size:
            start, end = _next_data(reader.fileno(), position, size)
            while start < end:
                start += _copy_range(
                    reader.fileno(), writer.fileno(), start, min(_COPIED_AT_ONCE, end - start)
                )
            position = max(end, position + 1)
        writer.flush()
        os.ftruncate(writer.fileno(), size)


def _reflink(source: int, target: int) -> bool:
    try:
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    except (ImportError, OSError):
        return False
    return True


def _next_data(handle: int, position: int, size: int) -> tuple[int, int]:
    """Return the next stretch of data from ``position``; (size, size) when only a hole follows."""
    if not hasattr(os, "SEEK_DATA"):
        return position, size
    try:
        start = os.lseek(handle, position, os.SEEK_DATA)
    except OSError:
        return size, size
    return start, os.lseek(handle, start, os.SEEK_HOLE)


def _copy_range(source: int, target: int, offset: int, size: int) -> int:
    if hasattr(os, "copy_file_range"):
        with contextlib.suppress(OSError):  # not every file system can
            copied = os.copy_file_range(source, target, size, offset, offset)
            if copied:
                return copied
    data = os.pread(source, size, offset)
    if not data:
        return size
    os.pwrite(target, data, offset)
    return len(data)
