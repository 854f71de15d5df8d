"""A server that plays scripted answers byte by byte, for the faults that a proper server cannot be asked for."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """A request as it came in; ``connection`` counts the connections from 0."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Step = Callable[[socket.socket, Seen], bool]
"""Answers one request; False ends the connection."""


def http(
    status: int = 200,
    document: Any = None,
    *,
    body: bytes | None = None,
    headers: Iterable[tuple[str, str]] = (),
    kind: str = "application/json",
) -> bytes:
    """Return the bytes of an answer."""
    if body is None:
        body = b"" if document is None else json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def api_error(status: int, message: str, kind: str, point: str | None = None, **more: Any) -> bytes:
    """Return the bytes of a refusal in the API's own form."""
    return http(status, [{"error_type": kind, "error_message": message, "error_point": point}], **more)


def reply(answer: bytes) -> Step:
    """Send the answer and keep the connection."""

    def step(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(answer)
        return True

    return step


def reply_and_close(answer: bytes) -> Step:
    """Send the bytes, whole or not, and close."""

    def step(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(answer)
        return False

    return step


def close() -> Step:
    """Close without a word."""
    return reply_and_close(b"")


def reset() -> Step:
    """Break the connection with a reset."""

    def step(connection: socket.socket, seen: Seen) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return step


@dataclass
class Silence:
    """Says nothing until it is released; ``begun`` is set when the request is in."""

    begun: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket, seen: Seen) -> bool:
        self.begun.set()
        self.released.wait(90)
        return False


class Scripted:
    """The server: each request takes the next step of the script; the last one is repeated."""

    def __init__(self, *script: Step | bytes, tls: ssl.SSLContext | None = None) -> None:
        self._script: list[Step] = [reply(step) if isinstance(step, bytes) else step for step in script]
        self._silences = [step for step in script if isinstance(step, Silence)]
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/api/2.0/"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopped = False
        self.seen: list[Seen] = []
        self.connections = 0
        self.all_closed = threading.Event()

    def targets(self) -> list[str]:
        """Return method and target of each request, in order."""
        return [f"{seen.method} {seen.target.removeprefix('/api/2.0')}" for seen in self.seen]

    def __enter__(self) -> Scripted:
        thread = threading.Thread(target=self._accept)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for silence in self._silences:
            silence.released.set()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self._threads:
            thread.join(60)

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self.all_closed.clear()
            thread = threading.Thread(target=self._serve, args=(connection, self.connections))
            self.connections += 1
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        wrapped = connection
        try:
            if self._tls is not None:
                wrapped = self._tls.wrap_socket(connection, server_side=True)
            buffer = b""
            while True:
                seen, buffer = self._request(wrapped, buffer, number)
                if seen is None:
                    return
                with self._lock:
                    self.seen.append(seen)
                    step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                if not step(wrapped, seen):
                    return
        except OSError:
            return
        finally:
            wrapped.close()
            connection.close()
            with self._lock:
                self._open.discard(connection)
                if not self._open:
                    self.all_closed.set()

    def _request(self, connection: socket.socket, buffer: bytes, number: int) -> tuple[Seen | None, bytes]:
        while b"\r\n\r\n" not in buffer:
            data = connection.recv(65536)
            if not data:
                return None, b""
            buffer += data
        head, _, buffer = buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(buffer) < length:
            data = connection.recv(65536)
            if not data:
                return None, b""
            buffer += data
        return Seen(method, target, headers, buffer[:length], number), buffer[length:]


def refused_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
