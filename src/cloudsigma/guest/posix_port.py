"""A serial port by the system's own calls: open, lock, raw mode (termios(3)).

pyserial asks the device some twenty times for what a virtual port has not (speed, parity, modem lines); with it reading a
small context takes three times as long as the reading itself. It stays in use for other systems and for URLs.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import select
import termios
import time

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _CC = 0, 1, 2, 3, 6


class PosixPort:
    """An open port, locked against other readers and in raw mode; bytes of an old answer are gone.

    Raises :class:`OSError`; with EWOULDBLOCK another program holds the lock.
    """

    def __init__(self, path: str) -> None:
        self.write_timeout = 0.0
        # Without O_NOCTTY the port of a shell without a terminal would become its terminal.
        self._handle = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._make_raw()
            waiting = array.array("i", [0])
            fcntl.ioctl(self._handle, termios.FIONREAD, waiting)
            self.held_old_bytes = waiting[0] > 0
            if self.held_old_bytes:
                termios.tcflush(self._handle, termios.TCIFLUSH)
        except termios.error as failure:
            self.close()
            raise OSError(*failure.args) from failure
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._handle

    def write(self, data: bytes) -> None:
        """Write everything. Raises TimeoutError when the device does not take it within ``write_timeout`` seconds."""
        deadline = time.monotonic() + self.write_timeout
        while data:
            try:
                data = data[os.write(self._handle, data) :]
            except BlockingIOError:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not select.select([], [self._handle], [], remaining)[1]:
                    raise TimeoutError(errno.ETIMEDOUT, "the port does not take the request") from None

    def close(self) -> None:
        """Close the port; that ends the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _make_raw(self) -> None:
        before = termios.tcgetattr(self._handle)
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
        mode[_CC][termios.VMIN], mode[_CC][termios.VTIME] = 1, 0
        # Compared as numbers: in canonical mode Python gives these two as bytes.
        if mode != before:
            termios.tcsetattr(self._handle, termios.TCSANOW, mode)
