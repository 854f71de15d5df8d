"""A guest's second serial port as a pseudo-terminal that answers requests for the server context.

The emulator keeps the guest's end open too, so that it can be closed and opened again by readers at will. It is
set to raw mode; readers may set another one.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from collections.abc import Callable

from ..domain.context_frames import FrameReader
from .hub import READ, WRITE, Hub

log = logging.getLogger("cloudsigma_emulator")

MOST_PENDING = 1 << 20
"""Bytes of answers that may wait for a reader; requests beyond it get no answer."""

_READ_SIZE = 1 << 16
_WANTED_DESCRIPTORS = 1 << 16


class SerialLine:
    """One open pseudo-terminal.

    :param hub: the thread that serves it.
    :param answer: gives all bytes of the answer to a path.
    :raises OSError: when the system has no pseudo-terminal to give.
    """

    def __init__(self, hub: Hub, answer: Callable[[str], bytes]) -> None:
        self._hub = hub
        self._answer = answer
        self._frames = FrameReader()
        self._pending = bytearray()
        self._deaf = False  # whether it was said that nobody reads
        self._master, self._slave, self.path = _open_pair()
        self._open = True
        hub.call_soon(self._watch)

    def close(self) -> None:
        """Close both ends; returns at once."""
        self._hub.call_soon(self._close)

    def _watch(self) -> None:
        if self._open:
            self._hub.watch(self._master, READ | WRITE if self._pending else READ, self._ready)

    def _ready(self, events: int) -> None:
        if events & READ:
            self._read()
        if self._open and self._pending:
            self._write()

    def _read(self) -> None:
        try:
            data = os.read(self._master, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            # EIO: nobody has the other end open, which cannot be while we keep it open ourselves.
            if error.errno != errno.EINTR:
                self._close()
            return
        for path in self._frames.feed(data):
            if len(self._pending) >= MOST_PENDING:
                if not self._deaf:
                    log.warning("nobody reads %s: requests get no answer until somebody does", self.path)
                self._deaf = True
                break
            self._pending += self._answer(path)

    def _write(self) -> None:
        before = bool(self._pending)
        try:
            while self._pending:
                written = os.write(self._master, self._pending)
                del self._pending[:written]
        except BlockingIOError:
            pass
        except OSError:
            self._close()
            return
        if not self._pending:
            self._deaf = False
        if before or self._pending:
            self._watch()

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._hub.forget(self._master)
            for descriptor in (self._master, self._slave):
                with contextlib.suppress(OSError):
                    os.close(descriptor)


if sys.platform == "win32":

    def _open_pair() -> tuple[int, int, str]:
        raise OSError("this system has no pseudo-terminals")

else:
    import resource
    import tty

    def _open_pair() -> tuple[int, int, str]:
        _allow_many_descriptors()
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            os.set_blocking(master, False)
            return master, slave, os.ttyname(slave)
        except BaseException:
            os.close(master)
            os.close(slave)
            raise

    def _allow_many_descriptors() -> None:
        """Raise this process' soft limit of open files: each running server takes two."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _WANTED_DESCRIPTORS)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
