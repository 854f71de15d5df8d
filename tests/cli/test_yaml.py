"""YAML that any reader of YAML 1.1 or 1.2 takes as what it was; read back here by the rules that the writer relies on."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.cli.yaml import lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def scalar(text: str) -> Any:
    if text in ("[]", "{}") or text[0] in '"-0123456789' or text in ("null", "true", "false"):
        return json.loads(re.sub(r"\\x(..)", r"\\u00\1", text))
    assert re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_/@+. -]*", text)
    return text


def split_entry(line: str) -> tuple[str, str] | None:
    """Key and rest of a line of a mapping, None for any other line."""
    match = re.match(r'("(?:[^"\\]|\\.)*"|[A-Za-z_/][^:"]*):(?: (.*))?$', line)
    return (match[1], match[2] or "") if match else None


def parse(block: list[str]) -> Any:
    if block[0].startswith("- "):
        items: list[list[str]] = []
        for line in block:
            if line.startswith("- "):
                items.append([line[2:]])
            else:
                items[-1].append(line[2:])
        return [parse(item) for item in items]
    if split_entry(block[0]) is None:
        assert len(block) == 1
        return scalar(block[0])
    result: dict[str, Any] = {}
    below: list[str] = []
    for line in reversed(block):
        if line.startswith("  "):
            below.insert(0, line[2:])
            continue
        entry = split_entry(line)
        assert entry is not None
        result[scalar(entry[0])] = scalar(entry[1]) if entry[1] else parse(below)
        below = []
    return dict(reversed(result.items()))


@given(VALUES)
def test_every_value_can_be_read_back(value: Any) -> None:
    written = list(lines(value))
    assert all(
        ("\n" not in line and line.isprintable()) or "\\" in line or not line.isascii() for line in written
    )
    assert parse(written) == value


@pytest.mark.parametrize(
    "word",
    ["yes", "No", "on", "null", "~", "1", "1.5", "0x1f", "", " a", "a: b", "- a", "#", "2026-11-24", "y"],
)
def test_words_with_a_meaning_are_quoted(word: str) -> None:
    assert list(lines(word)) == [json.dumps(word)]
