"""Lists whole and by pages, whatever the cloud's counting is worth."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.core.call import run
from cloudsigma.core.pages import fetch_all, fetch_page, iterate_pages
from cloudsigma.errors import BadAnswer, InvalidArgument
from cloudsigma.records.page import Page
from cloudsigma.records.record import Record

from .faces import in_memory


class Thing(Record):
    uuid: str
    name: str | None


class Listing:
    """A list of ``count`` things behind an address, with ways to get its counting wrong."""

    def __init__(
        self,
        count: int,
        *,
        total: int | None = None,
        cap: int | None = None,
        bare: bool = False,
        deaf: bool = False,
    ) -> None:
        self.things = [{"uuid": f"u{number}", "name": f"n{number}"} for number in range(count)]
        self.total = count if total is None else total
        self.cap, self.bare, self.deaf = cap, bare, deaf
        self.queries: list[dict[str, list[str]]] = []

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        query = parse_qs(urlsplit(url).query)
        self.queries.append(query)
        offset = int(query.get("offset", ["0"])[0])
        limit = int(query.get("limit", ["20"])[0]) or len(self.things)
        if self.cap is not None:
            limit = min(limit, self.cap)
        found = self.things if self.deaf or self.bare else self.things[offset : offset + limit]
        document: Any = {
            "meta": {"limit": limit, "offset": offset, "total_count": self.total},
            "objects": found,
        }
        return 200, {}, json.dumps(found if self.bare else document).encode()


def walk(listing: Listing, page_size: int) -> list[str]:
    async def whole() -> list[str]:
        found: list[str] = []
        pages = iterate_pages(in_memory(listing), "things/", Thing, page_size=page_size)
        async for page in pages:
            assert isinstance(page, Page)
            found += [thing.uuid for thing in page]
            assert len(listing.queries) < 1000
        return found

    return run(whole())


@given(st.integers(0, 40), st.integers(1, 12), st.none() | st.integers(0, 60), st.none() | st.integers(1, 7))
def test_a_walk_meets_everything_once(count: int, size: int, total: int | None, cap: int | None) -> None:
    if cap is not None and cap < size:
        total = None  # a cap and a wrong count together leave nothing to go by
    listing = Listing(count, total=total, cap=cap)
    assert walk(listing, size) == [f"u{number}" for number in range(count)]


@pytest.mark.parametrize("size", [1, 3, 5, 100])
def test_addresses_that_know_no_pages_are_met_once(size: int) -> None:
    for listing in (Listing(5, bare=True), Listing(5, deaf=True), Listing(0, bare=True)):
        assert walk(listing, size) == [f"u{number}" for number in range(len(listing.things))]


def test_a_walk_asks_for_no_more_than_it_must() -> None:
    listing = Listing(25)
    walk(listing, 10)
    assert [query["limit"] for query in listing.queries] == [["10"]] * 3
    assert [query.get("offset") for query in listing.queries] == [None, ["10"], ["20"]]


def test_a_walk_that_is_left_early_asks_no_further() -> None:
    listing = Listing(100)

    async def whole() -> None:
        pages = iterate_pages(in_memory(listing), "things/", Thing, page_size=10)
        async for _ in pages:
            break
        await pages.aclose()

    run(whole())
    assert len(listing.queries) == 1


def test_everything_in_one_request() -> None:
    listing = Listing(50)
    things = run(fetch_all(in_memory(listing), "things/", Thing, {"name": "x", "tag": None}))
    assert len(things) == 50
    assert type(things[0]) is Thing
    assert listing.queries == [{"name": ["x"], "limit": ["0"]}]


def test_one_page() -> None:
    page = run(fetch_page(in_memory(Listing(50)), "things/", Thing, offset=10, limit=5))
    assert [thing.uuid for thing in page] == ["u10", "u11", "u12", "u13", "u14"]
    assert (page.offset, page.limit, page.total_count, len(page)) == (10, 5, 50, 5)


def test_partial_records_know_it() -> None:
    (thing,) = run(fetch_all(in_memory(lambda *_: (200, {}, b'[{"uuid": "u"}]')), "x/", Thing, partial=True))
    with pytest.raises(AttributeError, match="name"):
        _ = thing.name
    (thing,) = run(fetch_all(in_memory(lambda *_: (200, {}, b'[{"uuid": "u"}]')), "x/", Thing))
    assert thing.name is None


@pytest.mark.parametrize("options", [{"offset": -1}, {"limit": -1}])
def test_negative_numbers_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument, match="must not be negative"):
        run(fetch_page(in_memory(Listing(1)), "x/", Thing, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"objects": null}',
        b'{"objects": {}}',
        b'"text"',
        b"7",
        b'["a"]',
        b'[{"a": 1}, 2]',
    ],
)
def test_what_is_no_list_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="list"):
        run(fetch_all(in_memory(lambda *_: (200, {}, body)), "things/", Thing))


@pytest.mark.parametrize("meta", [b'{"total_count": "7"}', b"null", b"[]", b"{}"])
def test_a_count_that_is_none_is_made_up_from_what_came(meta: bytes) -> None:
    body = b'{"objects": [{"uuid": "u"}], "meta": ' + meta + b"}"
    page = run(fetch_page(in_memory(lambda *_: (200, {}, body)), "x/", Thing, offset=3))
    assert page.total_count == 4
