"""Websockets of the asyncio port. A task of the library answers pings and notices a dead connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import inf

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from ..core.port import PortFailure, UpgradeRefused
from . import network


class AsyncioFrames:
    """An open websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self, timeout: float | None) -> str | None:
        try:
            async with asyncio.timeout(timeout):
                frame = await self._connection.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise PortFailure(network.closing_words(closed), sent=True) from closed
        return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")

    async def close(self) -> None:
        await self._connection.close()


async def open_stream(url: str, headers: Mapping[str, str], timeout: float) -> AsyncioFrames:
    """Open a websocket within ``timeout`` seconds. Raises ``UpgradeRefused`` or ``PortFailure``."""
    secure = url.startswith("wss:")
    try:
        connection = await connect(
            url,
            ssl=network.tls_context() if secure else None,
            additional_headers=list(headers.items()),
            user_agent_header=None,
            proxy=network.frames_proxy(url),
            # One attempt: whether another one makes sense is the core's to say.
            process_exception=lambda error: error,
            open_timeout=None if timeout == inf else timeout,
            ping_interval=network.PING_SECONDS,
            ping_timeout=network.PING_SECONDS,
            close_timeout=network.CLOSE_SECONDS,
            max_size=network.MAX_FRAME,
            logger=network.SILENT,
        )
    except InvalidStatus as refused:
        raise UpgradeRefused(refused.response.status_code) from None
    except (WebSocketException, EOFError, OSError, ImportError, ValueError) as error:
        raise network.upgrade_failure(error, isinstance(error, TimeoutError)) from error
    return AsyncioFrames(connection)
