"""Addresses of this machine's loopback network under which guests are reached at port 22."""

from __future__ import annotations

import errno
import os
import socket

_SSH = 22
_FIRST, _COUNT = 18, 200


class LoopbackRange:
    """A range 127.x.0.0/16 that this emulator has for itself as long as it lives.

    It is taken by an address at its end, which no guest gets: emulators beside each other use different ranges, or
    clients of one would end up with a guest of the other.
    """

    def __init__(self) -> None:
        self.prefix: str | None = None
        """Its first two bytes; None where this process may not listen at port 22, or somebody does on all addresses."""
        self._claim: socket.socket | None = None
        for step in range(_COUNT):
            prefix = f"127.{_FIRST + (os.getpid() + step) % _COUNT}"
            claim = socket.socket()
            try:
                # Without SO_REUSEADDR, so that it is refused to a second one.
                claim.bind((f"{prefix}.255.254", _SSH))
                with socket.create_server((f"{prefix}.0.10", _SSH)):
                    pass
            except OSError as error:
                claim.close()
                if error.errno != errno.EADDRINUSE:
                    return
                continue
            self.prefix, self._claim = prefix, claim
            return

    def close(self) -> None:
        """Let others have the range."""
        if self._claim is not None:
            self._claim.close()
