"""Pages, fields, filters and order of lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma_emulator.domain.filters import (
    NAMED,
    conditions_of,
    join_values,
    matches_contains,
    matches_exact,
    split_values,
)

from .cloud_in_process import database_work
from .wire import Wire


def page(wire: Wire, path: str) -> tuple[dict[str, int], list[dict[str, Any]]]:
    reply = wire("GET", path)
    assert reply.status == 200, reply.body
    found = reply.json()
    return found["meta"], found["objects"]


def make(wire: Wire, *names: str) -> list[dict[str, Any]]:
    bodies = [{"name": name, "cpu": 1000, "mem": 2**29, "vnc_password": "x"} for name in names]
    reply = wire("POST", "/servers/", {"objects": bodies})
    assert reply.status == 201, reply.body
    made: list[dict[str, Any]] = reply.json()["objects"]
    return made


def test_pages(wire: Wire) -> None:
    names = [f"s{number:02}" for number in range(25)]
    make(wire, *names)
    meta, objects = page(wire, "/servers/")
    assert meta == {"limit": 20, "offset": 0, "total_count": 25}
    assert [item["name"] for item in objects] == names[:20]
    meta, objects = page(wire, "/servers/?offset=20")
    assert meta == {"limit": 20, "offset": 20, "total_count": 25}
    assert [item["name"] for item in objects] == names[20:]
    meta, objects = page(wire, "/servers/detail/?limit=0")
    assert meta == {"limit": 0, "offset": 0, "total_count": 25}
    assert [item["name"] for item in objects] == names
    meta, objects = page(wire, "/servers/?limit=3&offset=24")
    assert [item["name"] for item in objects] == ["s24"]
    assert page(wire, "/servers/?offset=100")[1] == []


@pytest.mark.parametrize("value", ["-1", "x", "", "1.5", "9" * 30, "\u0661"])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_bad_pages(wire: Wire, name: str, value: str) -> None:
    reply = wire("GET", f"/servers/?{urlencode({name: value})}")
    assert reply.status == 400
    assert reply.json()[0]["error_type"] == "validation"
    assert reply.json()[0]["error_point"] == name


def test_limit_on_a_single_object_is_ignored(wire: Wire) -> None:
    uuid = wire.server()["uuid"]
    assert wire("GET", f"/servers/{uuid}/?limit=0").json()["uuid"] == uuid
    assert wire("GET", "/capabilities/?limit=0").status == 200


def test_fields(wire: Wire) -> None:
    uuid = make(wire, "a")[0]["uuid"]
    for path in ("/servers/", "/servers/detail/"):
        assert page(wire, f"{path}?fields=name,cpu,nonsense")[1] == [{"name": "a", "cpu": 1000}]
    assert wire("GET", f"/servers/{uuid}/?fields=uuid").json() == {"uuid": uuid}
    plain = page(wire, "/servers/")[1][0]
    assert set(plain) == {"name", "owner", "resource_uri", "runtime", "status", "uuid"}


def test_names(wire: Wire) -> None:
    make(wire, "Alpha", "alpha", "alphabet", "b,c", "d\\e", "")
    find = lambda query: [item["name"] for item in page(wire, f"/servers/?{query}")[1]]  # noqa: E731
    assert find("name=alpha") == ["alpha"]
    assert find("name__contains=ALPHA") == ["Alpha", "alpha", "alphabet"]
    assert find("name=alpha,alphabet") == ["alpha", "alphabet"]
    assert find("name=alpha%2Calphabet") == ["alpha", "alphabet"]
    assert find("name=" + quote("b\\,c")) == ["b,c"]
    assert find("name=" + quote("d\\\\e")) == ["d\\e"]
    assert find("name=" + quote("b\\,c,d\\\\e")) == ["b,c", "d\\e"]
    assert find("name=") == [""]
    assert find("name__contains=alpha&name__contains=bet") == ["alphabet"]
    assert find("name=alpha&name=Alpha") == []
    assert find("nonsense=1&name=alpha&limit=1") == ["alpha"]
    assert page(wire, "/servers/?name__contains=a&limit=1")[0]["total_count"] == 3


def test_uuids_and_tags(wire: Wire, other: Wire) -> None:
    one, two, three = make(wire, "one", "two", "three")
    tag = wire("POST", "/tags/", {"name": "blue", "resources": [one["uuid"], three["uuid"]]}).json()[
        "objects"
    ][0]
    find = lambda query: [item["name"] for item in page(wire, f"/servers/detail/?{query}")[1]]  # noqa: E731
    assert find(f"uuid={two['uuid']}") == ["two"]
    assert find(f"uuid={three['uuid']},{one['uuid']}") == ["one", "three"]
    assert find(f"uuid={two['uuid']}&name=one") == []
    assert find(f"tag={tag['uuid']}") == ["one", "three"]
    assert find("tag=blue") == ["one", "three"]
    assert find("tag__name=blue&name__contains=th") == ["three"]
    assert find(f"tag__uuid={tag['uuid']}") == ["one", "three"]
    assert find("tag__uuid=blue") == []
    assert find("tag=green") == []
    assert page(other, f"/servers/?tag={tag['uuid']}")[1] == []


def test_order(wire: Wire) -> None:
    made = make(wire, "b", "c", "a")
    find = lambda query: [item["name"] for item in page(wire, f"/servers/?{query}")[1]]  # noqa: E731
    assert find("") == ["b", "c", "a"]
    assert find("order_by=name") == ["a", "b", "c"]
    assert find("order_by=-name&limit=2") == ["c", "b"]
    assert find("order_by=cpu") == ["b", "c", "a"]
    by_uuid = [item["name"] for item in sorted(made, key=lambda item: item["uuid"])]
    assert find("order_by=uuid") == by_uuid


def test_lists_show_ones_own(wire: Wire, other: Wire) -> None:
    mine = make(wire, "mine")[0]
    assert page(other, "/servers/")[0]["total_count"] == 0
    reply = other("GET", f"/servers/{mine['uuid']}/")
    assert reply.status == 403
    who = other("GET", "/profile/").json()["uuid"]
    assert reply.json()[0]["error_message"] == (
        f"User {who} does not have all of the permissions [LIST]"
        f" in order to complete the operation on resources [{mine['uuid']}]"
    )


def test_a_page_costs_the_same_out_of_many(wire: Wire) -> None:
    app = wire.emulator.app
    owner = wire("GET", "/profile/").json()["uuid"]

    def read() -> None:
        assert len(page(wire, "/drives/?limit=100&offset=50")[1]) == 100

    def add(number: int) -> None:
        with app.transaction() as tx:
            template = tx.find("drives", owner=owner)[0]
            for _ in range(number):
                tx.insert("drives", {**template, "uuid": tx.new_uuid(), "name": "bulk"})

    add(150)
    read()
    few = database_work(app, read)
    add(30_000)
    many = database_work(app, read)
    assert page(wire, "/drives/?limit=1")[0]["total_count"] == 30_151
    assert 0 < many <= 2 * few


TEXTS = st.text(alphabet=st.one_of(st.sampled_from(",\\ab"), st.characters(codec="utf-8")), max_size=12)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_values_survive_escaping(values: list[str]) -> None:
    assert split_values(join_values(values)) == values


@given(st.text(alphabet=",\\ab", max_size=20))
def test_splitting_never_loses_a_character(text: str) -> None:
    values = split_values(text)
    assert join_values(values).replace("\\", "").replace(",", "") == text.replace("\\", "").replace(",", "")
    assert split_values(join_values(values)) == values


@given(TEXTS.filter(lambda text: "\\" not in text and "," not in text), st.lists(TEXTS, max_size=4))
def test_conditions(name: str, others: list[str]) -> None:
    documents = [{"name": text, "uuid": str(index)} for index, text in enumerate([name, *others])]
    [exact] = conditions_of(NAMED, [("name", name), ("limit", "0"), ("unknown__contains", "x")])
    assert [item for item in documents if exact.holds(item)] == [
        item for item in documents if item["name"] == name
    ]
    [inside] = conditions_of(NAMED, [("name__contains", name.upper())])
    assert all(
        inside.holds(item) == (name.upper().casefold() in item["name"].casefold()) for item in documents
    )


def test_values_of_lists_and_other_types() -> None:
    assert matches_exact(["general", "webserver"], ["webserver"])
    assert matches_exact(64, ["64"])
    assert matches_exact("64", ["64"])
    assert matches_exact(True, ["true"])
    assert not matches_exact(None, ["None"])
    assert matches_contains(["WebServer"], ["webs"])


PATHS = ["/servers/", "/drives/detail/", "/libdrives/", "/jobs/", "/tags/", "/vlans/", "/ips/", "/locations/"]


@pytest.mark.parametrize("path", PATHS)
def test_every_list_has_the_envelope(wire: Wire, path: str) -> None:
    meta, objects = page(wire, f"{path}?limit=2&offset=0&weird=1")
    assert set(meta) == {"limit", "offset", "total_count"}
    assert all(type(value) is int for value in meta.values())
    assert len(objects) == min(2, meta["total_count"])


@pytest.mark.parametrize("query", ["arch=64", "os=linux", "image_type=preinst", "category=general"])
def test_library_filters(wire: Wire, query: str) -> None:
    key, _, value = query.partition("=")
    every = page(wire, "/libdrives/?limit=0")[1]
    found = page(wire, f"/libdrives/?limit=0&{query}")[1]
    expected = [item for item in every if value == item[key] or value in item[key]]
    assert found == expected
    assert found
