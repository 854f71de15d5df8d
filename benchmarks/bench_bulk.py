"""A thousand servers made, started, stopped and deleted while one request in twenty goes wrong, against the old way.

``create_many`` and ``delete_many`` carry many servers in a request; starts and stops are one request each, many of them
at once. Faults lose requests and answers and refuse with 503; in the emulator's log every server must have been created,
started, stopped and deleted exactly once. The emulator enforces the API's limits per minute; what is sent in all would
not exceed them in one minute either, so that they slow nothing down.

The old library 2.0.0 does the same with fewer servers, one after another, without faults, told by its websocket; the
figure is the ratio of the times for a server. In the cloud a start takes two to five seconds and a stop one to three;
here they are ten times as fast, for both. The second figure is that of the requests alone, where nothing takes time
that could be used for others, and what the emulator does for either side is the larger part.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from cloudsigma import AsyncCloudSigma
from cloudsigma.core.port import HttpRequest, HttpResponse
from cloudsigma.errors import OutcomeUnknown, Unavailable
from cloudsigma.ports.asyncio import AsyncioPort
from cloudsigma.records import Server, ServerSpec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "foreign"))
from venvs import python_with

SERVERS = 1000
TOGETHER = 50
"""Servers in a request that takes many."""
AT_ONCE = 100
"""Servers that are started or stopped at the same time."""
SPEEDS = {
    "10": ("ten times as fast as in the cloud", 20, ">= 10x"),
    "instant": ("all in no time", 50, ">= 1x"),
}
"""How fast starting and stopping is: the words for it, how many servers the old library gets, and the target."""
PER_MINUTE = {"DELETE": 1000, "GET": 10_000, "POST": 10_000, "PUT": 10_000}
DONE = ("create", "start_send", "boot", "stop_send", "stop", "delete")

CLOUD = """
import json, sys
from cloudsigma_emulator import Emulator
speed, faulty = sys.argv[1:]
with Emulator(speed=speed, rate_limits=True, random_seed=1) as cloud:
    if faulty:
        for fault in ({"cut": "before"}, {"cut": "after"}, {"status": 503}):
            cloud.faults.add(path="/api/2.0/servers/*", count=None, rate=0.05 / 3, **fault)
    names = ("api_endpoint", "ws_endpoint", "username", "password")
    print(json.dumps({name: getattr(cloud, name) for name in names}), flush=True)
    if sys.stdin.readline():
        cloud.faults.clear()
        print(flush=True)
        sys.stdin.read()
"""
OLD = """
import sys, time
from cloudsigma.resource import Server, Websocket
server, ws = Server(), Websocket(timeout=30)
began = time.time()
for number in range(int(sys.argv[1])):
    made = server.create({"name": "s%d" % number, "cpu": 1000, "mem": 512 * 1024 ** 2, "vnc_password": "x"})
    server.start(made["uuid"])
    ws.wait_for_status(made["resource_uri"], Server, "running")
    server.stop(made["uuid"])
    ws.wait_for_status(made["resource_uri"], Server, "stopped")
    server.delete(made["uuid"])
print(time.time() - began)
"""

UNSURE = (OutcomeUnknown, Unavailable)
"""What a request ends with that was perhaps, or certainly, not carried out; the program looks and goes on."""

T = TypeVar("T")


class Counting(AsyncioPort):
    """A port that counts requests by method, answers by status, and requests that get none."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()
        self.lost = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent[request.method] += 1
        self.lost += 1
        answer = await super().send(request)
        self.lost -= 1
        self.answered[answer.status] += 1
        return answer


async def create(cs: AsyncCloudSigma, specs: list[ServerSpec]) -> list[Server]:
    """Create servers with names of their own; all of a request are created, or none."""
    while True:
        try:
            return await cs.servers.create_many(specs)
        except UNSURE:
            if found := await cs.servers.list(name=[spec["name"] for spec in specs]):
                return found


async def bring(
    cs: AsyncCloudSigma, server: Server, act: Callable[..., Awaitable[Any]], before: str, after: str
) -> None:
    """Start or stop a server that is in the status ``before``, and wait until it is in ``after``."""
    while True:
        try:
            await act(server, wait=True)
        except UNSURE:
            if (await cs.servers.get(server)).status == before:
                continue
            await cs.servers.wait(server, after)
        return


