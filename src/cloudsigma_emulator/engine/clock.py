"""The emulator's time: it runs like a wall clock, or stands still until it is moved.

Everything that depends on time (tasks, tickets, sessions, timestamps) reads it here. The speed shortens
the transitions of the cloud; it does not make the clock run faster.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

REALISTIC = "realistic"
INSTANT = "instant"


def parse_speed(text: str | float) -> float:
    """Return how many times faster than the real cloud transitions run; 0 stands for no time at all.

    Arguments: ``realistic``, ``instant`` or a positive number. Raises ValueError.
    """
    if text == REALISTIC:
        return 1.0
    if text == INSTANT:
        return 0.0
    factor = float(text)
    if not 0 < factor < float("inf"):
        raise ValueError(f"{text} is not a speed")
    return factor


class Clock:
    """Now, and how long things take.

    Arguments: ``speed`` as ``parse_speed`` takes it; ``virtual`` makes the clock stand still until it is
    advanced.
    """

    def __init__(self, speed: str | float = REALISTIC, *, virtual: bool = False) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._stopped_at: float | None = time.time() if virtual else None
        self._speed = parse_speed(speed)

    @property
    def virtual(self) -> bool:
        """The clock stands still until it is moved."""
        return self._stopped_at is not None

    @property
    def speed(self) -> float:
        """The factor by which transitions are shortened; 0 when they take no time."""
        return self._speed

    @property
    def instant(self) -> bool:
        """Transitions take no time."""
        return self._speed == 0

    def set_speed(self, speed: str | float) -> None:
        """Change the speed of transitions that begin from now on."""
        self._speed = parse_speed(speed)

    def duration(self, seconds: float) -> float:
        """Return how long something takes here that takes ``seconds`` in the real cloud."""
        return seconds / self._speed if self._speed else 0.0

    def timestamp(self) -> float:
        """Return the time in seconds since 1970."""
        with self._lock:
            return self._timestamp()

    def now(self) -> datetime:
        """Return the time, UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def stop(self) -> None:
        """Let the clock stand still from now on."""
        with self._lock:
            self._stopped_at = self._timestamp()

    def run(self) -> None:
        """Let the clock run on from the time it shows."""
        with self._lock:
            if self._stopped_at is not None:
                self._offset = self._stopped_at - time.time()
                self._stopped_at = None

    def move_to(self, timestamp: float) -> None:
        """Set the time, in seconds since 1970. The engine runs what falls due on the way, see ``App.advance``."""
        with self._lock:
            if self._stopped_at is not None:
                self._stopped_at = timestamp
            else:
                self._offset = timestamp - time.time()

    def reset(self, *, virtual: bool = False) -> None:
        """Return to the wall clock's time."""
        with self._lock:
            self._offset = 0.0
            self._stopped_at = time.time() if virtual else None

    def _timestamp(self) -> float:
        return time.time() + self._offset if self._stopped_at is None else self._stopped_at


def after(moment: datetime, seconds: float) -> datetime:
    """Return the moment ``seconds`` later."""
    return moment + timedelta(seconds=seconds)
