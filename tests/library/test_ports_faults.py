"""Faults of the network, byte by byte, on both faces: what the user sees, and how often the server was asked."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import errors
from cloudsigma.core.port import PortFailure
from cloudsigma.core.requests import Requests
from cloudsigma.ports import network

from .certificates import self_signed
from .faces import FACES, on
from .scripted import (
    Scripted,
    Seen,
    Silence,
    Step,
    api_error,
    close,
    http,
    refused_port,
    reply,
    reply_and_close,
    reset,
)

pytestmark = pytest.mark.parametrize("face", FACES)

FINE = http(200, {"fine": True})
HALF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: appl"
HALF_BODY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"fine": '
HALF_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.2p1\r\n"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudsigma.core.retry.FIRST_PAUSE", 0.01)


def ask(face: str, endpoint: str, method: str = "GET", times: int = 1, **options: Any) -> list[Any]:
    async def job(client: Requests) -> list[Any]:
        return [(await client.request(method, "x/")).data for _ in range(times)]

    return on(face, endpoint, job, **options)


CUTS = {
    "close": close(),
    "reset": reset(),
    "half head": reply_and_close(HALF_HEAD),
    "half body": reply_and_close(HALF_BODY),
    "half chunk": reply_and_close(HALF_CHUNK),
    "not http": reply_and_close(NOT_HTTP),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=list(CUTS))
def test_a_lost_answer_to_a_get_is_fetched_again(face: str, cut: Step) -> None:
    with Scripted(cut, cut, FINE) as server:
        assert ask(face, server.endpoint) == [{"fine": True}]
        assert len(server.seen) == 3


@pytest.mark.parametrize("cut", CUTS.values(), ids=list(CUTS))
def test_a_post_is_never_repeated_blindly(face: str, cut: Step) -> None:
    with Scripted(cut, FINE) as server:
        with pytest.raises(errors.OutcomeUnknown, match=r"list /api/2\.0/x/") as caught:
            ask(face, server.endpoint, "POST")
        assert server.targets() == ["POST /x/"]
    assert "httpcore" not in repr(caught.value)


@pytest.mark.parametrize("cut", CUTS.values(), ids=list(CUTS))
def test_a_loss_that_lasts_is_a_failed_connection(face: str, cut: Step) -> None:
    with Scripted(cut) as server:
        with pytest.raises(errors.ConnectionFailed) as caught:
            ask(face, server.endpoint, retries=2)
        assert len(server.seen) == 3
    assert server.endpoint[:-9] in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_503_and_then_the_answer(face: str, method: str) -> None:
    with Scripted(http(503, body=b"<html>", kind="text/html"), FINE) as server:
        assert ask(face, server.endpoint, method) == [{"fine": True}]
        assert [seen.connection for seen in server.seen] == [0, 0]


def test_a_post_that_met_another_is_repeated(face: str) -> None:
    with Scripted(api_error(503, "busy", "concurrency"), FINE) as server:
        assert ask(face, server.endpoint, "POST") == [{"fine": True}]
        assert server.targets() == ["POST /x/", "POST /x/"]


def test_retry_after_is_waited_for(face: str) -> None:
    with Scripted(http(429, headers=[("Retry-After", "0.2")]), FINE) as server:
        started = time.monotonic()
        ask(face, server.endpoint, "POST")
        assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection(face: str, method: str) -> None:
    endpoint = f"http://127.0.0.1:{refused_port()}/api/2.0/"
    with pytest.raises(errors.ConnectionFailed, match="refused") as caught:
        ask(face, endpoint, method, retries=1)
    assert endpoint[:-9] in str(caught.value)


def test_a_server_that_comes_up_meanwhile_gets_the_post_once(face: str) -> None:
    port = refused_port()

    async def job(client: Requests) -> Any:
        async def sleep(seconds: float) -> None:
            # The first pause ends when somebody listens on the port.
            listener = socket.create_server(("127.0.0.1", port))
            thread = threading.Thread(target=answer_once, args=(listener,))
            thread.start()
            threads.append(thread)

        client.port.sleep = sleep  # type: ignore[method-assign]
        return (await client.request("POST", "x/")).data

    threads: list[threading.Thread] = []
    assert on(face, f"http://127.0.0.1:{port}/api/2.0/", job) == {"fine": True}
    threads[0].join(60)
    assert len(threads) == 1


def answer_once(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with listener, connection:
        while b"\r\n\r\n" not in connection.recv(65536):
            pass
        connection.sendall(FINE)
        connection.recv(1)


def test_an_unknown_host(face: str) -> None:
    with pytest.raises(errors.ConnectionFailed, match=r"address cannot be found|Temporary failure") as caught:
        ask(face, "http://no-such-host.invalid/api/2.0/", retries=0)
    assert "no-such-host.invalid" in str(caught.value)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_says_nothing(face: str, method: str) -> None:
    silence = Silence()
    with Scripted(silence) as server:
        started = time.monotonic()
        kind = errors.Timeout if method == "GET" else errors.OutcomeUnknown
        with pytest.raises(kind, match="in time"):
            ask(face, server.endpoint, method, timeout=1.5)
        assert time.monotonic() - started > 1.4
        assert len(server.seen) == 1


def test_a_server_that_drips_keeps_nobody_beyond_the_deadline(face: str) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b" ")
        return False

    with Scripted(drip) as server:
        # All of it would take more than half an hour.
        try:
            with pytest.raises(errors.Timeout):
                ask(face, server.endpoint, timeout=1)
        finally:
            stop.set()


def test_large_and_chunked_answers(face: str) -> None:
    document = {"objects": ["x" * 1000] * 3000}
    import json

    body = json.dumps(document).encode()
    pieces = [body[start : start + 70_000] for start in range(0, len(body), 70_000)]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    until_closed = b"HTTP/1.1 200 OK\r\n\r\n" + body
    with Scripted(http(200, body=body), chunked, reply_and_close(until_closed)) as server:
        assert ask(face, server.endpoint, times=3) == [document] * 3
        assert server.connections == 1


def test_an_interim_answer_is_passed_over(face: str) -> None:
    with Scripted(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + FINE) as server:
        assert ask(face, server.endpoint) == [{"fine": True}]


def test_one_connection_for_many_requests(face: str) -> None:
    with Scripted(FINE) as server:
        ask(face, server.endpoint, times=100)
        assert (len(server.seen), server.connections) == (100, 1)
        assert server.all_closed.wait(60)


def test_a_connection_that_the_server_closed_while_idle_is_not_used_for_a_post(face: str) -> None:
    with Scripted(reply_and_close(FINE), FINE) as server:

        async def job(client: Requests) -> Any:
            await client.request("GET", "x/")
            assert server.all_closed.wait(60)
            return (await client.request("POST", "x/")).data

        assert on(face, server.endpoint, job) == {"fine": True}
        assert server.targets() == ["GET /x/", "POST /x/"]
        assert [seen.connection for seen in server.seen] == [0, 1]


def test_a_connection_that_the_server_wants_closed_is_closed(face: str) -> None:
    with Scripted(http(200, {}, headers=[("Connection", "close")])) as server:
        ask(face, server.endpoint, times=3)
        assert server.connections == 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bytes_beyond_an_answer_are_not_taken_for_the_next_one(face: str, method: str) -> None:
    with Scripted(FINE + http(200, {"foreign": True}), FINE) as server:
        assert ask(face, server.endpoint, method, times=2) == [{"fine": True}] * 2
        assert server.connections == 2


def test_a_head_without_end_is_given_up(face: str) -> None:
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-Padding: " + b"x" * 300_000
    with (
        Scripted(reply_and_close(endless)) as server,
        pytest.raises(errors.ConnectionFailed, match="not HTTP"),
    ):
        ask(face, server.endpoint, retries=0)


def test_an_old_connection_is_replaced(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "KEEPALIVE_SECONDS", 0.0)
    with Scripted(FINE) as server:
        ask(face, server.endpoint, times=3)
        assert server.connections == 3


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, ssl.SSLContext]]:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(network, "_tls_context", None)
    yield self_signed(tmp_path)
    network._tls_context = None


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_tls_with_an_authority_of_one_s_own(
    face: str, tls: tuple[Path, ssl.SSLContext], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = tls
    monkeypatch.setenv(variable, str(certificate))
    with Scripted(FINE, tls=context) as server:
        assert ask(face, server.endpoint, times=3) == [{"fine": True}] * 3
        assert server.connections == 1


def test_a_certificate_that_is_not_trusted_names_the_remedy(
    face: str, tls: tuple[Path, ssl.SSLContext]
) -> None:
    _, context = tls
    with Scripted(FINE, tls=context) as server:
        with pytest.raises(errors.ConnectionFailed, match=r"not trusted.*SSL_CERT_FILE"):
            ask(face, server.endpoint, "POST")
        assert (server.connections, server.seen) == (1, [])


def test_https_to_a_server_that_speaks_http(face: str) -> None:
    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(http(400))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        with pytest.raises(errors.ConnectionFailed, match=r"TLS failed.*does the endpoint speak https"):
            ask(face, f"https://127.0.0.1:{listener.getsockname()[1]}/api/2.0/")
        thread.join(60)


def test_http_to_a_server_that_speaks_https(face: str, tls: tuple[Path, ssl.SSLContext]) -> None:
    with Scripted(FINE, tls=tls[1]) as server, pytest.raises(errors.ConnectionFailed):
        ask(face, server.endpoint.replace("https:", "http:"), retries=0)


def test_a_proxy_of_the_environment_is_used(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(FINE) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:pass%21@127.0.0.1:{proxy.port}")
        assert ask(face, "http://cloud.example/api/2.0/") == [{"fine": True}]
        (seen,) = proxy.seen
        assert seen.target == "http://cloud.example:80/api/2.0/x/"
        assert seen.headers["proxy-authorization"] == "Basic bWU6cGFzcyE="


def test_https_goes_through_a_proxy_s_tunnel(
    face: str, tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Scripted(FINE, tls=context) as server:
        ends: list[threading.Thread] = []

        def tunnel(connection: socket.socket, seen: Seen) -> bool:
            host, _, port = seen.target.rpartition(":")
            far = socket.create_connection((host, int(port)))
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            for source, sink in ((connection, far), (far, connection)):
                ends.append(threading.Thread(target=pump, args=(source, sink)))
                ends[-1].start()
            for end in ends:
                end.join()
            far.close()
            return False

        with Scripted(tunnel) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            assert ask(face, server.endpoint, times=2) == [{"fine": True}] * 2
            assert [seen.method for seen in proxy.seen] == ["CONNECT"]
            assert "authorization" not in proxy.seen[0].headers


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_a_proxy_that_refuses_the_tunnel(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(reply_and_close(http(407))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(errors.ConnectionFailed, match="proxy refused: 407"):
            ask(face, "https://cloud.example/api/2.0/", "POST", retries=0)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1:1",
        "http://",
        "http://host:port",
        "http://user:TOPSECRET@[::1",
        "socks5://127.0.0.1:1",
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    face: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", address)
    with pytest.raises(errors.ConnectionFailed, match="proxy") as caught:
        ask(face, "http://cloud.example/api/2.0/", "POST")
    assert "TOPSECRET" not in str(caught.value)

    async def open_frames(client: Requests) -> None:
        await client.port.open_frames("ws://cloud.example/websocket", {}, 5)

    with pytest.raises(PortFailure) as failed:
        on(face, "http://cloud.example/api/2.0/", open_frames)
    assert "TOPSECRET" not in str(failed.value)


def test_a_server_that_listens_on_ipv6_only(face: str) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    thread = threading.Thread(target=answer_once, args=(listener,))
    thread.start()
    assert ask(face, f"http://[::1]:{listener.getsockname()[1]}/api/2.0/") == [{"fine": True}]
    thread.join(60)


def test_hosts_of_no_proxy_are_reached_directly(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refused_port()}")
    monkeypatch.setenv("NO_PROXY", "example.com, 127.0.0.0/8")
    with Scripted(FINE) as server:
        assert ask(face, server.endpoint) == [{"fine": True}]


def test_a_wrong_password(face: str) -> None:
    with Scripted(api_error(401, "Authentication failed", "permission")) as server:
        with pytest.raises(errors.AuthError, match="Authentication failed"):
            ask(face, server.endpoint)
        assert len(server.seen) == 1


def test_the_transport_s_debug_log_holds_no_cookies(face: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    answer = http(200, {}, headers=[("Set-Cookie", "sessionid=TOPSECRET; Path=/")])
    with Scripted(reply(answer)) as server:
        ask(face, server.endpoint)
    assert "/api/2.0/x/ -> 200" in caplog.text
    assert "TOPSECRET" not in caplog.text
