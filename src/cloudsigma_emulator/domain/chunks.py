"""The chunk arithmetic of both chunked upload protocols.

A file of ``size`` bytes has ``size // chunk_size`` chunks, at least one; the last one takes the rest as well
and so may be nearly twice as long as the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .refusal import Refusal


class Span(NamedTuple):
    """The place of a chunk in the image, in bytes."""

    offset: int
    length: int


def chunk_count(size: int, chunk_size: int) -> int:
    """Return how many chunks of a nominal size a file has."""
    return max(1, size // chunk_size)


def chunk_span(size: int, chunk_size: int, index: int) -> Span:
    """Return where a chunk lies.

    :param size: length of the whole file in bytes.
    :param chunk_size: nominal chunk length in bytes.
    :param index: which chunk, counted from 0.
    :raises Refusal: 400 when the numbers name no chunk of the file.
    """
    if chunk_size < 1:
        raise Refusal.validation("chunk_size must be a positive number of bytes", "chunk_size")
    count = chunk_count(size, chunk_size)
    if not 0 <= index < count:
        raise Refusal.validation(
            f"chunk_number {index} is not a chunk of this upload, which has {count} of them", "chunk_number"
        )
    offset = index * chunk_size
    return Span(offset, size - offset if index == count - 1 else chunk_size)


def with_span(stored: Iterable[Sequence[int]], span: Span) -> list[list[int]]:
    """Return the stored stretches ``[offset, length]`` with one more, joined where they touch."""
    stretches = sorted([*(Span(*stretch) for stretch in stored), span])
    joined: list[list[int]] = []
    for offset, length in stretches:
        if joined and offset <= sum(joined[-1]):
            joined[-1][1] = max(sum(joined[-1]), offset + length) - joined[-1][0]
        else:
            joined.append([offset, length])
    return joined


def covers(stored: Iterable[Sequence[int]], span: Span) -> bool:
    """Tell whether one of the stored stretches holds the whole span."""
    return any(
        offset <= span.offset and span.offset + span.length <= offset + length for offset, length in stored
    )
