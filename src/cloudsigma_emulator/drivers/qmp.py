"""The QEMU Machine Protocol over a connected socket, blocking, with a deadline for each command.

The package ``qemu.qmp`` speaks it with asyncio; a guest here is a thread without an event loop, and ten commands need none.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

_PATIENCE = 10.0
_PIECE = 1 << 16


class QmpError(Exception):
    """The machine is gone."""


class QmpSilent(QmpError):
    """The machine is there, as far as one can tell, and does not answer in time."""


class QmpRefusal(Exception):
    """The machine refused a command; it runs on."""


class Qmp:
    """The control connection of one virtual machine, for one thread."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._rest = b""
        self._sent = 0
        self._unanswered: set[int] = set()
        self.events: deque[dict[str, Any]] = deque()
        """Events that nobody has looked at."""

    @property
    def silent(self) -> bool:
        """Tell whether an answer is overdue: the machine has been told enough for now."""
        return bool(self._unanswered)

    def fileno(self) -> int:
        """Return the descriptor, to wait on."""
        return self._peer.fileno()

    def greet(self, seconds: float) -> None:
        """Wait until the machine is there, and begin. Raises :class:`QmpError`."""
        deadline = time.monotonic() + seconds
        while "QMP" not in self._message(deadline):
            pass
        self.execute("qmp_capabilities")

    def execute(self, command: str, descriptors: Sequence[int] = (), **arguments: Any) -> Any:
        """Carry out a command and return its result.

        :param descriptors: what the machine gets along with the command.
        :raises QmpRefusal: when the machine does not want to; its text never has the arguments.
        :raises QmpSilent: when there is no answer in time; the command may be carried out all the same.
        :raises QmpError: when the machine is gone.
        """
        deadline = time.monotonic() + _PATIENCE
        self._sent += 1
        number = self._sent
        request = {"execute": command, "id": number, **({"arguments": arguments} if arguments else {})}
        data = json.dumps(request).encode() + b"\n"
        try:
            self._peer.settimeout(_PATIENCE)
            if descriptors:
                socket.send_fds(self._peer, [data], list(descriptors))
            else:
                self._peer.sendall(data)
        except OSError as error:
            self._hear_it_out()
            raise QmpError(f"{command}: {error}") from error
        self._unanswered.add(number)
        message = self._message(deadline)
        self._keep_events()
        if "error" in message:
            raise QmpRefusal(f"{command}: {message['error'].get('class', 'refused')}")
        return message.get("return")

    def read_events(self) -> None:
        """Take what has arrived. Raises :class:`QmpError` when the machine is gone."""
        self._take(0.0)
        self._keep_events()

    def close(self) -> None:
        """Close the connection."""
        self._peer.close()

    def _hear_it_out(self) -> None:
        """Take what a machine that is gone has said."""
        with contextlib.suppress(QmpError):
            while True:
                self.read_events()

    def _keep_events(self) -> None:
        """Take the events among whole lines that have arrived; answers among them come too late for anybody."""
        while b"\n" in self._rest:
            self._next()

    def _message(self, deadline: float) -> dict[str, Any]:
        """Return the next message that is no event and no late answer."""
        while True:
            while b"\n" not in self._rest:
                self._receive(deadline)
            message = self._next()
            if message is not None:
                return message

    def _next(self) -> dict[str, Any] | None:
        """Take a whole line that has arrived; return its message if somebody may be waiting for it."""
        line, self._rest = self._rest.split(b"\n", 1)
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise QmpError("the machine talks nonsense") from error
        if "event" in message:
            self.events.append(message)
            return None
        number = message.get("id")
        self._unanswered.discard(number if number is not None else self._sent)
        return message if number in (None, self._sent) else None

    def _receive(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise QmpSilent("the machine does not answer")
        self._take(remaining)

    def _take(self, seconds: float) -> None:
        self._peer.settimeout(seconds)
        try:
            data = self._peer.recv(_PIECE)
        except (TimeoutError, BlockingIOError):
            return
        except OSError as error:
            raise QmpError(str(error)) from error
        if not data:
            raise QmpError("the machine is gone")
        self._rest += data
