"""Reading ``multipart/form-data`` (RFC 7578) piece by piece, so that a big file never has to be in memory.

Every part has a name; whether it has a file name too makes no difference: the old library gives one to all.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .refusal import Refusal

MOST_HEADER = 16 << 10
MOST_PREAMBLE = 64 << 10

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'name="((?:[^"\\]|\\.)*)"|name=([^;\s]+)', re.IGNORECASE)

Take = Callable[[str, bytes], None]
"""Gets the name of a part and some more bytes of it; called at least once for each part."""


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a Content-Type names. Refuses with 400 what is not a multipart form."""
    match = _BOUNDARY.search(content_type)
    if not content_type.strip().lower().startswith("multipart/form-data") or match is None:
        raise Refusal.validation("The body must be multipart/form-data with a boundary")
    return (match[1] or match[2]).encode("latin-1", "replace")


class MultipartReader:
    """Takes a body as it comes and hands on the bytes of its parts.

    :param boundary: from the Content-Type.
    :param take: gets the bytes.
    """

    def __init__(self, boundary: bytes, take: Take) -> None:
        self._mark = b"\r\n--" + boundary
        self._take = take
        # The first boundary has no line end before it; this one stands for it.
        self._buffer = bytearray(b"\r\n")
        self._state: Callable[[], bool] = self._preamble
        self._name = ""
        self.ended = False
        """The closing boundary was there."""

    def feed(self, data: bytes | memoryview) -> None:
        """Take more of the body. Refuses with 400 what is not a multipart form."""
        if self.ended:
            return
        self._buffer += data
        while self._state():
            pass

    def _preamble(self) -> bool:
        start = self._buffer.find(self._mark)
        if start < 0:
            if len(self._buffer) > MOST_PREAMBLE:
                raise Refusal.validation("The multipart body does not begin with its boundary")
            return False
        del self._buffer[: start + len(self._mark)]
        self._state = self._after_mark
        return True

    def _after_mark(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer.startswith(b"--"):
            self.ended = True
            self._buffer.clear()
            return False
        end = self._buffer.find(b"\r\n")
        if end < 0 and len(self._buffer) <= MOST_HEADER:
            return False
        if end < 0 or bytes(self._buffer[:end]).strip(b" \t"):
            raise Refusal.validation("A boundary of the multipart body is followed by something else")
        del self._buffer[:end]  # the line end stays: a part without headers begins with two of them
        self._state = self._headers
        return True

    def _headers(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MOST_HEADER:
                raise Refusal.validation("A part of the multipart body has too long a header")
            return False
        match = _NAME.search(self._disposition(bytes(self._buffer[:end])))
        if match is None:
            raise Refusal.validation("A part of the multipart body has no name")
        self._name = (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")
        del self._buffer[: end + 4]
        self._take(self._name, b"")
        self._state = self._content
        return True

    @staticmethod
    def _disposition(headers: bytes) -> bytes:
        for line in headers.split(b"\r\n"):
            key, _, value = line.partition(b":")
            if key.strip().lower() == b"content-disposition":
                # "filename" ends in "name" too.
                return re.sub(rb'filename\*?=("(?:[^"\\]|\\.)*"|[^;]*)', b"", value, flags=re.IGNORECASE)
        return b""

    def _content(self) -> bool:
        end = self._buffer.find(self._mark)
        if end >= 0:
            if end:
                self._take(self._name, bytes(self._buffer[:end]))
            del self._buffer[: end + len(self._mark)]
            self._state = self._after_mark
            return True
        safe = len(self._buffer) - len(self._mark) + 1
        if safe > 0:
            self._take(self._name, bytes(self._buffer[:safe]))
            del self._buffer[:safe]
        return False
