"""Waiting for a state: how it ends, and how few requests it takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma import errors
from cloudsigma.core import waiting
from cloudsigma.core.call import run
from cloudsigma.core.port import PortFailure
from cloudsigma.core.requests import Requests
from cloudsigma.core.waiting import Goal, wait_until
from cloudsigma.records.server import Server
from cloudsigma_emulator import Emulator

from .cloud import URI, UUID, Cloud, frame
from .faces import FACES, on

LOST = PortFailure("the websocket was lost without a closing frame", sent=True)
RUNNING: Goal[Server] = Goal(
    f"servers/{UUID}/",
    Server,
    "status running",
    lambda server: server.get("status") == "running",
    lambda server: server.get("status") == "paused",
)
GONE: Goal[Server] = Goal(f"servers/{UUID}/", Server, "its end", None)


def wait(cloud: Cloud, goal: Goal[Server] = RUNNING, timeout: float | None = 60) -> Server | None:
    try:
        return run(wait_until(cloud.requests, goal, timeout))
    finally:
        assert cloud.closed == cloud.opened, "a websocket was left open"


def test_a_frame_ends_the_wait_with_three_requests() -> None:
    cloud = Cloud("starting", "running")
    cloud.frames.append(frame())
    found = wait(cloud)
    assert isinstance(found, Server)
    assert found.name == "web"
    assert len(cloud.requests_seen) == 3
    assert cloud.clock.naps == []


def test_a_state_reached_before_the_first_look_needs_no_frame() -> None:
    cloud = Cloud("running")
    assert wait(cloud) is not None
    assert len(cloud.requests_seen) == 2


def test_the_feed_is_joined_before_the_first_look() -> None:
    cloud = Cloud("running")
    wait(cloud)
    assert [seen.split("?")[0] for seen in cloud.requests_seen] == [
        "POST /accounts/action/",
        f"GET /servers/{UUID}/",
    ]


def test_frames_about_others_cost_nothing() -> None:
    cloud = Cloud("starting", "running")
    cloud.frames += [
        frame("/api/2.0/drives/x/", "drives"),
        "no json",
        "[1]",
        '{"a": 1}',
        frame(URI.replace("4", "5")),
    ]
    cloud.frames.append(frame())
    wait(cloud)
    assert len(cloud.requests_seen) == 3


def test_a_frame_that_carries_the_object_is_read_before_anything_is_asked() -> None:
    cloud = Cloud("starting", "running")
    cloud.frames += [frame(object={"status": state}) for state in ("starting", "starting", "running")]
    wait(cloud)
    assert len(cloud.requests_seen) == 3


def test_a_failure_state_ends_it_at_once() -> None:
    cloud = Cloud("starting", "paused")
    cloud.frames.append(frame())
    with pytest.raises(errors.WaitFailed, match=r"is paused.*status running") as caught:
        wait(cloud, timeout=None)
    assert caught.value.status == "paused"
    cloud = Cloud("starting")
    cloud.frames.append(frame(object={"status": "paused"}))
    with pytest.raises(errors.WaitFailed):
        wait(cloud, timeout=None)


def test_the_deadline_holds_and_the_last_state_is_told() -> None:
    cloud = Cloud("starting")
    with pytest.raises(errors.WaitTimeout, match=r"within 60 s; it is starting") as caught:
        wait(cloud)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.status == "starting"
    assert 60 <= cloud.clock.time - 1000 < 61
    # Once when the wait begins, once for safety, once at the end.
    assert len(cloud.requests_seen) <= 4


@pytest.mark.parametrize("timeout", [0, -1])
def test_no_time_is_time_for_one_look(timeout: float) -> None:
    assert wait(Cloud("running"), timeout=timeout) is not None
    with pytest.raises(errors.WaitTimeout):
        wait(Cloud("starting"), timeout=timeout)


def test_a_lost_frame_is_made_up_for_by_a_look_now_and_then() -> None:
    cloud = Cloud("starting", "running")
    wait(cloud)
    assert cloud.clock.time - 1000 == 30


@pytest.mark.parametrize("kind", ["virtualrouters", "snapshots", "remotesnapshots"])
def test_what_the_websocket_does_not_tell_of_is_looked_at_again_and_again(kind: str) -> None:
    cloud = Cloud("creating", "creating", "running")
    wait(cloud, Goal(f"{kind}/{UUID}/", Server, "status running", lambda item: item.status == "running"))
    assert cloud.requests_seen == [f"GET /{kind}/{UUID}/"] * 3
    assert cloud.clock.naps == [0.5, 0.75]
    assert cloud.opened == 0


def test_a_lost_websocket_is_opened_again_with_a_new_ticket_and_a_look() -> None:
    cloud = Cloud("starting", "running")
    cloud.frames.append(LOST)
    wait(cloud)
    assert cloud.opened == 2
    assert cloud.cookies == ['async_auth="NDcy|123|1"', 'async_auth="NDcy|123|2"']


def test_without_a_websocket_it_looks_at_growing_intervals(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "cloudsigma")
    cloud = Cloud(*["starting"] * 10, "running")
    cloud.refusals += [404]
    wait(cloud)
    assert cloud.clock.naps == sorted(cloud.clock.naps)
    assert (cloud.clock.naps[0], cloud.clock.naps[-1]) == (0.5, 5.0)
    assert len(cloud.requests_seen) == 12
    assert "no websocket" in caplog.text


def test_a_websocket_that_is_gone_for_good_gives_way_to_looking() -> None:
    cloud = Cloud("starting", "starting", "running")
    cloud.frames.append(LOST)

    def refuse() -> str | None:
        cloud.refusals += [403] * 10
        raise LOST

    cloud.frames.append(refuse)
    cloud.frames.popleft()
    assert wait(cloud) is not None
    assert cloud.clock.naps


def test_polling_keeps_the_deadline() -> None:
    cloud = Cloud("starting")
    cloud.refusals += [0] * 100
    with pytest.raises(errors.WaitTimeout):
        wait(cloud)
    assert 60 <= cloud.clock.time - 1000 < 62


def test_the_end_of_an_object_is_a_404() -> None:
    cloud = Cloud("stopped", None)
    cloud.frames.append(frame())
    assert wait(cloud, GONE) is None
    assert wait(Cloud(None), GONE) is None


def test_an_object_that_is_deleted_while_waited_for_is_not_found() -> None:
    cloud = Cloud("starting", None)
    cloud.frames.append(frame())
    with pytest.raises(errors.NotFound):
        wait(cloud)


@pytest.mark.parametrize("status", ["500", "502", "503"])
def test_a_cloud_that_stumbles_does_not_end_the_wait(status: str) -> None:
    cloud = Cloud("starting", *[status] * 6, "running")
    cloud.frames += [frame()] * 2
    assert wait(cloud, timeout=600) is not None


def test_refused_credentials_end_it() -> None:
    cloud = Cloud("401")
    with pytest.raises(errors.AuthError):
        wait(cloud)


def test_an_interruption_passes_through_and_closes_the_websocket() -> None:
    cloud = Cloud("starting")

    def interrupt() -> str | None:
        raise KeyboardInterrupt

    cloud.frames.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait(cloud)
    assert (cloud.opened, cloud.closed) == (1, 1)


@pytest.fixture
def cloud_with_delays() -> Iterator[Emulator]:
    with Emulator(speed="realistic", virtual_clock=True) as emulator:
        yield emulator


def options(emulator: Emulator) -> dict[str, Any]:
    return {"ws_endpoint": emulator.ws_endpoint, "username": emulator.username, "password": emulator.password}


SPEC = {"name": "wait", "cpu": 1000, "mem": 512 * 1024**2, "vnc_password": "x"}


@pytest.mark.parametrize("face", FACES)
def test_a_wait_is_told_and_sends_three_requests(
    face: str, cloud_with_delays: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = cloud_with_delays
    emulator.clock.stop()
    # Only a frame can end it in time.
    monkeypatch.setattr(waiting, "SAFETY_LOOK", 1000.0)
    counts: list[int] = []

    async def job(client: Requests) -> None:
        made = (await client.request("POST", "servers/", body=SPEC)).data["objects"][0]
        path = f"servers/{made['uuid']}/"
        goal = Goal(path, Server, "status running", lambda server: server.get("status") == "running")
        for _ in range(10):
            await client.request("POST", f"{path}action/", params={"do": "start"}, body={})
            looked = threading.Event()
            send, count = client.port.send, [0]

            async def counting(
                request: Any, send: Any = send, count: Any = count, looked: Any = looked
            ) -> Any:
                count[0] += 1
                answer = await send(request)
                if request.method == "GET":
                    looked.set()
                return answer

            def pass_time(looked: Any = looked) -> None:
                # Once the wait has looked and found the server starting, let it run.
                assert looked.wait(60)
                while emulator.clock.jump():
                    pass

            client.port.send = counting  # type: ignore[method-assign]
            thread = threading.Thread(target=pass_time)
            thread.start()
            found = await wait_until(client, goal, 60)
            client.port.send = send  # type: ignore[method-assign]
            await client.port.sleep(0)
            thread.join(60)
            assert found is not None
            counts.append(count[0])
            await client.request("POST", f"{path}action/", params={"do": "stop"}, body={})
            while emulator.clock.jump():
                pass

    on(face, emulator.api_endpoint, job, **options(emulator))
    assert max(counts) <= 3


@pytest.mark.parametrize("face", FACES)
def test_many_waits_share_one_websocket(face: str, cloud_with_delays: Emulator) -> None:
    emulator = cloud_with_delays
    emulator.clock.stop()
    sockets: list[int] = []

    async def job(client: Requests) -> list[Any]:
        made = (await client.request("POST", "servers/", body={"objects": [SPEC] * 20})).data["objects"]
        for server in made:
            await client.request("POST", f"servers/{server['uuid']}/action/", params={"do": "start"}, body={})
        looks = threading.Semaphore(0)
        send = client.port.send

        async def counting(request: Any) -> Any:
            answer = await send(request)
            if request.method == "GET":
                looks.release()
            return answer

        client.port.send = counting  # type: ignore[method-assign]

        def pass_time() -> None:
            for _ in made:
                assert looks.acquire(timeout=60)
            sockets.append(emulator.app.close_sockets.__self__.count())  # type: ignore[attr-defined]
            while emulator.clock.jump():
                pass

        thread = threading.Thread(target=pass_time)
        thread.start()
        goals = [
            Goal(
                f"servers/{server['uuid']}/",
                Server,
                "status running",
                lambda item: item.get("status") == "running",
            )
            for server in made
        ]
        found = await client.port.gather(
            [lambda goal=goal: wait_until(client, goal, 30) for goal in goals],  # type: ignore[misc]
            20,
        )
        thread.join(60)
        assert client.events._subscriptions == []
        assert client.events._stream is None
        return found

    found = on(face, emulator.api_endpoint, job, **options(emulator))
    assert [server["status"] for server in found] == ["running"] * 20
    assert sockets == [1]


def test_a_cancelled_wait_leaves_nothing_open(cloud_with_delays: Emulator) -> None:
    emulator = cloud_with_delays
    emulator.clock.stop()

    async def job(client: Requests) -> None:
        made = (await client.request("POST", "servers/", body=SPEC)).data["objects"][0]
        goal = Goal(
            f"servers/{made['uuid']}/", Server, "status running", lambda item: item.get("status") == "running"
        )
        tasks = [asyncio.create_task(wait_until(client, goal, None)) for _ in range(3)]
        while len(client.events._subscriptions) < 3 or client.events._reader is None:
            await asyncio.sleep(0.01)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        # Whoever read for all is gone; another one reads now.
        await client.request("POST", f"servers/{made['uuid']}/action/", params={"do": "start"}, body={})
        await asyncio.to_thread(lambda: [None for _ in iter(emulator.clock.jump, False)])
        assert [server["status"] for server in await asyncio.gather(*tasks[1:])] == ["running"] * 2
        assert client.events._stream is None

    on("asyncio", emulator.api_endpoint, job, **options(emulator))
