"""HTTP/1.1 on one connection, without the connection: bytes to send, bytes received, and when an answer is complete.

The protocol itself is h11's; both network ports move the bytes.
"""

from __future__ import annotations

import h11

LONGEST_HEAD = 100 * 1024

Headers = list[tuple[bytes, bytes]]


class Conversation:
    """One exchange after another; ``status``, ``headers`` and ``body()`` are those of the last answer."""

    def __init__(self) -> None:
        self._protocol = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._parts: list[bytes] = []
        self.status = 0
        self.headers: Headers = []

    def begin(self, method: str, target: bytes, headers: Headers, body: bytes) -> bytes:
        """Return the bytes of a request."""
        protocol = self._protocol
        self._parts = []
        self.status = 0
        sent = protocol.send(h11.Request(method=method, target=target, headers=headers)) or b""
        if body:
            sent += protocol.send(h11.Data(data=body)) or b""
        return sent + (protocol.send(h11.EndOfMessage()) or b"")

    def take(self, data: bytes) -> bool:
        """Take bytes that came (none when the other side has closed); return whether the answer is complete.

        Raises ``h11.RemoteProtocolError`` for an answer that is cut off or no HTTP.
        """
        protocol = self._protocol
        protocol.receive_data(data)
        while True:
            event = protocol.next_event()
            kind = type(event)
            if event is h11.NEED_DATA:
                return False
            if kind is h11.EndOfMessage:
                return True
            if isinstance(event, h11.Data):
                self._parts.append(bytes(event.data))
            elif isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = list(event.headers)
            elif isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                continue
            else:
                raise h11.RemoteProtocolError("closed connection without sending a response")

    def body(self) -> bytes:
        """Return the body of the answer."""
        parts = self._parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def renew(self) -> bool:
        """Make ready for another exchange; return False when the connection cannot have one."""
        protocol = self._protocol
        # Bytes beyond the answer would be taken for the next one.
        if (
            protocol.our_state is h11.DONE
            and protocol.their_state is h11.DONE
            and not protocol.trailing_data[0]
        ):
            protocol.start_next_cycle()
            return True
        return False
