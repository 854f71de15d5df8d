"""What is the awaited face's own: callbacks come in the event loop, and a cancelled call leaves nothing at work."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cloudsigma import AsyncCloudSigma
from cloudsigma.api import chunk_protocols
from cloudsigma.core.call import run
from cloudsigma.ports import blocking, files, network, threads_asyncio
from cloudsigma.ports.blocking import BlockingPort
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, content, image_of, left_behind, options
from .hard_ways import begins_with
from .hard_ways import small_drives as small_drives
from .proxy import Proxy

pytestmark = pytest.mark.usefixtures("small_drives")

PATIENCE = 60.0
SIZE = 6 * MIB
OF_THE_TEST: contextvars.ContextVar[str] = contextvars.ContextVar("OF_THE_TEST", default="unset")


class Gate:
    """Keeps the first call of a function that is ``meant`` at its door, and lets it fail with ``error`` then, if any."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        module: ModuleType,
        name: str,
        meant: Callable[..., bool] = lambda *_: True,
        error: OSError | None = None,
    ) -> None:
        self.come = threading.Event()
        self.go = threading.Event()
        self.over = threading.Event()
        self._inner = getattr(module, name)
        self._meant = meant
        self._error = error
        self._lock = threading.Lock()
        monkeypatch.setattr(module, name, self)

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        with self._lock:
            first = not self.come.is_set() and self._meant(*arguments)
            if first:
                self.come.set()
        if not first:
            return self._inner(*arguments, **more)
        assert self.go.wait(PATIENCE)
        try:
            if self._error is not None:
                raise self._error
            return self._inner(*arguments, **more)
        finally:
            self.over.set()


async def cancelled_at(gate: Gate, call: Coroutine[Any, Any, Any]) -> None:
    """Cancel a call while a thread of it stands at a gate, which opens then."""
    task = asyncio.ensure_future(call)
    assert await asyncio.to_thread(gate.come.wait, PATIENCE)
    task.cancel()
    await asyncio.sleep(0)  # it is told so
    assert not task.done()
    gate.go.set()
    with pytest.raises(asyncio.CancelledError):
        await task


def at_work() -> list[threading.Thread]:
    """Return the threads of transfers that have not ended."""
    return [each for each in threading.enumerate() if each.name.startswith("cloudsigma ")]


async def only_left(names: set[str], count: int) -> None:
    """Wait until so many threads of these names are left: one that has told its end is about to go."""
    while len([each for each in at_work() if each.name != "cloudsigma worker"]) > count:
        await asyncio.sleep(0.01)
    assert {each.name for each in at_work()} - {"cloudsigma worker"} == names


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return image_of(tmp_path, SIZE)


@pytest.fixture
def threads() -> Iterator[None]:
    """Require that no thread of a transfer outlives the test."""
    yield
    for each in at_work():
        each.join(PATIENCE)
        assert not each.is_alive(), each


