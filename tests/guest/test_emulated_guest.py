"""The server context as the emulator's running server answers it on its serial line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma.guest import ServerContext
from cloudsigma.resource import Drive, GlobalContext, Server, Websocket
from cloudsigma_emulator import Emulator

META = {
    "ssh_public_key": "ssh-rsa AAAA user@host\n",
    "city": "Zürich \U0001f600",
    "number": "1000",
    "path": "C:\\new",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator(speed="instant") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def account(cloud: Emulator) -> dict[str, str]:
    return {"api_endpoint": cloud.api_endpoint, "username": cloud.username, "password": cloud.password}


@pytest.fixture(scope="module")
def server(cloud: Emulator, account: dict[str, str]) -> dict[str, Any]:
    disk = Drive(**account).create({"name": "data", "size": 1024**3, "media": "disk"})
    definition = {
        "name": "1000",
        "cpu": 1000,
        "mem": 512 * 1024**2,
        "vnc_password": "s3cret",
        "meta": META,
        "drives": [{"boot_order": 1, "dev_channel": "0:0", "device": "virtio", "drive": disk["uuid"]}],
        "nics": [{"ip_v4_conf": {"conf": "dhcp"}, "model": "virtio"}],
    }
    made: dict[str, Any] = Server(**account).create(definition)
    with Websocket(**account, ws_endpoint=cloud.ws_endpoint) as ws:
        Server(**account).start(made["uuid"])
        running: dict[str, Any] = ws.wait_for_status(made["resource_uri"], Server, "running")
    return running


@pytest.fixture
def context(cloud: Emulator, server: dict[str, Any]) -> ServerContext:
    return ServerContext(cloud.runtime()[server["uuid"]]["serial_port"], timeout=60)


def test_the_context_is_what_the_api_says(context: ServerContext, server: dict[str, Any]) -> None:
    whole = context.get()
    for key in ("uuid", "name", "cpu", "mem", "smp", "vnc_password", "hypervisor", "cpu_type"):
        assert whole[key] == server[key]
    assert {key: whole["meta"][key] for key in META} == META
    assert whole["drives"][0]["drive"]["uuid"] == server["drives"][0]["drive"]["uuid"]
    assert whole["nics"][0]["mac"] == server["nics"][0]["mac"]


def test_every_path_has_the_value_that_the_whole_has(context: ServerContext) -> None:
    whole = context.get()
    paths: list[tuple[str, Any]] = []

    def walk(value: Any, path: str) -> None:
        paths.append((path, value))
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in items:
            walk(inner, f"{path}/{key}")

    for key, value in whole.items():
        walk(value, key)
    assert len(paths) > 30
    for path, value in paths:
        assert context.get(path) == value, path
        text = context.text(path)
        assert text == value if isinstance(value, str) else json.loads(text or "null") == value, path


def test_changes_are_seen_by_the_running_guest(
    context: ServerContext, server: dict[str, Any], account: dict[str, str]
) -> None:
    GlobalContext(**account).update({"key": "everywhere"})
    assert context.global_context == {"key": "everywhere"}
    assert context.get("/global_context/key") == "everywhere"
    current = Server(**account).get(server["uuid"])
    Server(**account).update(server["uuid"], {**current, "name": "renamed", "meta": {"a": "b"}})
    assert context.get("name") == "renamed"
    assert context.meta["a"] == "b"


def test_the_program_of_the_documentation_runs(cloud: Emulator, server: dict[str, Any]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "guest.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    port = cloud.serial_port(server["uuid"])
    assert port is not None
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | {"CLOUDSIGMA_SERIAL_PORT": port},
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert server["nics"][0]["mac"] in said.splitlines()
