"""A socket of the blocking port while bodies stream through it: in slices of time, so that it can be abandoned."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from typing import Protocol

import h11

from ..core.call import run
from ..core.pieces import PieceSize
from ..core.port import BodySink, PortFailure
from . import network
from .abandonment import SLICE_SECONDS, stop_if_abandoned
from .conversation import Conversation, Headers
from .network import Wire


class Duplex(Protocol):
    """What connections need of a socket."""

    def fileno(self) -> int: ...
    def settimeout(self, value: float | None, /) -> None: ...
    def send(self, data: bytes | memoryview, /) -> int: ...
    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def recv_into(self, view: memoryview, /) -> int: ...
    def close(self) -> None: ...


class Line:
    """Sends and receives on a connection until a time; ``idle`` is how long it may stand still, in seconds."""

    def __init__(self, connection: Duplex, until: float, idle: float | None) -> None:
        self._socket = connection
        self._until = until
        self._idle = idle
        self._early: bytes | None = None
        """What TLS has given of an answer before it was asked for."""

    def send_request(self, head: bytes, wire: Wire) -> bool:
        """Send a request; return False when the server answered before it had all of it."""
        source = wire.source
        if source is None:
            return self._send(head + wire.body)
        run(source.start())
        piece: bytes | memoryview = head
        left = source.length
        while True:
            if not self._send(piece):
                return False
            piece = run(source.read())
            if not piece:
                break
            if self._is_answered():
                return False
            left -= len(piece)
        if left:
            raise PortFailure("the body of the request was not of its length", sent=True)
        return True

    def _is_answered(self) -> bool:
        if not has_something_to_read(self._socket):
            return False
        if type(self._socket) is socket.socket:
            return True
        # TLS has bytes of its own to receive at any time.
        self._socket.settimeout(0)
        try:
            self._early = self._socket.recv(network.READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True

    def _send(self, data: bytes | memoryview) -> bool:
        view = memoryview(data)
        moved = time.monotonic()
        while view:
            try:
                self._socket.settimeout(self._patience(moved))
                view = view[self._socket.send(view) :]
                moved = time.monotonic()
            except TimeoutError:
                if self._is_answered():
                    return False
        return True

    def _receive_into(self, view: memoryview) -> int:
        moved = time.monotonic()
        while True:
            try:
                self._socket.settimeout(self._patience(moved))
                return self._socket.recv_into(view)
            except TimeoutError:
                continue

    def _patience(self, moved: float) -> float:
        """Return how long the next step may take. Raises :class:`PortFailure` when time is over."""
        stop_if_abandoned()
        left = time_left(self._until)
        if self._idle is not None:
            left = min(left, moved + self._idle - time.monotonic())
            if left <= 0:
                raise PortFailure(f"nothing moved for {self._idle:.0f} seconds", sent=True, timed_out=True)
        return min(left, SLICE_SECONDS)

    def receive_answer(self, conversation: Conversation, sink: BodySink | None) -> tuple[int, Headers, bytes]:
        """Receive an answer, its body into ``sink`` if that wants it."""
        buffer = memoryview(bytearray(network.READ_BYTES))
        while True:
            came, self._early = self._early, None
            if came is None:
                came = bytes(buffer[: self._receive_into(buffer)])
            if conversation.take_head(came):
                break
        status, headers = conversation.status, conversation.headers
        if sink is not None and run(sink.begin(status, network.plain_headers(headers))):
            rest = conversation.hand_over()
            if rest is not None:
                self._fill(sink, *rest)
                return status, headers, b""
            while True:
                over = conversation.take_more()
                for part in conversation.take_parts():
                    run(sink.write(part))
                if over:
                    return status, headers, b""
                conversation.receive(bytes(buffer[: self._receive_into(buffer)]))
        while not conversation.take_more():
            conversation.receive(bytes(buffer[: self._receive_into(buffer)]))
        return status, headers, conversation.body()

    def _fill(self, sink: BodySink, length: int, came: bytes) -> None:
        """Give a body of ``length`` bytes, of which some ``came``, to a sink."""
        if came:
            run(sink.write(came))
        left = length - len(came)
        buffer = memoryview(bytearray(min(network.LARGEST_PIECE, left)))
        size = PieceSize(network.LARGEST_PIECE)
        while left:
            piece = buffer[: min(left, size.next(time.monotonic()))]
            filled = 0
            while filled < len(piece):
                step = self._receive_into(piece[filled:])
                if not step:
                    raise h11.RemoteProtocolError("peer closed connection: incomplete message body")
                filled += step
            left -= filled
            run(sink.write(piece))


def has_something_to_read(connection: Duplex) -> bool:
    """Tell whether bytes, or the end, have come."""
    handle = connection.fileno()
    if handle < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([handle], [], [], 0)[0])


def time_left(until: float, sent: bool = True) -> float:
    """Return the seconds left. Raises :class:`PortFailure` when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise PortFailure("no answer in time" if sent else "no connection in time", sent=sent, timed_out=True)
    return min(left, threading.TIMEOUT_MAX)
