"""1 GiB up and down, against a raw socket at the same server, and the library that this one replaces.

The emulator runs in a process of its own; images lie in memory where the system has such a folder, so that the disk is
not what is measured. Each pair is measured in turn, five times, and the ratios are those of the best times; our client
has listed drives before, so that what Python takes to start is not in them. The old
library corrupts what it sends, so that only an emulator told to be lenient takes it; its file is smaller, and it has an
environment of its own.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudsigma import CloudSigma

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "foreign"))
from installed import environment
from venvs import python_with

GIB = 1024**3
MIB = 1024**2
ROUNDS = 5
TLS_ROUNDS = 3
FACES = {"blocking": "", "awaited": "awaited "}
"""How the calls are made, and the word for it in the table."""

SIZE = int(os.environ.get("BENCH_TRANSFER_BYTES", GIB))
OLD_SIZE = 64 * MIB
OLD_LIBRARY = "cloudsigma==2.0.0"
CLOUD = """
import json, sys
from cloudsigma_emulator import Emulator
kind = sys.argv[2]
with Emulator(data=sys.argv[1], lenient_uploads=kind == "lenient", tls=kind == "tls") as cloud:
    names = ("api_endpoint", "ws_endpoint", "username", "password")
    print(json.dumps({name: getattr(cloud, name) for name in names}), flush=True)
    print(cloud.ca_file, flush=True)
    sys.stdin.read()
"""
PEAK = """
import asyncio, json, resource, sys, time
from pathlib import Path
from cloudsigma import AsyncCloudSigma, CloudSigma
def blocking(options, verb, words):
    with CloudSigma(**options) as cs:
        cs.drives.list()
        began = time.perf_counter()
        drive = getattr(cs.drives, verb)(*words)
        return drive, time.perf_counter() - began
async def awaited(options, verb, words):
    async with AsyncCloudSigma(**options) as cs:
        await cs.drives.list()
        began = time.perf_counter()
        drive = await getattr(cs.drives, verb)(*words)
        return drive, time.perf_counter() - began
given = json.loads(sys.argv[2]), sys.argv[3], sys.argv[4:]
drive, seconds = blocking(*given) if sys.argv[1] == "blocking" else asyncio.run(awaited(*given))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
status = Path("/proc/self/status")
if status.exists():  # what getrusage tells begins with the memory of the process that started this one
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
print(json.dumps([drive.uuid, seconds, peak]))
"""
OLD = """
import json, os, sys, time
from cloudsigma.resumable_upload import Upload
given = json.loads(sys.argv[1])
began = time.perf_counter()
upload = Upload(sys.argv[2], generic_client_kwargs={key: given[key] for key in ("api_endpoint", "username", "password")})
upload.upload()
print(time.perf_counter() - began, flush=True)
os._exit(0)
"""


@contextlib.contextmanager
def cloud(folder: Path, kind: str = "strict") -> Iterator[dict[str, Any]]:
    """Run an emulator in a process of its own; give the arguments of a client, which trusts a cloud over ``tls``."""
    with subprocess.Popen(
        [sys.executable, "-c", CLOUD, str(folder), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        options = json.loads(process.stdout.readline())
        authority = process.stdout.readline().strip()
        if kind == "tls":
            os.environ["SSL_CERT_FILE"] = authority
        try:
            yield options
        finally:
            if kind == "tls":
                del os.environ["SSL_CERT_FILE"]
            process.stdin.close()


def connected(options: dict[str, Any]) -> socket.socket:
    parts = urlsplit(options["api_endpoint"])
    line = socket.create_connection((parts.hostname or "", parts.port or 80))
    if parts.scheme == "https":
        return ssl.create_default_context().wrap_socket(line, server_hostname=parts.hostname)
    return line


def raw_upload(options: dict[str, Any], image: Path) -> str:
    """Send the image in one request with sendfile; return the drive's uuid."""
    proof = base64.b64encode(f"{options['username']}:{options['password']}".encode()).decode()
    with connected(options) as line, image.open("rb") as file:
        line.sendall(
            f"POST /api/2.0/drives/upload/ HTTP/1.1\r\nHost: cloud\r\nAuthorization: Basic {proof}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {image.stat().st_size}\r\n\r\n".encode()
        )
        line.sendfile(file)
        answer = b""
        while len(answer.partition(b"\r\n\r\n")[2]) < 36:
            answer += line.recv(65536)
    return answer.partition(b"\r\n\r\n")[2].decode()


