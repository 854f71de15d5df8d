"""Files whose call is cancelled while a thread is at work on them: the thread's number of the file stays the file's."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from cloudsigma.ports.asyncio import AsyncioPort

PATIENCE = 60.0


class Gate:
    """Keeps the first call of a function of the system at its door."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.come = threading.Event()
        self.go = threading.Event()
        self.result: Any = None
        self._inner = getattr(os, name)
        monkeypatch.setattr(os, name, self)

    def __call__(self, *arguments: Any) -> Any:
        first = not self.come.is_set()
        if first:
            self.come.set()
            assert self.go.wait(PATIENCE)
        result = self._inner(*arguments)
        if first:
            self.result = result
        return result


@pytest.mark.skipif(not hasattr(os, "pwrite"), reason="writing at a place takes two calls here")
def test_a_write_goes_to_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        file = await AsyncioPort().files.open(str(tmp_path / "image.part"), "w")
        gate = Gate(monkeypatch, "pwrite")
        writing = asyncio.create_task(file.write_at(0, b"of the image"))
        assert await asyncio.to_thread(gate.come.wait, PATIENCE)
        writing.cancel()
        closing = asyncio.create_task(file.close())
        await asyncio.sleep(0)  # it has begun
        with (tmp_path / "other").open("wb") as other:
            gate.go.set()
            await closing
            await asyncio.get_running_loop().shutdown_default_executor()
            other.write(b"of another")
        with pytest.raises(asyncio.CancelledError):
            await writing

    asyncio.run(main())
    assert (tmp_path / "other").read_bytes() == b"of another"
    assert (tmp_path / "image.part").read_bytes() == b"of the image"


def test_what_is_opened_for_nobody_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        gate = Gate(monkeypatch, "open")
        opening = asyncio.create_task(AsyncioPort().files.open(str(tmp_path / "image.part"), "w"))
        assert await asyncio.to_thread(gate.come.wait, PATIENCE)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        gate.go.set()
        await asyncio.get_running_loop().shutdown_default_executor()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(gate.result)

    asyncio.run(main())


def test_it_can_be_used_no_more(tmp_path: Path) -> None:
    async def main() -> None:
        file = await AsyncioPort().files.open(str(tmp_path / "image.part"), "w")
        await file.close()
        await file.close()
        with pytest.raises(OSError, match=r"closed.*image\.part"):
            await file.write_at(0, b"late")

    asyncio.run(main())
