"""What requests cost, as ratios to the least that does the same work, interleaved in one run."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from cloudsigma import AsyncCloudSigma, CloudSigma

GETS = 2000
LISTS = 7
LISTED = 10_000
AT_ONCE = 50
MANY = 1000
HERE = Path(__file__).resolve().parent
UUID = "472835d5-2bbb-4d87-9d08-7364bc373692"
PATH = f"/api/2.0/servers/{UUID}/"
HEADERS = {"Authorization": "Basic dXNlckBleGFtcGxlLmNvbTpwYXNzd29yZA==", "Accept": "application/json"}
CREDENTIALS: dict[str, Any] = {"username": "user@example.com", "password": "password"}


def rows() -> list[tuple[str, float, str]]:
    """Return what was done, the ratio measured, and the target."""
    if hasattr(os, "sched_setaffinity"):
        whole = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(whole)})  # the server takes the other end
    try:
        return [
            ("one GET, blocking, against http.client + json", one_get(tls=False), "<= 1.6x"),
            ("the same over TLS", one_get(tls=True), "<= 1.6x"),
            (f"list of {LISTED:,} servers, against fetching + orjson", one_list(), "<= 1.5x"),
            (
                f"{MANY:,} GETs at 10 ms, {AT_ONCE} at once, asyncio: rate against one after another, each with its connection",
                many_gets(),
                ">= 20x",
            ),
        ]
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, whole)


def one_get(tls: bool) -> float:
    """Compare a GET of one server, decoded, on a kept connection."""
    with server(tls=tls) as port:
        context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE")) if tls else None
        plain = (
            http.client.HTTPSConnection("127.0.0.1", port, context=context)
            if context
            else http.client.HTTPConnection("127.0.0.1", port)
        )
        plain.connect()
        plain.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def least() -> Any:
            plain.request("GET", PATH, headers=HEADERS)
            return json.loads(plain.getresponse().read())

        scheme = "https" if tls else "http"
        with CloudSigma(api_endpoint=f"{scheme}://127.0.0.1:{port}/api/2.0/", **CREDENTIALS) as cs:
            ratio = compared(lambda: cs.servers.get(UUID), least, GETS)
        plain.close()
        return ratio


def one_list() -> float:
    """Compare a list of many servers with detail, as records, with the bytes fetched and decoded."""
    with server(objects=LISTED) as port:

        def least() -> Any:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"GET /api/2.0/servers/detail/?limit=0 HTTP/1.1\r\nHost: x\r\n\r\n")
                received = bytearray()
                while b"\r\n\r\n" not in received:
                    received += connection.recv(1 << 20)
                head, _, rest = bytes(received).partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                parts, missing = [rest], length - len(rest)
                while missing:
                    part = connection.recv(min(1 << 20, missing))
                    parts.append(part)
                    missing -= len(part)
            return orjson.loads(b"".join(parts))

        with CloudSigma(api_endpoint=f"http://127.0.0.1:{port}/api/2.0/", **CREDENTIALS) as cs:
            return compared(cs.servers.list, least, LISTS)


def many_gets() -> float:
    """Compare the rate of concurrent GETs with that of the way of the old library (here without its own overhead)."""
    with server() as port:
        host = f"127.0.0.1:{port}"

        def one_after_another() -> float:
            count = MANY // 20
            began = time.perf_counter()
            for _ in range(count):
                connection = http.client.HTTPConnection(host)
                connection.request("GET", f"/far{PATH}", headers=HEADERS)
                json.loads(connection.getresponse().read())
                connection.close()
            return count / (time.perf_counter() - began)

        async def at_once() -> float:
            async with AsyncCloudSigma(api_endpoint=f"http://{host}/far/api/2.0/", **CREDENTIALS) as cs:
                gate = asyncio.Semaphore(AT_ONCE)

                async def one() -> None:
                    async with gate:
                        await cs.servers.get(UUID)

                await asyncio.gather(*[one() for _ in range(AT_ONCE)])
                began = time.perf_counter()
                await asyncio.gather(*[one() for _ in range(MANY)])
                return MANY / (time.perf_counter() - began)

        ratios = [asyncio.run(at_once()) / one_after_another() for _ in range(3)]
        return statistics.median(ratios)


def compared(ours: Callable[[], Any], least: Callable[[], Any], rounds: int) -> float:
    """Return the ratio of the medians of two ways to do the same, taken in turns."""
    taken: dict[Callable[[], Any], list[float]] = {ours: [], least: []}
    for _ in range(max(rounds // 10, 1)):  # caches fill
        ours()
        least()
    for _ in range(rounds):
        for work in (ours, least):
            began = time.perf_counter()
            work()
            taken[work].append(time.perf_counter() - began)
    return statistics.median(taken[ours]) / statistics.median(taken[least])


@contextmanager
def server(tls: bool = False, objects: int = 1) -> Iterator[int]:
    """Run the canned server in a process of its own; give its port."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = "-"
        if tls:
            certificate = _certificate(Path(folder))
            os.environ["SSL_CERT_FILE"] = certificate
        process = subprocess.Popen(
            [sys.executable, str(HERE / "canned_server.py"), certificate, str(objects)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            os.environ.pop("SSL_CERT_FILE", None)
            process.communicate()


def _certificate(folder: Path) -> str:
    """Write a self-signed certificate and its key into one file; return its path."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


if __name__ == "__main__":
    for name, ratio, target in rows():
        print(f"{name:<110} {ratio:6.2f}x  {target}")
