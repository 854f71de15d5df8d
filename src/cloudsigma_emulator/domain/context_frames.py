"""Finding the requests in what a guest writes to its serial port.

A request is ``<``, a line end, the path, a line end, ``>``; line ends are LF or CR LF. It arrives in pieces.
Bytes outside a request are ignored (guests in cooked mode echo the answers back), and a new ``<`` begins anew.
"""

from __future__ import annotations

MAX_PATH = 4096
"""Longest path, in bytes; more is noise and the request is dropped."""

_LT, _GT, _LF, _CR = b"<>\n\r"


class FrameReader:
    """Takes the bytes of one serial line as they come and gives the paths that they ask for."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None

    def feed(self, data: bytes) -> list[str]:
        """Take more bytes; return the paths of the requests that they complete."""
        paths: list[str] = []
        for byte in data:
            if byte == _LT:
                self._frame = bytearray()
            elif self._frame is not None:
                self._frame.append(byte)
                path = self._completed() if byte == _GT else None
                if path is not None:
                    paths.append(path)
                    self._frame = None
                elif not self._plausible():
                    self._frame = None
        return paths

    def _completed(self) -> str | None:
        """Return the path when the frame so far is a whole request."""
        body = bytes(self._frame or b"")[:-1]
        body = body.removeprefix(b"\r")
        if not body.startswith(b"\n"):
            return None
        lines = body[1:].replace(b"\r\n", b"\n").split(b"\n")
        if len(lines) != 2 or lines[1]:
            return None
        return lines[0].decode("utf-8", "replace")

    def _plausible(self) -> bool:
        """Tell whether more bytes can still make the frame a request."""
        frame = self._frame or b""
        if len(frame) > MAX_PATH:
            return False
        if frame[:1] == b"\n":
            start = 1
        elif frame[:2] == b"\r\n":
            start = 2
        else:
            return frame in (b"", b"\r")
        path_end = frame.find(b"\n", start)
        # Only ">" may follow the line end after the path, and that completes the request.
        return path_end == -1 or path_end == len(frame) - 1
