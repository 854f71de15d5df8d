"""What may stand for a resource, and that nothing else gets into a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.core.references import path_of, uuid_of
from cloudsigma.errors import ClientError, InvalidArgument
from cloudsigma.records.record import Record

UUID = "472835d5-2bbb-4d87-9d08-7364bc373692"
URI = f"/api/2.0/servers/{UUID}/"


class Thing(Record):
    uuid: str


@pytest.mark.parametrize(
    "ref",
    [
        UUID,
        URI,
        URI.rstrip("/"),
        f"/2.0/servers/{UUID}/",
        {"uuid": UUID},
        {"resource_uri": URI},
        {"uuid": UUID, "resource_uri": URI, "name": "../x"},
        Thing(uuid=UUID),
    ],
)
def test_a_reference_names_its_uuid(ref: object) -> None:
    assert uuid_of(ref, "servers") == UUID  # type: ignore[arg-type]
    assert path_of(ref, "servers") == f"servers/{UUID}/"  # type: ignore[arg-type]


@pytest.mark.parametrize("uuid", ["10.0.0.1", "2001:db8::1", "::1", "fe80::", "ZRH", "user_1"])
def test_addresses_and_short_names_are_uuids_too(uuid: str) -> None:
    assert uuid_of(uuid) == uuid


@pytest.mark.parametrize(
    "ref",
    [
        "",
        ".",
        "..",
        "a b",
        "a?b",
        "a#b",
        "a%2e",
        "a\\b",
        "a\n",
        "\x00",
        "é",
        "../servers/abc?recurse=all_drives&x=",
        "/api/2.0/servers/",
        "/api/2.0/servers/../drives/x/",
        "/api/2.0/servers//",
        "https://elsewhere.example/api/2.0/servers/x/",
        "servers/x",
        f"/api/2.0/drives/{UUID}/",
        {},
        {"uuid": ""},
        {"uuid": None, "resource_uri": None},
        {"uuid": "../x"},
        {"uuid": UUID, "resource_uri": f"/api/2.0/drives/{UUID}/"},
        None,
        7,
        ["x"],
    ],
)
def test_what_is_no_reference_is_refused_and_the_argument_named(ref: object) -> None:
    with pytest.raises(InvalidArgument, match=r"^server ") as caught:
        uuid_of(ref, "servers", "server")  # type: ignore[arg-type]
    assert isinstance(caught.value, (ClientError, ValueError))


@given(st.text())
def test_no_text_leaves_its_place_in_the_path(text: str) -> None:
    try:
        path = path_of(text, "servers")
    except InvalidArgument:
        return
    assert path.count("/") == 2
    assert not set(path) & set("?#%\\ \t\r\n")
    assert path.split("/")[1] not in ("", ".", "..")
