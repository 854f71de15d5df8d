"""Readers that do not see the end: killed, interrupted, out of time, given up. The next one gets its own answer."""

from __future__ import annotations

import asyncio
import os
import resource
import select
import signal
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence

import pytest

from cloudsigma.guest import (
    AsyncServerContext,
    ContextError,
    DeviceUnavailable,
    NotAnswered,
    NotJson,
    ServerContext,
    device,
    posix_port,
)

from .host import Host, host_of, payload_at

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")

DOCUMENT = {
    "name": "web",
    "meta": {f"key{number:03}": "x" * 1000 for number in range(60)},
    "uuid": "6cc01234-d024-4ecf-b0de-83dbc2900001",
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host of these tests may be slow to send its own answer after the rest of an old one."""
    monkeypatch.setattr(device, "_SECOND_ANSWER", 20.0)


READ = "import sys; from cloudsigma.guest import ServerContext; print(ServerContext(sys.argv[1]).text(sys.argv[2]))"


class Slow:
    """A host that stops in the middle of its first answer until it is let go on, or until somebody asks again."""

    def __init__(self, at: int, until_asked_again: bool = False) -> None:
        self.at = at
        self.until_asked_again = until_asked_again
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.host: Host | None = None

    def __call__(self, path: str) -> Iterator[bytes]:
        data = payload_at(DOCUMENT, path) + b"\n\x04"
        if self.begun.is_set():
            yield data
            return
        yield data[: self.at]
        self.begun.set()
        if self.until_asked_again:
            assert self.host is not None
            select.select([self.host.master], [], [], 90)
        else:
            self.go_on.wait(90)
        yield data[self.at :]


def slow(at: int, until_asked_again: bool = False) -> tuple[Slow, Host]:
    answer = Slow(at, until_asked_again)
    answer.host = Host(
        answer, pause=0.05
    )  # so that the own answer comes a while after the rest of the old one
    return answer, answer.host


@pytest.mark.parametrize("path", ["name", "uuid", "meta", ""])
@pytest.mark.parametrize("at", [0, 1000, 40_000])
@pytest.mark.parametrize("until_asked_again", [False, True])
def test_after_a_killed_reader(path: str, at: int, until_asked_again: bool) -> None:
    """The rest of the dead reader's answer is there before the next one asks, or comes only then."""
    answer, host = slow(at, until_asked_again)
    with host:
        reader = subprocess.Popen([sys.executable, "-c", READ, host.port, ""])
        assert answer.begun.wait(60)
        reader.kill()
        reader.wait()
        answer.go_on.set()
        context = ServerContext(host.port, timeout=60)
        assert context.text(path).encode() == payload_at(DOCUMENT, path)
        assert context.text("uuid") == DOCUMENT["uuid"]


def test_after_several_killed_readers() -> None:
    answer, host = slow(10, until_asked_again=True)
    with host:
        for number in range(3):
            reader = subprocess.Popen([sys.executable, "-c", READ, host.port, "meta" if number else ""])
            assert answer.begun.wait(60)
            reader.kill()
            reader.wait()
        context = ServerContext(host.port, timeout=60)
        assert [context.text("name"), context.text("uuid")] == ["web", DOCUMENT["uuid"]]


def test_after_a_reader_that_ran_out_of_time() -> None:
    answer, host = slow(5, until_asked_again=True)
    with host:
        with pytest.raises(NotAnswered, match=r"not complete.*longer timeout"):
            ServerContext(host.port, timeout=1.5).get("meta")
        assert answer.begun.is_set()
        context = ServerContext(host.port, timeout=60)
        assert [context.text("name"), context.text("uuid")] == ["web", DOCUMENT["uuid"]]


def test_after_an_interrupted_reader() -> None:
    def interrupt(path: str) -> Sequence[bytes]:
        if path == "meta":
            os.kill(os.getpid(), signal.SIGINT)
            select.select([host.master], [], [], 90)
        return [payload_at(DOCUMENT, path) + b"\n\x04"]

    with Host(interrupt) as host:
        context = ServerContext(host.port, timeout=60)
        with pytest.raises(KeyboardInterrupt):
            context.get("meta")
        assert context.text("name") == "web"


def test_a_cancelled_task_frees_the_port_also_while_the_line_is_busy() -> None:
    asked = threading.Event()
    enough = threading.Event()

    def talk(path: str) -> Iterator[bytes]:
        while path == "meta" and not enough.is_set():
            yield b"noise "
            asked.set()
        yield payload_at(DOCUMENT, path) + b"\n\x04"

    async def give_up(port: str) -> str:
        task = asyncio.create_task(AsyncServerContext(port, timeout=600).get("meta"))
        await asyncio.to_thread(asked.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reading = asyncio.create_task(AsyncServerContext(port, timeout=60).text("name"))
        enough.set()
        return await reading

    with Host(talk, pause=0.005) as host:
        assert asyncio.run(give_up(host.port)) == "web"


def test_many_tasks_on_one_context() -> None:
    async def ask(port: str) -> list[object]:
        context = AsyncServerContext(port, timeout=60)
        paths = [f"meta/key{number:03}" for number in range(40)]
        return await asyncio.gather(*(context.get(path) for path in paths), context.get("uuid"), context.meta)

    with host_of(DOCUMENT) as host:
        *values, uuid, meta = asyncio.run(ask(host.port))
    assert values == ["x" * 1000] * 40
    assert (uuid, meta) == (DOCUMENT["uuid"], DOCUMENT["meta"])


def test_two_processes_at_once() -> None:
    paths = ["name", "uuid", "meta/key001", "meta", ""] * 2
    with host_of(DOCUMENT) as host:
        readers = [
            subprocess.Popen([sys.executable, "-c", READ, host.port, path], stdout=subprocess.PIPE, text=True)
            for path in paths
        ]
        said = [reader.communicate(timeout=60)[0] for reader in readers]
    assert said == [payload_at(DOCUMENT, path).decode() + "\n" for path in paths]


def test_an_old_answer_that_is_followed_by_a_long_own_one() -> None:
    """The own answer may take long on its way; the old one does not win meanwhile."""
    old = payload_at({"name": "old"}, "") + b"\n\x04"

    def answer(path: str) -> Iterator[bytes]:
        data = payload_at(DOCUMENT, path) + b"\n\x04"
        yield old + data[:3000]
        for start in range(3000, len(data), 3000):
            yield data[start : start + 3000]

    with Host(answer, pause=0.1) as host:
        assert ServerContext(host.port, timeout=60).get() == DOCUMENT


def test_a_mebibyte() -> None:
    document = {"meta": {f"{number:04}": "é" * 200 for number in range(1000)}}
    assert len(payload_at(document, "")) > 1 << 20
    with host_of(document) as host:
        assert ServerContext(host.port, timeout=60).get() == document


def test_byte_by_byte() -> None:
    document = {"meta": {"key": "x" * 3000}}

    def answer(path: str) -> Iterator[bytes]:
        for byte in b"\x04<\r\n" + path.encode() + b"\r\n>" + payload_at(document, path) + b"\r\n\x04":
            yield bytes([byte])

    with Host(answer) as host:
        assert ServerContext(host.port, timeout=60).get() == document
        assert ServerContext(host.port, timeout=60).text("meta/key") == "x" * 3000


def test_the_host_dies_in_the_middle() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    port = os.ttyname(slave)

    def leave() -> None:
        os.read(master, 64)
        os.write(master, b'{"name": "w')
        os.close(master)

    thread = threading.Thread(target=leave)
    thread.start()
    with pytest.raises(DeviceUnavailable, match="failed while") as caught:
        ServerContext(port, timeout=60).get()
    thread.join()
    os.close(slave)
    assert caught.value.errno


# What is not the reader's stays as it was.


@pytest.mark.parametrize(("said", "error"), [(b"", NotAnswered), (b"login: \n\x04", NotJson)])
def test_a_line_that_is_no_host_s_gets_its_mode_back(said: bytes, error: type[ContextError]) -> None:
    """A wrong port may be somebody's terminal: it would be left without echo and without Ctrl-C."""
    with Host(lambda _: [said]) as host:
        cooked = termios.tcgetattr(host.slave)
        cooked[3] |= termios.ICANON | termios.ECHO | termios.ISIG
        termios.tcsetattr(host.slave, termios.TCSANOW, cooked)
        before = termios.tcgetattr(host.slave)
        with pytest.raises(error):
            ServerContext(host.port, timeout=1.5).get()
        assert termios.tcgetattr(host.slave)[:6] == before[:6]


def test_a_process_forked_meanwhile_does_not_keep_the_port() -> None:
    """As multiprocessing does it: the child has all descriptors of the parent, the port's among them."""
    children: list[int] = []
    release, released = os.pipe()

    def answer(path: str) -> Sequence[bytes]:
        if not children:
            children.append(os.fork())
            if not children[0]:
                os.read(release, 1)
                os._exit(0)
        return [payload_at(DOCUMENT, path) + b"\n\x04"]

    with Host(answer) as host:
        try:
            assert ServerContext(host.port, timeout=60).text("name") == "web"
            assert ServerContext(host.port, timeout=60).text("uuid") == DOCUMENT["uuid"]
        finally:
            os.write(released, b"x")
            os.waitpid(children[0], 0)
            os.close(release)
            os.close(released)


def test_a_program_with_many_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip("the system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    with host_of(DOCUMENT) as host:
        held = [os.dup(host.slave) for _ in range(1100)]
        try:
            assert ServerContext(host.port, timeout=60).text("name") == "web"
        finally:
            for descriptor in held:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_another_program_that_reads_too_and_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were there when the system was asked are gone: that is no failure of the port."""
    monkeypatch.setattr(posix_port, "_ready", lambda *_: True)
    with Host(lambda _: []) as host:
        port = posix_port.PosixPort(host.port)
        try:
            assert port.receive(0.1) == b""
        finally:
            port.close()
