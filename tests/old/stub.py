"""A server that answers as a test tells it and remembers what it was sent: for answers that no cloud gives on purpose."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer; ``cut`` sends only so many bytes of the body and closes."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


class Stub:
    """Listens on a free port of 127.0.0.1 while the ``with`` block runs."""

    def __init__(self, answer: Callable[[Received], Reply | dict[str, Any]]) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # or the second part of an answer waits for the acknowledgement of the first

            def setup(self) -> None:
                super().setup()
                stub.connections += 1
                stub._open.append(self.connection)

            def log_message(self, *_: object) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                received = Received(self.command, self.path, dict(self.headers), body)
                stub.requests.append(received)
                reply = answer(received)
                if isinstance(reply, dict):
                    reply = Reply(body=json.dumps(reply).encode())
                self.send_response(reply.status)
                for name, value in {
                    "Content-Type": "application/json; charset=utf-8",
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command == "HEAD":
                    return
                if reply.cut is None:
                    self.wfile.write(reply.body)
                else:
                    self.wfile.write(reply.body[: reply.cut])
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_endpoint = f"{self.origin}/api/2.0/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed by the other side
        self._server.server_close()
        self._thread.join()

    @property
    def credentials(self) -> dict[str, str]:
        """Arguments of a client that talks to this server."""
        return {"api_endpoint": self.api_endpoint, "username": "user@example.com", "password": "s3cret"}

    def lines(self) -> list[str]:
        """Return method and target of each request."""
        return [f"{request.method} {request.target}" for request in self.requests]
