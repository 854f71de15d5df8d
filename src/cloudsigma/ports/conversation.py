"""HTTP/1.1 on one connection, without the connection: bytes to send, bytes received, and when an answer is complete.

The protocol itself is h11's; both network ports move the bytes.
"""

from __future__ import annotations

from typing import cast

import h11

LONGEST_HEAD = 100 * 1024

Headers = list[tuple[bytes, bytes]]


def _new_protocol() -> h11.Connection:
    return h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)


class _Stretch:
    """Stands for bytes that do not pass through the protocol: all it asks of them is how many there are."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


class Conversation:
    """One exchange after another; ``status``, ``headers`` and ``body()`` are those of the last answer."""

    def __init__(self) -> None:
        self._protocol = _new_protocol()
        self._parts: list[bytes] = []
        self._handed_over: bool | None = None
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

    def begin_streamed(self, method: str, target: bytes, headers: Headers, length: int) -> bytes:
        """Return the bytes of a request before its body, whose ``length`` bytes the caller sends himself."""
        protocol = self._protocol
        self._parts = []
        self.status = 0
        sent = protocol.send(h11.Request(method=method, target=target, headers=headers)) or b""
        if length:
            protocol.send_with_data_passthrough(h11.Data(data=cast(bytes, _Stretch(length))))
        return sent

    def end_streamed(self) -> None:
        """Take note that the body was sent."""
        self._protocol.send(h11.EndOfMessage())

    def take_head(self, data: bytes) -> bool:
        """Take bytes that came until status and headers are there; return whether they are."""
        protocol = self._protocol
        protocol.receive_data(data)
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                return False
            if isinstance(event, h11.Response):
                self.status = event.status_code
                self.headers = list(event.headers)
                return True
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                raise h11.RemoteProtocolError("closed connection without sending a response")

    def hand_over(self) -> tuple[int, bytes] | None:
        """Leave the body of the answer to the caller, once its head is there: its length, and what came of it so far.

        None when its length is not known beforehand. The connection counts as ready for another exchange afterwards
        if it could have one; the caller must close it unless he read the whole body.
        """
        lengths = [value for name, value in self.headers if name == b"content-length"]
        if not lengths or self.status in (204, 304):
            return None
        length, came = int(lengths[0]), self._protocol.trailing_data[0]
        lasting = self._protocol.our_state is h11.DONE and not any(
            name == b"connection" and b"close" in value.lower() for name, value in self.headers
        )
        self._handed_over = lasting and len(came) <= length
        return length, came[:length]

    def take(self, data: bytes) -> bool:
        """Take bytes that came (none when the other side has closed); return whether the answer is complete.

        Raises ``h11.RemoteProtocolError`` for an answer that is cut off or no HTTP.
        """
        self.receive(data)
        return self.take_more()

    def receive(self, data: bytes) -> None:
        """Take bytes that came, none when the other side has closed."""
        self._protocol.receive_data(data)

    def take_more(self) -> bool:
        """Read what was received; return whether the answer is complete."""
        protocol = self._protocol
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

    def take_parts(self) -> list[bytes]:
        """Return what has come of the body since the last time, and keep nothing of it."""
        parts, self._parts = self._parts, []
        return parts

    def body(self) -> bytes:
        """Return the body of the answer."""
        parts = self._parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def renew(self) -> bool:
        """Make ready for another exchange; return False when the connection cannot have one."""
        if self._handed_over is not None:
            ready, self._handed_over = self._handed_over, None
            self._protocol = _new_protocol()
            return ready
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
