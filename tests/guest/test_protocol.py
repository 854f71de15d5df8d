"""The protocol as bytes: any payload, any split, any noise."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.guest.protocol import Exchange, json_object, request_bytes, text_of

from .host import payload_at

keys = st.text(max_size=12)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
documents = st.dictionaries(keys, values, max_size=6)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def read(exchange: Exchange, pieces: list[bytes]) -> list[bool]:
    return [exchange.feed(piece) for piece in pieces]


def test_requests_are_framed_as_documented() -> None:
    assert request_bytes() == b"\x3c\x0a\x0a\x3e"
    assert request_bytes("/meta/ssh_public_key") == b"<\n/meta/ssh_public_key\n>"


@pytest.mark.parametrize("path", ["a\nb", "a>b", "<", "a\x04", "a\rb", "\x7f"])
def test_a_path_cannot_break_the_frame(path: str) -> None:
    with pytest.raises(ValueError, match="context path"):
        Exchange(path)


@given(documents, st.lists(st.integers(0, 10_000)))
def test_any_context_survives_any_split(document: dict[str, Any], places: list[int]) -> None:
    exchange = Exchange()
    complete = read(exchange, cut(payload_at(document, "") + b"\n\x04", places))
    assert exchange.document == document
    assert complete == [False] * (len(complete) - 1) + [True]


@given(
    documents,
    st.binary(max_size=60).filter(lambda junk: b"\x04" not in junk),
    st.lists(st.integers(0, 10_000)),
)
def test_noise_before_the_context_is_left_out(
    document: dict[str, Any], junk: bytes, places: list[int]
) -> None:
    exchange = Exchange()
    read(exchange, cut(junk + payload_at(document, "") + b"\n\x04", places))
    assert exchange.document == document


@given(documents, st.lists(st.binary(max_size=30), max_size=4))
def test_rests_of_older_answers_in_the_same_read_are_left_out(
    document: dict[str, Any], rests: list[bytes]
) -> None:
    data = b"".join(rest.replace(b"\x04", b"") + b"\n\x04" for rest in rests)
    exchange = Exchange()
    assert exchange.feed(data + payload_at(document, "") + b"\n\x04")
    assert exchange.document == document


@pytest.mark.parametrize("echo", [b"<\n\n>", b"<\r\n\r\n>", b"<\r\r\n\r\r\n>"])
@pytest.mark.parametrize("end", [b"\n\x04", b"\r\n\x04"])
def test_echo_and_carriage_returns(echo: bytes, end: bytes) -> None:
    exchange = Exchange()
    assert exchange.feed(b"\x04" + echo + b'{"name":"web"}' + end)
    assert exchange.document == {"name": "web"}


def test_echo_of_a_path_is_not_taken_for_the_value() -> None:
    exchange = Exchange("/meta/note")
    assert exchange.feed(b"<\r\n/meta/note\r\n>>> see below\r\n\x04")
    assert exchange.payload == b">> see below"


def test_a_value_that_begins_like_an_echo_is_kept() -> None:
    exchange = Exchange("/meta/note")
    assert exchange.feed(b"> quoted\n\x04")
    assert exchange.payload == b"> quoted"


def test_the_end_of_a_line_reader_s_answer_is_not_an_empty_answer() -> None:
    exchange = Exchange("name")
    assert not exchange.feed(b"\x04")
    assert exchange.feed(b"web\n\x04")
    assert exchange.payload == b"web"


def test_an_empty_answer_is_an_answer() -> None:
    exchange = Exchange("nothing")
    assert exchange.feed(b"\n\x04")
    assert exchange.payload == b""


def test_the_tail_of_an_older_context_is_passed_over() -> None:
    exchange = Exchange()
    assert not exchange.feed(b'"b":{"c":1}},"all":{"d":2}}\n\x04')
    assert exchange.refused
    assert exchange.feed(b'{"name":"new"}\n\x04')
    assert exchange.document == {"name": "new"}


def test_bytes_after_an_answer_mean_that_it_was_an_older_one() -> None:
    exchange = Exchange()
    assert not exchange.feed(b'{"name":"old"}\n\x04{"na')
    assert exchange.feed(b'me":"new"}\n\x04')
    assert exchange.document == {"name": "new"}


def test_an_answer_without_its_end_is_none() -> None:
    exchange = Exchange()
    assert not exchange.feed(b'{"name":"web"}\n')
    assert exchange.document is None
    assert not exchange.silent


@pytest.mark.parametrize(
    "payload", [b"[1]", b"12", b"login:", b"", b"\xff\xfe", b"[" * 100_000, b"{" * 100_000]
)
def test_what_is_no_object_is_no_context(payload: bytes) -> None:
    exchange = Exchange()
    assert not exchange.feed(payload + b"\n\x04")
    assert exchange.document is None


@given(st.text())
def test_text_comes_back_as_it_was(text: str) -> None:
    assert text_of(payload_at(text, "")) == text


def test_text_may_come_as_raw_utf8() -> None:
    assert text_of("Zürich \U0001f600".encode()) == "Zürich \U0001f600"


@given(st.binary(max_size=80))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    exchange = Exchange()
    exchange.feed(data)
    text_of(data)
    found = json_object(data)
    assert found is None or json.loads(json.dumps(found)) == found
