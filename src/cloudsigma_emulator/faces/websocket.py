"""The websocket face: a ticket opens it, then the account's frames come out, nothing goes in.

Each socket has a bounded queue. A client that does not read is let go when its queue is full; it holds up nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

from ..domain import tickets
from ..engine.bus import Frame
from .asgi import Receive, Scope, Send, transport_of

if TYPE_CHECKING:
    from ..app import App

PATHS = ("/websocket", "/2.0/websocket")
QUEUE_LIMIT = 1000
"""Frames that may wait for a slow client."""


class _Socket:
    def __init__(self, account: str, transport: asyncio.Transport) -> None:
        self.account = account
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        self.frames: deque[Frame] = deque()
        self.ready = asyncio.Event()
        self.closing = False

    def offer(self, frame: Frame) -> None:
        """Take a frame from the bus, in any thread; what the event loop cannot take any more is dropped."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._enqueue, frame)

    def _enqueue(self, frame: Frame) -> None:
        if len(self.frames) >= QUEUE_LIMIT:
            self.transport.abort()
            return
        self.frames.append(frame)
        self.ready.set()

    def close(self) -> None:
        """Say goodbye after the frames that wait."""
        self.closing = True
        self.ready.set()


class Sockets:
    """The open websockets of all accounts."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: set[_Socket] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        app.close_sockets = self.close

    def count(self) -> int:
        """Return how many sockets are open."""
        return len(self._open)

    def close(self, account: str | None) -> int:
        """Close the sockets of an account, or all; in any thread. Returns how many."""
        meant = [socket for socket in list(self._open) if account is None or socket.account == account]
        for socket in meant:
            with contextlib.suppress(RuntimeError):
                socket.loop.call_soon_threadsafe(socket.close)
        return len(meant)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket from the handshake to its end."""
        await receive()
        path = scope["path"].rstrip("/")
        account = self._account(scope) if path in PATHS else None
        fault = self._app.faults.take("GET", path)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if account is None or (fault is not None and (fault.refuse_ticket or fault.status is not None)):
            await send({"type": "websocket.close"})  # before the handshake: HTTP 403
            return
        socket = _Socket(account, transport_of(scope))
        leave = self._app.bus.subscribe(account, socket.offer)
        self._open.add(socket)
        sender: asyncio.Task[None] | None = None
        try:
            await send({"type": "websocket.accept"})
            sender = asyncio.create_task(_send_frames(socket, send))
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            leave()
            self._open.discard(socket)
            if sender is not None:
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await sender

    def _account(self, scope: Scope) -> str | None:
        for name, value in scope["headers"]:
            if name.lower() != b"cookie":
                continue
            for part in value.decode("latin-1").split(";"):
                key, _, ticket = part.strip().partition("=")
                if key == "async_auth":
                    return tickets.account_of(self._app.secret, ticket, self._app.clock.timestamp())
        return None


async def _send_frames(socket: _Socket, send: Send) -> None:
    while True:
        await socket.ready.wait()
        socket.ready.clear()
        while socket.frames:
            await send({"type": "websocket.send", "text": socket.frames.popleft().text()})
        if socket.closing:
            await send({"type": "websocket.close", "code": 1001})
            return
