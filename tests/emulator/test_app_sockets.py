"""The websocket: what is told, to whom, in which order, and what becomes of those who do not listen."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from .wire import Wire, until


def frame(connection: ClientConnection) -> dict[str, Any]:
    text = connection.recv(timeout=60)
    assert isinstance(text, str)
    found: dict[str, Any] = json.loads(text)
    return found


def silent(wire: Wire, connection: ClientConnection) -> bool:
    """Tell whether nothing was told: what is done now is the next that is heard of."""
    assert wire("PUT", "/profile/", {"company": "told"}).status == 200
    return frame(connection) == about("/api/2.0/profile/")


def about(uri: str) -> dict[str, str]:
    return {"resource_type": uri.split("/")[3], "resource_uri": uri}


def test_the_life_of_a_server(wire: Wire) -> None:
    with wire.frames() as events:
        server = wire.server()
        uri = server["resource_uri"]
        assert frame(events) == about(uri)
        path = uri.removeprefix("/api/2.0")
        wire("POST", f"{path}action/?do=start", {})
        seen = []
        while "running" not in seen:
            told = frame(events)
            if told == about(uri):
                seen.append(wire("GET", path).json()["status"])
        wire("POST", f"{path}action/?do=stop", {})
        while seen[-1] != "stopped":
            if frame(events) == about(uri):
                seen.append(wire("GET", path).json()["status"])
        assert wire("DELETE", path).status == 204
        while seen[-1] != 404:
            if frame(events) == about(uri):
                seen.append(wire("GET", path).status)


def test_attaching_a_drive_is_told_for_the_server(wire: Wire) -> None:
    server = wire.server()
    drive = wire("GET", "/drives/").json()["objects"][0]
    with wire.frames() as events:
        body = {
            **server,
            "drives": [{"device": "virtio", "dev_channel": "0:0", "drive": drive["uuid"], "boot_order": 1}],
        }
        assert wire("PUT", f"/servers/{server['uuid']}/", body).status == 200
        told = [frame(events), frame(events)]
        assert about(server["resource_uri"]) in told
        assert about(drive["resource_uri"]) in told


def test_profile_and_subscriptions_have_addresses_of_their_own(wire: Wire) -> None:
    with wire.frames("/2.0/websocket") as events:
        wire("PUT", "/profile/", {"first_name": "Ada"})
        assert frame(events) == about("/api/2.0/profile/")
        subscription = wire("GET", "/subscriptions/").json()["objects"][0]
        with wire.emulator.app.transaction() as tx:
            document = tx.get("subscriptions", subscription["uuid"])
            assert document is not None
            tx.update("subscriptions", document)
        assert frame(events) == about(subscription["resource_uri"])


def test_refused_requests_and_readers_tell_nothing(wire: Wire) -> None:
    server = wire.server()
    with wire.frames() as events:
        assert wire("PUT", f"/servers/{server['uuid']}/", {"name": "x"}).status == 400
        assert wire("POST", f"/servers/{server['uuid']}/action/?do=stop", {}).status == 403
        assert wire("GET", "/servers/detail/").status == 200
        assert silent(wire, events)


def test_others_hear_nothing_and_all_sockets_of_an_account_hear_the_same(wire: Wire, other: Wire) -> None:
    with wire.frames() as first, wire.frames() as second, other.frames() as foreign:
        uri = wire.server()["resource_uri"]
        assert frame(first) == frame(second) == about(uri)
        assert silent(other, foreign)
        other.server()
        assert frame(foreign)["resource_type"] == "servers"
        assert silent(wire, first)


def test_earlier_frames_are_not_repeated(wire: Wire) -> None:
    wire.server()
    with wire.frames() as events:
        assert silent(wire, events)


def test_frames_come_in_the_order_of_the_commits(wire: Wire) -> None:
    """From many threads at once: whoever GETs on a frame sees the state of that commit or a later one."""
    app = wire.emulator.app
    owner = wire("GET", "/profile/").json()["uuid"]
    uuids = [wire.server(name=f"s{number}")["uuid"] for number in range(4)]
    order: list[str] = []

    def work(uuid: str) -> None:
        for _ in range(25):
            with app.transaction() as tx:
                document = tx.get("servers", uuid)
                assert document is not None
                tx.update("servers", document)
                order.append(f"/api/2.0/servers/{uuid}/")

    with wire.frames() as events:
        threads = [threading.Thread(target=work, args=(uuid,)) for uuid in uuids]
        for thread in threads:
            thread.start()
        told = [frame(events)["resource_uri"] for _ in range(100)]
        for thread in threads:
            thread.join()
    assert told == order
    assert owner


def test_who_does_not_read_is_let_go_and_holds_up_nobody(wire: Wire) -> None:
    app = wire.emulator.app
    owner = wire("GET", "/profile/").json()["uuid"]
    ticket = wire.ticket()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(60)
    raw.connect(("127.0.0.1", wire.emulator.port))
    raw.sendall(
        b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Cookie: async_auth=" + ticket.encode() + b"\r\n\r\n"
    )
    assert raw.recv(12) == b"HTTP/1.1 101"
    listeners = app.bus._listeners
    assert len(listeners[owner]) == 1
    for _ in range(400):
        with app.transaction() as tx:
            for number in range(200):
                tx.event("servers", f"{number}-{'x' * 300}", owner)
        assert wire("GET", "/balance/").status == 200
        if owner not in listeners:
            break
    until(lambda: owner not in listeners)
    raw.close()


def test_idle_sockets_stay_open(wire: Wire) -> None:
    with wire.frames() as events:
        wire.emulator.clock.advance(3600)
        uri = wire.server()["resource_uri"]
        told = frame(events)
        while told == about("/api/2.0/balance/"):  # an hour of burst
            told = frame(events)
        assert told == about(uri)


def test_what_a_client_says_is_ignored(wire: Wire) -> None:
    with wire.frames() as events:
        events.send("hello")
        events.send(b"\x00" * 1000)
        assert events.ping().wait(60)
        uri = wire.server()["resource_uri"]
        assert frame(events) == about(uri)


def test_stopping_the_emulator_closes_sockets() -> None:
    from cloudsigma_emulator import Emulator

    with Emulator() as cloud:
        wire = Wire(cloud)
        connection = connect(
            cloud.ws_endpoint, additional_headers={"Cookie": f"async_auth={wire.ticket()}"}, legacy=True
        )
        wire.close()
    with pytest.raises(ConnectionClosed):
        connection.recv(timeout=60)
    connection.close()
