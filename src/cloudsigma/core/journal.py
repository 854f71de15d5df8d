"""The journal of a transfer: a small file that lets another run, also on another day, go on with it.

Its lines are JSON objects that say what is moved, and numbers: the chunks that are over. A line that was not finished
counts for nothing, nor does one of which a crash of the machine left zeros. While it is open no other process can have
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..errors import ResumeRefused, TransferError
from .port import File, TransferPort

LONGEST = 256 * 1024 * 1024
LONGEST_NAME = 255

_KEYS = {
    "upload": {"key", "chunk_size", "size", "file_size", "mtime_ns", "fingerprint", "form"},
    "download": {"drive", "size", "stretch"},
}
"""What the journal of a transfer of each kind must tell."""


class Journal:
    """An open journal. ``facts`` are what its objects say, all together; ``done`` the numbers of chunks."""

    def __init__(self, port: TransferPort, path: str, kind: str, file: File) -> None:
        self.path = path
        self._kind = kind
        self.facts: dict[str, Any] = {}
        self.done: set[int] = set()
        self._port = port
        self._file = file
        self._end = 0
        self._lock = port.lock()

    @classmethod
    async def open(cls, port: TransferPort, path: str, kind: str, *, anew: bool = False) -> Journal:
        """Open the journal of an ``upload`` or a ``download``, made empty when there is none.

        Raises :class:`cloudsigma.errors.TransferError` when another process has it, and
        :class:`cloudsigma.errors.ResumeRefused` when it is not a journal; ``anew`` makes it empty then.
        """
        while True:
            file = await port.files.open(path, "w")
            journal = cls(port, path, kind, file)
            try:
                if not await file.lock():
                    raise TransferError(f"another process is at this transfer (it has {path})")
                # Whoever had it until now may have deleted it: then the file that is open here is nobody's any more.
                if await journal._is_in_place():
                    await journal._begin(anew)
                    return journal
            except BaseException:
                await file.close()
                raise
            await file.close()

    async def _is_in_place(self) -> bool:
        there, mine = await self._port.files.state(self.path), await self._file.state()
        return there is not None and (there.inode, there.device) == (mine.inode, mine.device)

    async def _begin(self, anew: bool) -> None:
        try:
            await self._read()
        except ResumeRefused:
            if not anew:
                raise
            await self.clear()

    async def _read(self) -> None:
        content = await self._file.read_at(0, LONGEST)
        end = content.rfind(b"\n") + 1
        for line in content[:end].split(b"\n"):
            if b"\0" in line:
                continue
            if line.isdigit():
                self.done.add(int(line))
            elif line:
                self._learn(line)
        if (self.facts or self.done) and not (
            self.facts.get("kind") == self._kind and _KEYS[self._kind] <= self.facts.keys()
        ):
            raise self._refusal()
        self._end = end
        await self._file.truncate(end)

    def _learn(self, text: bytes) -> None:
        try:
            facts = orjson.loads(text)
        except orjson.JSONDecodeError:
            facts = None
        if not isinstance(facts, dict):
            raise self._refusal()
        self.facts.update(facts)

    def _refusal(self) -> ResumeRefused:
        return ResumeRefused(
            f"{self.path} is not the journal that this {self._kind} would have, or is damaged; give resume=False to "
            "begin anew in its place"
        )

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
            # It begins with an end: of the line before perhaps only a part was written.
            self._end += len(line) + 2
            await self._file.write_at(at, b"\n" + line + b"\n")

    async def close(self) -> None:
        """Close it; what it says stays."""
        await self._file.close()

    async def remove(self) -> None:
        """Delete it: the transfer is over."""
        try:
            await self._port.files.remove(self.path)
        except PermissionError:  # Windows deletes no file that is open
            await self.close()
            await self._port.files.remove(self.path)
        await self.close()


async def journal_path(port: TransferPort, tag: str, name: str) -> str:
    """Return the path of a journal that cannot lie beside what is moved: in the user's state folder.

    ``name`` is the base name of that, ``tag`` tells transfers apart that may run at once.
    """
    shown = name.encode("utf-8", "surrogateescape")[:100].decode("utf-8", "ignore")
    return f"{await port.files.state_folder()}/{shown}.{tag}.journal"


def length_of_name(path: str) -> int:
    """Return how many bytes the last part of a path has, of which most file systems take ``LONGEST_NAME``."""
    return len(path.rpartition("/")[2].encode("utf-8", "surrogateescape"))
