"""The emulator: how soon it serves, what a GET costs against moto_server's, and a page out of very many drives.

Times in seconds and milliseconds are the best of several, as others may use the machine; the rest are ratios of
medians, taken in turns.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from installed import environment

from cloudsigma_emulator import Emulator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "foreign"))
from venvs import python_with

STARTS = 9
SERVERS = 20
BLOCKS, GETS = 15, 30
FEW, MANY = 100, 100_000
PAGE = 20
MOTO = "moto[server]==5.2.0"

# Drives go through the store as the API's would, but in one transaction and not in a hundred thousand requests.
CLOUD = """
import sys
from cloudsigma_emulator import Emulator
with Emulator() as cloud:
    with cloud.app.transaction() as tx:
        [drive] = tx.find("drives")
        for number in range(1, int(sys.argv[1])):
            tx.insert("drives", {**drive, "uuid": tx.new_uuid(), "name": f"d{number}"})
    print(cloud.port, cloud.token, flush=True)
    sys.stdin.read()
"""

# The first start of a process: what is imported for it counts.
FIRST = """
import time
began = time.perf_counter()
from cloudsigma_emulator import Emulator
cloud = Emulator().start()
print(time.perf_counter() - began)
cloud.stop()
"""

Ask = Callable[[], bytes]


def rows() -> Iterator[tuple[str, float, str]]:
    """Yield what was measured, the figure and its target."""
    yield f"emulator process: start to first answer, best of {STARTS}", process_ready(), "<= 0.5 s"
    first, again, reset = embedded()
    yield f"embedded emulator: import and start(), best of {STARTS}", first, "<= 500 ms"
    yield f"embedded emulator: start() once more, best of {STARTS}", again, "<= 500 ms"
    yield f"embedded emulator: reset() with {SERVERS} servers, best of {STARTS}", reset, "<= 50 ms"
    ratio, rate = against_moto()
    yield (
        f"GET of a server on one connection, rate against moto_server's DescribeInstances ({rate:.0f}/s)",
        ratio,
        ">= 10x",
    )
    middle, end = pages()
    yield f"page of {PAGE} in the middle of {MANY:,} drives, cost against one of {FEW}", middle, "<= 1.5x"
    yield f"the same at the end of {MANY:,} drives", end, "<= 1.5x"


def process_ready() -> float:
    """Return the least seconds from starting the command to its first answered request."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS + 1):
            port = free_port()
            command = [sys.executable, "-m", "cloudsigma_emulator", "--port", str(port)]
            began = time.perf_counter()
            with running(command, environment(Path(folder))):
                answered(port)
                taken.append(time.perf_counter() - began)
    return min(taken[1:])


def embedded() -> tuple[float, float, float]:
    """Return the least milliseconds of a process's first ``start()``, of further ones, and of ``reset()``."""
    with tempfile.TemporaryDirectory() as folder:
        command, variables = [sys.executable, "-c", FIRST], environment(Path(folder))
        firsts = [
            float(subprocess.run(command, env=variables, check=True, capture_output=True).stdout)
            for _ in range(STARTS + 1)
        ]
    starts, resets = [], []
    for _ in range(STARTS + 1):
        cloud = Emulator()
        began = time.perf_counter()
        cloud.start()
        starts.append(time.perf_counter() - began)
        try:
            with connected(cloud.port) as line:
                for number in range(SERVERS):
                    create_server(line, cloud.token, f"s{number}")
                began = time.perf_counter()
                cloud.reset()
                resets.append(time.perf_counter() - began)
        finally:
            cloud.stop()
    first, again, reset = (min(times[1:]) * 1000 for times in (firsts, starts, resets))
    return first, again, reset


