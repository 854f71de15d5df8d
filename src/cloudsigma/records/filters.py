"""What nearly every list can be narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class NamedFilters(TypedDict, total=False):
    """Filters by name and identifier; several must all hold, a sequence means any of its values."""

    name: str | Sequence[str]
    """Whole name, case included."""
    name__contains: str | Sequence[str]
    """Part of the name, case ignored."""
    uuid: str | Sequence[str]
    """Identifier; that of an IP is its address."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
