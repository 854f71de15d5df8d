"""A serial port by pyserial: Windows' ports, and the URLs that pyserial knows (``socket://``, ``spy://``)."""

from __future__ import annotations

import errno
import os
import select
from typing import Any

import serial

_PIECE = 65536


class PyserialPort:
    """An open port, used like a ``PosixPort``; what earlier readers have left is not known.

    Raises :class:`OSError` and, for a URL that pyserial does not know, :class:`ValueError`.
    """

    owed = 0

    def __init__(self, port: str) -> None:
        if "://" in port:
            self._line: Any = serial.serial_for_url(port, timeout=0)
        else:
            self._line = serial.Serial(port, timeout=0, exclusive=True)

    def receive(self, wait: float) -> bytes:
        """Return what is there, in one piece, after waiting at most ``wait`` seconds for a first byte."""
        descriptor = self._descriptor()
        if descriptor is not None:
            if not select.select([descriptor], [], [], wait)[0]:
                return b""
            data = os.read(descriptor, _PIECE)
            if not data:
                raise OSError(errno.EIO, "the other side was closed")
            return data
        waiting: int = self._line.in_waiting
        if not waiting and wait > 0:
            self._line.timeout = wait
            return bytes(self._line.read(1))
        return bytes(self._line.read(waiting)) if waiting else b""

    def write(self, data: bytes, timeout: float) -> None:
        """Write everything. Raises TimeoutError when the port does not take it within ``timeout`` seconds."""
        self._line.write_timeout = timeout
        try:
            self._line.write(data)
        except serial.SerialTimeoutException as failure:
            raise TimeoutError(*failure.args) from failure

    def owe(self, answers: int) -> None:
        """Note nothing: there is no place for it."""

    def give_back(self) -> None:
        """Leave the port as it is: pyserial has no way back."""

    def close(self) -> None:
        """Close the port; that ends the lock."""
        self._line.close()

    def _descriptor(self) -> int | None:
        if os.name != "posix":
            return None
        try:
            return int(self._line.fileno())
        except (AttributeError, OSError):
            return None