def raw_download(options: dict[str, Any], location: str, target: Path) -> None:
    """Receive the image over one connection into a file, and let the disk have it."""
    buffer = bytearray(MIB)
    with connected(options) as line, target.open("wb", buffering=0) as file:
        line.sendall(f"GET {location} HTTP/1.1\r\nHost: cloud\r\nConnection: close\r\n\r\n".encode())
        while count := line.recv_into(buffer):
            file.write(memoryview(buffer)[:count])
        os.fsync(file.fileno())


def ours(
    options: dict[str, Any], folder: Path, verb: str, *words: str, face: str = "blocking"
) -> tuple[str, float, float]:
    """Run a verb of the drives in a process of its own; return drive, seconds and peak MiB."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, face, json.dumps(options), verb, *words],
        capture_output=True,
        text=True,
        check=True,
        env=environment(folder),
    )
    uuid, seconds, peak = json.loads(done.stdout)
    return uuid, seconds, peak


def timed(job: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = job()
    return result, time.perf_counter() - began


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield the lines of the table."""
    place = (
        "/dev/shm" if Path("/dev/shm").is_dir() and shutil.disk_usage("/dev/shm").free > 5 * SIZE else None
    )
    folder = Path(tempfile.mkdtemp(prefix="cloudsigma-bench-", dir=place))
    try:
        yield from _rows(folder)
    finally:
        shutil.rmtree(folder)


