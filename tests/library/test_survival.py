"""What the cloud says comes back whole: unknown fields survive get, change and update, and filters arrive as meant."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.api.collection import Listed, Readable
from cloudsigma.api.editing import Editable
from cloudsigma.api.narrowing import Narrowed
from cloudsigma.api.tagging import Tagged
from cloudsigma.client import collections
from cloudsigma.ports.memory import MemoryPort

from .test_filters import AWKWARD, read

if TYPE_CHECKING:
    from cloudsigma_emulator import Emulator

UUID = "6f670b3c-a2e6-433f-aeab-b976b1cdaf03"
TAG = "5a9e6f2b-7927-4f30-88b5-0cc939208549"
SETTINGS: dict[str, Any] = {
    "api_endpoint": "https://cloud.example/api/2.0/",
    "username": "user@example.com",
    "password": "secret",
}


def edited() -> dict[str, str]:
    """Return the path of each collection whose resources are read, changed (their meta, say) and written back."""
    found = {}
    for name, load in collections().items():
        update = getattr(load(), "update", None)
        if update is None or not issubclass(load(), Editable) or not issubclass(load(), Readable):
            continue
        changes = get_type_hints(inspect.unwrap(update)).get("changes")
        if get_origin(changes) is Unpack and "meta" in get_type_hints(get_args(changes)[0]):
            found[name] = load()._path
    return found


EDITED = edited()
TAGGED = {name: load()._path for name, load in collections().items() if issubclass(load(), Tagged)}

# JSON as it travels: no lone surrogates, no NUL (which ends a text in the API), integers of 64 bits.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
# Whatever else a resource may have, under names that no annotation claims and under those that they do.
KNOWN = st.sampled_from(
    [
        "meta",
        "status",
        "jobs",
        "owner",
        "runtime",
        "permissions",
        "servers",
        "nics",
        "drives",
        "drive_meta",
        "rules",
    ]
)
OBJECTS = st.dictionaries(
    TEXT.filter(lambda key: key not in {"uuid", "resource_uri"}) | KNOWN, JSON, max_size=8
)


class OneResource:
    """Answers with the resource that it holds; what is PUT takes its place."""

    def __init__(self, path: str, resource: Mapping[str, Any]) -> None:
        self.path = f"/api/2.0/{path}/{UUID}/"
        self.held = json.loads(json.dumps(resource))

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        assert urlsplit(url).path == self.path
        if method == "PUT":
            self.held = json.loads(body)
        return 200, {}, json.dumps(self.held).encode()


def resource(path: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """A resource with any fields; tags and grantees are of their kind, for they are rewritten."""
    kept = {name: value for name, value in more.items() if name not in {"tags", "grantees"}}
    return {
        **kept,
        "uuid": UUID,
        "resource_uri": f"/api/2.0/{path}/{UUID}/",
        "name": "before",
        "status": "stopped",
        "tags": [{"uuid": TAG, "resource_uri": f"/api/2.0/tags/{TAG}/"}],
    }


def uuids(tags: Any) -> list[str]:
    return [item["uuid"] if isinstance(item, dict) else item for item in tags]


def test_they_are_many() -> None:
    assert len(EDITED) >= 12
    # Of these that have a list of tags; a tag itself has none, nor has a router or a part of it.
    assert len(TAGGED) >= 12
    assert "tags" not in TAGGED


@pytest.mark.parametrize("name", EDITED)
@settings(max_examples=40)
@given(more=OBJECTS)
def test_unknown_fields_survive_get_change_and_update(name: str, more: dict[str, Any]) -> None:
    before = resource(EDITED[name], more)
    cloud = OneResource(EDITED[name], before)
    with CloudSigma(port=MemoryPort(cloud), **SETTINGS) as cs:
        found = getattr(cs, name).get(UUID)
        for key in list(found):
            if key.isidentifier() and not key.startswith("_") and not hasattr(dict, key):
                getattr(found, key)  # typing what is nested changes nothing
        assert json.loads(json.dumps(found)) == json.loads(json.dumps(before))
        changed = getattr(cs, name).update(found, meta={"a": "b"})
    kept = {**before, "meta": {"a": "b"}}
    assert uuids(cloud.held.pop("tags")) == uuids(kept.pop("tags"))
    assert cloud.held == json.loads(json.dumps(kept))
    assert changed["meta"] == {"a": "b"}


@pytest.mark.parametrize("name", TAGGED)
@settings(max_examples=40)
@given(more=OBJECTS)
def test_unknown_fields_survive_a_tag(name: str, more: dict[str, Any]) -> None:
    before = resource(TAGGED[name], more)
    cloud = OneResource(TAGGED[name], before)
    other = "6d302107-fc0b-433a-99b1-9f2d3692eefc"

    async def program() -> None:
        async with AsyncCloudSigma(port=MemoryPort(cloud, blocking=False), **SETTINGS) as cs:
            collection = getattr(cs, name)
            await collection.add_tag(UUID, other)
            assert uuids(cloud.held["tags"]) == [TAG, other]
            await collection.add_tag(UUID, {"uuid": other})
            await collection.remove_tag(UUID, f"/api/2.0/tags/{TAG}/")
            await collection.remove_tag(UUID, TAG)

    asyncio.run(program())
    assert uuids(cloud.held.pop("tags")) == [other]
    del before["tags"]
    assert cloud.held == json.loads(json.dumps(before))


class Asked:
    """Answers every list with nothing and remembers the query."""

    def __init__(self) -> None:
        self.query: dict[str, str] = {}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))
        return 200, {}, b'{"meta": {"limit": 0, "offset": 0, "total_count": 0}, "objects": []}'


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, load in collections().items()
        if issubclass(load(), Listed)
        and not issubclass(load(), Narrowed)
        and "filters" in inspect.signature(load().list).parameters
        and "name" in load()._filters.__optional_keys__
    ),
)
@settings(max_examples=40)
@given(values=st.lists(AWKWARD | TEXT, min_size=1, max_size=3), single=st.booleans())
def test_a_filter_arrives_as_meant(name: str, values: list[str], single: bool) -> None:
    asked = Asked()
    contains = "name__icontains" if name == "library_drives" else "name__contains"
    with CloudSigma(port=MemoryPort(asked), **SETTINGS) as cs:
        getattr(cs, name).list(**{"name": values[0] if single else values, contains: values[-1]})
    assert read(asked.query.pop("name")) == (values[:1] if single else values)
    assert read(asked.query.pop(contains)) == [values[-1]]
    assert asked.query == {"limit": "0"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(names=st.lists(AWKWARD | TEXT, min_size=2, max_size=4, unique=True))
def test_the_cloud_finds_what_was_meant(names: list[str], cloudsigma_emulator: Emulator) -> None:
    cloudsigma_emulator.reset()
    options: dict[str, Any] = {
        "api_endpoint": cloudsigma_emulator.api_endpoint,
        "username": cloudsigma_emulator.username,
        "password": cloudsigma_emulator.password,
    }
    with CloudSigma(**options) as cs:
        cs.firewall_policies.create_many([{"name": name} for name in names])
        assert sorted(item.name or "" for item in cs.firewall_policies.list()) == sorted(names)
        for name in names:
            found = cs.firewall_policies.find(name=name)
            assert found is not None
            assert found.name == name
        both = cs.firewall_policies.list(name=names[:2])
        assert sorted(item.name or "" for item in both) == sorted(names[:2])
