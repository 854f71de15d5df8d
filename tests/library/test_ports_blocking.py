"""The blocking port: many threads, jobs at once, and an end by Ctrl-C."""

from __future__ import annotations

import contextvars
import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest

from cloudsigma.core.call import run
from cloudsigma.core.requests import Requests
from cloudsigma.errors import ConnectionFailed
from cloudsigma.ports import network
from cloudsigma.ports.blocking import BlockingPort, finish

from .faces import settings
from .scripted import Scripted, Seen, Silence, http


def gather(jobs: list[Any], limit: int = 8) -> list[Any]:
    return run(BlockingPort().gather(jobs, limit))


def test_results_come_in_order() -> None:
    async def job(number: int) -> int:
        return number * 2

    jobs = [lambda number=number: job(number) for number in range(100)]
    assert gather(jobs) == [number * 2 for number in range(100)]
    assert gather([]) == []
    assert gather(jobs[:1]) == [0]


def test_never_more_at_once_than_the_limit_and_really_at_once() -> None:
    together = threading.Barrier(4, timeout=60)
    lock = threading.Lock()
    running = most = 0

    async def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1

    gather([job] * 16, 4)
    assert most == 4


def test_the_first_failure_is_raised_and_the_rest_left_out() -> None:
    begun: list[int] = []
    release = threading.Event()

    async def job(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise ValueError("first")
        release.wait(60)
        return number

    async def other() -> None:
        release.set()

    with pytest.raises(ValueError, match="first"):
        gather([lambda: job(0), other, *[lambda number=number: job(number) for number in range(1, 50)]], 2)
    assert len(begun) < 50


def test_jobs_see_the_caller_s_context_and_leave_no_threads() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("caller's")

    async def job() -> str:
        return variable.get()

    before = set(threading.enumerate())
    assert gather([job] * 10) == ["caller's"] * 10
    assert set(threading.enumerate()) <= before


def test_gathering_inside_a_gathering() -> None:
    port = BlockingPort()

    async def inner() -> int:
        return 1

    async def outer() -> list[int]:
        return await port.gather([inner] * 5, 5)

    assert run(port.gather([outer] * 5, 5)) == [[1] * 5] * 5


def test_a_coroutine_that_suspends_is_a_programming_error() -> None:
    import asyncio

    with pytest.raises(RuntimeError, match="something other than its port"):
        finish(asyncio.sleep(0))


def test_many_threads_share_a_client_and_its_connections() -> None:
    def echo(connection: Any, seen: Seen) -> bool:
        connection.sendall(http(200, {"target": seen.target}))
        return True

    with Scripted(echo) as server:
        requests = Requests(BlockingPort(), settings(server.endpoint))

        async def job(number: int) -> None:
            answer = await requests.request("GET", f"servers/{number}/")
            assert answer.data == {"target": f"/api/2.0/servers/{number}/"}

        run(requests.port.gather([lambda number=number: job(number) for number in range(300)], 10))
        assert len(server.seen) == 300
        assert server.connections <= 10
        run(requests.close())
        assert server.all_closed.wait(60)


def test_a_full_house_waits_and_then_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "CONNECTIONS", 1)
    silence = Silence()
    with Scripted(silence, http(200, {})) as server:
        requests = Requests(BlockingPort(), settings(server.endpoint, retries=0))

        def hold() -> None:
            with pytest.raises(ConnectionFailed):
                run(requests.request("GET", "x/"))

        thread = threading.Thread(target=hold)
        thread.start()
        assert silence.begun.wait(60)
        with pytest.raises(TimeoutError, match="no connection became free"):
            run(requests.request("GET", "x/", timeout=1))
        silence.released.set()
        thread.join(60)
        assert run(requests.request("GET", "x/")).data == {}
        run(requests.close())


def test_a_client_that_is_never_closed_leaves_no_open_sockets() -> None:
    with Scripted(http(200, {})) as server:
        run(Requests(BlockingPort(), settings(server.endpoint)).request("GET", "x/"))
        import gc

        gc.collect()
        assert server.all_closed.wait(60)


FORKED = """
import os, sys
from cloudsigma import CloudSigma
cs = CloudSigma(api_endpoint=sys.argv[1], username="u", password="p")
assert cs.request("GET", "parent/") == {}
child = os.fork()
if child == 0:
    assert cs.request("GET", "child/") == {}
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert cs.request("GET", "parent/") == {}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_connections_of_its_own() -> None:
    with Scripted(http(200, {})) as server:
        subprocess.run([sys.executable, "-c", FORKED, server.endpoint], check=True, timeout=60)
        assert [(seen.target.split("/")[3], seen.connection) for seen in server.seen] == [
            ("parent", 0),
            ("child", 1),
            ("parent", 0),
        ]


INTERRUPTED = """
import sys, threading
from cloudsigma.config import load_settings
from cloudsigma.core.call import run
from cloudsigma.core.requests import Requests
from cloudsigma.ports.blocking import BlockingPort

requests = Requests(BlockingPort(), load_settings(environ={}, api_endpoint=sys.argv[1], username="u", password="p"))
async def job():
    await requests.request("GET", "x/")
barrier = threading.Barrier(5, lambda: print("begun", flush=True))
async def nap():
    barrier.wait()
    await requests.port.sleep(60)
async def doze():
    print("begun", flush=True)
    await requests.port.sleep(60)
try:
    run(JOB)
except KeyboardInterrupt:
    run(requests.close())
    print("interrupted", threading.active_count())
    sys.exit(130)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("job", "answers"),
    [
        ("requests.request('GET', 'x/')", "silence"),
        ("doze()", "none"),
        ("requests.port.gather([nap] * 5, 5)", "none"),
        ("requests.port.gather([job] * 5, 5)", "slow"),
    ],
)
def test_ctrl_c_ends_a_blocking_call_at_once(job: str, answers: str) -> None:
    silence = Silence()

    def slow(connection: Any, seen: Seen) -> bool:
        silence.begun.set()
        silence.released.wait(90)
        connection.sendall(http(503))
        return True

    with Scripted(slow if answers == "slow" else silence) as server:
        program = textwrap.dedent(INTERRUPTED).replace("JOB", job)
        process = subprocess.Popen(
            [sys.executable, "-c", program, server.endpoint], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        if answers == "none":
            assert process.stdout.readline() == "begun\n"
        else:
            assert silence.begun.wait(60)
        if answers == "slow":
            # The jobs end with the answers to what they have sent, and send nothing more.
            threading.Timer(1.5, silence.released.set).start()
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 130
        assert output.splitlines()[-1] == "interrupted 1"
        assert len(server.seen) <= 5
        silence.released.set()
