"""A page of thousands of objects is whole and in order, and holds up nobody while it is made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.routes import listing
from cloudsigma_emulator.routes.listing import MANY

from .wire import Wire

COUNT = 12 * MANY


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator() as emulator:
        with emulator.app.transaction() as tx:
            [drive] = tx.find("drives")
            for number in range(COUNT):
                tx.insert("drives", {**drive, "uuid": tx.new_uuid(), "name": f"d{number}"})
        yield emulator


@pytest.fixture
def wire(cloud: Emulator) -> Iterator[Wire]:
    client = Wire(cloud)
    yield client
    client.close()


def test_it_is_whole_and_in_order(wire: Wire) -> None:
    listed = wire("GET", "/drives/detail/?limit=0").json()
    assert listed["meta"] == {"limit": 0, "offset": 0, "total_count": COUNT + 1}
    assert [drive["name"] for drive in listed["objects"]] == ["persistent", *(f"d{n}" for n in range(COUNT))]
    single = wire("GET", f"/drives/{listed['objects'][-1]['uuid']}/").json()
    assert listed["objects"][-1] == single


def test_limit_offset_and_fields(wire: Wire) -> None:
    size = 2 * MANY
    listed = wire("GET", f"/drives/?limit={size}&offset=1000&fields=name").json()
    assert listed["meta"] == {"limit": size, "offset": 1000, "total_count": COUNT + 1}
    assert listed["objects"] == [{"name": f"d{number}"} for number in range(999, 999 + size)]
    short = wire("GET", f"/drives/?limit=10&offset={COUNT - 5}").json()
    assert len(short["objects"]) == 6
    packed = wire("GET", "/drives/?limit=0", headers={"Accept-Encoding": "gzip"})
    assert packed.header("Content-Encoding") == "gzip"
    beyond = wire("GET", f"/drives/?limit=0&offset={COUNT + 10}").json()
    assert beyond["objects"] == []


def test_others_are_served_and_may_change_it_meanwhile(
    cloud: Emulator, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, go_on = threading.Semaphore(0), threading.Semaphore(0)

    def pause(seconds: float) -> None:
        assert seconds > 0
        paused.release()
        assert go_on.acquire(timeout=60)

    names = wire("GET", "/drives/?limit=0&fields=uuid").json()["objects"]
    last = names[-1]["uuid"]
    monkeypatch.setattr(listing, "time", SimpleNamespace(sleep=pause))
    answers = []

    def ask() -> None:
        client = Wire(cloud)
        answers.append(client("GET", "/drives/detail/?limit=0").json())
        client.close()

    asking = threading.Thread(target=ask)
    asking.start()
    for served in range(11):
        assert paused.acquire(timeout=60), "the list was made in one go"
        assert wire("GET", "/profile/").status == 200
        if served == 5:
            assert wire("DELETE", f"/drives/{last}/").status == 204
        go_on.release()
    go_on.release(COUNT)
    asking.join()
    [listed] = answers
    assert listed["meta"]["total_count"] == len(listed["objects"]) == COUNT
    assert json.dumps(listed).count(last) == 0
