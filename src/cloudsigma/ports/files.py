"""The file system: plain blocking work, of which reading ends early when nobody waits for it any more."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from ..core.port import ByteStream, File, FileState
from . import disk_images, unpacking
from .abandonment import SLICE_SECONDS, stop_if_abandoned

T = TypeVar("T")

PATIENCE_SECONDS = 1.0
"""How long the closing of a file waits for threads that still use it."""


class LocalFile:
    """An open file. What a thread does with it is finished before it is closed, even if nobody waits for that.

    Otherwise its number could be another file's by the time the thread uses it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = -1
        self._users = 0
        self._closed = False
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._place_lock = threading.Lock()

    async def open(self, mode: str) -> None:
        """Open the file, before anything else."""
        self._handle = _open(self._path, mode)

    async def read_at(self, offset: int, length: int) -> bytes:
        # Writing does not ask: what is left in order at the end is written, too.
        stop_if_abandoned()
        parts = []
        while length:
            part = self._pread(length, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def write_at(self, offset: int, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            written = self._pwrite(view, offset)
            view, offset = view[written:], offset + written

    async def next_data(self, offset: int) -> tuple[int, int]:
        size = (await self.state()).size
        if offset >= size or not hasattr(os, "SEEK_DATA"):
            return offset, size
        with self._place_lock:
            try:
                begin = self._on(os.lseek, offset, os.SEEK_DATA)
                return begin, self._on(os.lseek, begin, os.SEEK_HOLE)
            except OSError as error:
                # ENXIO: only a hole follows. Anything else: a file system that does not know.
                return (size, size) if error.errno == errno.ENXIO else (offset, size)

    async def punch(self, offset: int, length: int) -> None:
        # A stretch beyond the end, or in a hole, is zero already.
        end = offset + length
        while offset < end:
            begin, stop = await self.next_data(offset)
            begin, stop = max(begin, offset), min(stop, end)
            if begin >= stop:
                return
            await self.write_at(begin, bytes(stop - begin))
            offset = stop

    async def truncate(self, size: int) -> None:
        self._on(os.ftruncate, size)

    async def sync(self) -> None:
        self._on(os.fsync)

    async def state(self) -> FileState:
        found = self._on(os.fstat)
        size = found.st_size
        if stat.S_ISBLK(found.st_mode):
            with self._place_lock:
                size = self._on(os.lseek, 0, os.SEEK_END)
        return FileState(size, found.st_mtime_ns, found.st_ino, found.st_dev)

    async def lock(self) -> bool:
        locked: bool = self._on(_lock)
        return locked

    async def close(self) -> None:
        with self._lock:
            self._closed = True
            used = self._users > 0
            handle = self._released()
        if handle >= 0:
            os.close(handle)
        elif used:
            self._over.wait(PATIENCE_SECONDS)

    def _released(self) -> int:
        """Return what is to be closed now, -1 when that is nothing."""
        if not self._closed or self._users:
            return -1
        handle, self._handle = self._handle, -1
        return handle

    def _on(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function of the system with the file, and put the file's name into its error."""
        with self._lock:
            if self._closed:
                raise OSError(errno.EBADF, "the file was closed while it was used", self._path)
            self._users += 1
        try:
            return function(self._handle, *arguments)
        except OSError as error:
            error.filename = error.filename or self._path
            raise
        finally:
            with self._lock:
                self._users -= 1
                handle = self._released()
            if handle >= 0:
                os.close(handle)
                self._over.set()

    def _pread(self, length: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return self._on(os.pread, length, offset)
        with self._place_lock:  # Windows has no read at a place
            self._on(os.lseek, offset, os.SEEK_SET)
            return self._on(os.read, length)

    def _pwrite(self, data: memoryview, offset: int) -> int:
        if hasattr(os, "pwrite"):
            return self._on(os.pwrite, data, offset)
        with self._place_lock:
            self._on(os.lseek, offset, os.SEEK_SET)
            return self._on(os.write, data)


class LocalStream:
    """Bytes in order."""

    def __init__(self, inner: IO[bytes], close: Callable[[], None]) -> None:
        self._inner: Any = inner
        self._close = close
        self._closed = False
        self._poll = _poll_of(inner)

    async def read(self, length: int) -> bytes:
        stop_if_abandoned()
        parts: list[bytes] = []
        while length:
            part = self._next(length)
            if not part:
                break
            if not isinstance(part, bytes):
                raise TypeError("the stream gives text; it must be opened in binary mode")
            parts.append(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _next(self, length: int) -> object:
        """Return what comes next; where nothing comes, wait in slices, so that nobody has to wait for this thread."""
        if self._poll is None:
            return self._inner.read(length)
        while not self._poll.poll(SLICE_SECONDS * 1000):
            stop_if_abandoned()
            if self._closed:
                raise OSError("the stream was closed while it was read")
        return (self._inner.read if isinstance(self._inner, io.FileIO) else self._inner.read1)(length)

    async def close(self) -> None:
        self._closed = True
        self._close()


def _poll_of(inner: object) -> Any:
    """Return what tells whether a plain stream of the system has bytes, None where that cannot be told."""
    if not isinstance(inner, (io.BufferedReader, io.FileIO)) or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    try:
        poll.register(inner.fileno(), select.POLLIN)
    except (OSError, ValueError):
        return None
    return poll


class LocalFiles:
    """The file system of this machine."""

    def path(self, path: object) -> str:
        return str(Path(os.fsdecode(cast("os.PathLike[str]", path))).absolute())

    async def resolved(self, path: str) -> str:
        return str(Path(path).resolve())

    async def open(self, path: str, mode: str) -> File:
        file = LocalFile(path)
        await file.open(mode)
        return file

    async def state(self, path: str) -> FileState | None:
        return _state_of(path)

    async def kind(self, path: str) -> str:
        mode = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISBLK(mode):
            return "device"
        if stat.S_ISREG(mode):
            return "file"
        return "folder" if stat.S_ISDIR(mode) else "stream"

    async def replace(self, source: str, target: str) -> None:
        _replace(source, target)

    async def remove(self, path: str) -> None:
        _remove(path)

    async def writable_beside(self, path: str) -> bool:
        return _writable_beside(path)

    async def state_folder(self) -> str:
        return _state_folder()

    async def stream(self, source: object, packing: str | None) -> ByteStream:
        inner, close = unpacking.open_stream(source, packing)
        return LocalStream(inner, close)

    async def disk_image(self, path: str, form: str) -> int:
        return disk_images.virtual_size(path, form)

    async def disk_bytes(self, path: str, form: str, offset: int, length: int) -> bytes:
        return disk_images.read(path, form, offset, length)


def _open(path: str, mode: str) -> int:
    flags = os.O_RDONLY if mode == "r" else os.O_RDWR | os.O_CREAT
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if mode == "r":
        return os.open(path, flags)
    if not _is_block_device(path):
        try:
            # In a folder that others write to, a link could lead anywhere.
            return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise OSError(
                    errno.ELOOP, "this is a symbolic link, and nothing is written through it: delete it", path
                ) from None
            raise
    try:
        # Linux gives a device in this way only to one, and to nobody while it is mounted.
        return os.open(path, (flags & ~os.O_CREAT) | os.O_EXCL)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise OSError(
                errno.EBUSY,
                "the block device is in use: mounted, or a part of what is, or another has it",
                path,
            ) from None
        raise


def _is_block_device(path: str) -> bool:
    try:
        return stat.S_ISBLK(os.stat(path).st_mode)  # noqa: PTH116
    except FileNotFoundError:
        return False


def _writable_beside(path: str) -> bool:
    # The folder of devices is no place for files: it is emptied when the machine starts.
    return not _is_block_device(path) and os.access(Path(path).parent, os.W_OK | os.X_OK)


def _state_of(path: str) -> FileState | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return None
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)


def _replace(source: str, target: str) -> None:
    if Path(target).exists():
        Path(source).chmod(Path(target).stat().st_mode & 0o777)
    Path(source).replace(target)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(Path(target).parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        except OSError:
            pass  # not every file system knows it for folders
        finally:
            os.close(folder)


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


def _state_folder() -> str:
    named = os.environ.get("XDG_STATE_HOME", "")
    if sys.platform == "win32":
        named = named or os.environ.get("LOCALAPPDATA", "")
    base = Path(named) if named and Path(named).is_absolute() else Path.home() / ".local" / "state"
    folder = base / "cloudsigma" / "transfers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(folder)


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 1 << 40, os.SEEK_SET)  # a place beyond the content, which stays readable
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True
