"""The other side of a guest's serial line, on a pseudo-terminal: a small host of its own for the tests."""

from __future__ import annotations

import json
import os
import re
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable
from typing import Any

FRAME = re.compile(rb"<\r?\n([^\r\n<>]*)\r?\n>")


def payload_at(document: Any, path: str) -> bytes:
    """Return what the cloud answers for a path of the document."""
    for key in path.split("/"):
        if key and isinstance(document, dict):
            document = document.get(key)
        elif key and isinstance(document, list):
            document = document[int(key)] if key.isdecimal() and int(key) < len(document) else None
        elif key:
            document = None
    if document is None:
        return b""
    if isinstance(document, str):
        return json.dumps(document)[1:-1].replace('\\"', '"').encode()
    return json.dumps(document, separators=(",", ":")).encode()


class Host:
    """Answers requests on ``port`` in a thread until it is closed.

    ``answer`` gets the path and returns the pieces to write, each followed by ``pause`` seconds.
    """

    def __init__(self, answer: Callable[[str], Iterable[bytes]], pause: float = 0.0) -> None:
        self.answer = answer
        self.pause = pause
        self.requests: list[bytes] = []
        self.writing = threading.RLock()
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._ended, b"x")
        self._thread.join()
        for descriptor in (self.master, self.slave, self._end, self._ended):
            os.close(descriptor)

    def write(self, data: bytes) -> None:
        """Send all of it, or stop when the host is being closed while nobody reads."""
        while data:
            ready, writable, _ = select.select([self._end], [self.master], [])
            if ready:
                return
            if writable:
                data = data[os.write(self.master, data[:4096]) :]

    def _serve(self) -> None:
        buffer = b""
        while True:
            ready = select.select([self.master, self._end], [], [])[0]
            if self._end in ready:
                return
            buffer += os.read(self.master, 65536)
            while match := FRAME.search(buffer):
                self.requests.append(match[0])
                buffer = buffer[match.end() :]
                with self.writing:
                    for piece in self.answer(match[1].decode()):
                        self.write(piece)
                        if self.pause:
                            time.sleep(self.pause)


def host_of(document: Any) -> Host:
    """Return a host that serves the document as the cloud would."""
    return Host(lambda path: [payload_at(document, path) + b"\n\x04"])
