"""Every endpoint of the first collections has a call on both faces that makes exactly its request."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.client import collections
from cloudsigma.core.call import call, stream
from cloudsigma.ports.memory import MemoryPort

from .catalogue import CATALOGUE
from .endpoints import UUID, Endpoint

SETTINGS: dict[str, Any] = {
    "api_endpoint": "https://cloud.example/api/2.0/",
    "username": "user@example.com",
    "password": "secret",
}
OBJECT = {
    "uuid": UUID,
    "name": "n",
    "status": "stopped",
    "drives": [],
    "nics": [],
    "resources": [],
    "link": "/upload/some-link/",
}


class Cloud:
    """Answers every request with something of the right shape, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        address = urlsplit(url)
        path = address.path.removeprefix("/api/2.0")
        action = dict(parse_qsl(address.query)).get("do")
        self.asked.append((method, path, action))
        if method == "DELETE":
            return 204, {"content-type": "text/html"}, b""
        if action == "authenticate_asynchronous":
            return 200, {"set-cookie": "async_auth=ticket; Max-Age=120"}, b"{}"
        if "/drives/upload/" in path:
            return 201, {"content-type": "text/plain"}, f"{UUID}\n".encode()
        if action in ("get_log", "get_keys"):
            return 200, {}, json.dumps(self.answer("/lines/", method)).encode()
        return 200, {"content-type": "application/json"}, json.dumps(self.answer(path, method)).encode()

    @staticmethod
    def answer(path: str, method: str) -> Any:
        last = path.strip("/").split("/")
        if "availability_groups" in path:
            return [UUID] if last[-1] == UUID else [[UUID]]
        if last[-1] in (
            "profile",
            "balance",
            "capabilities",
            "cloud_status",
            "currentusage",
            "global_context",
            "schema",
        ):
            return dict(OBJECT)
        if last[-1] in (UUID, "runtime", "action") or method == "OPTIONS":
            return OBJECT
        return {"meta": {"limit": 0, "offset": 0, "total_count": 1}, "objects": [OBJECT]}


def wanted(endpoint: Endpoint) -> tuple[str, str, str | None]:
    return endpoint.method, endpoint.path.replace("{uuid}", UUID), endpoint.action


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_blocking_call_asks_for_it(name: str) -> None:
    cloud = Cloud()
    with CloudSigma(port=MemoryPort(cloud), **SETTINGS) as cs:
        CATALOGUE[name].call(cs)
    assert cloud.asked.count(wanted(CATALOGUE[name])) == 1


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_awaited_call_asks_for_the_same(name: str) -> None:
    async def program(cloud: Cloud) -> None:
        async with AsyncCloudSigma(port=MemoryPort(cloud, blocking=False), **SETTINGS) as cs:
            await CATALOGUE[name].call(cs)

    awaited, blocking = Cloud(), Cloud()
    asyncio.run(program(awaited))
    with CloudSigma(port=MemoryPort(blocking), **SETTINGS) as cs:
        CATALOGUE[name].call(cs)
    assert awaited.asked == blocking.asked


def test_the_table_has_every_endpoint() -> None:
    """The numbers of endpoints by resource, as the documentation, schemas and other clients show them."""
    count: dict[str, int] = {}
    for name in CATALOGUE:
        resource = name.split(".")[0]
        count[resource] = count.get(resource, 0) + 1
    assert count == {
        "accounts": 6,
        "acls": 8,
        "addressforwards": 5,
        "backupschedulers": 8,
        "balance": 2,
        "bservers": 17,
        "burstusage": 2,
        "capabilities": 2,
        "cloud_status": 1,
        "currentusage": 2,
        "dailyburstusage": 1,
        "discount": 2,
        "drives": 21,
        "driveusers": 5,
        "fwpolicies": 9,
        "global_context": 2,
        "groupedsubscriptions": 1,
        "hostallocationpools": 3,
        "hostavailabilityzones": 1,
        "initupload": 1,
        "ipaliases": 5,
        "ips": 5,
        "jobs": 3,
        "keypairs": 5,
        "lans": 5,
        "ledger": 2,
        "libdrives": 5,
        "licenses": 3,
        "locations": 2,
        "logs": 2,
        "nodes": 2,
        "notification_contacts": 5,
        "notification_preferences": 2,
        "options": 1,
        "portforwards": 5,
        "pricing": 2,
        "profile": 3,
        "pubkeys": 2,
        "remotesnapshots": 10,
        "routes": 6,
        "servers": 21,
        "snapshots": 10,
        "subscriptioncalculator": 2,
        "subscriptions": 6,
        "tags": 12,
        "tunnels": 6,
        "upstream": 2,
        "usage": 1,
        "virtualrouters": 20,
        "vlans": 5,
        "vmware_servers": 3,
        "vpc": 4,
        "vrfwfilters": 8,
        "vrfwpolicies": 8,
    }


def public_calls(cls: type) -> dict[str, call[..., Any] | stream[..., Any]]:
    """Return the calls of a collection by name."""
    members = (item for base in reversed(cls.__mro__) for item in vars(base).items())
    return {name: value for name, value in members if isinstance(value, (call, stream))}


# Arguments whose meaning is plain from the first sentence, in every call that has them.
PLAIN = {"ref", "refs", "specs", "changes", "resources", "filters"}


@pytest.mark.parametrize("name", collections())
def test_help_reads_like_documentation(name: str) -> None:
    """Each call has a sentence, an explanation of its arguments, and the signature that it was written with."""
    cls = collections()[name]()
    assert inspect.getdoc(cls)
    calls = public_calls(cls)
    assert calls
    unexplained = []
    for verb in calls:
        shown = getattr(cls, verb)
        doc = inspect.getdoc(shown)
        assert doc, f"{name}.{verb}"
        assert doc.partition("\n\n")[0].rstrip().endswith((".", ":")), f"{name}.{verb}"
        parameters = list(inspect.signature(shown).parameters)
        assert parameters[0] == "self"
        unexplained += [
            f"{verb}({parameter})"
            for parameter in parameters[1:]
            if parameter not in PLAIN and f"``{parameter}" not in doc
        ]
    assert unexplained == []
