"""Values typed on the command line: JSON from three places, bytes with units, pairs, secrets from files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.cli.values import Bytes, Json, Pair, SecretFile

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def convert(kind: click.ParamType[Any], value: str) -> Any:
    return kind.convert(value, None, None)


@given(json_values)
def test_json_is_taken_as_it_is(value: Any) -> None:
    assert convert(Json(), json.dumps(value)) == value


def test_json_from_a_file_and_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "body.json"
    path.write_text('{"name": "ü"}', encoding="utf-8")
    assert convert(Json(), f"@{path}") == {"name": "ü"}
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    assert convert(Json(), "-") == [1]


def test_broken_json_is_refused_without_quoting_it() -> None:
    with pytest.raises(click.BadParameter) as caught:
        convert(Json(), '{"vnc_password": "s3cret", }')
    assert "not JSON" in caught.value.message
    assert "line 1" in caught.value.message
    assert "s3cret" not in caught.value.message


def test_a_missing_file_is_named() -> None:
    with pytest.raises(click.BadParameter, match=r"cannot read /nowhere/body\.json"):
        convert(Json(), "@/nowhere/body.json")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("1073741824", 1024**3),
        ("512M", 512 * 1024**2),
        ("20G", 20 * 1024**3),
        ("20GiB", 20 * 1024**3),
        ("1.5g", 1536 * 1024**2),
        ("2 TB", 2 * 1024**4),
        ("7B", 7),
    ],
)
def test_bytes(text: str, count: int) -> None:
    assert convert(Bytes(), text) == count


@pytest.mark.parametrize("text", ["", "G", "-1", "ten", "1X", "1GG", "0x10", "1e9", "nan"])
def test_not_bytes(text: str) -> None:
    with pytest.raises(click.BadParameter):
        convert(Bytes(), text)


@given(st.integers(0, 2**63))
def test_a_plain_number_of_bytes_is_exact(count: int) -> None:
    assert convert(Bytes(), str(count)) == count


def test_pairs() -> None:
    assert convert(Pair(), "key=a=b") == ("key", "a=b")
    assert convert(Pair(), "key=") == ("key", "")
    for text in ("key", "=value", ""):
        with pytest.raises(click.BadParameter):
            convert(Pair(), text)


def test_a_secret_is_the_first_line_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret \r\nmore\n", encoding="utf-8")
    assert convert(SecretFile(), str(path)) == "s3cret "
    monkeypatch.setattr("sys.stdin", io.StringIO("other\n"))
    assert convert(SecretFile(), "-") == "other"
