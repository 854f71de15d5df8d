"""Faults that users' tests can ask for."""

from __future__ import annotations

import http.client
import select
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cloudsigma_emulator.domain.faults import fault_of
from cloudsigma_emulator.engine.faults import Faults

from .wire import Wire, until


def names(wire: Wire) -> list[str]:
    return [server["name"] for server in wire("GET", "/servers/?limit=0").json()["objects"]]


def lost(wire: Wire, method: str, path: str, body: Any = None) -> type[BaseException]:
    with pytest.raises((ConnectionError, http.client.HTTPException)) as caught:
        wire(method, path, body)
    wire.close()
    return caught.type


SERVER = {"name": "web", "cpu": 1000, "mem": 2**29, "vnc_password": "x"}


def test_a_status_comes_once_and_the_work_is_not_done(wire: Wire) -> None:
    fault = wire.emulator.faults.add(
        method="POST", path="/api/2.0/servers/", status=503, error_type="concurrency", retry_after=2
    )
    reply = wire("POST", "/servers/", SERVER)
    assert reply.status == 503
    assert reply.header("retry-after") == "2"
    assert reply.header("x-request-id")
    assert reply.json() == [
        {"error_type": "concurrency", "error_message": "Fault asked for by a test", "error_point": None}
    ]
    assert names(wire) == []
    assert wire("POST", "/servers/", SERVER).status == 201
    assert wire.emulator.faults.hits(fault) == 1


def test_count_skip_and_description(wire: Wire) -> None:
    faults = wire.emulator.faults
    faults.add(method="GET", path="/api/2.0/servers/*", status=500, skip=1, count=2)
    statuses = [wire("GET", "/servers/").status for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert wire("GET", "/drives/").status == 200
    assert faults.waiting() == []
    faults.add(path="*", status=429, count=None)
    assert [wire("GET", path).status for path in ("/servers", "/drives/")] == [429, 429]
    faults.clear()
    assert wire("GET", "/servers/").status == 200


def test_by_action(wire: Wire) -> None:
    uuid = wire.server()["uuid"]
    wire.emulator.faults.add(do="stop", status=503)
    assert wire("POST", f"/servers/{uuid}/action/?do=start", {}).status == 202
    until(lambda: wire("GET", f"/servers/{uuid}/").json()["status"] == "running")
    assert wire("POST", f"/servers/{uuid}/action/?do=stop", {}).status == 503
    assert wire("POST", f"/servers/{uuid}/action/?do=stop", {}).status == 202


def test_html_and_empty_bodies(wire: Wire) -> None:
    faults = wire.emulator.faults
    faults.add(status=502, body="<html>Bad Gateway</html>", content_type="text/html")
    gateway = wire("GET", "/servers/")
    assert (gateway.status, gateway.body) == (502, b"<html>Bad Gateway</html>")
    assert gateway.header("content-type") == "text/html"
    faults.add(method="POST", body="", count=1)
    created = wire("POST", "/servers/", SERVER)
    assert (created.status, created.body) == (201, b"")
    faults.add(body="<html>Hello</html>", content_type="text/html")
    odd = wire("GET", "/servers/", headers={"Accept-Encoding": "gzip"})
    assert (odd.status, odd.body) == (200, b"<html>Hello</html>")
    assert names(wire) == ["web"]


@pytest.mark.parametrize("reset", [True, False])
def test_the_connection_is_cut_before_the_work(wire: Wire, reset: bool) -> None:
    wire.emulator.faults.add(method="POST", cut="before", reset=reset)
    kind = lost(wire, "POST", "/servers/", SERVER)
    assert kind is (ConnectionResetError if reset else http.client.RemoteDisconnected)
    assert names(wire) == []


@pytest.mark.parametrize("reset", [True, False])
def test_the_connection_is_cut_after_the_work(wire: Wire, reset: bool) -> None:
    wire.emulator.faults.add(method="POST", cut="after", reset=reset)
    lost(wire, "POST", "/servers/", SERVER)
    assert names(wire) == ["web"]


def test_half_an_answer(wire: Wire) -> None:
    wire.server()
    wire.emulator.faults.add(path="/api/2.0/servers/detail/", cut="half")
    with pytest.raises(http.client.IncompleteRead) as caught:
        wire("GET", "/servers/detail/")
    assert caught.value.partial.startswith(b'{"meta"')
    wire.close()
    assert wire("GET", "/servers/detail/").json()["objects"]


def test_a_late_answer_comes_whole(wire: Wire) -> None:
    wire.emulator.faults.add(path="/api/2.0/balance/", delay=0.3)
    begun = time.monotonic()
    assert wire("GET", "/balance/").json()["currency"] == "EUR"
    assert time.monotonic() - begun > 0.25


def test_a_late_answer_holds_up_nobody_else(wire: Wire, other: Wire) -> None:
    fault = wire.emulator.faults.add(path="/api/2.0/balance/", delay=90)
    wire.connection.request("GET", "/api/2.0/balance/", headers=wire.credentials)
    until(lambda: wire.emulator.faults.hits(fault))
    assert other("GET", "/profile/").status == 200
    assert other("GET", "/balance/").status == 200
    assert not select.select([wire.connection.sock], [], [], 0)[0]


def test_an_aborted_request_under_delay_does_no_harm(wire: Wire) -> None:
    wire.emulator.faults.add(delay=0.2)
    wire.connection.request("GET", "/api/2.0/balance/", headers=wire.credentials)
    wire.close()
    assert wire("GET", "/balance/").status == 200


def test_websockets_are_closed(wire: Wire) -> None:
    with wire.frames() as socket:
        wire.emulator.faults.add(path="/api/2.0/balance/", close_websockets=True)
        assert wire("GET", "/balance/").status == 200
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)


