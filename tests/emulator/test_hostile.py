"""Clients that mean harm: the emulator's memory stays bounded and others are served all the while."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import resource
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.engine.bus import Frame
from cloudsigma_emulator.faces import asgi, incoming
from cloudsigma_emulator.faces import http as face
from cloudsigma_emulator.faces.websocket import QUEUE_LIMIT

from .invariants import broken
from .test_app_durability import Process
from .wire import Wire, basic, until

MIB = 2**20
AUTH = f"Authorization: {basic('user@example.com')['Authorization']}\r\n"
HEAD = f"GET /api/2.0/profile/ HTTP/1.1\r\nHost: x\r\n{AUTH}".encode()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """An emulator in a process of its own, so that its memory can be told from ours."""
    started = Process(tmp_path)
    yield started
    assert started.end() == 0
    written = started.errors.read_text()
    assert "Traceback" not in written, written


def memory(process: Process) -> int:
    """Bytes that a process has in memory."""
    pages = Path(f"/proc/{process.child.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def open_to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def serves(port: int) -> bool:
    """Ask for something as an honest client, who is not ready to wait until a slow one's time is over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=asgi.HEAD_SECONDS - 5)
    connection.request("GET", "/api/2.0/profile/", headers=basic("user@example.com"))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status == 200


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """Read until the other side closes: the status of the first answer, and everything."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(1 << 16):
            found += data
    return (int(found.split(b" ", 2)[1]) if found.startswith(b"HTTP/1.1 ") else 0), found


# bytes that are no HTTP


def nonsense(dice: random.Random) -> bytes:
    """A request spoilt in its bytes, or no request at all."""
    if dice.random() < 0.2:
        return dice.randbytes(dice.randint(1, 400))
    body = dice.choice((b"", b"{}", b'{"name": "x"}', dice.randbytes(30)))
    method = dice.choice(
        ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW", "CONNECT", "PRI", "get")
    )
    target = dice.choice((
        "/api/2.0/servers/", "/api/2.0/tags/", "/api/2.0/drives/", "*", "/", "//", "http://other/api/2.0/tags/", "/api/2.0/\xff", "/a b", "", "?", "/websocket",
        "/_emulator/health", "/_emulator/clock", "/api/2.0/drives/upload/", "/api/2.0/drives/upload_chunk/x/", "/" + "a" * 3000,
    ))  # fmt: skip
    good = (
        "Host: x\r\n",
        AUTH,
        AUTH,
        f"Content-Length: {len(body)}\r\n",
        "Content-Type: application/json\r\n",
        "Accept: */*\r\n",
    )
    bad = (
        "Content-Length: -1\r\n", "Content-Length: 5, 6\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Connection: close\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n", "Expect: 100-continue\r\n", ": x\r\n", " folded\r\n",
        "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n", "X: \x00\r\n",
        "Cookie: async_auth=x\r\n", f"Range: bytes={'9' * 5000}-\r\n", "Content-Type: multipart/form-data\r\n", "Date\r\n", "\n",
        "Authorization: Digest username=\"\xff\", nc=1\r\n", "Accept-Encoding: gzip\r\n", "Authorization: \xff\r\n",
    )  # fmt: skip
    headers = "".join(dice.choice(bad if dice.random() < 0.15 else good) for _ in range(dice.randint(0, 6)))
    line = f"{method} {target} HTTP/{'1.1' if dice.random() < 0.9 else dice.choice(('1.0', '2.0', '0.9', 'x'))}\r\n"
    raw = (line + headers + "\r\n").encode("latin-1") + body
    for _ in range(dice.choice((0, 0, 0, 1, 3))):
        where = dice.randrange(len(raw))
        raw = raw[:where] + dice.randbytes(1) + raw[where + dice.randint(0, 2) :]
    return raw * dice.choice((1, 1, 2))


def test_raw_bytes(caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(7)
    seen: dict[int, int] = {}
    with Emulator() as cloud:
        for _ in range(3000):
            raw = nonsense(dice)
            with open_to(cloud.port) as connection:
                with contextlib.suppress(ConnectionError):
                    connection.sendall(raw)
                    connection.shutdown(socket.SHUT_WR)
                status, found = answer_of(connection)
                seen[status] = seen.get(status, 0) + 1
                assert status < 500 or status == 501, (raw, found)
                if status >= 400 and b"websocket" not in raw.lower():
                    head, _, body = found.partition(b"\r\n\r\n")
                    if (
                        b"content-type: application/json" in head.lower()
                        and body
                        and not body.startswith(b"HTTP/")
                    ):
                        first = json.JSONDecoder().raw_decode(body.decode("utf-8"))[0]
                        assert isinstance(first, dict | list), (
                            raw,
                            found,
                        )
        assert seen[400] > 100
        assert sum(count for status, count in seen.items() if status != 400) > 300
        assert serves(cloud.port)
        assert broken(cloud.app) == []
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


# slow and endless heads and bodies


def test_heads_without_end_are_refused(process: Process) -> None:
    before = memory(process)
    for piece in (b"X: " + b"a" * 8000 + b"\r\n", b"a" * 8000):
        with open_to(process.port) as connection:
            connection.sendall(HEAD)
            with contextlib.suppress(ConnectionError):
                for _ in range(20_000):
                    connection.sendall(piece)
            status, found = answer_of(connection)
            assert status in (0, 431), (
                found
            )  # the answer can be lost to the reset of a connection that goes on sending
    with open_to(process.port) as connection:
        connection.sendall(HEAD + b"X: " + b"a" * 100_000)
        status, found = answer_of(connection)
        assert status in (0, 431), found
    assert memory(process) - before < 30 * MIB
    assert serves(process.port)


def test_trailers_without_end_end_the_connection(process: Process) -> None:
    before = memory(process)
    with open_to(process.port) as connection:
        connection.sendall(
            b"POST /api/2.0/tags/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        )
        trailers = (b"X: " + b"a" * 8000 + b"\r\n") * 50_000
        with pytest.raises(ConnectionError):
            connection.sendall(trailers)
    assert memory(process) - before < 30 * MIB
    assert serves(process.port)


def test_slow_heads_run_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as cloud:
        # A connection that has been of use may rest longer. Its time begins before that of the slow ones.
        wire = Wire(cloud)
        with monkeypatch.context() as patch:
            patch.setattr(asgi, "HEAD_SECONDS", 2.0)
            assert wire("GET", "/profile/").status == 200
            port = wire.connection.sock.getsockname()[1]
            slow = [open_to(cloud.port) for _ in range(200)]
            for number, connection in enumerate(slow):
                if number % 2:
                    connection.sendall(HEAD)
            assert cloud._server is not None
            connections = cloud._server._server.server_state.connections
            until(lambda: len(connections) > len(slow))
        assert serves(cloud.port)
        for connection in slow:
            assert answer_of(connection)[0] == 408
            connection.close()
        assert wire("GET", "/profile/").status == 200
        assert wire.connection.sock.getsockname()[1] == port
        wire.close()


def test_slow_bodies_run_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(incoming, "IDLE_SECONDS", 0.3)
    with Emulator() as cloud:
        slow = []
        for path in ["/tags/", "/drives/upload/"] * 50:
            connection = open_to(cloud.port)
            head = f"POST /api/2.0{path} HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: 1000\r\n\r\n{{"
            connection.sendall(head.encode())
            slow.append(connection)
        assert serves(cloud.port)
        statuses = []
        for connection in slow:
            connection.settimeout(60)
            found = connection.recv(4096)
            statuses.append(int(found.split(b" ")[1]))
            connection.close()
        assert set(statuses[0::2]) == {408}
        assert set(statuses[1::2]) == {400}
        # What the uploads had begun is gone.
        wire = Wire(cloud)
        until(
            lambda: (
                {drive["name"] for drive in wire("GET", "/drives/detail/").json()["objects"]}
                == {"persistent"}
            )
        )
        wire.close()
        assert broken(cloud.app) == []


def test_declared_sizes_take_no_room(process: Process) -> None:
    before = memory(process)
    many = []
    for size, path in ((2**40, "/tags/"), (2**62, "/tags/"), (2**62, "/drives/upload/")):
        with open_to(process.port) as connection:
            head = f"POST /api/2.0{path} HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: {size}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(4096).split(b" ")[1] in (b"413", b"400")
    for _ in range(300):
        connection = open_to(process.port)
        head = f"POST /api/2.0/tags/ HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: {face.BODY_LIMIT}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
        many.append(connection)
    assert serves(process.port)
    assert memory(process) - before < 50 * MIB
    for connection in many:
        connection.close()


def test_many_large_bodies_at_once_are_not_kept(process: Process) -> None:
    before = memory(process)
    head = (
        f"POST /api/2.0/tags/ HTTP/1.1\r\nHost: x\r\n{AUTH}Content-Length: {face.BODY_LIMIT}\r\n\r\n".encode()
    )
    piece, refused, many = b"x" * (face.BODY_LIMIT - 1), 0, []
    for _ in range(40):  # together 640 MiB
        connection = open_to(process.port)
        with contextlib.suppress(ConnectionError):
            connection.sendall(head + piece)
        many.append(connection)
    assert memory(process) - before < face.BODIES_LIMIT + 100 * MIB
    unanswered = list(many)
    while refused <= 5:
        ready, _, _ = select.select(unanswered, [], [], 60)
        assert ready, "more than five were kept in memory"
        for connection in ready:
            unanswered.remove(connection)
            with contextlib.suppress(ConnectionError):
                refused += connection.recv(4096).startswith(b"HTTP/1.1 503")
    for connection in many:
        connection.close()
    assert serves(process.port)


# websockets


def handshake(port: int, ticket: str) -> socket.socket:
    """Open a websocket and read nothing but the answer to the handshake."""
    connection = open_to(port)
    connection.sendall(
        b"GET /websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + f"Cookie: async_auth={ticket}\r\n\r\n".encode()
    )
    found = b""
    while b"\r\n\r\n" not in found:
        found += connection.recv(1)
    assert found.startswith(b"HTTP/1.1 101"), found
    return connection


def test_two_thousand_idle_websockets(process: Process) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 5000:
        pytest.skip("this system allows fewer open files than the test needs")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 5000), hard))
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=60)
    path = "/api/2.0/accounts/action/?do=authenticate_asynchronous"
    connection.request("POST", path, "{}", {**basic("user@example.com"), "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    ticket = (answer.getheader("Set-Cookie") or "").partition("async_auth=")[2].partition(";")[0]
    before = memory(process)
    idle = [handshake(process.port, ticket) for _ in range(2000)]
    try:
        each = (memory(process) - before) / len(idle)
        assert each < 64 << 10, f"{each / 1024:.0f} KiB for each"
        assert serves(process.port)
        # All are told of a change.
        body = json.dumps({"name": "d", "size": 2**30, "media": "disk"})
        connection.request(
            "POST",
            "/api/2.0/drives/",
            body,
            {**basic("user@example.com"), "Content-Type": "application/json"},
        )
        made = json.loads(connection.getresponse().read())["objects"][0]
        for socket_ in idle:
            assert made["uuid"].encode() in socket_.recv(4096)
    finally:
        for socket_ in idle:
            socket_.close()
        connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_websocket_that_never_reads_is_let_go() -> None:
    with Emulator() as cloud:
        wire = Wire(cloud)
        account = wire("GET", "/profile/").json()["uuid"]
        deaf = handshake(cloud.port, wire.ticket())
        with wire.frames() as listening:
            assert cloud._server is not None
            assert cloud._server._face.sockets.count() == 2
            rounds = 0
            heard = 0
            while True:
                frames = [
                    Frame("servers", f"/api/2.0/servers/{rounds}-{number}/", frozenset({account}))
                    for number in range(QUEUE_LIMIT // 2)
                ]
                cloud.app.bus.publish(frames)
                for frame in frames:  # the other one gets every frame, in order
                    assert json.loads(listening.recv(60))["resource_uri"] == frame.resource_uri
                    heard += 1
                rounds += 1
                if cloud._server._face.sockets.count() == 1:
                    break
                assert rounds < 400, "it was kept although it never read"
        assert heard == rounds * (QUEUE_LIMIT // 2)
        deaf.close()
        assert wire("GET", "/profile/").status == 200
        wire.close()


def test_what_a_websocket_is_sent_is_not_kept(process: Process) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=60)
    path = "/api/2.0/accounts/action/?do=authenticate_asynchronous"
    connection.request("POST", path, "{}", {**basic("user@example.com"), "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    ticket = (answer.getheader("Set-Cookie") or "").partition("async_auth=")[2].partition(";")[0]
    connection.close()
    before = memory(process)
    for opcode in (0x81, 0x01, 0x89):  # a text, the first part of one, a ping
        with handshake(process.port, ticket) as talking:
            frame = bytes((opcode, 0x80 | 127)) + (10 * MIB).to_bytes(8) + b"mask"
            with contextlib.suppress(ConnectionError):
                talking.sendall(frame + b"x" * 10 * MIB)
    assert memory(process) - before < 20 * MIB
    assert serves(process.port)