def awaited(cloud: Emulator, work: Callable[[AsyncCloudSigma], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with AsyncCloudSigma(**options(cloud)) as cs:
            return await work(cs)

    return asyncio.run(main())


class TestCallbacks:
    def test_they_come_in_the_loop_and_in_the_caller_s_context(self, cloud: Emulator, image: Path) -> None:
        seen: list[Any] = []

        def note(progress: Any) -> None:
            asyncio.get_running_loop()  # raises elsewhere
            seen.append((progress.done, threading.get_ident(), OF_THE_TEST.get()))

        async def work(cs: AsyncCloudSigma) -> None:
            OF_THE_TEST.set("here")
            drive = await cs.drives.upload(image, chunk_size=MIB, progress=note)
            await cs.drives.download(drive, image.with_name("target.raw"), progress=note)

        awaited(cloud, work)
        assert {(thread, value) for _, thread, value in seen} == {(threading.get_ident(), "here")}
        assert [done for done, _, _ in seen].count(SIZE) >= 2

    @pytest.mark.parametrize("error", [KeyError("of the caller"), KeyboardInterrupt(), SystemExit(3)])
    @pytest.mark.parametrize("verb", ["upload", "download"])
    def test_what_they_raise_ends_the_call(
        self, cloud: Emulator, image: Path, verb: str, error: BaseException
    ) -> None:
        def raising(progress: Any) -> None:
            if progress.done:
                raise error

        async def work(cs: AsyncCloudSigma) -> None:
            if verb == "upload":
                await cs.drives.upload(image, chunk_size=MIB, progress=raising)
            else:
                drive = await cs.drives.upload(image)
                await cs.drives.download(drive, image.with_name("target.raw"), progress=raising)

        with pytest.raises(type(error)) as caught:
            awaited(cloud, work)
        assert caught.value is error
        assert not image.with_name("target.raw").exists()

    def test_none_comes_after_the_call_was_cancelled(self, cloud: Emulator, image: Path) -> None:
        seen: list[int] = []

        async def work(cs: AsyncCloudSigma) -> None:
            def cancel(progress: Any) -> None:
                seen.append(progress.done)
                if progress.done:
                    task.cancel()

            task = asyncio.ensure_future(cs.drives.upload(image, chunk_size=64 * KIB, progress=cancel))
            with pytest.raises(asyncio.CancelledError):
                await task
            count = len(seen)
            await cs.drives.list()
            assert len(seen) == count

        awaited(cloud, work)
        assert seen[-1] < SIZE


class TestCancelled:
    def test_the_next_call_goes_on(self, cloud: Emulator, image: Path, threads: None) -> None:
        seen: list[int] = []

        async def work(cs: AsyncCloudSigma) -> Any:
            def cancel(progress: Any) -> None:
                if progress.done >= 2 * MIB:
                    task.cancel()

            task = asyncio.ensure_future(
                cs.drives.upload(image, chunk_size=256 * KIB, parallel=2, progress=cancel)
            )
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            [journal] = left_behind(image.parent)
            assert any(journal in note for note in caught.value.__notes__)
            return await cs.drives.upload(image, progress=lambda progress: seen.append(progress.done))

        drive = awaited(cloud, work)
        assert seen[0] >= MIB
        assert content(cloud, drive, SIZE) == image.read_bytes()
        assert left_behind(image.parent) == []

    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_while_nothing_moves(self, cloud: Emulator, image: Path, threads: None, direction: Any) -> None:
        async def work(cs: AsyncCloudSigma, line: Proxy) -> None:
            trouble = line.trouble(direction, "stall", 700 * KIB, count=100)
            if direction == "up":
                moving = cs.drives.upload(image, chunk_size=MIB)
            else:
                drive = await cs.drives.upload(image)
                moving = cs.drives.download(drive, image.with_name("target.raw"), chunk_size=MIB)
            task = asyncio.ensure_future(moving)
            assert await asyncio.to_thread(line.stalled.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert trouble.hits
            line.release()

        with Proxy(to=cloud.port) as line:
            app = cloud.app
            app.served_at("127.0.0.1", line.port)
            try:
                awaited(cloud, lambda cs: work(cs, line))
            finally:
                app.served_at("127.0.0.1", cloud.port)
        assert not image.with_name("target.raw").exists()

    @pytest.mark.skipif(not hasattr(os, "pwrite"), reason="writing at a place takes two calls here")
    def test_it_ends_after_what_a_thread_writes(
        self, cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(cs: AsyncCloudSigma) -> None:
            drive = await cs.drives.upload(image)
            gate = Gate(monkeypatch, os, "pwrite")
            target = image.with_name("target.raw")
            await cancelled_at(gate, cs.drives.download(drive, target, chunk_size=MIB))
            assert gate.over.is_set()
            await cs.drives.download(drive, target)
            assert begins_with(target, image)

        awaited(cloud, work)
        assert left_behind(image.parent) == []

    @pytest.mark.skipif(not hasattr(os, "pwrite"), reason="writing at a place takes two calls here")
    def test_what_a_disk_keeps_for_ever_is_left_to_itself(
        self, cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The call ends; what its thread does in the end is done to its own file, not to one opened since."""
        for module in (blocking, files, threads_asyncio):
            monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
        others = [image.with_name(f"other {number}") for number in range(20)]
        seen: list[Any] = []

        async def work(cs: AsyncCloudSigma) -> None:
            drive = await cs.drives.upload(image)
            gate = Gate(monkeypatch, os, "pwrite")
            task = asyncio.ensure_future(
                cs.drives.download(drive, image.with_name("target.raw"), progress=seen.append)
            )
            assert await asyncio.to_thread(gate.come.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not gate.over.is_set()
            reports = len(seen)
            opened = [each.open("wb") for each in others]
            gate.go.set()
            assert await asyncio.to_thread(gate.over.wait, PATIENCE)
            for each in opened:
                each.close()
            for thread in at_work():
                await asyncio.to_thread(thread.join, PATIENCE)
            assert len(seen) == reports

        awaited(cloud, work)
        assert [each.read_bytes() for each in others] == [b""] * 20
        assert not image.with_name("target.raw").exists()

    @pytest.mark.skipif(not hasattr(os, "pread"), reason="reading at a place takes two calls here")
    def test_what_fails_meanwhile_leaves_nothing_open(
        self, cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(cs: AsyncCloudSigma) -> Any:
            head = 512
            gate = Gate(
                monkeypatch, os, "pread", lambda _, length, at: length == head, OSError(errno.EIO, "broken")
            )
            await cancelled_at(gate, cs.drives.upload(image))
            return await cs.drives.upload(image)  # nobody has the journal any more

        drive = awaited(cloud, work)
        assert content(cloud, drive, SIZE) == image.read_bytes()

    @pytest.mark.skipif(not hasattr(os, "pwrite"), reason="writing at a place takes two calls here")
    def test_what_fails_meanwhile_keeps_what_is_there(
        self, cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = image.with_name("target.raw")
        seen: list[int] = []

        async def work(cs: AsyncCloudSigma) -> None:
            drive = await cs.drives.upload(image)
            gate = Gate(
                monkeypatch, os, "pwrite", lambda _, data, at: at >= 4 * MIB, OSError(errno.ENOSPC, "full")
            )
            await cancelled_at(gate, cs.drives.download(drive, target, parallel=1, chunk_size=MIB))
            await cs.drives.download(drive, target, progress=lambda progress: seen.append(progress.done))

        awaited(cloud, work)
        assert seen[0] == 4 * MIB
        assert begins_with(target, image)

    def test_while_it_waits_for_a_connection(
        self, cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(network, "CONNECTIONS", 1)
        other = image_of(image.parent, SIZE, 2, "other.raw")

        async def work(cs: AsyncCloudSigma) -> None:
            moved = asyncio.Event()
            slow = asyncio.ensure_future(
                cs.drives.upload(
                    image, bandwidth=KIB, progress=lambda progress: progress.done and moved.set()
                )
            )
            await moved.wait()
            waiting = asyncio.ensure_future(cs.drives.upload(other))
            while not left_behind(image.parent)[1:]:
                await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await only_left({"cloudsigma transfer"}, 1)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow

        awaited(cloud, work)

    def test_while_an_address_is_looked_up(
        self, cloud: Emulator, image: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(cs: AsyncCloudSigma) -> Any:
            gate = Gate(monkeypatch, socket, "getaddrinfo")
            task = asyncio.ensure_future(cs.drives.upload(image))
            assert await asyncio.to_thread(gate.come.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await only_left({"cloudsigma lookup"}, 1)
            gate.go.set()
            assert await asyncio.to_thread(gate.over.wait, PATIENCE)
            return await cs.drives.upload(image)

        drive = awaited(cloud, work)
        assert content(cloud, drive, SIZE) == image.read_bytes()

    def test_a_call_that_nobody_awaits_ends_with_its_loop(
        self, cloud: Emulator, image: Path, threads: None
    ) -> None:
        tasks: list[asyncio.Future[Any]] = []

        async def work(cs: AsyncCloudSigma) -> None:
            moved = asyncio.Event()
            tasks.append(
                asyncio.ensure_future(
                    cs.drives.upload(image, bandwidth=MIB, progress=lambda progress: moved.set())
                )
            )
            await moved.wait()

        awaited(cloud, work)
        assert tasks[0].cancelled()


def test_a_callback_that_exits_waits_for_nobody(
    cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunk_protocols, "IDLE_SECONDS", 10 * PATIENCE)

    async def work(cs: AsyncCloudSigma, line: Proxy) -> None:
        def leave(progress: Any) -> None:
            if line.stalled.is_set():
                raise SystemExit(3)

        line.trouble("up", "stall", 700 * KIB, count=1)
        await cs.drives.upload(image, chunk_size=MIB, parallel=2, bandwidth=8 * MIB, progress=leave)

    with Proxy(to=cloud.port) as line:
        cloud.app.served_at("127.0.0.1", line.port)
        try:
            with pytest.raises(SystemExit):
                awaited(cloud, lambda cs: work(cs, line))
        finally:
            cloud.app.served_at("127.0.0.1", cloud.port)


@pytest.mark.parametrize("verb", ["upload", "download"])
def test_without_room_for_threads(
    cloud: Emulator, image: Path, threads: None, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """The system's own error comes out, and the next call goes on."""
    inner = threading.Thread.start
    target = image.with_name("target.raw")

    def start(thread: threading.Thread) -> None:
        if thread.name == "cloudsigma worker" and any(each.name == thread.name for each in at_work()):
            raise RuntimeError("can't start new thread")
        inner(thread)

    async def work(cs: AsyncCloudSigma) -> Any:
        drive = await cs.drives.upload(image)
        other = image_of(image.parent, SIZE, 2, "other.raw")

        async def move() -> Any:
            if verb == "upload":
                return await cs.drives.upload(other, chunk_size=MIB, bandwidth=64 * MIB)
            return await cs.drives.download(drive, target, chunk_size=MIB, bandwidth=64 * MIB)

        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            with pytest.raises(RuntimeError, match="start new thread"):
                await move()
        drive = await move()
        if verb == "upload":
            assert content(cloud, drive, SIZE) == other.read_bytes()
        else:
            assert begins_with(target, image)

    awaited(cloud, work)


def test_a_file_that_was_closed_can_be_used_no_more(tmp_path: Path) -> None:
    file = run(BlockingPort().files.open(str(tmp_path / "image.part"), "w"))
    run(file.close())
    run(file.close())
    with pytest.raises(OSError, match=r"closed.*image\.part"):
        run(file.write_at(0, b"late"))


def test_other_calls_go_on_meanwhile(cloud: Emulator, image: Path) -> None:
    """A transfer that stands still holds up nothing of its client."""

    async def work(cs: AsyncCloudSigma) -> None:
        waiting = asyncio.Event()

        def stand_still(progress: Any) -> None:
            waiting.set()

        task = asyncio.ensure_future(cs.drives.upload(image, bandwidth=KIB, progress=stand_still))
        await waiting.wait()
        servers = await asyncio.gather(*[cs.servers.list() for _ in range(20)])
        assert len(servers) == 20
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    awaited(cloud, work)
