"""Filters as they were given: that there are such, and times as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..records.values import from_datetime


def with_times(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return filters or a body with every datetime and date as the text that the API takes."""
    return {
        name: from_datetime(value) if isinstance(value, date) else value for name, value in fields.items()
    }


def known(filters: Mapping[str, Any], declared: Any, what: str) -> dict[str, Any]:
    """Return the filters that are given, without those that are None.

    ``declared`` is the TypedDict that names them, ``what`` is what they are for. Raises ``TypeError`` for another.
    """
    names = declared.__annotations__
    for name in filters:
        if name not in names:
            raise TypeError(
                f"{what} cannot be filtered by {name!r}; what can be given is: {', '.join(sorted(names))}"
            )
    return {name: value for name, value in filters.items() if value is not None}
