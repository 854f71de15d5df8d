"""A cloud for each test, its clients of both faces, and a witness of every chunk that reached it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.core import progress
from cloudsigma_emulator import Emulator

KIB = 1024
MIB = 1024**2

Call = Callable[..., Any]


def options(cloud: Emulator) -> dict[str, Any]:
    """Return the arguments of a client of the first account."""
    return {
        "api_endpoint": cloud.api_endpoint,
        "ws_endpoint": cloud.ws_endpoint,
        "username": cloud.username,
        "password": cloud.password,
    }


@pytest.fixture(autouse=True)
def every_step_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what a test does in a progress callback not depend on how long the steps take."""
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)


@pytest.fixture
def cloud(cloudsigma_emulator: Emulator) -> Emulator:
    return cloudsigma_emulator


@pytest.fixture
def cs(cloud: Emulator) -> Iterator[CloudSigma]:
    with CloudSigma(**options(cloud)) as client:
        yield client


@pytest.fixture(params=["blocking", "awaited"])
def drives(request: pytest.FixtureRequest, cloud: Emulator) -> Callable[[str], Call]:
    """Return what gives a verb of the drives as a function, on either face."""

    def verb(name: str) -> Call:
        def blocking(*args: Any, **fields: Any) -> Any:
            with CloudSigma(**options(cloud)) as client:
                return getattr(client.drives, name)(*args, **fields)

        def awaited(*args: Any, **fields: Any) -> Any:
            async def main() -> Any:
                async with AsyncCloudSigma(**options(cloud)) as client:
                    return await getattr(client.drives, name)(*args, **fields)

            return asyncio.run(main())

        return blocking if request.param == "blocking" else awaited

    return verb


def image_of(folder: Path, size: int, seed: int = 1, name: str = "image.raw") -> Path:
    """Make an image of random bytes."""
    path = folder / name
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def left_behind(folder: Path) -> list[str]:
    """Return the journals and parts in a folder."""
    return sorted(each.name for each in folder.iterdir() if each.suffix in (".journal", ".part"))


class Witness:
    """Sees which chunks were sent by link, and what was answered; ``told`` is called after each answer."""

    def __init__(self, cloud: Emulator, told: Callable[[], None] = lambda: None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._links: dict[str, tuple[str, int]] = {}
        self.stored: Counter[tuple[str, int]] = Counter()
        self.sent_again: list[tuple[str, int]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.watch(cloud)

    def watch(self, cloud: Emulator) -> None:
        """Look at this emulator's requests, perhaps one more that has the same data."""
        app = cloud._app
        assert app is not None
        inner = app.handle

        def handle(request: Any, **more: Any) -> Any:
            link = re.search(r"/drives/upload_chunk/(\w+)/", request.path)
            if link:
                with self._lock:
                    chunk = self._links[link[1]]
                    self.at_once += 1
                    self.most_at_once = max(self.most_at_once, self.at_once)
                    if self.stored[chunk]:
                        self.sent_again.append(chunk)
            response = inner(request, **more)
            with self._lock:
                if link:
                    self.at_once -= 1
                    if response.status == 200:
                        self.stored[chunk] += 1
                asked = re.search(r"/drives/([-\w]+)/action/", request.path)
                if asked and response.status == 202 and b"link" in response.body:
                    token = json.loads(response.body)["link"].rstrip("/").rpartition("/")[2]
                    self._links[token] = (asked[1], json.loads(request.body)["chunk_number"])
            self._told()
            return response

        app.handle = handle  # type: ignore[method-assign]


@pytest.fixture
def witness(cloud: Emulator) -> Iterator[Witness]:
    app = cloud._app
    yield Witness(cloud)
    assert app is not None
    del app.handle  # type: ignore[attr-defined]


def content(cloud: Emulator, drive: Any, size: int) -> bytes:
    """Return the first bytes of a drive, as they lie in the cloud's store."""
    assert cloud._app is not None
    return cloud._app.images.read(drive["uuid"], 0, size).ljust(size, b"\0")


def in_state(cs: CloudSigma, status: str) -> list[Any]:
    """Return the account's drives in a state."""
    return [each for each in cs.drives.list() if each.status == status]
