"""Clock, durable tasks, rate limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.app import App
from cloudsigma_emulator.engine.clock import Clock, parse_speed
from cloudsigma_emulator.engine.options import Options
from cloudsigma_emulator.routes.request import Request

from .wire import Wire, basic, until


def status(wire: Wire, uuid: str) -> str:
    found: str = wire("GET", f"/servers/{uuid}/").json()["status"]
    return found


def start(wire: Wire) -> str:
    uuid: str = wire.server()["uuid"]
    assert wire("POST", f"/servers/{uuid}/action/?do=start", {}).status == 202
    return uuid


@pytest.mark.parametrize("text", ["x", "0", "-1", "inf", "nan", ""])
def test_bad_speeds(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - float() words it
        parse_speed(text)


def test_speeds() -> None:
    assert Clock("realistic").duration(3) == 3
    assert Clock("instant").duration(3) == 0
    assert Clock("10").duration(3) == pytest.approx(0.3)


def test_a_standing_clock_moves_only_when_told(wire: Wire) -> None:
    clock = wire.emulator.clock
    clock.set_speed("realistic")
    clock.stop()
    before = clock.now()
    uuid = start(wire)
    assert clock.now() == before
    assert status(wire, uuid) == "starting"
    assert clock.jump()
    assert status(wire, uuid) == "running"
    assert timedelta(seconds=1) < clock.now() - before < timedelta(seconds=10)
    runtime = wire("GET", f"/servers/{uuid}/").json()["runtime"]
    assert datetime.fromisoformat(runtime["active_since"]) == clock.now().replace(microsecond=0)
    clock.set(datetime(2040, 1, 1))  # without a zone it is UTC
    assert clock.now() == datetime(2040, 1, 1, tzinfo=UTC)
    clock.run()
    assert until(lambda: clock.now() > datetime(2040, 1, 1, tzinfo=UTC))


def test_advancing_a_running_clock_runs_what_is_due(wire: Wire) -> None:
    wire.emulator.clock.set_speed(0.01)  # so that it does not come to pass by itself meanwhile
    uuid = start(wire)
    assert status(wire, uuid) == "starting"
    wire.emulator.clock.advance(6000)
    assert status(wire, uuid) == "running"


def test_a_factor_shortens_transitions(wire: Wire) -> None:
    clock = wire.emulator.clock
    clock.stop()
    took = []
    for speed in (1, 20):
        clock.set_speed(speed)
        uuid = start(wire)
        assert status(wire, uuid) == "starting"
        before = clock.now()
        assert clock.jump()
        assert status(wire, uuid) == "running"
        took.append((clock.now() - before).total_seconds())
    slow, fast = took
    assert 1 < slow < 10
    assert 1 < fast * 20 < 10


def test_short_transitions_end_by_themselves_on_a_running_clock(wire: Wire) -> None:
    wire.emulator.clock.set_speed(20)
    begun = wire.emulator.clock.now()
    uuid = start(wire)
    until(lambda: status(wire, uuid) == "running")
    assert wire.emulator.clock.now() - begun > timedelta(seconds=0.05)


def test_instant_transitions_take_no_time(wire: Wire) -> None:
    clock = wire.emulator.clock
    clock.stop()
    before = clock.now()
    uuid = start(wire)
    until(lambda: status(wire, uuid) == "running")
    assert clock.now() == before
    assert not clock.jump()


def test_the_control_plane_moves_the_clock(wire: Wire) -> None:
    shown = wire.control("POST", "/clock", {"mode": "stopped", "speed": "realistic"})
    assert shown["mode"] == "stopped"
    assert shown["next_task"] is None
    uuid = start(wire)
    due = wire.control("GET", "/clock")["next_task"]
    assert due > shown["now"]
    shown = wire.control("POST", "/clock", {"jump": True})
    assert shown["now"] == due
    assert status(wire, uuid) == "running"
    wire.control("POST", "/clock", {"set": "2030-01-01T00:00:00+00:00"})
    shown = wire.control("POST", "/clock", {"advance": 90})
    assert shown["now"] == "2030-01-01T00:01:30+00:00"
    assert wire.control("POST", "/clock", {"mode": "running"})["mode"] == "running"
    for mistake in ({"sett": 1}, {"mode": "x"}, {"set": "x"}, {"advance": "x"}, {"speed": -1}, [1]):
        assert wire("POST", "/clock", mistake, base="/_emulator").status == 400
    wire.control("POST", "/reset")
    assert wire("GET", f"/servers/{uuid}/").status == 404
    assert wire.control("GET", "/clock")["speed"] == 0


def test_the_control_plane_names_its_paths(wire: Wire) -> None:
    assert wire.control("GET", "/health")["status"] == "ok"
    assert wire("GET", "/nonsense", base="/_emulator").status == 404
    assert wire("DELETE", "/clock", base="/_emulator").status == 405
    assert wire("POST", "/reset", {"seed": "x"}, base="/_emulator").status == 400
    uuid = start(wire)
    until(lambda: status(wire, uuid) == "running")
    shown = wire.control("GET", "/runtime")["servers"][uuid]
    assert shown["status"] == "running"
    assert (
        shown["serial_port"]
        == wire.emulator.runtime()[uuid]["serial_port"]
        == wire.emulator.serial_port(uuid)
    )
    assert wire.control("POST", "/events", {"server": uuid, "event": "illegal_operation"}) == {
        "happened": True
    }
    assert status(wire, uuid) == "paused"
    assert wire("POST", "/events", {"server": uuid, "event": "x"}, base="/_emulator").status == 400


def test_the_empty_seed(wire: Wire) -> None:
    wire.control("POST", "/reset", {"seed": "empty"})
    assert wire("GET", "/profile/").status == 200
    for name in ("drives", "vlans", "ips", "subscriptions", "libdrives"):
        assert wire("GET", f"/{name}/").json()["meta"]["total_count"] == 0, name


def get(app: App, path: str) -> Any:
    return app.handle(Request("GET", f"/api/2.0{path}", headers={"authorization": auth()}))


def auth() -> str:
    return basic("user@example.com")["Authorization"]


def post(app: App, path: str, body: bytes = b"") -> Any:
    path, _, query = path.partition("?")
    return app.handle(Request("POST", f"/api/2.0{path}", query, {"authorization": auth()}, body))


def test_the_app_is_a_function_that_needs_no_thread() -> None:
    app = App(Options(speed="realistic", virtual_clock=True))
    try:
        made = post(app, "/servers/", b'{"name": "a", "cpu": 1000, "mem": 536870912, "vnc_password": "x"}')
        assert made.status == 201
        path = made.header("Location").removeprefix("/api/2.0")
        assert post(app, f"{path}action/?do=start").status == 202
        assert b'"starting"' in get(app, path).body
        assert app.jump()
        assert b'"running"' in get(app, path).body
        assert not app.jump()
    finally:
        app.close()


def test_a_task_that_fails_is_dropped_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    app = App(Options(speed="instant"))
    ran: list[int] = []
    try:
        app.engine._tasks = {
            "bad": lambda tx, app, payload: 1 / 0,
            "good": lambda tx, app, payload: ran.append(payload["n"]),
        }  # type: ignore[dict-item]
        with app.transaction() as tx:
            tx.later(0, "bad")
            tx.later(0, "good", about="x", n=1)
            tx.later(0, "good", about="y", n=2)
            tx.cancel(about="y")
            tx.later(5, "unknown")
        assert app.engine.run_due() == 3
        assert ran == [1]
        assert app.engine.next_step() is None
        assert "ZeroDivisionError" in caplog.text
    finally:
        app.close()


def test_long_tasks_run_outside_the_lock_and_are_kept_until_they_end() -> None:
    app = App(Options(speed="instant"))
    try:
        import threading

        go, began = threading.Event(), threading.Event()

        def long(world: Any, payload: dict[str, Any]) -> None:
            began.set()
            assert go.wait(60)
            with world.transaction() as tx:
                tx.set_setting("long", payload["n"])

        app.engine._long = {"long": long}
        app.start()
        with app.transaction() as tx:
            tx.later(0, "long", about="it", n=7)
        assert began.wait(60)
        with app.transaction() as tx:  # the lock is free
            assert [name for _, name, _ in tx.waiting("it")] == ["long"]
        go.set()
        app.move_clock(app.clock.timestamp())
        with app.transaction() as tx:
            assert tx.setting("long") == 7
            assert tx.waiting("it") == []
    finally:
        app.close()


def test_effects_come_after_the_commit_and_never_on_failure(caplog: pytest.LogCaptureFixture) -> None:
    app = App(Options())
    done: list[str] = []

    def nested() -> None:
        with app.transaction() as tx:
            tx.after_commit(lambda: done.append("inner"))
        done.append("outer")

    try:
        with app.transaction() as tx:
            tx.after_commit(nested)
            tx.after_commit(lambda: done.append("second"))
            tx.after_commit(lambda: [][0])
            tx.after_commit(lambda: done.append("last"))
            assert done == []
        assert done == ["outer", "second", "last", "inner"]

        def fail() -> None:
            with app.transaction() as tx:
                tx.set_setting("x", 1)
                tx.after_commit(lambda: done.append("never"))
                tx.update("servers", {"uuid": "none", "owner": None})

        with pytest.raises(KeyError):
            fail()
        with app.transaction() as tx:
            assert tx.setting("x") is None
            with pytest.raises(RuntimeError, match="open already"), app.transaction():
                pass
        assert "never" not in done
        assert "IndexError" in caplog.text
    finally:
        app.close()


def test_rate_limits_answer_429_with_retry_after() -> None:
    with Emulator(rate_limits=True) as cloud:
        wire = Wire(cloud)
        assert wire.control("GET", "/limits")["per_minute"] == {
            "POST": 10000,
            "PUT": 10000,
            "GET": 10000,
            "DELETE": 1000,
        }
        wire.control("POST", "/limits", {"per_minute": {"DELETE": 2}})
        cloud.clock.stop()
        statuses = [wire("DELETE", "/servers/nothing/").status for _ in range(3)]
        assert statuses == [404, 404, 429]
        reply = wire("DELETE", "/servers/nothing/")
        assert reply.header("retry-after") == "60"
        assert reply.json()[0]["error_type"] == "backend"
        assert wire("GET", "/balance/").status == 200
        other = Wire(cloud, "other@example.com")
        assert other("DELETE", "/servers/nothing/").status == 404
        cloud.clock.advance(59)
        assert wire("DELETE", "/servers/nothing/").header("retry-after") == "1"
        cloud.clock.advance(2)
        assert wire("DELETE", "/servers/nothing/").status == 404
        for client in (wire, other):
            client.close()


def test_instant_emulators_have_no_rate_limits(wire: Wire) -> None:
    wire.control("POST", "/limits", {"per_minute": {"GET": 1}})
    assert [wire("GET", "/balance/").status for _ in range(3)] == [200] * 3
    assert wire("POST", "/limits", {"per_minute": {"PATCH": 1}}, base="/_emulator").status == 400
