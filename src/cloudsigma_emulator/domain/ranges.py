"""Comparisons in a query: ``time__gt=2024-04-01``, ``billing_cycle__lte=7``, and the old ``poll_time_gt``."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .periods import parse_time
from .refusal import Refusal

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


@dataclass(frozen=True)
class Comparison:
    """One bound: the field, how it compares, and with what."""

    field: str
    lookup: str
    value: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies within."""
        return _OPERATORS[self.lookup](value, self.value)


def seconds(text: str, point: str) -> float:
    """Read a date (its midnight) or a time, UTC, as seconds since 1970."""
    return parse_time(text, point).timestamp()


def whole(text: str, point: str) -> float:
    """Read a whole number."""
    try:
        return int(text) if len(text) < 18 else float(text)
    except ValueError:
        raise Refusal.validation(f"{point} must be a whole number", point) from None


def comparisons(
    query: Iterable[tuple[str, str]], known: dict[str, Callable[[str, str], float]], *, loose: bool = False
) -> list[Comparison]:
    """Return the bounds in a query; parameters about other things are left out.

    :param known: the fields that can be compared, and how their values are read.
    :param loose: one underscore before the lookup will do.
    """
    found = []
    for name, text in query:
        for field, read in known.items():
            if not name.startswith(field):
                continue
            rest = name[len(field) :]
            lookup = rest.removeprefix("__")
            if lookup == rest and rest:
                lookup = rest.removeprefix("_") if loose else "?"
            if lookup in _OPERATORS:
                found.append(Comparison(field, lookup, read(text, name)))
                break
    return found


def narrowed(which: range, bounds: Iterable[Comparison], value_at: Callable[[int], float]) -> range:
    """Return the part of a range whose values, which rise with the numbers, satisfy every bound."""
    for bound in bounds:
        if bound.lookup in ("gt", "gte"):
            below = _first(which, lambda number, bound=bound: bound.holds(value_at(number)))  # type: ignore[misc]
            which = range(below, which.stop)
        elif bound.lookup in ("lt", "lte"):
            above = _first(which, lambda number, bound=bound: not bound.holds(value_at(number)))  # type: ignore[misc]
            which = range(which.start, above)
        else:
            place = _first(which, lambda number, bound=bound: value_at(number) >= bound.value)  # type: ignore[misc]
            hit = place < which.stop and value_at(place) == bound.value
            which = range(place, place + 1) if hit else range(place, place)
    return which


def _first(which: range, test: Callable[[int], bool]) -> int:
    """Return the first number of a range from which on a test holds, the range's end when it never does."""
    low, high = which.start, max(which.start, which.stop)
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low
