"""Bodies that bypass the HTTP parser: nothing of them is lost, and nothing of the next request is taken for them."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import select
import socket
import ssl
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.faces.straight import BUFFER, BUFFERS
from cloudsigma_emulator.store.images import ImageWriter

from .test_app_streams import download_path, raw_upload
from .wire import Wire, basic, until

MIB = 1 << 20


def received(connection: socket.socket, answers: int) -> list[bytes]:
    """Return the bodies of some answers that come one after the other."""
    came, bodies = b"", []
    while len(bodies) < answers:
        head, mark, rest = came.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if mark and len(rest) >= length:
            bodies.append(rest[:length])
            came = rest[length:]
            continue
        piece = connection.recv(65536)
        assert piece, "the connection ended"
        came += piece
    assert not came
    return bodies


def upload_head(credentials: str, length: int) -> bytes:
    return (
        f"POST /api/2.0/drives/upload/ HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
        f"Authorization: {credentials}\r\n\r\n"
    ).encode()


def image(wire: Wire, uuid: str, size: int) -> bytes:
    with contextlib.closing(Wire(wire.emulator, None)) as nobody:
        return nobody("GET", download_path(wire, uuid), headers={"Range": f"bytes=0-{size - 1}"}).body


@given(
    size=st.sampled_from([1, 65535, 65537, BUFFER - 1, BUFFER, BUFFER + 1, BUFFERS * BUFFER + 7])
    | st.integers(1, 3 * BUFFER),
    cuts=st.lists(st.floats(0, 1), max_size=6),
    together=st.booleans(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_size_in_any_pieces_with_a_request_behind(
    wire: Wire, size: int, cuts: list[float], together: bool
) -> None:
    data = hashlib.shake_128(b"straight %d" % size).digest(size)
    request = upload_head(wire.credentials["Authorization"], size) + data
    behind = b"GET /api/2.0/cloud_status/ HTTP/1.1\r\nHost: x\r\n\r\n"
    if together:
        request += behind
    places = sorted({0, len(request), *(int(cut * len(request)) for cut in cuts)})
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin, end in itertools.pairwise(places):
            connection.sendall(request[begin:end])
        if together:
            uuid, status = received(connection, 2)
        else:
            (uuid,) = received(connection, 1)
            connection.sendall(behind)
            (status,) = received(connection, 1)
    assert b"signup" in status
    assert image(wire, uuid.decode(), size) == data
    assert wire("DELETE", f"/drives/{uuid.decode()}/").status == 204


def test_what_comes_after_a_refusal_is_thrown_away_and_the_connection_lives_on(wire: Wire) -> None:
    length = 8 * MIB
    head = (
        "POST /realms/cloudsigma/protocol/openid-connect/token/ HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.sendall(head.encode() + b"x" * (3 * MIB))
        (refusal,) = received(connection, 1)
        assert b"too long" in refusal
        connection.sendall(b"x" * (length - 3 * MIB))
        connection.sendall(b"GET /api/2.0/cloud_status/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"signup" in received(connection, 1)[0]


def test_the_network_waits_for_the_disk(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 64 * MIB
    disk = threading.Event()
    write_at = ImageWriter.write_at

    def stalled(self: ImageWriter, offset: int, data: bytes | memoryview) -> None:
        assert disk.wait(60)
        write_at(self, offset, data)

    monkeypatch.setattr(ImageWriter, "write_at", stalled)
    data = hashlib.shake_128(b"slow disk").digest(size)
    left = memoryview(data)
    with raw_upload(wire, f"Content-Length: {size}\r\n") as connection:
        connection.setblocking(False)
        # What the system's own buffers on both sides hold comes on top.
        while select.select([], [connection], [], 1)[1]:
            left = left[connection.send(left[: 256 * 1024]) :]
        assert len(left) > size // 2
        disk.set()
        connection.settimeout(60)
        connection.sendall(left)
        (uuid,) = received(connection, 1)
    assert image(wire, uuid.decode(), size) == data


def test_over_tls() -> None:
    data = hashlib.shake_128(b"tls").digest(9 * MIB + 3)
    with Emulator(tls=True) as cloud:
        context = ssl.create_default_context(cafile=cloud.ca_file)
        plain = socket.create_connection(("127.0.0.1", cloud.port), timeout=60)
        credentials = basic(cloud.username)["Authorization"]
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(upload_head(credentials, len(data)) + data)
            (uuid,) = received(connection, 1)
            connection.sendall(
                f"GET /api/2.0/drives/{uuid.decode()}/ HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: {credentials}\r\n\r\n".encode()
            )
            assert json.loads(received(connection, 1)[0])["status"] == "unmounted"
        assert cloud.app.images.read(uuid.decode(), 0, len(data)) == data


def test_a_client_that_goes_away_behind_the_parser(wire: Wire) -> None:
    total = wire("GET", "/drives/").json()["meta"]["total_count"]
    for end in ("close", "half", "reset"):
        connection = raw_upload(wire, f"Content-Length: {10 * MIB}\r\n")
        connection.sendall(bytes(5 * MIB))
        until(lambda: wire("GET", "/drives/").json()["meta"]["total_count"] == total + 1)
        if end == "half":
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
        elif end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        until(lambda: wire("GET", "/drives/").json()["meta"]["total_count"] == total)
