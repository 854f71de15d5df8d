"""What the tests of transfers on hard ways share: Ctrl-C at a given moment, memory, another host."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cloudsigma.ports import network
from cloudsigma_emulator import Emulator
from cloudsigma_emulator.domain import limits

from .conftest import MIB, image_of, options

PROMPT_SECONDS = 4.5
"""Ctrl-C takes far less; who waits for a worker that hears nothing takes five and more."""


@contextmanager
def ctrl_c(when: threading.Event) -> Iterator[None]:
    """Press Ctrl-C shortly after an event; expect that it ends the block, and soon."""
    over = threading.Event()
    pressed: list[float] = []
    main = threading.main_thread().ident
    assert main is not None

    def press() -> None:
        while not when.wait(0.05):
            if over.is_set():
                return
        if not over.wait(0.3):  # by then nothing moves any more
            pressed.append(time.monotonic())
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
        assert time.monotonic() - pressed[0] < PROMPT_SECONDS
    finally:
        over.set()
        thread.join()


@contextmanager
def trusting(path: Path | None) -> Iterator[None]:
    """Let the library trust the authorities of a file, or for None those of the system only."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    if path is not None:
        os.environ["SSL_CERT_FILE"] = str(path)
    network._tls_context = None
    try:
        yield
    finally:
        network._tls_context = None
        os.environ.pop("SSL_CERT_FILE", None)
        os.environ.update(before)


@pytest.fixture(scope="module")
def tls_cloud() -> Iterator[Emulator]:
    """A cloud of the module that speaks https; :func:`trusting` its ``ca_file`` is left to who uses it."""
    with Emulator(tls=True) as cloud:
        yield cloud


@pytest.fixture
def small_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a drive be as small as its image, so that a download takes no time."""
    monkeypatch.setattr(
        "cloudsigma_emulator.engine.drive_transitions.size_after_upload",
        lambda drive: limits.round_size(drive["size"]),
    )


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudsigma.core.retry.FIRST_PAUSE", 0.002)
    monkeypatch.setattr("cloudsigma.core.retry.LONGEST_PAUSE", 0.05)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the proxies of this machine."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def begins_with(target: Path, image: Path) -> bool:
    """Tell whether a file has the bytes of an image, and zeros behind them."""
    wanted, found = image.read_bytes(), target.read_bytes()
    return found[: len(wanted)] == wanted and not any(found[len(wanted) :])


GROWTH = """
import asyncio, json, sys
from cloudsigma import AsyncCloudSigma, CloudSigma

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

face, options, small, large, target = json.loads(sys.argv[1])

def blocking():
    with CloudSigma(**options) as cs:
        for image in small, large:
            drive = cs.drives.upload(image, chunk_size=4 << 20)
            up = peak()
            cs.drives.download(drive, target, chunk_size=4 << 20)
            yield up, peak()

async def awaited():
    async with AsyncCloudSigma(**options) as cs:
        told = []
        for image in small, large:
            drive = await cs.drives.upload(image, chunk_size=4 << 20)
            up = peak()
            await cs.drives.download(drive, target, chunk_size=4 << 20)
            told.append((up, peak()))
        return told

(_, before), (up, down) = list(blocking()) if face == "blocking" else asyncio.run(awaited())
print(json.dumps([up - before, down - before]))
"""


def growth(face: str, cloud: Emulator, folder: Path) -> tuple[float, float]:
    """Return by how many MiB the peak memory grows when 64 MiB are uploaded and downloaded after 4 MiB were."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell the peak memory of a process")
    small = image_of(folder, 4 * MIB, name="small.raw")
    large = image_of(folder, 64 * MIB, name="large.raw")
    target = folder / "target.raw"
    given = [face, options(cloud), str(small), str(large), str(target)]
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, json.dumps(given)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert begins_with(target, large)
    up, down = json.loads(done.stdout)
    return up, down


class OtherHost:
    """A host that is not the cloud's, with the bytes of an image; it notes what it is asked, and with which headers."""

    def __init__(self, content: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.seen.append({name.lower(): value for name, value in self.headers.items()})
                span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                assert span is not None
                begin, end = int(span[1]), int(span[2]) + 1
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(content)}")
                self.send_header("Content-Length", str(end - begin))
                self.end_headers()
                self.wfile.write(content[begin:end])

            def do_POST(self) -> None:
                outer.seen.append({name.lower(): value for name, value in self.headers.items()})
                self.send_error(500)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        # Another name of this machine, so that it is another host.
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/bytes/of/the/image"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> OtherHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def answers_changed(cloud: Emulator, change: Any) -> Iterator[None]:
    """Let ``change(request, response)`` see, and change, what the cloud answers."""
    app = cloud.app
    inner = app.handle

    def handle(request: Any, **more: Any) -> Any:
        response = inner(request, **more)
        change(request, response)
        return response

    app.handle = handle  # type: ignore[method-assign]
    try:
        yield
    finally:
        del app.handle  # type: ignore[attr-defined]
