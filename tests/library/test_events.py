"""The event feed: tickets, reconnection, listeners that share it; and the websocket under it, byte by byte."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cloudsigma import errors
from cloudsigma.core.call import run
from cloudsigma.core.events import GAP, event_in
from cloudsigma.core.port import PortFailure, UpgradeRefused
from cloudsigma.core.requests import Requests
from cloudsigma.ports import network
from cloudsigma.records.event import Event
from cloudsigma_emulator import Emulator

from .cloud import Cloud, frame
from .faces import FACES, on
from .scripted import Scripted, Seen, Silence, Step, http, refused_port, reply_and_close

LOST = PortFailure("the websocket was lost without a closing frame", sent=True)


def take(cloud: Cloud, count: int, **options: Any) -> list[Event]:
    async def whole() -> list[Event]:
        found: list[Event] = []
        listening = cloud.requests.events.listen(**options)
        try:
            async for event in listening:
                found.append(event)
                if len(found) == count:
                    break
        finally:
            await listening.aclose()
        return found

    return run(whole())


def test_events_are_records_and_what_is_none_is_passed_over() -> None:
    cloud = Cloud("x")
    cloud.frames += [
        "",
        "not json",
        "null",
        "[]",
        "{}",
        '{"resource_uri": 7}',
        frame(object={"a": 1}),
        frame("/b/"),
    ]
    first, second = take(cloud, 2)
    assert isinstance(first, Event)
    assert (first.resource_type, first.object) == ("servers", {"a": 1})
    assert second.resource_uri == "/b/"
    assert (cloud.opened, cloud.closed) == (1, 1)


def test_only_the_types_asked_for() -> None:
    cloud = Cloud("x")
    cloud.frames += [frame("/1/", "drives"), frame("/2/", "jobs"), frame("/3/", "servers")]
    assert [event.resource_uri for event in take(cloud, 2, resource_types=["drives", "servers"])] == [
        "/1/",
        "/3/",
    ]


def test_the_ticket_goes_back_byte_for_byte() -> None:
    cloud = Cloud("x")
    cloud.frames.append(frame())
    take(cloud, 1)
    assert cloud.cookies == ['async_auth="NDcy|123|1"']


@pytest.mark.parametrize("status", [401, 403])
def test_a_ticket_that_is_refused_is_replaced_once(status: int) -> None:
    cloud = Cloud("x")
    cloud.refusals.append(status)
    cloud.frames.append(frame())
    take(cloud, 1)
    assert cloud.tickets == 2
    cloud = Cloud("x")
    cloud.refusals += [status] * 10
    with pytest.raises(errors.PermissionError, match="refused"):
        take(cloud, 1)
    assert cloud.tickets == 2


@pytest.mark.parametrize("status", [404, 500, 0])
def test_a_websocket_that_cannot_be_had_at_all_is_a_failed_connection(status: int) -> None:
    cloud = Cloud("x")
    cloud.refusals += [status] * 10
    with pytest.raises(errors.ConnectionFailed, match="ws://127"):
        take(cloud, 1)
    assert cloud.requests.events._subscriptions == []


def test_a_lost_connection_is_renewed_for_as_long_as_it_takes(caplog: pytest.LogCaptureFixture) -> None:
    cloud = Cloud("x")
    cloud.frames += [frame("/1/")]

    def lose() -> str | None:
        cloud.refusals += [0] * 20
        raise LOST

    cloud.frames += [lose, frame("/2/")]
    assert [event.resource_uri for event in take(cloud, 2)] == ["/1/", "/2/"]
    assert cloud.tickets == 22
    assert max(cloud.clock.naps) == 8.0
    assert "events may be missing" in caplog.text


def test_an_answer_without_a_ticket_is_a_bad_one() -> None:
    from .faces import in_memory

    requests = in_memory(lambda *_: (200, {}, b"{}"))
    with pytest.raises(errors.BadAnswer, match="ticket"):
        run(requests.events.subscribe())


def test_a_listener_that_is_far_behind_is_told_of_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudsigma.core.events.BACKLOG", 3)
    cloud = Cloud("x")

    async def whole() -> list[Any]:
        feed = cloud.requests.events
        slow, quick = await feed.subscribe(), await feed.subscribe()
        cloud.frames += [frame(f"/{number}/") for number in range(5)]
        for _ in range(5):
            await quick.next(1)
        seen = [await slow.next(1) for _ in range(3)]
        await feed.unsubscribe(slow)
        await feed.unsubscribe(quick)
        return seen

    seen = run(whole())
    assert seen[0] is GAP
    assert [event["resource_uri"] for event in seen[1:]] == ["/3/", "/4/"]
    assert (cloud.opened, cloud.closed) == (1, 1)


def test_a_closed_client_gives_no_more_events() -> None:
    cloud = Cloud("x")

    async def whole() -> None:
        subscription = await cloud.requests.events.subscribe()
        await cloud.requests.close()
        with pytest.raises(errors.ConnectionFailed, match="closed"):
            await subscription.next(None)

    run(whole())


def test_frames_that_are_none() -> None:
    assert event_in("") is None
    assert event_in('"text"') is None
    assert event_in('{"resource_uri": "/x/"}') == {"resource_uri": "/x/"}


# The emulator's websocket, on both faces.


def options(emulator: Emulator) -> dict[str, Any]:
    return {"ws_endpoint": emulator.ws_endpoint, "username": emulator.username, "password": emulator.password}


@pytest.mark.parametrize("face", FACES)
def test_what_happens_is_told(face: str, cloudsigma_emulator: Emulator) -> None:
    async def job(client: Requests) -> list[str]:
        listening = client.events.listen(["drives"])
        try:
            waiting = client.events
            subscription = await waiting.subscribe()
            made = await client.request(
                "POST", "drives/", body={"name": "d", "size": 1024**3, "media": "disk"}
            )
            uri = made.data["objects"][0]["resource_uri"]
            first = await subscription.next(60)
            assert isinstance(first, Event)
            await waiting.unsubscribe(subscription)
            return [uri, first["resource_uri"]]
        finally:
            await listening.aclose()

    uri, told = on(face, cloudsigma_emulator.api_endpoint, job, **options(cloudsigma_emulator))
    assert uri == told


@pytest.mark.parametrize("face", FACES)
def test_a_cookie_login_gets_tickets_too(face: str, cloudsigma_emulator: Emulator) -> None:
    async def job(client: Requests) -> bool:
        subscription = await client.events.subscribe()
        await client.events.unsubscribe(subscription)
        return "async_auth" in client.authentication._cookies  # type: ignore[attr-defined]

    login = {**options(cloudsigma_emulator), "login_method": "session"}
    assert on(face, cloudsigma_emulator.api_endpoint, job, **login) is False


@pytest.mark.parametrize("face", FACES)
def test_a_cut_websocket_is_renewed(face: str, cloudsigma_emulator: Emulator) -> None:
    emulator = cloudsigma_emulator

    async def job(client: Requests) -> Any:
        feed = client.events
        subscription = await feed.subscribe()
        assert emulator.app.close_sockets(None) == 1
        assert await subscription.next(60) is GAP
        await client.request("POST", "drives/", body={"name": "d", "size": 1024**3, "media": "disk"})
        event = await subscription.next(60)
        await feed.unsubscribe(subscription)
        return event

    event = on(face, emulator.api_endpoint, job, **options(emulator))
    assert event["resource_type"] == "drives"


def test_threads_share_one_websocket_and_each_gets_every_event(cloudsigma_emulator: Emulator) -> None:
    emulator = cloudsigma_emulator
    ready = threading.Barrier(6, timeout=60)

    async def job(client: Requests) -> list[Any]:
        async def listen() -> list[str]:
            subscription = await client.events.subscribe()
            ready.wait()
            found = []
            while len(found) < 5:
                event = await subscription.next(60)
                assert isinstance(event, Event)
                if event["resource_type"] == "tags" or event["resource_type"] == "drives":
                    found.append(event["resource_uri"])
            await client.events.unsubscribe(subscription)
            return found

        async def act() -> list[str]:
            ready.wait()
            assert emulator.app.close_sockets.__self__.count() == 1  # type: ignore[attr-defined]
            for _ in range(5):
                await client.request("POST", "drives/", body={"name": "d", "size": 1024**3, "media": "disk"})
            return []

        return await client.port.gather([*[listen] * 5, act], 6)

    *heard, _ = on("blocking", emulator.api_endpoint, job, **options(emulator))
    assert all(events == heard[0] for events in heard)


# The websocket itself against a scripted server.


def accept(then: Callable[[socket.socket], None]) -> Step:
    """Answer the upgrade as RFC 6455 has it and go on with ``then``."""

    def step(connection: socket.socket, seen: Seen) -> bool:
        key = seen.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        proof = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof.encode() + b"\r\n\r\n"
        )
        then(connection)
        return False

    return step


def text_frame(payload: bytes) -> bytes:
    assert len(payload) < 126
    return b"\x81" + bytes([len(payload)]) + payload


def opened(face: str, url: str, job: Any, timeout: float = 10, **headers: str) -> Any:
    async def whole(client: Requests) -> Any:
        stream = await client.port.open_frames(url, headers, timeout)
        try:
            return await job(stream)
        finally:
            await stream.close()
            await stream.close()

    return on(face, "http://127.0.0.1:1/api/2.0/", whole)


@pytest.mark.parametrize("face", FACES)
def test_headers_arrive_byte_for_byte(face: str) -> None:
    def then(connection: socket.socket) -> None:
        connection.sendall(text_frame(b'{"a": 1}'))
        connection.recv(65536)

    with Scripted(accept(then)) as server:

        async def job(stream: Any) -> Any:
            return await stream.receive(60)

        cookie = 'async_auth="NDcyODM1|1700000000|0123abc=="'
        url = f"ws://127.0.0.1:{server.port}/websocket"
        assert opened(face, url, job, Cookie=cookie, Origin="http://127.0.0.1:1") == '{"a": 1}'
        (seen,) = server.seen
        assert seen.target == "/websocket"
        assert seen.headers["cookie"] == cookie
        assert seen.headers["origin"] == "http://127.0.0.1:1"


@pytest.mark.parametrize("face", FACES)
def test_no_frame_within_the_time_is_none(face: str) -> None:
    with Scripted(accept(lambda connection: connection.recv(65536) and None)) as server:

        async def job(stream: Any) -> Any:
            return [await stream.receive(0.05), await stream.receive(0)]

        assert opened(face, f"ws://127.0.0.1:{server.port}/websocket", job) == [None, None]


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (b"", "lost without a closing frame"),
        (b"\x88\x0b\x03\xe9going now", "code 1001 .going now"),
        (b"\x88\x00", "closed with code"),
        (b"\xff\xff\xff", "lost|closed"),
        (text_frame(b"\xff\xfe"), "lost|closed"),
    ],
)
def test_the_end_of_a_websocket_is_told_with_code_and_reason(face: str, ending: bytes, words: str) -> None:
    with Scripted(accept(lambda connection: connection.sendall(ending))) as server:

        async def job(stream: Any) -> Any:
            with pytest.raises(PortFailure, match=words):
                await stream.receive(60)

        opened(face, f"ws://127.0.0.1:{server.port}/websocket", job)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("status", [401, 403, 404, 500, 302])
def test_a_refused_upgrade_has_its_status(face: str, status: int) -> None:
    with Scripted(reply_and_close(http(status))) as server:
        with pytest.raises(UpgradeRefused) as caught:
            opened(face, f"ws://127.0.0.1:{server.port}/websocket", None)
        assert caught.value.status == status


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0\r\n", http(200, {}), b"HTTP/1.1 101 X\r\nUpgrade: other\r\n\r\n"]
)
def test_what_is_no_websocket_is_a_failure(face: str, answer: bytes) -> None:
    with Scripted(reply_and_close(answer)) as server, pytest.raises((PortFailure, UpgradeRefused)):
        opened(face, f"ws://127.0.0.1:{server.port}/websocket", None)


@pytest.mark.parametrize("face", FACES)
def test_a_server_that_never_answers_the_upgrade(face: str) -> None:
    with Scripted(Silence()) as server, pytest.raises(PortFailure, match="in time") as caught:
        opened(face, f"ws://127.0.0.1:{server.port}/websocket", None, timeout=0.2)
    assert caught.value.timed_out


@pytest.mark.parametrize("face", FACES)
def test_nobody_at_the_websocket_s_port(face: str) -> None:
    with pytest.raises(PortFailure, match="refused") as caught:
        opened(face, f"ws://127.0.0.1:{refused_port()}/websocket", None)
    assert not caught.value.sent


@pytest.mark.parametrize("face", FACES)
def test_a_dead_connection_is_noticed(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PING_SECONDS", 0.1)
    silence = Silence()
    with Scripted(accept(lambda connection: silence(connection, None) and None)) as server:  # type: ignore[arg-type]

        async def job(stream: Any) -> Any:
            with pytest.raises(PortFailure):
                await stream.receive(60)

        opened(face, f"ws://127.0.0.1:{server.port}/websocket", job)
        silence.released.set()


@pytest.mark.parametrize("face", FACES)
def test_the_handshake_s_cookie_is_not_logged(face: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with Scripted(accept(lambda connection: connection.sendall(text_frame(b"TOPSECRET")))) as server:

        async def job(stream: Any) -> Any:
            return await stream.receive(60)

        assert (
            opened(face, f"ws://127.0.0.1:{server.port}/websocket", job, Cookie="async_auth=TOPSECRET")
            == "TOPSECRET"
        )
    assert "TOPSECRET" not in caplog.text


def test_a_cancelled_receive_loses_no_frame() -> None:
    proceed = threading.Event()

    def then(connection: socket.socket) -> None:
        proceed.wait(60)
        connection.sendall(text_frame(b"kept"))
        connection.recv(65536)

    with Scripted(accept(then)) as server:

        async def job(stream: Any) -> Any:
            task = asyncio.create_task(stream.receive(None))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            proceed.set()
            return await stream.receive(60)

        assert opened("asyncio", f"ws://127.0.0.1:{server.port}/websocket", job) == "kept"
