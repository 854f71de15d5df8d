"""The types of ASGI, and uvicorn's protocols with their TCP connection within reach and bounds for what may come in.

Faults need the connection itself: a reset, or an answer that stops half-way, cannot be said in ASGI.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT = "cloudsigma_emulator.transport"
HEAD_LIMIT = 64 << 10
"""Bytes of a request line with its headers, and of trailers."""
HEAD_SECONDS = 30.0
"""How long a connection may take to send a whole head, its first one included."""


class HttpProtocol(HttpToolsProtocol):
    """HTTP whose requests know their connection, and whose heads are neither endless nor slow without end."""

    _in_head = True
    _ended_one = False
    _head_bytes = 0
    _trailer_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came in, unless the head that it belongs to has no end."""
        if self._in_head and self._head_timer is None:
            self._await_head()
        self._ended_one = False
        super().data_received(data)
        if self._in_head and not self._ended_one:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT:
                self._refuse(431, "The head of the request is too large")

    def on_message_begin(self) -> None:
        """Put the connection into the scope of a request."""
        super().on_message_begin()
        self.scope["extensions"] = cast(Any, {TRANSPORT: self.transport})

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; of trailers only so many, and they mean nothing."""
        if self._in_head:
            super().on_header(name, value)
            return
        self._trailer_bytes += len(name) + len(value)
        if self._trailer_bytes > HEAD_LIMIT:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """The head is there; a body may follow."""
        self._head_came()
        self._in_head = False
        self._head_bytes = self._trailer_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; the next head may follow."""
        super().on_message_complete()
        self._in_head = self._ended_one = True

    def body_came(self) -> None:
        """Take note that the rest of a request's body was received by somebody else, past the parser."""
        if self.transport.is_closing():
            return
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._in_head = self._ended_one = True
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def count_sent(self, count: int) -> None:
        """Take note that so many bytes of the answer's body were sent past ASGI."""
        self.cycle.expected_content_length -= count

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the form of every refusal."""
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        if self.transport.is_closing():
            return
        error = {"error_type": "validation", "error_message": message, "error_point": None}
        body = json.dumps([error]).encode()
        reason = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}[
            status
        ]
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json; charset=utf-8\r\n" % (status, reason)
        self.transport.write(head + b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body)
        self.transport.close()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        self._refuse(408, "The head of the request did not come in time")


class SocketProtocol(WebSocketsSansIOProtocol):
    """Websockets that know their connection."""

    def handle_connect(self, event: Request) -> None:
        """Put the connection into the scope of a websocket; its task starts after this returns."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            cast(Any, self.scope)["extensions"][TRANSPORT] = self.transport


def transport_of(scope: Scope) -> asyncio.Transport:
    """Return the connection that a request came on."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT]
    return transport


def cut(transport: asyncio.Transport, *, reset: bool) -> None:
    """End a connection: what is written goes out and it is closed, or it is reset at once."""
    if reset:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
