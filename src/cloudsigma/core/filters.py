"""Filters of lists, spelled as the API reads them.

Parameters are ANDed, the comma-separated values of one are ORed. A comma that belongs to a value is written with a
backslash before it; a backslash before a comma is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidArgument

# A single backslash before another character stands for itself; only these are written otherwise.
_MEANT = re.compile(r"\\*,|\\{2,}")


def filter_params(filters: Mapping[str, Any]) -> dict[str, str]:
    """Return query parameters for filters such as ``name="web"``, ``status=["running", "paused"]``.

    A list, tuple or set means any of its values; None means that the filter is not given. Raises
    ``cloudsigma.errors.InvalidArgument`` for an empty list (which would match everything) and for other types.
    """
    params: dict[str, str] = {}
    for name, value in filters.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple, set, frozenset)):
            if not value:
                raise InvalidArgument(f"the filter {name} has no values, which nothing could match")
            params[name] = join(_spell(name, item) for item in value)
        else:
            params[name] = escape(_spell(name, value))
    return params


def escape(value: str) -> str:
    """Return a value in which commas and backslashes are taken literally."""
    return _MEANT.sub(lambda match: match[0].replace("\\", "\\\\").replace(",", "\\,"), value)


def join(values: Iterable[str]) -> str:
    """Return one parameter value that means any of ``values``."""
    joined = ""
    for index, value in enumerate(values):
        if index:
            # A value's own last backslash must not escape the comma that separates.
            single = joined.endswith("\\") and not joined.endswith("\\\\")
            joined += "\\," if single else ","
        joined += escape(value)
    return joined


def _spell(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping) and isinstance(value.get("uuid"), str):
        return str(value["uuid"])
    raise InvalidArgument(f"the filter {name} cannot be a {type(value).__name__}")
