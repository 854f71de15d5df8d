"""A proxy on 127.0.0.1 that counts what passes, and cuts, stalls or slows it down where a test asks for it.

It forwards plain requests, opens tunnels (``CONNECT`` and SOCKS 5), or relays all that comes to one port. Threads and
sockets, nothing else.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

PIECE = 64 * 1024
BUFFER = 64 * 1024
PAUSE_SECONDS = 0.7

Direction = Literal["up", "down"]
Act = Literal["cut", "reset", "stall", "pause", "refuse"]


@dataclass
class Seen:
    """The head of a request to the proxy; ``connection`` counts from 0."""

    method: str
    target: str
    headers: dict[str, str]
    connection: int


@dataclass
class Trouble:
    """What befalls an exchange: after so many bytes of a body, or of a tunnel, in one direction."""

    direction: Direction
    after: int
    act: Act
    only: re.Pattern[str]
    left: int
    hits: int = 0


@dataclass
class Exchange:
    """One request with its answer, or one tunnel; ``name`` is ``METHOD target``."""

    name: str
    passed: dict[Direction, int] = field(default_factory=lambda: {"up": 0, "down": 0})


class Ended(Exception):
    """Ends a connection of the proxy."""


class Stream:
    """A socket with what came of it too early."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._early = b""

    def head(self) -> bytes:
        """Return the head of a message; raises Ended when there is none."""
        while b"\r\n\r\n" not in self._early:
            came = self.socket.recv(PIECE)
            if not came:
                raise Ended
            self._early += came
        head, _, self._early = self._early.partition(b"\r\n\r\n")
        return head

    def exactly(self, count: int) -> bytes:
        while len(self._early) < count:
            came = self.socket.recv(PIECE)
            if not came:
                raise Ended
            self._early += came
        taken, self._early = self._early[:count], self._early[count:]
        return taken

    def recv(self, most: int) -> bytes:
        if self._early:
            taken, self._early = self._early[:most], self._early[most:]
            return taken
        return self.socket.recv(most)


