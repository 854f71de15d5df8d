"""A cloud of one server, in memory and on a clock of its own: what it answers and which frames it sends are scripted."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from cloudsigma.core.port import FrameStream, PortFailure, UpgradeRefused
from cloudsigma.core.requests import Requests
from cloudsigma.ports.memory import MemoryPort

from .faces import Clock, settings

UUID = "472835d5-2bbb-4d87-9d08-7364bc373692"
URI = f"/api/2.0/servers/{UUID}/"

Frame = str | PortFailure | Callable[[], str | None]


def frame(uri: str = URI, kind: str = "servers", **more: Any) -> str:
    """Return the text of a frame."""
    return json.dumps({"resource_type": kind, "resource_uri": uri, **more})


class Cloud:
    """``states`` are what each GET of the server shows in turn, the last for ever (None: it is gone)."""

    def __init__(self, *states: str | None) -> None:
        self.clock = Clock()
        self.states: deque[str | None] = deque(states)
        self.frames: deque[Frame] = deque()
        self.refusals: deque[int] = deque()
        self.requests_seen: list[str] = []
        self.cookies: list[str] = []
        self.tickets = 0
        self.opened = 0
        self.closed = 0
        port = MemoryPort(
            self._answer, now=self.clock.now, sleep=self.clock.sleep, random=lambda: 1.0, frames=self._open
        )
        self.requests = Requests(port, settings())

    def _answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, bytes]:
        self.requests_seen.append(f"{method} {url.partition('/api/2.0')[2]}")
        if "do=authenticate_asynchronous" in url:
            self.tickets += 1
            cookie = f'async_auth="NDcy|123|{self.tickets}"; Max-Age=120; Path=/'
            return 200, [("Set-Cookie", "other=1; Path=/"), ("Set-Cookie", cookie)], b"{}"
        state = self.states.popleft() if len(self.states) > 1 else self.states[0]
        if state is None:
            return 404, {}, b""
        if state.isdigit():
            return int(state), {}, b""
        document = {"uuid": UUID, "resource_uri": URI, "status": state, "name": "web"}
        return 200, {}, json.dumps(document).encode()

    def _open(self, url: str, headers: Mapping[str, str]) -> FrameStream:
        self.cookies.append(headers["Cookie"])
        if self.refusals:
            status = self.refusals.popleft()
            if status:
                raise UpgradeRefused(status)
            raise PortFailure("connection failed: Connection refused", sent=False)
        self.opened += 1
        return Socket(self)


class Socket:
    """A websocket that plays the cloud's frames; with none left, time passes."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._open = True

    async def receive(self, timeout: float | None) -> str | None:
        while self._cloud.frames:
            item = self._cloud.frames.popleft()
            if isinstance(item, PortFailure):
                raise item
            text = item if isinstance(item, str) else item()
            if text is not None:
                return text
        assert timeout is not None, "nothing would ever come"
        self._cloud.clock.time += timeout
        return None

    async def close(self) -> None:
        if self._open:
            self._open = False
            self._cloud.closed += 1
