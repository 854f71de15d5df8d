"""An image file that is being uploaded: read in binary, by several threads at once, and watched for changes."""

from __future__ import annotations

import os
import threading
from io import BytesIO
from pathlib import Path
from types import TracebackType

from ..errors import ImageChanged

_PIECE = 1024 * 1024


class Image:
    """An open image. Raises ``OSError`` when the file cannot be read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file = self._path.open("rb", buffering=0)
        self.state = self._present_state()
        """Size and time of change as the file was opened."""
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of the file as it was opened."""
        return self.state[0]

    def read(self, offset: int, length: int, before: bytes = b"", after: bytes = b"") -> bytes:
        """Return ``length`` bytes of the file from ``offset`` on, between ``before`` and ``after``.

        They are in memory once, not twice. Raises ``cloudsigma.errors.ImageChanged`` when the file is no longer
        as it was opened.
        """
        body = BytesIO()
        body.write(before)
        end = offset + length
        while offset < end:
            piece = self._piece(offset, min(_PIECE, end - offset))
            if not piece:
                break  # the file became shorter, as the check will find
            offset += body.write(piece)
        self.check()
        if offset < end:
            raise ImageChanged(f"{self._path.name} ended before the bytes that it had when the upload began")
        body.write(after)
        return body.getvalue()

    def _piece(self, offset: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), length, offset)
        with self._lock:  # Windows has no read at a place
            self._file.seek(offset)
            return self._file.read(length)

    def check(self) -> None:
        """Raise ``cloudsigma.errors.ImageChanged`` when size or time of change are others than at the beginning."""
        state = self._present_state()
        if state != self.state:
            what = "size" if state[0] != self.state[0] else "time of change"
            raise ImageChanged(
                f"{self._path.name} was changed while it was uploaded (its {what} is another); "
                "the drive must not be used: delete it and upload the image again"
            )

    def _present_state(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def __enter__(self) -> Image:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
