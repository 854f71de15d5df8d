"""The server-context protocol as bytes in and bytes out, without a device.

A request is ``<`` LF path LF ``>``. The answer is one line of payload, LF, EOT; neither byte occurs in a payload, and
nothing follows EOT until the next request. What a terminal in its default mode or an earlier reader adds to this
(an echo of the request, CR before LF, the rest of an older answer) is recognised and left out.
"""

from __future__ import annotations

import json
import re
from typing import Any

EOT = b"\x04"

# A root answer with noise in front of it on the same line is looked for at each "{" of the line, at most this often.
_MOST_STARTS = 64


def request_bytes(path: str = "") -> bytes:
    """Return the bytes that ask for ``path``; the empty path asks for the whole context.

    Raises ``ValueError`` for a path that would break the frame (one with control characters, ``<`` or ``>``) or that
    is no proper text.
    """
    if any(character in "<>" or ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        raise ValueError(f"a context path holds no control characters, '<' or '>', as {path!a} does")
    try:
        return b"<\n" + path.encode() + b"\n>"
    except UnicodeEncodeError:
        raise ValueError(f"a context path is a text, and {path!a} holds bytes that are none") from None


_EMPTY_ECHO = re.compile(rb"<\r*\n\r*\n>")


class Exchange:
    """One request and the answer to it, however the bytes of the answer are cut.

    ``request`` are the bytes to send. ``feed`` takes what was received. For the whole context (an empty path) only
    a JSON object counts as answer; for a path any payload does. ``ends`` counts the ends of answers that were seen,
    whether the answers counted or not.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.request = request_bytes(path)
        self.payload: bytes | None = None
        self.document: dict[str, Any] | None = None
        self.refused = False
        self.ends = 0
        self._rest = bytearray()
        self._echo = re.compile(rb"<\r*\n" + re.escape(path.encode()) + rb"\r*\n>") if path else _EMPTY_ECHO

    def feed(self, data: bytes) -> bool:
        """Take received bytes; return True when an answer is complete and nothing follows it.

        Of several answers the last one counts: those before it were left over from earlier requests.
        """
        seen = len(self._rest)
        self._rest += data
        start = 0
        while (end := self._rest.find(EOT, max(start, seen))) >= 0:
            self._end_of_answer(bytes(self._rest[start:end]))
            self.ends += 1
            start = end + 1
        if start:
            del self._rest[:start]
        return self.payload is not None and not self._rest

    @property
    def silent(self) -> bool:
        """True as long as not a single byte was received."""
        return self.payload is None and not self.refused and not self._rest

    def _end_of_answer(self, frame: bytes) -> None:
        if not frame.endswith(b"\n"):
            # The end of an answer whose line an earlier reader took, or noise.
            self.refused = self.refused or bool(frame)
            return
        body = frame[:-1].rstrip(b"\r")
        for echo in self._echo.finditer(body):
            body = frame[echo.end() : -1].rstrip(b"\r")
        line = body.rpartition(b"\n")[2]
        if self.path:
            self.payload = line
            return
        found = _object_in(line)
        if found is None:
            self.refused = True
        else:
            start, self.document = found
            self.payload = line[start:]


def json_object(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object that ends the line, or None; bytes before it are noise."""
    found = _object_in(line)
    return found[1] if found else None


def _object_in(line: bytes) -> tuple[int, dict[str, Any]] | None:
    start = line.find(b"{")
    for _ in range(_MOST_STARTS):
        if start < 0:
            return None
        try:
            value = json.loads(line[start:])
        except (ValueError, RecursionError):
            start = line.find(b"{", start + 1)
            continue
        return (start, value) if isinstance(value, dict) else None
    return None


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", '"': '"', "/": "/"}


def text_of(payload: bytes) -> str:
    """Return the text of a string's payload, with its backslash escapes undone."""
    text = payload.decode("utf-8", "replace")
    if "\\" not in text:
        return text
    text = _ESCAPE.sub(_unescaped, text)
    # Characters beyond U+FFFF come as two escapes.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _PLAIN.get(match[2], match[0])


def json_value(payload: bytes) -> tuple[bool, Any]:
    """Return whether the payload reads as JSON, and its value."""
    try:
        return True, json.loads(payload)
    except (ValueError, RecursionError):
        return False, None
