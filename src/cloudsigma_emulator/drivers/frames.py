"""Ethernet frames as qemu puts them on a stream: four bytes of length, highest first, then the frame."""

from __future__ import annotations

from collections.abc import Iterator

_LENGTH = 4
MOST_FRAME = 1 << 17
"""Bytes of the longest frame; more means that the stream is no stream of frames."""


class FrameSplitter:
    """Takes a stream as it comes and gives its frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take more bytes; give the frames that they complete. Raises ValueError when they are no frames."""
        self._rest += data
        start = 0
        while len(self._rest) - start >= _LENGTH:
            size = int.from_bytes(self._rest[start : start + _LENGTH], "big")
            if size > MOST_FRAME:
                raise ValueError("not a stream of frames")
            end = start + _LENGTH + size
            if end > len(self._rest):
                break
            yield bytes(self._rest[start + _LENGTH : end])
            start = end
        del self._rest[:start]


def packed(frame: bytes) -> bytes:
    """Return a frame as it goes onto a stream."""
    return len(frame).to_bytes(_LENGTH, "big") + frame


class Traffic:
    """What went through a network card, seen from the guest."""

    def __init__(self) -> None:
        self.bytes_recv = self.bytes_sent = self.packets_recv = self.packets_sent = 0

    def sent(self, frame: bytes) -> None:
        """Count a frame that the guest sent."""
        self.packets_sent += 1
        self.bytes_sent += len(frame)

    def received(self, frame: bytes) -> None:
        """Count a frame that the guest got."""
        self.packets_recv += 1
        self.bytes_recv += len(frame)

    def as_io(self) -> dict[str, int]:
        """Return the counters under the API's names."""
        return {
            "bytes_recv": self.bytes_recv,
            "bytes_sent": self.bytes_sent,
            "packets_recv": self.packets_recv,
            "packets_sent": self.packets_sent,
        }
