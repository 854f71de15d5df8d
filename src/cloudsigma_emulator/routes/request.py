"""A request and its answer, as the app knows them: no socket, no server library."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..domain.faults import Fault
from .route import BodyStream, FileRange


@dataclass(slots=True)
class Request:
    """What came in. ``path`` is the raw, percent-encoded path; header names are lower-case.

    ``body`` holds the bytes of an ordinary request; binary routes read ``stream`` instead (and get one made of
    ``body`` when there is none).
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: BodyStream | None = None


@dataclass(slots=True)
class Response:
    """What goes out. With ``file`` the body comes from an image. ``fault``: what the face has to spoil.

    ``wake``: tasks were made or dropped; the engine is to be woken when the answer is out.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    file: FileRange | None = None
    fault: Fault | None = None
    wake: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class BytesStream:
    """A body that is there already, read as a stream."""

    def __init__(self, data: bytes) -> None:
        self.length: int | None = len(data)
        self._rest = memoryview(data)

    def read(self, size: int = 1 << 18) -> bytes:
        """Return up to ``size`` bytes, b"" at the end."""
        piece = bytes(self._rest[:size])
        self._rest = self._rest[size:]
        return piece
