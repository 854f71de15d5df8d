"""Filters say exactly what they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.core.filters import filter_params
from cloudsigma.errors import InvalidArgument


def read(text: str) -> list[str]:
    """Read a parameter as the API does: commas separate, ``\\,`` is one of the value, ``\\\\`` a backslash."""
    values, current, escaped = [], "", False
    for position, letter in enumerate(text):
        if escaped:
            current, escaped = current + letter, False
        elif letter == "\\" and text[position + 1 : position + 2] in (",", "\\"):
            escaped = True
        elif letter == ",":
            values.append(current)
            current = ""
        else:
            current += letter
    return [*values, current]


AWKWARD = st.text(alphabet=st.sampled_from("ab,\\ é%&"), max_size=8)


@given(AWKWARD | st.text())
def test_a_value_is_taken_literally(value: str) -> None:
    assert read(filter_params({"name": value})["name"]) == [value]


@given(st.lists(AWKWARD | st.text(), min_size=1, max_size=4))
def test_a_list_means_any_of_its_values(values: list[str]) -> None:
    assert read(filter_params({"name": values})["name"]) == values


def test_the_documentation_s_example() -> None:
    assert filter_params({"name": ["a,b\\", "c"]}) == {"name": r"a\,b\\,c"}


def test_other_types_are_spelled_as_the_api_spells_them() -> None:
    found = filter_params({"a": True, "b": False, "c": 64, "d": None, "drive": {"uuid": "x"}, "e": (1, 2)})
    assert found == {"a": "true", "b": "false", "c": "64", "drive": "x", "e": "1,2"}


@pytest.mark.parametrize("value", [[], (), set(), object(), b"x", {"name": "x"}])
def test_what_cannot_be_a_filter_is_refused_and_named(value: object) -> None:
    with pytest.raises(InvalidArgument, match="filter name"):
        filter_params({"name": value})
