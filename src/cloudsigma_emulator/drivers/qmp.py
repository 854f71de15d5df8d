"""The QEMU Machine Protocol over a connected socket, blocking, with a deadline for each command.

The package ``qemu.qmp`` speaks it with asyncio; a guest here is a thread without an event loop, and six commands need none.
"""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from typing import Any

_PATIENCE = 10.0
_PIECE = 1 << 16


class QmpError(Exception):
    """The machine refused a command, or is gone."""


class Qmp:
    """The control connection of one virtual machine, for one thread."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._rest = b""
        self.events: deque[dict[str, Any]] = deque()
        """Events that nobody has looked at."""

    def fileno(self) -> int:
        """Return the descriptor, to wait on."""
        return self._peer.fileno()

    def greet(self, seconds: float) -> None:
        """Wait until the machine is there, and begin. Raises :class:`QmpError`."""
        deadline = time.monotonic() + seconds
        while "QMP" not in self._message(deadline):
            pass
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """Carry out a command and return its result. Raises :class:`QmpError`; its text never has the arguments."""
        deadline = time.monotonic() + _PATIENCE
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            self._peer.settimeout(_PATIENCE)
            self._peer.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise QmpError(f"{command}: {error}") from error
        while True:
            message = self._message(deadline)
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise QmpError(f"{command}: {message['error'].get('class', 'refused')}")
            elif "return" in message:
                self._keep_events()
                return message["return"]

    def read_events(self) -> None:
        """Take what has arrived. Raises :class:`QmpError` when the machine is gone."""
        self._peer.setblocking(False)
        try:
            data = self._peer.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            raise QmpError(str(error)) from error
        if not data:
            raise QmpError("the machine is gone")
        self._rest += data
        self._keep_events()

    def _keep_events(self) -> None:
        """Take the events among whole lines that have arrived; there are no answers left among them."""
        while b"\n" in self._rest:
            line, self._rest = self._rest.split(b"\n", 1)
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)

    def close(self) -> None:
        """Close the connection."""
        self._peer.close()

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._rest:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise QmpError("the machine does not answer")
            self._peer.settimeout(remaining)
            try:
                data = self._peer.recv(_PIECE)
            except TimeoutError:
                continue
            except OSError as error:
                raise QmpError(str(error)) from error
            if not data:
                raise QmpError("the machine is gone")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message
