"""A serial port by the system's own calls: open, lock, raw mode (termios(3)).

How many answers are still owed to readers that did not wait for them (killed, interrupted, out of time) is kept in the
port's own settings, as the time that the system waits between two bytes: in the mode in which the port is read it means
nothing, it outlives the reader and ends with the device. So the next reader knows that an answer may not be its own.

pyserial asks the device some twenty times for what a virtual port has not (speed, parity, modem lines); with it reading a
small context takes three times as long as the reading itself. It stays in use for other systems and for URLs.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import select
import sys
import termios
import time
from typing import Any

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _CC = 0, 1, 2, 3, 6
_OWED_NONE = 100  # the count is kept above a number that nobody sets by chance
_OWED_MOST = 50
_LONGEST_WAIT = 1.0  # seconds of one wait for room
_PIECE = 65536


class PosixPort:
    """An open port, locked against other readers and in raw mode. ``owed`` says how many answers earlier readers left.

    Raises :class:`OSError`; with EWOULDBLOCK another program holds the lock.
    """

    def __init__(self, path: str) -> None:
        # Without O_NOCTTY the port of a shell without a terminal would become its terminal.
        self._handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._before: list[Any] = termios.tcgetattr(self._handle)
            self.owed = _owed(self._before)
            self._mode = _raw(self._before, self.owed)
            # Compared as numbers: in canonical mode Python gives two of the settings as bytes.
            if self._mode != self._before:
                termios.tcsetattr(self._handle, termios.TCSANOW, self._mode)
        except termios.error as failure:
            os.close(self._handle)
            raise OSError(*failure.args) from failure
        except BaseException:
            os.close(self._handle)
            raise

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._handle

    def owe(self, answers: int) -> None:
        """Note for later readers how many answers are still to come."""
        self._mode[_CC][termios.VTIME] = _noted(answers)
        self._set(self._mode)

    def give_back(self) -> None:
        """Return to the mode from before: this is somebody else's line, maybe a terminal. The note stays."""
        self._before[_CC][termios.VTIME] = self._mode[_CC][termios.VTIME]
        self._set(self._before)

    def receive(self, wait: float) -> bytes:
        """Return what is there, in one piece, after waiting at most ``wait`` seconds for a first byte."""
        if not _ready(self._handle, False, wait):
            return b""
        try:
            data = os.read(self._handle, _PIECE)
        except BlockingIOError:  # another program reads too, and was faster
            return b""
        if not data:
            raise OSError(errno.EIO, "the other side was closed")
        return data

    def write(self, data: bytes, timeout: float) -> None:
        """Write everything. Raises TimeoutError when the port does not take it within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while data:
            try:
                data = data[os.write(self._handle, data) :]
            except BlockingIOError:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError(errno.ETIMEDOUT, "the port does not take the request") from None
                _ready(self._handle, True, min(remaining, _LONGEST_WAIT))

    def close(self) -> None:
        """Close the port and end the lock, also where a process that was forked meanwhile has the descriptor too."""
        if self._handle >= 0:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            os.close(self._handle)
            self._handle = -1

    def _set(self, mode: list[Any]) -> None:
        try:
            termios.tcsetattr(self._handle, termios.TCSANOW, mode)
        except termios.error as failure:
            raise OSError(*failure.args) from failure


def _ready(descriptor: int, for_writing: bool, seconds: float) -> bool:
    """Wait until the descriptor can be read or written, or so many seconds; return whether it can be."""
    if sys.platform == "darwin":  # whose poll() does not know terminals
        readers, writers = ([], [descriptor]) if for_writing else ([descriptor], [])
        return any(select.select(readers, writers, [], seconds))
    # Unlike select(), it takes descriptors above 1023.
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT if for_writing else select.POLLIN)
    return bool(poll.poll(math.ceil(seconds * 1000)))


def _owed(mode: list[Any]) -> int:
    # In canonical mode Python gives this one as bytes.
    noted = mode[_CC][termios.VTIME]
    owed = (noted if isinstance(noted, int) else noted[0]) - _OWED_NONE
    return owed if 0 < owed <= _OWED_MOST else 0


def _noted(owed: int) -> int:
    return _OWED_NONE + min(owed, _OWED_MOST) if owed else 0


def _raw(before: list[Any], owed: int) -> list[Any]:
    mode = [*before[:_CC], list(before[_CC])]
    mode[_IFLAG] &= ~(
        termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP | termios.INLCR | termios.IGNCR
        | termios.ICRNL | termios.IXON | termios.IXOFF
    )  # fmt: skip
    mode[_OFLAG] &= ~termios.OPOST
    mode[_LFLAG] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    mode[_CFLAG] = (
        (mode[_CFLAG] & ~(termios.CSIZE | termios.PARENB)) | termios.CS8 | termios.CREAD | termios.CLOCAL
    )
    mode[_CC][termios.VMIN], mode[_CC][termios.VTIME] = 1, _noted(owed)
    return mode
