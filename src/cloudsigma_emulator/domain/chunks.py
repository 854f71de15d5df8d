"""The chunk arithmetic of both chunked upload protocols.

A file of ``size`` bytes has ``size // chunk_size`` chunks, at least one; the last one takes the rest as well
and so may be nearly twice as long as the others.
"""

from __future__ import annotations

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


def covers(size: int, stored: list[Span]) -> bool:
    """Tell whether stored chunks cover the whole file."""
    reached = 0
    for span in sorted(stored):
        if span.offset > reached:
            return False
        reached = max(reached, span.offset + span.length)
    return reached >= size