def test_a_ticket_is_refused(wire: Wire) -> None:
    wire.emulator.faults.add(path="/websocket", refuse_ticket=True)
    with pytest.raises(InvalidStatus) as caught, wire.frames():
        pass
    assert caught.value.response.status_code == 403
    with wire.frames():
        pass


def test_over_the_control_plane(wire: Wire) -> None:
    wanted = {"method": "GET", "path": "/api/2.0/balance/", "status": 500, "message": "down"}
    ids = wire.control("POST", "/faults", wanted)["ids"]
    listed = wire.control("GET", "/faults")["faults"]
    assert [fault["id"] for fault in listed] == ids
    assert listed[0]["message"] == "down"
    assert wire("GET", "/balance/").json()[0]["error_message"] == "down"
    wire.control("POST", "/faults", {"faults": [wanted, wanted]})
    wire.control("DELETE", "/faults")
    assert wire("GET", "/balance/").status == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"sttus": 500},
        {"status": "500"},
        {"status": 700},
        {"status": True},
        {"cut": "middle"},
        {"count": 0},
        {"delay": -1},
        {"path": None},
        {"reset": 1},
    ],
)
def test_mistakes_in_a_fault_are_refused(wire: Wire, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|there are"):
        wire.emulator.faults.add(**fault)
    reply = wire("POST", "/faults", fault, base="/_emulator")
    assert reply.status == 400
    assert reply.json()["error"]
    assert wire.emulator.faults.waiting() == []


def test_reset_clears_faults(wire: Wire) -> None:
    wire.emulator.faults.add(count=None, status=500)
    wire.emulator.reset()
    assert wire("GET", "/balance/").status == 200


@given(
    st.lists(
        st.tuples(st.sampled_from(["GET", "PUT", None]), st.integers(0, 3), st.integers(1, 3)), max_size=4
    ),
    st.lists(st.sampled_from(["GET", "PUT"]), max_size=20),
)
def test_each_fault_hits_as_often_as_asked(
    wanted: list[tuple[str | None, int, int]], requests: list[str]
) -> None:
    faults = Faults()
    model = [[method, skip, count] for method, skip, count in wanted]
    for method, skip, count in wanted:
        faults.add(method=method, skip=skip, count=count, status=500)
    for request in requests:
        hit = faults.take(request, "/x/")
        expected = False
        for entry in model:
            if entry[0] not in (None, request) or entry[2] == 0:
                continue
            if entry[1]:
                entry[1] -= 1
                continue
            entry[2] -= 1
            expected = True
            break
        assert (hit is not None) is expected
    assert len(faults.waiting()) == sum(1 for entry in model if entry[2])


def test_a_pattern_meets_paths_with_and_without_the_last_slash() -> None:
    fault = fault_of({"path": "/api/2.0/servers/"})
    assert fault.describes("GET", "/api/2.0/servers", None)
    assert fault.describes("GET", "/api/2.0/servers/", None)
    assert not fault.describes("GET", "/api/2.0/servers/detail/", None)


def test_a_fault_of_one_account_leaves_the_other_alone(wire: Wire) -> None:
    emulator = wire.emulator
    fault = emulator.faults.add(path="/api/2.0/profile/", status=503, account=emulator.username2, count=None)
    assert wire("GET", "/profile/").status == 200
    other = Wire(emulator, emulator.username2)
    assert other("GET", "/profile/").status == 503
    other.close()
    assert emulator.faults.hits(fault) == 1
    uuid = wire("GET", "/profile/").json()["uuid"]
    emulator.faults.add(path="/api/2.0/balance/", status=503, account=uuid)
    assert [wire("GET", "/balance/").status for _ in range(2)] == [503, 200]


def test_a_rate_hits_some(wire: Wire) -> None:
    fault = wire.emulator.faults.add(path="/api/2.0/balance/", status=503, rate=0.5, count=None)
    seen = [wire("GET", "/balance/").status for _ in range(200)]
    assert seen.count(503) == wire.emulator.faults.hits(fault)
    assert 50 < seen.count(503) < 150
    with pytest.raises(ValueError, match="rate"):
        wire.emulator.faults.add(status=503, rate=0)
