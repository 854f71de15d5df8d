"""Where the bytes of an upload come from: raw files with their holes, packed files, virtual disks, and streams.

Every kind gives the body of one chunk at a time, and raises :class:`cloudsigma.errors.ImageChanged` instead of a
chunk's last bytes when the file is not what it was when the upload began.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import Protocol

from ..errors import ImageChanged, InvalidArgument
from .chunks import Chunk
from .pieces import LARGEST_READ
from .port import BodySource, ByteStream, File, FileState, TransferPort

PIECE = 1024 * 1024
DISK_PIECE = 16 * PIECE
"""Bytes of a virtual disk that are turned to raw at once; each time qemu-img is started."""
SAMPLES = 32
SECTOR = 512
SAMPLE_BYTES = 16 * 1024
ZEROS = memoryview(bytes(PIECE))

PACKINGS = {".gz": "gz", ".xz": "xz", ".zst": "zst"}
DISKS = {".qcow2": "qcow2", ".vmdk": "vmdk", ".vdi": "vdi"}
FORMS = ("raw", *PACKINGS.values(), *DISKS.values())

_DISK_BEGINNINGS = {
    b"QFI\xfb": "qcow2",
    b"KDMV": "vmdk",
    b"# Disk Descriptor": "vmdk",
}
_VDI_MARK = b"\x7f\x10\xda\xbe"


class Image(Protocol):
    """What an upload sends."""

    size: int
    ordered: bool
    """Whether chunks can only be taken in their order."""

    async def take(self, chunk: Chunk) -> BodySource:
        """Return the bytes of a chunk."""
        ...

    async def check(self) -> None:
        """Raise :class:`cloudsigma.errors.ImageChanged` when the file is not what it was."""

    async def close(self) -> None:
        """Let go of the file."""


def form_of(name: str, head: bytes, given: str | None) -> str:
    """Return the form of an image: what was ``given``, or what its name says, unless its first bytes contradict.

    Raises :class:`cloudsigma.errors.InvalidArgument`.
    """
    if given is not None:
        if given not in FORMS:
            raise InvalidArgument(f"there is no form {given!r}; there are {', '.join(FORMS)}")
        return given
    suffix = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    named = PACKINGS.get(suffix) or DISKS.get(suffix) or "raw"
    if named == "raw":
        seen = disk_form(head)
        if seen is not None:
            raise InvalidArgument(
                f"{name} is named like a raw image but begins like a {seen}; say form={seen!r} to have it turned to "
                "raw, or form='raw' to send it as it is"
            )
    return named


def disk_form(head: bytes) -> str | None:
    """Return the form of the virtual disk that begins with ``head``, None when that is none."""
    if head[64:68] == _VDI_MARK:
        return "vdi"
    return next((form for mark, form in _DISK_BEGINNINGS.items() if head.startswith(mark)), None)


async def fingerprint(file: File, size: int) -> str:
    """Return a digest of samples from all over a file, which costs the same for any size."""
    digest = blake2b(size.to_bytes(8, "big"), digest_size=16)
    places = {(size - SAMPLE_BYTES) * number // (SAMPLES - 1) for number in range(SAMPLES)}
    for place in sorted({max(0, each) for each in places}):
        digest.update(await file.read_at(place, SAMPLE_BYTES))
    return digest.hexdigest()


class WatchedFile:
    """A file with the state that it must keep, and the path at which it must stay."""

    def __init__(self, port: TransferPort, path: str, file: File, state: FileState, is_device: bool) -> None:
        self.path = path
        self.file = file
        self.state = state
        self._port = port
        self._is_device = is_device

    async def check(self) -> None:
        """Raise :class:`cloudsigma.errors.ImageChanged` when it was changed, replaced or deleted."""
        now = await self._port.files.state(self.path)
        if now is None:
            raise ImageChanged(f"{self.path} was deleted while it was uploaded")
        if self._is_device:
            return  # a device's time of change says nothing of its content
        was = self.state
        if now == was:
            return
        if (now.inode, now.device) != (was.inode, was.device):
            what = "replaced by another file"
        elif now.size != was.size:
            what = f"{'grown' if now.size > was.size else 'cut'} from {was.size} to {now.size} bytes"
        else:
            what = "written to"
        raise ImageChanged(
            f"{self.path} was {what} while it was uploaded; what the cloud has of it is of no use: upload it anew with "
            "resume=False"
        )


class RawImage:
    """A raw image; its holes are sent as zeros without being read."""

    ordered = False

    def __init__(self, watched: WatchedFile) -> None:
        self.watched = watched
        self._known: deque[tuple[int, int]] = deque(maxlen=16)
        self.size = watched.state.size

    async def take(self, chunk: Chunk) -> BodySource:
        """Return the bytes of a chunk, which are read while they are sent."""
        return _Stretch(self, chunk)

    async def data_at(self, offset: int) -> tuple[int, int]:
        """Return the next stretch of data from ``offset`` on, as (begin, end); before it lies a hole."""
        for begin, end in tuple(self._known):
            if begin <= offset < end:
                return offset, end
        # To ask may cost as much as the stretch is long, so it is asked once for all chunks in it.
        found = await self.watched.file.next_data(offset)
        if found[1] <= offset:
            return self.size, self.size
        self._known.append(found)
        return found

    async def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the file. Raises :class:`cloudsigma.errors.ImageChanged` when it ends before them."""
        piece = await self.watched.file.read_at(offset, length)
        if len(piece) < length:
            await self.watched.check()
            raise ImageChanged(f"{self.watched.path} ended before the bytes that it had at the beginning")
        return piece

    async def check(self) -> None:
        """Raise :class:`cloudsigma.errors.ImageChanged` when the file is not what it was."""
        await self.watched.check()

    async def close(self) -> None:
        """Close the file."""
        await self.watched.file.close()


