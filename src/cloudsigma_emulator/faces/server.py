"""Runs the faces on one TCP port, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from .asgi import HttpProtocol, SocketProtocol
from .http import Face

if TYPE_CHECKING:
    from ..app import App


class _Server(uvicorn.Server):
    """uvicorn that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def main_loop(self) -> None:
        self.loop = asyncio.get_running_loop()
        await super().main_loop()


class Server:
    """The listening socket and the thread behind it.

    Arguments: the app, the address to listen on, the port (0: a free one), and for https the files of the
    certificate and its key (None: in the same file). Raises OSError when the port cannot be had.
    """

    def __init__(
        self, app: App, host: str, port: int, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._face = Face(app)
        self._ready = threading.Event()
        config = uvicorn.Config(
            self._face,
            http=HttpProtocol,
            ws=SocketProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ws_ping_interval=None,  # programs leave sockets idle without reading, so without answering pings
            ws_per_message_deflate=False,
            ws_max_size=1 << 16,  # nothing goes in
            log_level="error",  # what clients do wrong is answered, not told
            backlog=1024,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        self._server = _Server(config, self._ready)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="cloudsigma-emulator-http", daemon=True)

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise RuntimeError("the HTTP server did not start") from self._failure

    def stop(self) -> None:
        """End: answers under way have a second to finish."""
        self._server.should_exit = True
        self._thread.join()
        self._face.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    async def _serve(self) -> None:
        await self._server.serve(sockets=[self._socket])
        # uvicorn leaves open what waits for a client that reads no more.
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - shown to who called start()
            self._failure = error
        finally:
            self._ready.set()


def _listen(host: str, port: int) -> socket.socket:
    found: Any = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    # The protocol by number: asyncio turns Nagle off only where it sees that it is TCP.
    listener = socket.socket(found[0], socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(found[4])
        listener.listen(1024)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
