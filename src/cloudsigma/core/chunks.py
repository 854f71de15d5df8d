"""How an image is cut into the chunks of an upload: arithmetic only, the same for both chunked protocols.

An image of ``size`` bytes has ``size // chunk_size`` chunks, at least one. All have ``chunk_size`` bytes but the last,
which takes what is left over as well and so may be nearly twice as long. The protocols differ in the first number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from ..errors import InvalidArgument

FIRST_BY_LINK = 0
"""The number of the first chunk where each chunk is sent to a link of its own (``do=upload_chunk``)."""

FIRST_RESUMABLE = 1
"""The number of the first chunk in the protocol of resumable.js (``/drives/{uuid}/upload/``)."""

SLOWEST_BYTES_PER_SECOND = 16 * 1024


class Chunk(NamedTuple):
    """A stretch of an image: its number in the protocol, where it begins and how long it is, in bytes."""

    number: int
    offset: int
    length: int


@dataclass(frozen=True)
class ChunkPlan(Sequence[Chunk]):
    """All chunks of an image, in order, made when they are asked for.

    Arguments: ``size`` of the image and ``chunk_size`` in bytes; ``first``, the number of the first chunk. Raises
    ``cloudsigma.errors.InvalidArgument`` for sizes that make no sense.
    """

    size: int
    chunk_size: int
    first: int = FIRST_BY_LINK

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InvalidArgument("the image is empty")
        if self.chunk_size < 1:
            raise InvalidArgument(f"chunk_size is {self.chunk_size}; it must be 1 byte or more")

    def __len__(self) -> int:
        return max(1, self.size // self.chunk_size)

    @overload
    def __getitem__(self, index: int) -> Chunk: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Chunk]: ...
    def __getitem__(self, index: int | slice) -> Chunk | Sequence[Chunk]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        place = range(len(self))[index]
        offset = place * self.chunk_size
        length = self.size - offset if place == len(self) - 1 else self.chunk_size
        return Chunk(self.first + place, offset, length)

    def numbered(self, number: int) -> Chunk:
        """Return the chunk with a number of the protocol.

        Raises ``cloudsigma.errors.InvalidArgument`` when there is none.
        """
        if not self.first <= number < self.first + len(self):
            raise InvalidArgument(f"chunk {number} of {len(self)}, counted from {self.first}, does not exist")
        return self[number - self.first]


def chunk_seconds(length: int, timeout: float | None) -> float | None:
    """Return the seconds that sending ``length`` bytes may take, when a small request may take ``timeout``."""
    return None if timeout is None else timeout + length / SLOWEST_BYTES_PER_SECOND