class _Stretch:
    def __init__(self, image: RawImage, chunk: Chunk) -> None:
        self._image = image
        self._end = chunk.offset + chunk.length
        self._begin = chunk.offset
        self._at = chunk.offset
        self._data = (0, 0)
        self.length = chunk.length

    async def start(self) -> None:
        self._at = self._begin
        self._data = (0, 0)

    async def read(self) -> bytes | memoryview:
        if self._at >= self._end:
            return b""
        if self._at >= self._data[1]:
            self._data = await self._image.data_at(self._at)
        begin, stop = self._data
        if self._at < begin:
            piece: bytes | memoryview = ZEROS[: min(begin, self._end) - self._at]
        else:
            length = min(LARGEST_READ, stop - self._at, self._end - self._at)
            piece = await self._image.read(self._at, length)
        self._at += len(piece)
        if self._at >= self._end:
            await self._image.check()
        return piece


class _Held:
    """Bytes in memory."""

    def __init__(self, pieces: list[bytes], length: int) -> None:
        self._pieces = pieces
        self._left: deque[bytes] = deque()
        self.length = length

    async def start(self) -> None:
        self._left = deque(self._pieces)

    async def read(self) -> bytes | memoryview:
        return self._left.popleft() if self._left else b""


class OrderedImage:
    """An image that comes in order: out of a packed file, or from a stream. One chunk at a time is held for a worker.

    ``watched`` is the packed file, None for a stream.
    """

    ordered = True

    def __init__(self, stream: ByteStream, size: int, watched: WatchedFile | None, name: str) -> None:
        self._stream = stream
        self._watched = watched
        self._name = name
        self._at = 0
        self.size = size

    async def take(self, chunk: Chunk) -> BodySource:
        """Return the bytes of a chunk; those before it are passed over."""
        while self._at < chunk.offset:
            await self._next(min(PIECE, chunk.offset - self._at))
        pieces = []
        left = chunk.length
        while left:
            pieces.append(await self._next(min(PIECE, left)))
            left -= len(pieces[-1])
        await self.check()
        return _Held(pieces, chunk.length)

    def whole(self) -> BodySource:
        """Return all bytes, which can be sent once."""
        return _Once(self)

    async def _next(self, length: int) -> bytes:
        piece = await self._stream.read(length)
        if len(piece) < length:
            self._at += len(piece)
            raise ImageChanged(f"{self._name} ended after {self._at} of {self.size} bytes")
        self._at += length
        if self._at == self.size and await self._stream.read(1):
            raise ImageChanged(f"{self._name} has more than the {self.size} bytes that it was to have")
        return piece

    async def check(self) -> None:
        """Raise :class:`cloudsigma.errors.ImageChanged` when the packed file is not what it was."""
        if self._watched is not None:
            await self._watched.check()

    async def close(self) -> None:
        """Let go of what the bytes come from."""
        await self._stream.close()
        if self._watched is not None:
            await self._watched.file.close()


class _Once:
    def __init__(self, image: OrderedImage) -> None:
        self._image = image
        self._begun = False
        self.length = image.size

    async def start(self) -> None:
        if self._begun and self._image._at:
            raise InvalidArgument("a stream can be sent once only, and its beginning is gone")
        self._begun = True

    async def read(self) -> bytes | memoryview:
        image = self._image
        if image._at >= image.size:
            return b""
        piece = await image._next(min(PIECE, image.size - image._at))
        if image._at >= image.size:
            await image.check()
        return piece


class DiskImage:
    """A virtual disk in a file of qemu-img's, turned to raw chunk by chunk."""

    ordered = False

    def __init__(self, port: TransferPort, watched: WatchedFile, form: str, size: int) -> None:
        self._port = port
        self._watched = watched
        self._form = form
        self.size = size

    async def take(self, chunk: Chunk) -> BodySource:
        """Return the bytes of a chunk."""
        data = await self._port.files.disk_bytes(self._watched.path, self._form, chunk.offset, chunk.length)
        await self.check()
        return _Held([data], chunk.length)

    def whole(self) -> BodySource:
        """Return all bytes."""
        return _WholeDisk(self)

    async def check(self) -> None:
        """Raise :class:`cloudsigma.errors.ImageChanged` when the file is not what it was."""
        await self._watched.check()

    async def close(self) -> None:
        """Close the file."""
        await self._watched.file.close()


class _WholeDisk:
    """All bytes of a virtual disk, of which a few are in memory."""

    def __init__(self, image: DiskImage) -> None:
        self._image = image
        self._at = 0
        self.length = image.size

    async def start(self) -> None:
        self._at = 0

    async def read(self) -> bytes | memoryview:
        left = self.length - self._at
        if not left:
            return b""
        body = await self._image.take(Chunk(0, self._at, min(DISK_PIECE, left)))
        await body.start()
        self._at += body.length
        return await body.read()


async def measure(stream: ByteStream) -> int:
    """Return how many bytes a stream has, by reading all of it."""
    size = 0
    while piece := await stream.read(PIECE):
        size += len(piece)
    return size