async def at_once(jobs: list[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Run jobs, so many of them at the same time."""
    gate = asyncio.Semaphore(limit)

    async def one(job: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await job()

    return await asyncio.gather(*[one(job) for job in jobs])


async def life(cs: AsyncCloudSigma) -> None:
    """Make the servers, start them, stop them and delete them."""
    specs: list[ServerSpec] = [
        {"name": f"s{number}", "cpu": 1000, "mem": 512 * 1024**2, "vnc_password": "x"}
        for number in range(SERVERS)
    ]
    batches = [specs[begin : begin + TOGETHER] for begin in range(0, SERVERS, TOGETHER)]
    made = await at_once([partial(create, cs, batch) for batch in batches], 8)
    servers = [server for batch in made for server in batch]

    async def powered(server: Server) -> None:
        await bring(cs, server, cs.servers.start, "stopped", "running")
        await bring(cs, server, cs.servers.stop, "running", "stopped")

    await at_once([partial(powered, server) for server in servers], AT_ONCE)
    for begin in range(0, SERVERS, TOGETHER):
        await cs.servers.delete_many(servers[begin : begin + TOGETHER])


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield what was measured, the figure and its target."""
    for speed, (words, few, target) in SPEEDS.items():
        port = Counting()
        with cloud(speed, faulty=True) as (options, end_faults):
            began = time.perf_counter()
            asyncio.run(lived(options, port))
            ours = (time.perf_counter() - began) / SERVERS
            end_faults()
            asyncio.run(require_once(options))
        assert all(count <= PER_MINUTE[method] for method, count in port.sent.items()), port.sent
        assert not port.answered[429], port.answered
        theirs = old_way(speed, few)
        failed = (port.lost + port.answered[503]) / port.sent.total()
        sent = ", ".join(f"{count:,} {method}" for method, count in sorted(port.sent.items()))
        what = (
            f"{SERVERS:,} servers made, started, stopped, deleted, {words}, each exactly once: the old library's time "
            f"for one ({theirs * 1000:.0f} ms, {few} without faults) / ours ({ours * 1000:.1f} ms, {failed:.1%} of {sent} failed)"
        )
        yield what, theirs / ours, target


async def lived(options: dict[str, Any], port: Counting) -> None:
    async with AsyncCloudSigma(port=port, **options) as cs:
        await life(cs)


async def require_once(options: dict[str, Any]) -> None:
    """Require that everything was done exactly once to each server, and that none is left."""
    async with AsyncCloudSigma(**options) as cs:
        assert await cs.servers.list() == []
        entries = [entry for entry in await cs.audit_log.list() if entry["category"] == "Servers"]
    done = Counter((entry["action"], entry["uuid"]) for entry in entries if entry["success"])
    assert set(done.values()) == {1}, "something was done twice"
    assert Counter(action for action, _ in done) == dict.fromkeys(DONE, SERVERS)


def old_way(speed: str, count: int) -> float:
    """Return the seconds that the old library needs for a server."""
    python = python_with("cloudsigma-2.0.0", "cloudsigma==2.0.0")
    with tempfile.TemporaryDirectory() as folder, cloud(speed, faulty=False) as (options, _):
        config = Path(folder) / "old.conf"
        config.write_text("".join(f"{key} = {value}\n" for key, value in options.items()))
        done = subprocess.run(
            [str(python), "-c", OLD, str(count)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "CLOUDSIGMA_CONFIG": str(config)},
        )
    return float(done.stdout) / count


@contextmanager
def cloud(speed: str, *, faulty: bool) -> Iterator[tuple[dict[str, Any], Callable[[], None]]]:
    """Run an emulator in a process of its own; give the arguments of a client, and what ends the faults."""
    with subprocess.Popen(
        [sys.executable, "-c", CLOUD, speed, "faulty" if faulty else ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def end_faults() -> None:
            stdin.write("\n")
            stdin.flush()
            stdout.readline()

        try:
            yield json.loads(stdout.readline()), end_faults
        finally:
            stdin.close()


if __name__ == "__main__":
    for what, figure, target in rows():
        print(f"{figure:8.2f}x  {target}  {what}")
