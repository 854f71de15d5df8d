"""How many bytes of a body are handled at once: many where they move fast, as every piece has its price, and few where
they move slowly, so that it can be told how far a transfer is, and it can be stopped soon."""

from __future__ import annotations

SMALLEST = 64 * 1024
FIRST = 1024 * 1024
FAST_SECONDS = 0.025
SLOW_SECONDS = 0.1

LARGEST_READ = 512 * 1024
"""Bytes of a file that are best read at once to be sent: they stay in the processor's cache meanwhile."""


class PieceSize:
    """The size of the next piece, at most ``largest`` bytes."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._size = min(FIRST, largest)
        self._asked_at: float | None = None

    def restart(self) -> None:
        """Do not count the time until the next piece."""
        self._asked_at = None

    def next(self, now: float) -> int:
        """Return bytes for the next piece; ``now``, in seconds, is when the last one is over."""
        if self._asked_at is not None:
            seconds = now - self._asked_at
            if seconds < FAST_SECONDS:
                self._size = min(2 * self._size, self._largest)
            elif seconds > SLOW_SECONDS:
                fitting = int(self._size * SLOW_SECONDS / seconds)
                self._size = max(fitting, min(SMALLEST, self._largest))
        self._asked_at = now
        return self._size
