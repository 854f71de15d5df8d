"""Lists of any length, read whole, by pages or as a walk: each object once, and no more requests than needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma import AsyncCloudSigma, CloudSigma, errors
from cloudsigma.ports.memory import MemoryPort
from cloudsigma.records import Drive

SETTINGS: dict[str, Any] = {
    "api_endpoint": "https://cloud.example/api/2.0/",
    "username": "user@example.com",
    "password": "secret",
}


class Cloud:
    """Has so many drives; ``counted`` is the total it tells, which the real one now and then gets wrong."""

    def __init__(self, number: int, counted: int | None = None) -> None:
        self.drives = [{"uuid": f"u{index}", "name": f"n{index}"} for index in range(number)]
        self.counted = number if counted is None else counted
        self.queries: list[dict[str, list[str]]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        query = parse_qs(urlsplit(url).query)
        self.queries.append(query)
        offset, limit = (int(query.get(name, ["0"])[0]) for name in ("offset", "limit"))
        shown = self.drives[offset : offset + limit if limit else None]
        meta = {"limit": 20, "offset": offset, "total_count": self.counted}
        return 200, {}, json.dumps({"meta": meta, "objects": shown}).encode()

    def blocking(self) -> CloudSigma:
        return CloudSigma(port=MemoryPort(self), **SETTINGS)


@given(st.integers(0, 40), st.integers(1, 15), st.integers(-3, 3))
def test_a_walk_gives_each_object_once(number: int, page_size: int, wrong: int) -> None:
    cloud = Cloud(number, max(0, number + wrong))
    walked = [drive.uuid for drive in cloud.blocking().drives.iterate(page_size=page_size)]
    assert walked == [drive["uuid"] for drive in cloud.drives]
    assert len(cloud.queries) <= number // page_size + 2


@given(st.integers(0, 40), st.integers(0, 50), st.integers(0, 15))
def test_a_page_is_what_was_asked_for(number: int, offset: int, limit: int) -> None:
    cloud = Cloud(number)
    page = cloud.blocking().drives.page(offset, limit)
    assert [drive.uuid for drive in page] == [
        drive["uuid"] for drive in cloud.drives[offset : offset + limit if limit else None]
    ]
    assert (page.offset, page.limit, page.total_count) == (offset, limit, number)
    assert all(type(drive) is Drive for drive in page)
    assert len(page) == len(page.objects)


def test_the_whole_list_is_one_request() -> None:
    cloud = Cloud(300)
    assert len(cloud.blocking().drives.list()) == 300
    assert cloud.queries == [{"limit": ["0"]}]


def test_a_walk_reads_no_further_than_it_is_walked() -> None:
    cloud = Cloud(30)
    walk = cloud.blocking().drives.iterate(page_size=10)
    for _ in range(10):
        next(walk)
    assert len(cloud.queries) == 1
    next(walk)
    assert len(cloud.queries) == 2
    walk.close()
    assert len(cloud.queries) == 2


def test_an_awaited_walk_is_the_same() -> None:
    async def program(cloud: Cloud) -> list[str]:
        async with AsyncCloudSigma(port=MemoryPort(cloud, blocking=False), **SETTINGS) as cs:
            return [drive.uuid async for drive in cs.drives.iterate(page_size=7, name="x")]

    cloud = Cloud(20)
    assert asyncio.run(program(cloud)) == [drive["uuid"] for drive in cloud.drives]
    assert {query["name"][0] for query in cloud.queries} == {"x"}


@pytest.mark.parametrize(("offset", "limit"), [(-1, 5), (0, -1)])
def test_pages_that_cannot_be(offset: int, limit: int) -> None:
    with pytest.raises(errors.InvalidArgument, match="negative"):
        Cloud(3).blocking().drives.page(offset, limit)


def test_filters_and_fields_are_spelled_as_the_api_reads_them() -> None:
    cloud = Cloud(1)
    cs = cloud.blocking()
    cs.drives.list(name=["a,b", "c"], tag=Drive(uuid="u1"), fields=["uuid", " name "])  # type: ignore[arg-type]
    assert cloud.queries[-1] == {
        "name": ["a\\,b,c"],
        "tag": ["u1"],
        "fields": ["uuid,name"],
        "limit": ["0"],
    }
    with pytest.raises(errors.InvalidArgument, match="name"):
        cs.drives.list(name=[])
    assert len(cloud.queries) == 1