def _rows(folder: Path) -> Iterator[tuple[str, float, str]]:
    image, target = folder / "image.raw", folder / "target.raw"
    with image.open("wb") as file:
        for _ in range(SIZE // (16 * MIB)):
            file.write(secrets.token_bytes(16 * MIB))
    best: dict[str, float] = {}
    peaks: dict[str, float] = {}

    with cloud(folder / "cloud") as options, CloudSigma(**options) as cs:
        for _ in range(ROUNDS):
            uuid, seconds = timed(lambda: raw_upload(options, image))
            _note(best, "raw up", seconds)
            cs.drives.delete(uuid, wait=True)
            for face in FACES:
                uuid, seconds, peaks[f"{face} up"] = ours(options, folder, "upload", str(image), face=face)
                _note(best, f"{face} up", seconds)
                if face == "blocking":
                    link = _location(options, uuid)
                    _note(best, "raw down", timed(lambda link=link: raw_download(options, link, target))[1])
                    target.unlink()
                _, seconds, peaks[f"{face} down"] = ours(
                    options, folder, "download", uuid, str(target), face=face
                )
                _note(best, f"{face} down", seconds)
                _require_same(image, target)
                target.unlink()
                cs.drives.delete(uuid, wait=True)
    size = SIZE / GIB
    for face, words in FACES.items():
        for verb, word in (("up", "upload"), ("down", "download")):
            rate = SIZE / best[f"{face} {verb}"] / MIB
            yield (
                f"{words}{word} of {size:g} GiB ({rate:.0f} MiB/s) / raw socket",
                best[f"raw {verb}"] / best[f"{face} {verb}"],
                ">= 0.8",
            )
            yield f"peak memory of that {word}", peaks[f"{face} {verb}"], "<= 100 MiB"
    yield from _interrupted(folder, image)
    yield from _over_tls(folder, image, target)
    yield from _old(folder, python_with("cloudsigma-2.0.0", OLD_LIBRARY), best["raw up"])


def _interrupted(folder: Path, image: Path) -> Iterator[tuple[str, float, str]]:
    """Measure how soon Ctrl-C ends the command in the middle of an image."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have it in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    seconds = []
    with cloud(folder / "interrupted") as options:
        config = folder / "interrupted.conf"
        config.touch(0o600)
        config.write_text("".join(f"{key} = {value}\n" for key, value in options.items()))
        for _ in range(ROUNDS):
            words = ["drives", "upload", str(image), "--bandwidth", "10M", "--no-resume"]
            with subprocess.Popen(
                [sys.executable, "-m", "cloudsigma", "--config", str(config), *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(folder),
            ) as process:
                assert process.stderr is not None
                while b"%" not in process.stderr.readline():  # until it says how far it is
                    pass
                began = time.perf_counter()
                process.send_signal(signal.SIGINT)
                process.communicate()
                seconds.append(time.perf_counter() - began)
                assert process.returncode == 130
    yield "Ctrl-C ends cloudsigma drives upload", max(seconds), "<= 1 s"


def _require_same(image: Path, target: Path) -> None:
    with image.open("rb") as sent, target.open("rb") as received:
        while piece := sent.read(16 * MIB):
            assert piece == received.read(len(piece))


def _over_tls(folder: Path, image: Path, target: Path) -> Iterator[tuple[str, float, str]]:
    """Measure what https costs; the raw socket has TLS, too."""
    best: dict[str, float] = {}
    with cloud(folder / "tls", "tls") as options, CloudSigma(**options) as cs:
        for _ in range(TLS_ROUNDS):
            uuid, seconds = timed(lambda: raw_upload(options, image))
            _note(best, "raw upload", seconds)
            cs.drives.delete(uuid, wait=True)
            uuid, seconds, _ = ours(options, folder, "upload", str(image))
            _note(best, "upload", seconds)
            link = _location(options, uuid)
            _note(best, "raw download", timed(lambda link=link: raw_download(options, link, target))[1])
            target.unlink()
            _, seconds, _ = ours(options, folder, "download", uuid, str(target))
            _note(best, "download", seconds)
            _require_same(image, target)
            target.unlink()
            cs.drives.delete(uuid, wait=True)
    for word in ("upload", "download"):
        yield (
            f"{word} over TLS ({SIZE / best[word] / MIB:.0f} MiB/s) / raw socket with TLS",
            best[f"raw {word}"] / best[word],
            ">= 0.8",
        )


def _note(best: dict[str, float], what: str, seconds: float) -> None:
    best[what] = min(best.get(what, seconds), seconds)


def _location(options: dict[str, Any], uuid: str) -> str:
    proof = base64.b64encode(f"{options['username']}:{options['password']}".encode()).decode()
    with connected(options) as line:
        line.sendall(
            f"GET /api/2.0/drives/{uuid}/download/ HTTP/1.1\r\nHost: cloud\r\nAuthorization: Basic {proof}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    for each in answer.split(b"\r\n"):
        if each.lower().startswith(b"location:"):
            return each.partition(b":")[2].strip().decode()
    raise RuntimeError("no redirect")


def _old(folder: Path, interpreter: Path, raw_seconds: float) -> Iterator[tuple[str, float, str]]:
    """Measure the old library: a lenient emulator stores the text that it makes of the bytes."""
    image = folder / "old.raw"
    image.write_bytes(bytes(OLD_SIZE))
    with cloud(folder / "old", "lenient") as options:
        config = folder / "old.conf"
        config.write_text("".join(f"{key} = {value}\n" for key, value in options.items()))
        done = subprocess.run(
            [str(interpreter), "-c", OLD, json.dumps(options), str(image)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "CLOUDSIGMA_CONFIG": str(config)},
        )
        seconds = float(done.stdout)
        _, new_seconds, _ = ours(options, folder, "upload", str(image))
    yield "the old library's upload (corrupt) / raw socket", raw_seconds / SIZE * OLD_SIZE / seconds, ">= 0"
    yield f"upload of {OLD_SIZE / MIB:g} MiB: the old library's time / ours", seconds / new_seconds, ">= 1"
