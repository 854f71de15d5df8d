"""Connections of the event loop: what comes before TLS, and servers that close while they are still spoken to."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cloudsigma.core.requests import Requests
from cloudsigma.errors import ClientError
from cloudsigma.ports.asyncio import AsyncioPort
from cloudsigma.ports.streams_asyncio import connect

from .faces import settings
from .scripted import http

PATIENCE = 60.0


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer one connection to the port that is given."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)
        assert not thread.is_alive()


def until_closed(connection: socket.socket) -> None:
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass


def test_what_comes_before_tls_is_no_answer() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(http(200, {"forged": True}))
        until_closed(connection)

    async def main(port: int) -> None:
        stream = await connect("127.0.0.1", port, PATIENCE)
        try:
            while stream.is_idle():
                await asyncio.sleep(0)  # until it has come
            await asyncio.sleep(0)
            with pytest.raises((ConnectionResetError, ssl.SSLError)):
                await stream.secure(ssl.create_default_context(), "127.0.0.1", PATIENCE)
        finally:
            await stream.close()

    with serving(answer) as port:
        asyncio.run(main(port))


def test_a_server_that_has_enough_of_a_body() -> None:
    """It answers and ends its side while most of the body still waits to be sent."""

    def answer(connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        connection.sendall(http(413, [{"error_type": "validation", "error_message": "too much"}]))
        connection.shutdown(socket.SHUT_WR)
        until_closed(connection)

    async def main(port: int) -> None:
        requests = Requests(AsyncioPort(), settings(f"http://127.0.0.1:{port}/api/2.0/"))
        with pytest.raises(ClientError, match="too much"):
            await requests.request("POST", "x/", body=bytes(30 * 1024**2), retries=0)
        await requests.close()

    with serving(answer) as port:
        asyncio.run(main(port))
