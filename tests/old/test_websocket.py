"""The old websocket and its waiting functions, on the emulator's events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma import errors
from cloudsigma.generic import WebsocketClient
from cloudsigma.legacy import websocket as module
from cloudsigma.resource import Accounts, Drive, Profile, Server, Websocket, WebsocketTimeoutError
from cloudsigma_emulator import Emulator

from .conftest import Home

DISK = {"name": "test_drive", "size": 1024000000, "media": "disk"}
DEFINITION = {"name": "test server", "cpu": 1000, "mem": 512 * 1024**2, "vnc_password": "s3cret"}


@pytest.fixture
def ws(configured: Home) -> Iterator[Websocket]:
    with Websocket(timeout=100) as websocket:
        yield websocket


@pytest.fixture
def still(cloud: Emulator) -> Emulator:
    """A cloud in which nothing happens until the clock is moved."""
    cloud.clock.set_speed("realistic")
    cloud.clock.stop()
    return cloud


def elapsed(since: float) -> float:
    return time.monotonic() - since


MUCH_SOONER = 60
"""Seconds; a wait that lets its own timeout pass goes on for longer."""


def test_a_frame_is_a_dictionary(ws: Websocket) -> None:
    drive = Drive().create(DISK)
    frame = ws.ws.recv()
    assert frame["resource_type"] == "drives"
    assert frame["resource_uri"] == drive["resource_uri"]
    Drive().delete(drive["uuid"])
    assert '"resource_uri"' in ws.ws.recv(return_raw=True)


def test_wait_returns_all_frames_up_to_the_one_wanted(ws: Websocket) -> None:
    drive = Drive().create(DISK)
    server = Server().create(DEFINITION)
    frames = ws.wait({"resource_uri": server["resource_uri"]})
    assert frames[0]["resource_uri"] == drive["resource_uri"]
    assert frames[-1]["resource_uri"] == server["resource_uri"]


def test_a_filter_stays_as_it_was(ws: Websocket) -> None:
    wanted = {"resource_type": "drives"}
    Drive().create(DISK)
    ws.wait(wanted)
    assert wanted == {"resource_type": "drives"}


@pytest.mark.parametrize(
    ("message_filter", "passes"),
    [
        (None, True),
        ({}, True),
        ({"resource_type": "drives"}, True),
        ({"resource_type": ["servers", "drives"]}, True),
        ({"resource_type": ("servers",)}, False),
        ({"resource_type": "drives and more"}, False),
        ({"resource_type": "servers", "resource_uri": ["/api/2.0/drives/1/"]}, True),
        ({"other": "drives"}, False),
    ],
)
def test_filter_frame(ws: Websocket, message_filter: Any, passes: bool) -> None:
    frame = {"resource_type": "drives", "resource_uri": "/api/2.0/drives/1/"}
    assert ws.filter_frame(message_filter, frame) is passes


def test_wait_obj_type_and_uri_return_the_object(ws: Websocket) -> None:
    server = Server().create(DEFINITION)
    assert ws.wait_obj_type("servers", Server)["uuid"] == server["uuid"]
    Server().update(server["uuid"], {**DEFINITION, "name": "renamed"})
    assert ws.wait_obj_uri(server["resource_uri"], Server)["name"] == "renamed"


@pytest.mark.parametrize("name", ["wait", "wait_obj_type", "wait_obj_uri", "wait_for_status", "recv"])
def test_each_has_its_own_timeout(ws: Websocket, still: Emulator, name: str) -> None:
    server = Server().create(DEFINITION)
    ws.wait({"resource_uri": server["resource_uri"]})
    calls = {
        "wait": lambda: ws.wait(None, timeout=0.3),
        "wait_obj_type": lambda: ws.wait_obj_type("servers", Server, timeout=0.3),
        "wait_obj_uri": lambda: ws.wait_obj_uri(server["resource_uri"], Server, timeout=0.3),
        "wait_for_status": lambda: ws.wait_for_status(server["resource_uri"], Server, "running", timeout=0.3),
        "recv": lambda: ws.ws.recv(timeout=0.3),
    }
    started = time.monotonic()
    with pytest.raises(WebsocketTimeoutError):
        calls[name]()
    assert 0.25 < elapsed(started) < MUCH_SOONER


def test_the_timeout_of_the_constructor_counts_without_another(configured: Home, still: Emulator) -> None:
    with Websocket(timeout=0.3) as ws:
        started = time.monotonic()
        with pytest.raises(WebsocketTimeoutError):
            ws.wait()
        with pytest.raises(WebsocketTimeoutError):
            ws.ws.recv()
        assert elapsed(started) > 0.5


def test_other_frames_do_not_prolong_the_wait(ws: Websocket, still: Emulator) -> None:
    ended = threading.Event()

    def chatter() -> None:
        profile = Profile().get()
        for _ in range(1000):
            if ended.wait(0.05):
                return
            Profile().update({**profile, "company": str(time.monotonic())})

    thread = threading.Thread(target=chatter)
    thread.start()
    started = time.monotonic()
    try:
        with pytest.raises(WebsocketTimeoutError):
            ws.wait({"resource_type": "drives"}, timeout=0.5)
        assert elapsed(started) > 0.4
        assert thread.is_alive()  # the others went on
    finally:
        ended.set()
        thread.join()


def test_a_status_that_is_reached_already_is_seen(ws: Websocket, still: Emulator) -> None:
    server = Server().create(DEFINITION)
    with Websocket(timeout=100) as later:
        started = time.monotonic()
        found = later.wait_for_status(server["resource_uri"], Server, "stopped", timeout=100)
    assert found["uuid"] == server["uuid"]
    assert elapsed(started) < MUCH_SOONER


def test_a_status_is_seen_when_its_frame_comes(
    ws: Websocket, still: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_INTERVAL", 1000)
    server = Server().create(DEFINITION)
    Server().start(server["uuid"])
    looked = threading.Event()

    class Watched(Server):
        def get_from_url(self, url: str) -> Any:
            found = super().get_from_url(url)
            looked.set()
            return found

    def move() -> None:
        looked.wait()
        still.clock.advance(60)

    thread = threading.Thread(target=move)
    thread.start()
    found = ws.wait_for_status(server["resource_uri"], Watched, "running", timeout=60)
    thread.join()
    assert found["status"] == "running"


def test_a_status_is_seen_although_its_frame_was_lost(
    ws: Websocket, still: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_INTERVAL", 0.2)
    server = Server().create(DEFINITION)
    Server().start(server["uuid"])
    monkeypatch.setattr(ws, "filter_frame", lambda *_: False)
    still.clock.advance(60)
    assert ws.wait_for_status(server["resource_uri"], Server, "running", timeout=60)["status"] == "running"


def test_waiting_for_an_object_that_is_gone_ends_with_its_404(ws: Websocket) -> None:
    server = Server().create(DEFINITION)
    Server().delete(server["uuid"])
    with pytest.raises(errors.ClientError) as gone:
        ws.wait_for_status(server["resource_uri"], Server, "running")
    assert gone.value.status_code == 404


def test_wait_obj_wrapper_hands_on_what_is_left_of_the_time(ws: Websocket) -> None:
    given: list[Any] = []

    def waiter(a: int, b: int, c: int, timeout: float) -> int:
        given.append((a, b, c, timeout))
        time.sleep(0.05)
        return len(given)

    keywords = {"c": 3}
    assert (
        ws.wait_obj_wrapper(waiter, (1, 2), keywords, timeout=60, extra_filter=lambda found: found == 3) == 3
    )
    assert [each[:3] for each in given] == [(1, 2, 3)] * 3
    assert 60 >= given[0][3] > given[1][3] > given[2][3] > 0
    assert keywords == {"c": 3}
    with pytest.raises(WebsocketTimeoutError):
        ws.wait_obj_wrapper(waiter, (1, 2), keywords, timeout=0.2, extra_filter=lambda _: False)


def test_no_timeout_at_all(configured: Home, cloud: Emulator) -> None:
    with Websocket(timeout=None) as ws:
        later = threading.Timer(0.5, lambda: Drive().create(DISK))
        later.start()
        assert ws.wait({"resource_type": "drives"})[-1]["resource_type"] == "drives"
        later.join()
        server = Server().create(DEFINITION)
        Server().start(server["uuid"])
        assert (
            ws.wait_for_status(server["resource_uri"], Server, "running", timeout=None)["status"] == "running"
        )


def test_it_works_without_a_configuration_file(
    cloud: Emulator, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.config.unlink()
    monkeypatch.setenv("HOME", str(home.path))
    given = {"api_endpoint": cloud.api_endpoint, "username": cloud.username, "password": cloud.password}
    for more in ({"ws_endpoint": cloud.ws_endpoint}, {}, {"login_method": "session"}):
        with Websocket(**given, **more) as ws:
            server = Server(**given).create(DEFINITION)
            Server(**given).start(server["uuid"])
            assert ws.wait_for_status(server["resource_uri"], Server, "running")["uuid"] == server["uuid"]


def test_a_ticket_that_is_refused_is_replaced(configured: Home, cloud: Emulator) -> None:
    cloud.faults.add(path="/websocket", refuse_ticket=True, count=1)
    with Websocket() as ws:
        drive = Drive().create(DISK)
        assert ws.ws.recv()["resource_uri"] == drive["resource_uri"]
    cloud.faults.add(path="/websocket", refuse_ticket=True, count=2)
    with pytest.raises(errors.PermissionError, match="ticket"):
        Websocket()


def test_the_client_takes_a_ticket(configured: Home, cloud: Emulator) -> None:
    accounts = Accounts()
    accounts.authenticate_asynchronous()
    ticket = accounts.c.resp.cookies["async_auth"]
    client = WebsocketClient(ticket, timeout=5)
    assert client.conn.gettimeout() == 5
    drive = Drive().create(DISK)
    assert client.recv()["resource_uri"] == drive["resource_uri"]
    client.close()
    client.close()
    with pytest.raises(errors.ConnectionFailed):
        client.recv()
    with pytest.raises(errors.PermissionError):
        WebsocketClient("wrong")
    with pytest.raises(errors.ClientError):
        WebsocketClient("a\r\nX: y")
    with pytest.raises(errors.ConnectionFailed):
        WebsocketClient(ticket, ws_endpoint="ws://127.0.0.1:9/websocket")


def test_a_lost_connection_is_an_error_of_the_library(ws: Websocket, cloud: Emulator) -> None:
    cloud.close_websockets()
    with pytest.raises(errors.ApiClientError, match="websocket"):
        ws.wait(timeout=60)
