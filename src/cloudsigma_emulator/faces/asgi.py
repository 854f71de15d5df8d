"""The types of ASGI, and uvicorn's protocols with their TCP connection within reach.

Faults need the connection itself: a reset, or an answer that stops half-way, cannot be said in ASGI.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT = "cloudsigma_emulator.transport"


class HttpProtocol(HttpToolsProtocol):
    """HTTP whose requests know their connection."""

    def on_message_begin(self) -> None:
        """Put the connection into the scope of a request."""
        super().on_message_begin()
        self.scope["extensions"] = cast(Any, {TRANSPORT: self.transport})


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
