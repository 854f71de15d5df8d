"""Websockets of the blocking port. A thread of the library answers pings and notices a dead connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from ..core.port import PortFailure, UpgradeRefused
from . import network
from .abandonment import in_slices


class BlockingFrames:
    """An open websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self, timeout: float | None) -> str | None:
        text: list[str] = []

        def wait(seconds: float | None) -> bool:
            try:
                frame = self._connection.recv(seconds)
            except TimeoutError:
                return False
            text.append(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))
            return True

        try:
            return text[0] if in_slices(wait, timeout) else None
        except ConnectionClosed as closed:
            raise PortFailure(network.closing_words(closed), sent=True) from closed

    async def close(self) -> None:
        self._connection.close()


def open_stream(url: str, headers: Mapping[str, str], timeout: float) -> BlockingFrames:
    """Open a websocket within ``timeout`` seconds. Raises ``UpgradeRefused`` or ``PortFailure``."""
    secure = url.startswith("wss:")
    timeout = min(timeout, threading.TIMEOUT_MAX)
    started = time.monotonic()
    try:
        connection = connect(
            url,
            ssl=network.tls_context() if secure else None,
            additional_headers=list(headers.items()),
            user_agent_header=None,
            proxy=network.frames_proxy(url),
            open_timeout=timeout,
            ping_interval=network.PING_SECONDS,
            ping_timeout=network.PING_SECONDS,
            close_timeout=network.CLOSE_SECONDS,
            max_size=network.MAX_FRAME,
            logger=network.SILENT,
        ).__enter__()  # newer versions warn about connections that were not entered; close() leaves them
    except InvalidStatus as refused:
        raise UpgradeRefused(refused.response.status_code) from None
    except (WebSocketException, EOFError, OSError, ImportError, ValueError) as error:
        raise network.upgrade_failure(error, time.monotonic() - started >= timeout) from error
    return BlockingFrames(connection)
