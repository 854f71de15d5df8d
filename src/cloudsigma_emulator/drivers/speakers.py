"""Who answers at the tunnels to a simulated guest: a VNC server that greets, and a serial console that asks who is there."""

from __future__ import annotations

import hmac
import socket
from collections.abc import Callable

from .hub import Hub
from .relays import Ended, Visit
from .streams import Stream

VNC_GREETING = b"RFB 003.008\n"

_REASON = b"This guest is simulated: it has no screen"
# RFB 3.8: no security type is offered, then the length and the text of the reason.
_VNC_REFUSAL = b"\0" + len(_REASON).to_bytes(4, "big") + _REASON
_MOST_LINE = 1024


def conversation(hub: Hub, begin: Callable[[], Speaker]) -> Visit:
    """Return what lets a speaker, a new one each time, talk to who comes through a relay."""

    def visit(peer: socket.socket, ended: Ended) -> Ended:
        speaker = begin()

        def heard(data: bytes) -> None:
            answer, over = speaker.heard(data)
            taken = not answer or stream.send(answer)
            if over or not taken:  # a viewer that does not read is dropped
                stream.close()
                ended()

        stream = Stream(hub, peer, heard, ended)
        stream.send(speaker.greeting())
        return stream.close

    return visit


class Speaker:
    """One side of a conversation."""

    def greeting(self) -> bytes:
        """Return what is said first."""
        return b""

    def heard(self, data: bytes) -> tuple[bytes, bool]:
        """Take what the viewer said; return the answer and whether the conversation is over."""
        return b"", False


class VncGreeter(Speaker):
    """Speaks RFB 3.8 as far as a guest without a screen can: greeting, then the reason why there is no more."""

    def __init__(self) -> None:
        self._heard = 0

    def greeting(self) -> bytes:
        """Return the protocol version."""
        return VNC_GREETING

    def heard(self, data: bytes) -> tuple[bytes, bool]:
        """Wait for the viewer's version, then refuse."""
        before, self._heard = self._heard, self._heard + len(data)
        complete = before < len(VNC_GREETING) <= self._heard
        return (_VNC_REFUSAL, True) if complete else (b"", False)


class Console(Speaker):
    """Asks for the server's vnc_password, then stands at a login prompt that lets nobody in."""

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._password = password
        self._line = bytearray()
        self._inside = False

    def greeting(self) -> bytes:
        """Return the question for the password."""
        return b"Password: "

    def heard(self, data: bytes) -> tuple[bytes, bool]:
        """Take lines: first the password, then login names."""
        answer = b""
        for byte in data:
            if byte not in b"\r\n":
                self._line.append(byte)
                if len(self._line) > _MOST_LINE:
                    return answer, True
                continue
            line, self._line = bytes(self._line), bytearray()
            if not self._inside:
                if not hmac.compare_digest(line, self._password.encode()):
                    return answer + b"\r\nAccess denied\r\n", True
                self._inside = True
                answer += (
                    b"\r\n" + self._name.encode("ascii", "replace") + b" (simulated) ttyS0\r\n\r\nlogin: "
                )
            elif line:
                answer += b"\r\nLogin incorrect\r\nlogin: "
        return answer, False
