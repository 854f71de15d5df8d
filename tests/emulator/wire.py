"""A client that knows nothing: requests and answers as they are on the wire, by the standard library alone."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.sync.client import ClientConnection, connect

from cloudsigma_emulator import Emulator


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def cookies(self) -> dict[str, str]:
        pairs = (value.partition(";")[0].partition("=") for value in self.all("set-cookie"))
        return {name: value for name, _, value in pairs}


def basic(email: str, password: str = "password") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}


class Wire:
    """One kept connection to an emulator, as one of its users (None: nobody)."""

    def __init__(self, emulator: Emulator, user: str | None = "user@example.com") -> None:
        self.emulator = emulator
        self.connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)
        self.credentials = basic(user) if user else {}

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        base: str = "/api/2.0",
    ) -> Reply:
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        sent = dict(self.credentials)
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        self.connection.request(method, base + path, data, sent)
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.getheaders(), answer.read())

    def control(self, method: str, path: str, body: Any = None) -> Any:
        reply = self(method, path, body, base="/_emulator")
        assert reply.status == 200, reply.body
        return reply.json()

    def ticket(self) -> str:
        return self("POST", "/accounts/action/?do=authenticate_asynchronous", {}).cookies()["async_auth"]

    @contextmanager
    def frames(self, path: str = "/websocket") -> Iterator[ClientConnection]:
        url = self.emulator.ws_endpoint.replace("/websocket", path)
        with connect(url, additional_headers={"Cookie": f"async_auth={self.ticket()}"}) as socket:
            yield socket

    def server(self, **fields: Any) -> dict[str, Any]:
        body = {"name": "web", "cpu": 1000, "mem": 512 * 2**20, "vnc_password": "secret", **fields}
        reply = self("POST", "/servers/", body)
        assert reply.status == 201, reply.body
        created: dict[str, Any] = reply.json()["objects"][0]
        return created

    def close(self) -> None:
        self.connection.close()


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for something to become true and return it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
