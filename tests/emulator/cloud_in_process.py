"""A cloud without sockets and with a clock that stands still: requests go straight into ``App.handle``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloudsigma_emulator.app import App
from cloudsigma_emulator.engine.bus import Frame
from cloudsigma_emulator.engine.guests import let_happen
from cloudsigma_emulator.engine.options import Options
from cloudsigma_emulator.routes.request import Request

Doc = dict[str, Any]

MIB, GIB = 2**20, 2**30
FIRST, SECOND = "user@example.com", "other@example.com"


@dataclass
class Reply:
    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes

    @property
    def error(self) -> Doc:
        """The first error of a refusal."""
        assert isinstance(self.body, list), self.body
        error: Doc = self.body[0]
        assert set(error) == {"error_type", "error_message", "error_point"}
        return error


def database_work(app: App, job: Callable[[], object]) -> int:
    """Return how much the database had to do for a job, in hundreds of its instructions: the same on every machine."""
    work = 0

    def count() -> int:
        nonlocal work
        work += 1
        return 0

    connection = app.database.connection
    connection.set_progress_handler(count, 100)
    try:
        job()
    finally:
        connection.set_progress_handler(None, 0)
    return work


class Cloud:
    """One cloud and its two users."""

    def __init__(self, **options: Any) -> None:
        options = {"virtual_clock": True, "rate_limits": False, "speed": "realistic", **options}
        self.app = App(Options(**options))
        self.frames: list[Frame] = []
        for email in (FIRST, SECOND):
            self.app.bus.subscribe(self.uuid_of(email), self.frames.append)

    def uuid_of(self, email: str) -> str:
        with self.app.transaction() as tx:
            return next(doc["uuid"] for doc in tx.find("accounts") if doc["email"] == email)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        email: str | None = FIRST,
        headers: Doc | None = None,
    ) -> Reply:
        route, _, query = path.partition("?")
        sent = {"content-type": "application/json", **(headers or {})}
        if email is not None:
            sent["authorization"] = "Basic " + base64.b64encode(f"{email}:password".encode()).decode()
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        full = route if route.startswith("/api/") else f"/api/2.0{route}"
        response = self.app.handle(Request(method, full, query, sent, data))
        shown = {name.lower(): value for name, value in response.headers}
        is_json = shown.get("content-type", "").startswith("application/json")
        parsed = json.loads(response.body) if is_json and response.body else None
        return Reply(response.status, parsed, shown, response.body)

    def get(self, path: str, **more: Any) -> Any:
        reply = self.call("GET", path, **more)
        assert reply.status == 200, reply
        return reply.body

    def settle(self) -> None:
        """Let everything happen that follows by itself, however long it takes, short of a minute."""
        self.advance(59)

    def advance(self, seconds: float) -> None:
        self.app.move_clock(self.app.clock.timestamp() + seconds)

    def drive(self, **more: Any) -> Doc:
        """A new drive, ready."""
        body = {"name": "d", "size": GIB, "media": "disk", **more}
        reply = self.call("POST", "/drives/", body)
        assert reply.status == 201, reply
        self.settle()
        return self.see("drives", reply.body["objects"][0]["uuid"])

    def server(self, **more: Any) -> Doc:
        """A new server, stopped."""
        body = {"name": "s", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "secret", **more}
        reply = self.call("POST", "/servers/", body)
        assert reply.status == 201, reply
        created: Doc = reply.body["objects"][0]
        return created

    def running(self, **more: Any) -> Doc:
        """A new server that runs."""
        server = self.server(**more)
        assert self.act(server, "start").status == 202
        self.settle()
        shown = self.see("servers", server["uuid"])
        assert shown["status"] == "running"
        return shown

    def see(self, kind: str, uuid: str) -> Doc:
        shown: Doc = self.get(f"/{kind}/{uuid}/")
        return shown

    def act(self, thing: Doc, action: str, body: Any = None, **more: Any) -> Reply:
        kind = thing["resource_uri"].split("/")[3]
        do, _, query = action.partition("&")
        suffix = f"&{query}" if query else ""
        return self.call("POST", f"/{kind}/{thing['uuid']}/action/?do={do}{suffix}", body, **more)

    def happen(self, thing: Doc, event: str) -> bool:
        return let_happen(self.app, thing["uuid"], event)

    def close(self) -> None:
        self.app.close()


def attach(drive: Doc, channel: str = "0:0", device: str = "virtio", boot_order: int | None = None) -> Doc:
    return {"device": device, "dev_channel": channel, "drive": drive["uuid"], "boot_order": boot_order}
