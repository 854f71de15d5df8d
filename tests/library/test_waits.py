"""Waiting for transitions, with states that follow a script and a clock of its own: no time passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.ports.memory import MemoryPort

UUID = "6f670b3c-a2e6-433f-aeab-b976b1cdaf03"
GONE: dict[str, Any] = {}


class Cloud:
    """Shows the states of a script at given times; has no websocket, so that they must be looked at."""

    def __init__(self, *script: tuple[float, dict[str, Any]], **more: Any) -> None:
        self.script = script
        self.more = more
        self.time = 0.0
        self.begun: float | None = None
        self.looks = 0
        self.actions: list[str] = []

    def client(self) -> CloudSigma:
        port = MemoryPort(self.handle, now=lambda: self.time, sleep=self.sleep, random=lambda: 0.0)
        return CloudSigma(
            port=port, api_endpoint="https://cloud.example/api/2.0/", username="u", password="p", timeout=30
        )

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds

    def state(self) -> dict[str, Any]:
        """What is shown now; the script's times count from the action."""
        since = self.time - (0.0 if self.begun is None else self.begun)
        return [state for moment, state in self.script if moment <= since][-1]

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        address = urlsplit(url)
        action = dict(parse_qsl(address.query)).get("do", "")
        if "/accounts/" in address.path:
            return 404, {}, b"[]"
        if method == "POST":
            self.actions.append(action)
            self.begun = self.time
            answer: Any = {"action": action, "result": "success", "uuid": UUID}
            if "/drives/" in address.path:
                answer = {"objects": [{"uuid": UUID, "status": "resizing", "size": 1}]}
            return 202, {}, json.dumps(answer).encode()
        if method == "DELETE":
            self.begun = self.time
            return 204, {}, b""
        self.looks += 1
        state = self.state()
        if state is GONE:
            return 404, {}, b'[{"error_type": "notexist", "error_message": "gone", "error_point": null}]'
        path = address.path
        return 200, {}, json.dumps({"uuid": UUID, "resource_uri": path, **self.more, **state}).encode()


def status(*script: tuple[float, str], **more: Any) -> Cloud:
    return Cloud(*((moment, {"status": word}) for moment, word in script), **more)


def test_start_is_seen_by_looking_where_there_is_no_websocket() -> None:
    cloud = status((0, "starting"), (20, "running"))
    server = cloud.client().servers.start(UUID, wait=True)
    assert server.status == "running"
    assert 20 <= cloud.time < 26
    assert cloud.looks < 12


def test_the_old_state_just_after_the_action_is_not_a_failure() -> None:
    cloud = status((0, "stopped"), (1, "starting"), (3, "running"))
    assert cloud.client().servers.start(UUID, wait=True).status == "running"


def test_a_start_that_falls_back_ends_at_once() -> None:
    cloud = status((0, "starting"), (5, "stopped"))
    with pytest.raises(errors.WaitFailed, match="fell back to stopped") as caught:
        cloud.client().servers.start(UUID, wait=True, timeout=600)
    assert caught.value.status == "stopped"
    assert cloud.time < 12


def test_a_start_that_was_over_before_anybody_looked() -> None:
    cloud = status((0, "stopped"))
    with pytest.raises(errors.WaitFailed, match="fell back to stopped"):
        cloud.client().servers.start(UUID, wait=True, timeout=600)
    assert 60 < cloud.time < 70


def test_a_guest_that_ignores_the_power_button() -> None:
    cloud = status((0, "running"), (0.4, "stopping"), (60, "running"))
    with pytest.raises(errors.WaitFailed, match=r"did not switch itself off.*servers\.stop") as caught:
        cloud.client().servers.shutdown(UUID, wait=True)
    assert caught.value.status == "running"
    assert 60 <= cloud.time < 70
    assert cloud.actions == ["shutdown"]


def test_a_paused_server_ends_the_wait() -> None:
    waits: list[Callable[[CloudSigma], object]] = [
        lambda cs: cs.servers.start(UUID, wait=True),
        lambda cs: cs.servers.wait(UUID, "running"),
        lambda cs: cs.servers.restart(UUID, wait=True),
    ]
    for wait in waits:
        cloud = status((0, "starting"), (2, "paused"))
        with pytest.raises(errors.WaitFailed) as caught:
            wait(cloud.client())
        assert caught.value.status == "paused"
    assert status((0, "paused")).client().servers.wait(UUID, "paused").status == "paused"


def test_an_outage_is_waited_out() -> None:
    cloud = status((0, "starting"), (1, "unavailable"), (50, "running"))
    assert cloud.client().servers.start(UUID, wait=True).status == "running"


def test_the_deadline_holds() -> None:
    cloud = status((0, "starting"))
    with pytest.raises(errors.WaitTimeout, match="30 s") as caught:
        cloud.client().servers.start(UUID, wait=True, timeout=30)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.status == "starting"
    assert 30 <= cloud.time < 32


def test_a_deletion_in_between_is_said() -> None:
    cloud = Cloud((0, {"status": "starting"}), (2, GONE))
    with pytest.raises(errors.NotFound):
        cloud.client().servers.start(UUID, wait=True)


def test_a_restart_shows_in_the_time_of_the_start() -> None:
    old = {"status": "running", "runtime": {"active_since": "2020-01-01T00:00:00+00:00", "nics": []}}
    new = {"status": "running", "runtime": {"active_since": "2020-01-01T00:01:00+00:00", "nics": []}}
    cloud = Cloud((0, old), (4, new))
    server = cloud.client().servers.restart(UUID, wait=True)
    assert server == {**server, **new}
    assert cloud.time >= 4


def test_a_restart_in_the_second_of_the_start_ends_the_wait() -> None:
    same = {"status": "running", "runtime": {"active_since": "2020-01-01T00:00:00+00:00", "nics": []}}
    cloud = Cloud((0, same))
    assert cloud.client().servers.restart(UUID, wait=True).status == "running"
    assert 60 <= cloud.time < 70
    seen = Cloud((0, same), (1, {"status": "starting"}), (3, same))
    assert seen.client().servers.restart(UUID, wait=True).status == "running"
    assert 3 <= seen.time < 6


def test_a_resize_is_over_when_the_new_size_is_there() -> None:
    cloud = Cloud(
        (0, {"status": "unmounted", "size": 16384}),
        (1, {"status": "resizing", "size": 16384}),
        (9, {"status": "unmounted", "size": 32768}),
    )
    assert cloud.client().drives.resize(UUID, 20000, wait=True).size == 32768
    assert cloud.time >= 9


def test_a_drive_that_becomes_unavailable_ends_the_wait() -> None:
    cloud = status((0, "creating"), (3, "unavailable"))
    with pytest.raises(errors.WaitFailed) as caught:
        cloud.client().drives.wait(UUID)
    assert caught.value.status == "unavailable"


def test_the_end_of_a_drive() -> None:
    cloud = Cloud((0, {"status": "unmounted"}), (40, GONE))
    cloud.client().drives.delete(UUID, wait=True)
    assert 40 <= cloud.time < 46
    cloud = status((0, "unmounted"))
    with pytest.raises(errors.WaitTimeout):
        cloud.client().drives.wait_deleted(UUID, timeout=3)


def test_a_failed_job_ends_the_wait() -> None:
    cloud = Cloud((0, {"state": "started"}), (2, {"state": "error"}))
    with pytest.raises(errors.WaitFailed, match="ended in state error") as caught:
        cloud.client().jobs.wait(UUID)
    assert caught.value.status == "error"