def against_moto() -> tuple[float, float]:
    """Return how many times more servers a second the emulator tells of than moto_server, and how many that one does.

    Each is asked by one client on one connection, which moto_server closes after each answer.
    """
    python = python_with("moto-5.2.0", MOTO)
    port = free_port()
    with ExitStack() as stack:
        ours, token = stack.enter_context(cloud_with(1))
        line = stack.enter_context(connected(ours))
        uuid = create_server(line, token, "web")
        stack.enter_context(running([str(python), "-m", "moto.server", "-p", str(port)], dict(os.environ)))
        answered(port)
        theirs = stack.enter_context(connected(port))
        ec2(theirs, Action="RunInstances", ImageId="ami-12c6146b", MinCount="1", MaxCount="1")

        def moto() -> bytes:
            return ec2(theirs, Action="DescribeInstances")

        assert b"<instanceId>" in moto()
        own, other = medians([lambda: get(line, token, f"servers/{uuid}/"), moto])
    return other / own, 1 / other


def pages() -> tuple[float, float]:
    """Return what pages in the middle and at the end of many drives cost, against one in the middle of few."""
    with (
        cloud_with(FEW) as few,
        cloud_with(MANY) as many,
        connected(few[0]) as one,
        connected(many[0]) as other,
    ):

        def page(line: http.client.HTTPConnection, token: str, offset: int, total: int) -> bytes:
            text = get(line, token, f"drives/detail/?limit={PAGE}&offset={offset}")
            assert b'"total_count":%d}' % total in text[:120], text[:120]
            return text

        works: list[Ask] = [
            lambda: page(one, few[1], FEW // 2, FEW),
            lambda: page(other, many[1], MANY // 2, MANY),
            lambda: page(other, many[1], MANY - PAGE, MANY),
        ]
        base, middle, end = medians(works)
    return middle / base, end / base


def medians(works: list[Ask]) -> list[float]:
    """Return the middle time of each, taken in turns of several, so that a busy moment hits all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for block in range(BLOCKS + 1):
        for work, times in zip(works, taken, strict=True):
            work()  # what the others did has driven it out of the caches
            for _ in range(GETS):
                began = time.perf_counter()
                work()
                if block:
                    times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def get(line: http.client.HTTPConnection, token: str, path: str) -> bytes:
    line.request("GET", f"/api/2.0/{path}", headers={"Authorization": f"Bearer {token}"})
    return answer(line)


def create_server(line: http.client.HTTPConnection, token: str, name: str) -> str:
    body = b'{"name": "%s", "cpu": 1000, "mem": 536870912, "vnc_password": "x"}' % name.encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    line.request("POST", "/api/2.0/servers/", body, headers)
    found = re.search(rb'"resource_uri":"/api/2.0/servers/([0-9a-f-]{36})/"', answer(line))
    assert found is not None
    return found[1].decode()


def ec2(line: http.client.HTTPConnection, **form: str) -> bytes:
    """Send a form to moto_server, which wants to know region and service and verifies no signature."""
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/ec2/aws4_request, "
        "SignedHeaders=host, Signature=none",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    line.request("POST", "/", urlencode({"Version": "2016-11-15", **form}).encode(), headers)
    return answer(line)


def answer(line: http.client.HTTPConnection) -> bytes:
    response = line.getresponse()
    text = response.read()
    assert response.status < 300, text
    return text


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.connect()
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield line
    finally:
        line.close()


@contextmanager
def cloud_with(drives: int) -> Iterator[tuple[int, str]]:
    """Run an emulator with so many drives in a process of its own; give its port and a token."""
    with subprocess.Popen(
        [sys.executable, "-c", CLOUD, str(drives)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port, token = process.stdout.readline().split()
            yield int(port), token
        finally:
            process.stdin.close()


@contextmanager
def running(command: list[str], variables: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def answered(port: int) -> None:
    """Return once a request is answered there, however."""
    latest = time.monotonic() + 60
    while True:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            line.request("GET", "/")
            line.getresponse().read()
        except ConnectionError:
            assert time.monotonic() < latest, "no server came up"
            time.sleep(0.002)
        else:
            return
        finally:
            line.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    for what, figure, target in rows():
        print(f"{what:<80} {figure:8.2f}  {target}")
