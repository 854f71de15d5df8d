"""How many bytes of an image differ from what they were: the size of a snapshot.

Images that share their file differ nowhere. Others are compared by extents, so that holes cost nothing, and
what was found is kept for as long as neither file is written to.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

BLOCK = 16384
"""Bytes that count as one when any of them changed."""
_COMPARED_AT_ONCE = 64 * BLOCK
_SETTLED_NS = 20_000_000
"""A file written to this recently may be written to again without its time of change showing it."""
_LONG = 0.05
"""Seconds from which on a comparison of a file that is being written to counts as long."""
_SHARE_OF_TIME = 20
"""A long one is not repeated before this many times as long has passed."""
_KEPT = 4096

_Signature = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Known:
    signatures: tuple[_Signature, _Signature]
    changed: int
    good_until: float


class ChangeMeter:
    """Compares pairs of images and remembers the results. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By device and inode of both files, so that snapshots with the same bytes cost one comparison.
        self._known: dict[tuple[int, ...], _Known] = {}

    def measure(self, now: Path | None, then: Path | None, size: int) -> int:
        """Return how many of the first ``size`` bytes changed, in whole blocks.

        :param now: the image as it is; None is one of zeros.
        :param then: the image as it was; None is one of zeros.
        """
        signatures = _signature(now), _signature(then)
        if signatures[0] == signatures[1]:
            return 0
        pair = (*signatures[0][:2], *signatures[1][:2], size)
        begun, settled = time.monotonic(), _is_settled(signatures)
        with self._lock:
            known = self._known.get(pair)
        if known is not None and (known.signatures == signatures or begun < known.good_until):
            return known.changed
        changed = changed_bytes(now, then, size)
        took = time.monotonic() - begun
        if settled or took > _LONG:
            good_until = begun if settled else begun + took * (1 + _SHARE_OF_TIME)
            with self._lock:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[pair] = _Known(signatures, changed, good_until)
        return changed


def _is_settled(signatures: tuple[_Signature, _Signature]) -> bool:
    return time.time_ns() - max(signatures[0][3], signatures[1][3]) > _SETTLED_NS


def _signature(path: Path | None) -> _Signature:
    if path is None:
        return 0, 0, 0, 0
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def changed_bytes(now: Path | None, then: Path | None, size: int) -> int:
    """Return how many of the first ``size`` bytes differ between two images, in whole blocks."""
    handles = [os.open(path, os.O_RDONLY) if path is not None else -1 for path in (now, then)]
    try:
        changed = position = 0
        while position < size:
            position = min(_next_data(handle, position, size) for handle in handles) // BLOCK * BLOCK
            if position >= size:
                break
            length = min(_COMPARED_AT_ONCE, size - position)
            changed += _differing(*(_read(handle, position, length) for handle in handles))
            position += length
        return changed
    finally:
        for handle in handles:
            if handle >= 0:
                os.close(handle)


def _next_data(handle: int, position: int, size: int) -> int:
    """Return where the next data at or behind a position begin; ``size`` when only a hole follows."""
    if handle < 0:
        return size
    if not hasattr(os, "SEEK_DATA"):
        return position if position < os.fstat(handle).st_size else size
    try:
        return os.lseek(handle, position, os.SEEK_DATA)
    except OSError:  # nothing but a hole up to the end, or the end itself
        return size


def _read(handle: int, position: int, length: int) -> bytes:
    data = os.pread(handle, length, position) if handle >= 0 else b""
    return data.ljust(length, b"\0")


def _differing(one: bytes, other: bytes) -> int:
    if one == other:
        return 0
    return sum(
        min(BLOCK, len(one) - start)
        for start in range(0, len(one), BLOCK)
        if one[start : start + BLOCK] != other[start : start + BLOCK]
    )
