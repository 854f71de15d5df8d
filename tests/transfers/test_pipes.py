"""Uploads from pipes: named ones, those of other programs, and standard input; also such as stand still."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import pytest

from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Call, content, image_of
from .hard_ways import PROMPT_SECONDS, ctrl_c
from .hard_ways import small_drives as small_drives

pytestmark = [
    pytest.mark.usefixtures("small_drives"),
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes"),
]

Verbs = Callable[[str], Call]
PROTOCOLS = ["direct", "link", "resumable"]


@pytest.fixture
def command(cloud: Emulator) -> list[str]:
    return [sys.executable, "-m", "cloudsigma", "--config", str(cloud.config_path), "drives", "upload", "-"]


def write_later(path: Path, pieces: list[bytes]) -> threading.Thread:
    """Write to a named pipe piece by piece, as who reads has taken the ones before."""

    def write() -> None:
        with path.open("wb", buffering=0) as pipe:
            for piece in pieces:
                pipe.write(piece)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_named_pipe(drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str) -> None:
    raw = image_of(tmp_path, 3 * MIB + 5).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = write_later(pipe, [raw[begin : begin + 70_001] for begin in range(0, len(raw), 70_001)])
    drive = drives("upload")(pipe, size=len(raw), protocol=protocol, chunk_size=MIB)
    writer.join()
    assert content(cloud, drive, len(raw)) == raw
    assert sorted(each.name for each in tmp_path.iterdir()) == ["image.raw", "pipe"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_was_read_before_is_not_lost(
    drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str
) -> None:
    """A caller may have read the head of a stream, and with it more than he asked for."""
    raw = image_of(tmp_path, MIB + 5).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = write_later(pipe, [raw])
    with pipe.open("rb") as stream:
        head = stream.read(5)
        drive = drives("upload")(stream, size=MIB, protocol=protocol, name="rest", chunk_size=256 * KIB)
        assert not stream.closed
    writer.join()
    assert head + content(cloud, drive, MIB) == raw


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_standard_input(command: list[str], cloud: Emulator, tmp_path: Path, protocol: str) -> None:
    image = image_of(tmp_path, 3 * MIB)
    with subprocess.Popen(["cat", str(image)], stdout=subprocess.PIPE) as source:
        done = subprocess.run(
            [
                *command,
                "--size",
                "3M",
                "--name",
                "piped",
                "--protocol",
                protocol,
                "--chunk-size",
                "1M",
                "-o",
                "json",
            ],
            stdin=source.stdout,
            capture_output=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    assert content(cloud, json.loads(done.stdout), 3 * MIB) == image.read_bytes()


@pytest.mark.parametrize("there", [MIB - 1, MIB + 1])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_standard_input_of_another_size(command: list[str], there: int, protocol: str) -> None:
    done = subprocess.run(
        [*command, "--size", "1M", "--protocol", protocol],
        input=bytes(there),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert b"ended after 1048575" in done.stderr or b"more than the 1048576" in done.stderr


@contextmanager
def standing_still() -> Iterator[tuple[IO[bytes], threading.Event]]:
    """Give a pipe that is full and gets no more, and an event for when some of it was read."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4 * KIB))
    taken, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            if select.select([], [writer], [], 0.01)[1]:
                taken.set()
                break
        over.wait(20)  # then who waits for more is let go, so that a test fails instead of hanging
        os.close(writer)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        with os.fdopen(reader, "rb") as stream:
            yield stream, taken
            over.set()
    finally:
        over.set()
        thread.join()


class TestCtrlC:
    """It ends an upload also while nothing comes."""

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_of_a_pipe(self, drives: Verbs, cloud: Emulator, protocol: str) -> None:
        with standing_still() as (stream, taken), ctrl_c(taken):
            drives("upload")(stream, size=8 * MIB, protocol=protocol, name="x", chunk_size=MIB)

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_of_a_named_pipe_that_nobody_writes_to(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        begun, over = threading.Event(), threading.Event()

        def let_go() -> None:
            begun.set()
            if not over.wait(20):
                os.close(os.open(pipe, os.O_WRONLY))

        thread = threading.Thread(target=let_go)
        thread.start()
        try:
            with ctrl_c(begun):
                drives("upload")(pipe, size=8 * MIB, protocol=protocol, chunk_size=MIB)
        finally:
            over.set()
            thread.join()

    @pytest.mark.parametrize("protocol", PROTOCOLS)
    def test_of_standard_input(self, command: list[str], cloud: Emulator, protocol: str) -> None:
        words = [*command, "--size", "8M", "--protocol", protocol, "--chunk-size", "1M"]
        with standing_still() as (stream, taken):
            process = subprocess.Popen(words, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert taken.wait(30)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=30)
            assert time.monotonic() - began < PROMPT_SECONDS
        assert process.returncode == 130
        assert b"nothing of it is kept" in told
        assert b"Fatal" not in told


def test_a_stream_of_text_is_refused(drives: Verbs, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("x" * 1000)
    source: Any
    with path.open() as source, pytest.raises(TypeError, match="binary"):
        drives("upload")(source, size=1000, name="x")
