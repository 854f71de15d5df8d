"""One page of a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Objects of a list from ``offset`` on, and how many there are in all."""

    objects: list[T]
    """The objects of this page."""
    offset: int
    """Number of the first one, from 0."""
    limit: int
    """How many were asked for; 0 means all."""
    total_count: int
    """How many match, on all pages, as the cloud counts them."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.objects)

    def __len__(self) -> int:
        return len(self.objects)
