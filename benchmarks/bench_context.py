"""Reading the server context: the library against a bare loop of reads on the same device, and cepko against it too.

The other side is a process that answers on a pseudo-terminal at once, so that only the reader's own cost is seen.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudsigma.guest import ServerContext

SIZES = {"1 KiB": 1 << 10, "64 KiB": 1 << 16, "256 KiB": 1 << 18}
ROUNDS = 45

ANSWERER = """
import os, sys
master, data, buffer = int(sys.argv[1]), sys.stdin.buffer.read(), b""
while True:
    buffer += os.read(master, 65536)
    while b"<\\n\\n>" in buffer:
        buffer = buffer.split(b"<\\n\\n>", 1)[1]
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(master, rest):]
"""

# cepko 1.0.1 is of Python 2, where text and bytes were one; its port converts, the rest is as published.
CEPKO = """
import sys, time, serial
class Serial(serial.Serial):
    def write(self, data): return super().write(data.encode())
    def readline(self): return super().readline().decode()
serial.Serial = Serial
import cepko
cepko.SERIAL_PORT = sys.argv[1]
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    assert cepko.Cepko().all().result["meta"]
    print(time.perf_counter() - began)
"""


@contextmanager
def answered(size: int) -> Iterator[str]:
    """A device on which a context of about this size is answered."""
    data = json.dumps({"meta": {"key": "x" * (size - 20)}}, separators=(",", ":")).encode() + b"\n\x04"
    master, slave = os.openpty()
    tty.setraw(slave)
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERER, str(master)], stdin=subprocess.PIPE, pass_fds=[master]
    )
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.close()
    try:
        yield os.ttyname(slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def bare(path: str) -> object:
    """What nobody can do without: open, raw mode, ask, read to the end, decode."""
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(handle, termios.TCSANOW)
        os.write(handle, b"<\n\n>")
        data = b""
        while not data.endswith(b"\x04"):
            data += os.read(handle, 65536)
    finally:
        os.close(handle)
    return json.loads(data[:-2])


def medians(*readers: Callable[[], object]) -> list[float]:
    """Return the middle time of each, taken in turns, so that a busy moment hits all alike."""
    taken: list[list[float]] = [[] for _ in readers]
    for _ in range(ROUNDS):
        for read, times in zip(readers, taken, strict=True):
            began = time.perf_counter()
            read()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def cepko_python() -> Path:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.foreign.venvs import python_with

    return python_with("cepko", "cepko==1.0.1", "pyserial==3.5")


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield what was measured, the figure and its target."""
    python = cepko_python()
    for name, size in SIZES.items():
        with answered(size) as path:
            context = ServerContext(port=path)
            context.get()
            loop, ours = medians(lambda path=path: bare(path), context.get)  # type: ignore[misc]
            said = subprocess.run(
                [python, "-c", CEPKO, path, str(9 if size <= 1 << 10 else 3)],
                capture_output=True, text=True, check=True, timeout=300,
            ).stdout  # fmt: skip
            theirs = statistics.median(float(line) for line in said.split())
            yield (
                f"read a context of {name}, against a bare read loop",
                ours / loop,
                "<= 2.0x",
            )
            yield (
                f"read a context of {name}, against cepko 1.0.1",
                ours / theirs,
                "<= 1.0x",
            )
            yield f"read a context of {name}", ours * 1000, "<= 1000ms"
