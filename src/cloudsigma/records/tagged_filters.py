"""What lists of things that can be tagged are narrowed by."""

from __future__ import annotations

from collections.abc import Sequence

from .filters import NamedFilters
from .reference import Ref
from .tag import Tag


class TaggedFilters(NamedFilters, total=False):
    """Filters by name, identifier and tag; several must all hold, a sequence means any of its values."""

    tag: Ref[Tag] | Sequence[str]
    """A tag, by uuid."""


class OrderedFilters(TaggedFilters, total=False):
    """The same, for lists that can be sorted."""

    order_by: str
    """A field such as ``name`` or ``uuid``, with ``-`` in front for descending."""