class Proxy:
    """The proxy, while the ``with`` block runs.

    Arguments: ``user`` and password that it demands; ``to``, a port to which it relays whatever comes, without looking
    at it; ``socks``, to speak SOCKS 5 instead of HTTP; ``rate``, the most bytes a second in one direction of an exchange;
    ``chunked``, to leave out how long answers are.
    """

    def __init__(
        self,
        *,
        user: tuple[str, str] | None = None,
        to: int | None = None,
        socks: bool = False,
        rate: float | None = None,
        chunked: bool = False,
    ) -> None:
        self._chunked = chunked
        self._user = user
        self._to = to
        self._socks = socks
        self._rate = rate
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        # Small buffers: what is not read here soon keeps the sender from sending.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()
        self._released = threading.Event()
        self._troubles: list[Trouble] = []
        self._silent_from: int | None = None
        self.connections = 0
        self.seen: list[Seen] = []
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.stalled = threading.Event()
        """Set when something stands still."""

    @property
    def url(self) -> str:
        """Its address, with user and password if it demands them."""
        scheme = "socks5h" if self._socks else "http"
        proof = ":".join(quote(part, safe="") for part in self._user) + "@" if self._user else ""
        return f"{scheme}://{proof}127.0.0.1:{self.port}"

    def requests(self, pattern: str) -> list[Seen]:
        """Return the requests whose ``METHOD target`` has a pattern in it."""
        with self._lock:
            return [each for each in self.seen if re.search(pattern, f"{each.method} {each.target}")]

    def trouble(
        self, direction: Direction, act: Act, after: int, *, only: str = "", count: int = 1
    ) -> Trouble:
        """Let something befall the next ``count`` exchanges whose name has ``only`` in it, and that come so far.

        A pause only delays; it may befall an exchange ``count`` times on end. What is refused is answered, and then
        stands still.
        """
        made = Trouble(direction, after, act, re.compile(only), count)
        with self._lock:
            self._troubles.append(made)
        return made

    def be_silent(self) -> None:
        """Take connections from now on, and say nothing."""
        self._silent_from = self.connections

    def release(self) -> None:
        """Let what stands still go on, and let no more trouble come."""
        with self._lock:
            self._troubles.clear()
            self._silent_from = None
        self._released.set()

    def __enter__(self) -> Proxy:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.release()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)
        for thread in self._threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)

    def _begin(self, act: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=act, args=arguments)
        with self._lock:
            self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number = self.connections
            self.connections += 1
            self._begin(self._serve, connection, number)

    @contextmanager
    def _known(self, connection: socket.socket) -> Iterator[None]:
        """Keep a socket among those that are shut at the end."""
        with self._lock:
            self._open.add(connection)
        try:
            if self._stopped.is_set():
                raise Ended
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
                connection.close()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with self._known(connection):
                near = Stream(connection)
                if self._silent_from is not None and number >= self._silent_from:
                    self._stall()
                if self._to is not None:
                    self._tunnel(near, "127.0.0.1", self._to, "RELAY")
                elif self._socks:
                    self._serve_socks(near, number)
                else:
                    while self._serve_request(near, number):
                        pass
        except (OSError, Ended):
            return

    # the ways through

    def _serve_request(self, near: Stream, number: int) -> bool:
        """Serve one request; return whether another may follow."""
        first, headers = _parsed(near.head())
        method, target, _ = first.split(" ")
        with self._lock:
            self.seen.append(Seen(method, target, headers, number))
        if self._user is not None:
            proof = b64encode(":".join(self._user).encode()).decode("ascii")
            if headers.get("proxy-authorization") != f"Basic {proof}":
                near.socket.sendall(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=test\r\n"
                    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
                )
                _linger(near.socket)
                return False
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            self._tunnel(near, host, int(port), f"CONNECT {target}", b"HTTP/1.1 200 Connected\r\n\r\n")
            return False
        return self._forward(near, method, target, headers)

    def _forward(self, near: Stream, method: str, target: str, headers: dict[str, str]) -> bool:
        parts = urlsplit(target)
        exchange = Exchange(f"{method} {target}")
        path = target.split("/", 3)[3]
        lines = [f"{method} /{path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name != "proxy-authorization"]
        length = int(headers.get("content-length", "0"))
        try:
            far_socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        except OSError:
            near.socket.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return False
        with self._known(far_socket):
            far = Stream(far_socket)
            far_socket.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
            sender = self._begin(self._pump_until_broken, near, far, "up", exchange, length)
            try:
                head = far.head()
                status, answered = _parsed(head)
                empty = method == "HEAD" or status.split(" ")[1] in ("204", "304")
                told = answered.get("content-length")
                rest = 0 if empty else int(told) if told is not None else None
                chunked = self._chunked and bool(rest)
                if chunked:
                    head = re.sub(rb"(?i)content-length: \d+", b"Transfer-Encoding: chunked", head)
                near.socket.sendall(head + b"\r\n\r\n")
                self._pump(far, near, "down", exchange, rest, chunked=chunked)
            except (OSError, Ended):
                _shut(near.socket)
                raise
            finally:
                _shut(far_socket)
                sender.join()
            whole = exchange.passed["up"] == length
        return whole and rest is not None and answered.get("connection", "").lower() != "close"

    def _tunnel(self, near: Stream, host: str, port: int, name: str, welcome: bytes = b"") -> None:
        exchange = Exchange(name)
        far_socket = socket.create_connection((host, port))
        with self._known(far_socket):
            far = Stream(far_socket)
            near.socket.sendall(welcome)
            sender = self._begin(self._pump_until_broken, near, far, "up", exchange, None)
            try:
                self._pump(far, near, "down", exchange, None)
            except OSError:
                pass
            finally:
                _shut(near.socket)
                _shut(far_socket)
                sender.join()

    def _serve_socks(self, near: Stream, number: int) -> None:
        version, count = near.exactly(2)
        methods = near.exactly(count)
        assert version == 5
        method = 0 if self._user is None else 2
        if method not in methods:
            near.socket.sendall(b"\x05\xff")
            return
        near.socket.sendall(b"\x05%c" % method)
        if self._user is not None:
            _, length = near.exactly(2)
            user = near.exactly(length)
            password = near.exactly(near.exactly(1)[0])
            right = (user.decode(), password.decode()) == self._user
            near.socket.sendall(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return
        _, _, _, kind = near.exactly(4)
        if kind == 3:
            host = near.exactly(near.exactly(1)[0]).decode()
        else:
            family = {1: socket.AF_INET, 4: socket.AF_INET6}[kind]
            host = socket.inet_ntop(family, near.exactly({1: 4, 4: 16}[kind]))
        port = int.from_bytes(near.exactly(2), "big")
        with self._lock:
            self.seen.append(Seen("SOCKS", f"{host}:{port}", {}, number))
        self._tunnel(near, host, port, f"SOCKS {host}:{port}", b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    # what passes

    def _pump_until_broken(
        self, source: Stream, sink: Stream, direction: Direction, exchange: Exchange, length: int | None
    ) -> None:
        try:
            self._pump(source, sink, direction, exchange, length)
            if length is None:
                sink.socket.shutdown(socket.SHUT_WR)
        except (OSError, Ended):
            _shut(source.socket)
            _shut(sink.socket)

    def _pump(
        self,
        source: Stream,
        sink: Stream,
        direction: Direction,
        exchange: Exchange,
        length: int | None,
        *,
        chunked: bool = False,
    ) -> None:
        passed = exchange.passed
        while length is None or passed[direction] < length:
            most = PIECE if length is None else min(PIECE, length - passed[direction])
            trouble = self._due(exchange, direction)
            if trouble is not None:
                most = min(most, trouble.after - passed[direction])
                if most <= 0:
                    if self._befalls(trouble):
                        self._meet(trouble, source, sink)
                    continue
            piece = source.recv(most)
            if not piece:
                if length is not None:
                    raise Ended
                return
            late = self._due(exchange, direction) if trouble is None else None
            if late is not None and late.act == "stall" and passed[direction] >= late.after:
                # It was asked for while nothing came: what has come now is the first that is held back.
                self._stall_for(late)
            sink.socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            passed[direction] += len(piece)
            with self._lock:
                self.passed[direction] += len(piece)
            if self._rate is not None and self._stopped.wait(len(piece) / self._rate):
                raise Ended
        if chunked:
            sink.socket.sendall(b"0\r\n\r\n")

    def _due(self, exchange: Exchange, direction: Direction) -> Trouble | None:
        with self._lock:
            for each in self._troubles:
                if each.direction == direction and each.left and each.only.search(exchange.name):
                    return each
        return None

    def _befalls(self, trouble: Trouble) -> bool:
        with self._lock:
            if not trouble.left:
                return False
            trouble.left -= 1
            trouble.hits += 1
            return True

    def _meet(self, trouble: Trouble, source: Stream, sink: Stream) -> None:
        if trouble.act == "stall":
            self._stall()
            return
        if trouble.act == "refuse":
            source.socket.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            self._stall()
            return
        if trouble.act == "pause":
            if self._stopped.wait(PAUSE_SECONDS):
                raise Ended
            return
        if trouble.act == "reset":
            for each in (source.socket, sink.socket):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Ended

    def _stall_for(self, trouble: Trouble) -> None:
        if self._befalls(trouble):
            self._stall()

    def _stall(self) -> None:
        self.stalled.set()
        self._released.wait()
        if self._stopped.is_set():
            raise Ended


def _parsed(head: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _linger(connection: socket.socket) -> None:
    """Read what still comes, so that the answer is not lost with it."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(PIECE):
        pass


@contextmanager
def with_tls(context: ssl.SSLContext, port: int) -> Iterator[int]:
    """Take TLS off what comes to another port, which is given, and pass it on to ``port``."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    writers: list[asyncio.StreamWriter] = []
    over = asyncio.Event()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(far_writer)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await over.wait()
        server.close()
        for writer in writers:
            # The other side may wait for a proper end for ever; and one that was closed twice can be aborted no more.
            writer.transport.abort()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()
