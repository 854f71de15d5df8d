"""The journal of a transfer: a small file that lets another run, also on another day, go on with it.

Its lines are JSON objects that say what is moved, and numbers: the chunks that are over. A line that was not finished
counts for nothing. While it is open no other process can have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..errors import ResumeRefused, TransferError
from .port import File, Port

LONGEST = 256 * 1024 * 1024


class Journal:
    """An open journal. ``facts`` are what its objects say, all together; ``done`` the numbers of chunks."""

    def __init__(self, port: Port, path: str, file: File) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}
        self.done: set[int] = set()
        self._port = port
        self._file = file
        self._end = 0
        self._lock = port.lock()

    @classmethod
    async def open(cls, port: Port, path: str) -> Journal:
        """Open a journal, made empty when there is none.

        Raises :class:`cloudsigma.errors.TransferError` when another process has it, and
        :class:`cloudsigma.errors.ResumeRefused` when it is not a journal.
        """
        file = await port.files.open(path, "w")
        journal = cls(port, path, file)
        try:
            if not await file.lock():
                raise TransferError(f"another process is at this transfer (it has {path})")
            await journal._read()
        except BaseException:
            await file.close()
            raise
        return journal

    async def _read(self) -> None:
        content = await self._file.read_at(0, LONGEST)
        end = content.rfind(b"\n") + 1
        for line in content[:end].split(b"\n"):
            text = line.strip(b"\0 ")
            if text.isdigit():
                self.done.add(int(text))
            elif text:
                self._learn(text)
        self._end = end
        await self._file.truncate(end)

    def _learn(self, text: bytes) -> None:
        try:
            facts = orjson.loads(text)
        except orjson.JSONDecodeError:
            facts = None
        if not isinstance(facts, dict):
            raise ResumeRefused(
                f"{self.path} is not the journal of a transfer, or is damaged; delete it, or give resume=False"
            )
        self.facts.update(facts)

    async def clear(self) -> None:
        """Forget everything."""
        await self._file.truncate(0)
        self.facts, self.done, self._end = {}, set(), 0

    async def state(self, facts: Mapping[str, Any]) -> None:
        """Write down what is moved, and let the disk have it."""
        self.facts.update(facts)
        await self._append(orjson.dumps(facts))
        await self._file.sync()

    async def note(self, number: int) -> None:
        """Write down that a chunk is over."""
        await self._append(b"%d" % number)
        self.done.add(number)

    async def _append(self, line: bytes) -> None:
        async with self._lock:
            at = self._end
            self._end += len(line) + 1
            await self._file.write_at(at, line + b"\n")

    async def close(self) -> None:
        """Close it; what it says stays."""
        await self._file.close()

    async def remove(self) -> None:
        """Delete it: the transfer is over."""
        await self._port.files.remove(self.path)
        await self.close()


async def journal_path(port: Port, tag: str, name: str) -> str:
    """Return the path of a journal that cannot lie beside what is moved: in the user's state folder.

    ``name`` is the base name of that, ``tag`` tells transfers apart that may run at once.
    """
    return f"{await port.files.state_folder()}/{name[:100]}.{tag}.journal"
