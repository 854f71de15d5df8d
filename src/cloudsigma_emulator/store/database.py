"""The SQLite database: in memory, or a file in a data directory that one process may have open.

A committed row survives the death of the process (write-ahead log, written through to the system at each commit).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from .errors import StoreProblem
from .grants import GrantsOf
from .migrations import TABLES, migrate

Links = Callable[[str, dict[str, Any]], Iterable[tuple[str, str, str]]]
"""Gives the relations that start at a document: (relation, kind and uuid of the destination)."""

Uri = Callable[[str, str, dict[str, Any] | None], str]
"""Gives the resource_uri of an object: kind, uuid, and the document if it is at hand."""

Holdings = Callable[[str, dict[str, Any]], Mapping[str, int] | None]
"""Gives what an object uses of each resource that is billed; None for kinds that never use any."""


def _holds_nothing(kind: str, doc: dict[str, Any]) -> None:
    return None


def _grants_nothing(kind: str, doc: dict[str, Any], acls: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    return {}


class Database:
    """One connection, used under the app's lock.

    Arguments: the data directory (None: in memory), the function that reads relations out of a document, the
    one that gives an object's address, the one that tells what it uses of what is billed, and the one that
    tells what others may do with it.
    Raises StoreProblem when the directory cannot be used or another process has it.
    """

    def __init__(
        self,
        directory: Path | None,
        links_of: Links,
        uri_of: Uri,
        holdings_of: Holdings = _holds_nothing,
        grants_of: GrantsOf = _grants_nothing,
    ) -> None:
        self.links_of = links_of
        self.uri_of = uri_of
        self.holdings_of = holdings_of
        self.grants_of = grants_of
        self.directory = directory
        self._lock_file: IO[str] | None = None
        if directory is None:
            self.connection = self._connect(":memory:")
        else:
            self._lock_file = _lock(directory)
            try:
                self.connection = self._connect(str(directory / "emulator.sqlite3"))
            except BaseException:
                self._unlock()
                raise
        try:
            migrate(self.connection)
        except sqlite3.DatabaseError as error:
            self.close()
            raise StoreProblem(f"{directory}: not a database of this emulator ({error})") from error
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _connect(name: str) -> sqlite3.Connection:
        if name != ":memory:":
            with contextlib.suppress(OSError):  # passwords are in it, and the folder may be open to others
                os.close(os.open(name, os.O_RDWR | os.O_CREAT, 0o600))
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                name, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            if name != ":memory:":
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -65536")
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            raise StoreProblem(f"{name}: not a database of this emulator ({error})") from error
        return connection

    def objects(self) -> int:
        """Return how many documents there are, without counting them."""
        return int(self.connection.execute("SELECT coalesce(sum(n), 0) FROM counts").fetchone()[0])

    def empty(self) -> None:
        """Delete every row, in the transaction that is open."""
        for table in TABLES:
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from a constant

    def close(self) -> None:
        """Close the connection and let go of the directory."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None


def _lock(directory: Path) -> IO[str]:
    """Take the directory for this process; the lock goes with the process, however it ends."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = (directory / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise StoreProblem(f"{directory}: cannot be used as a data directory ({error.strerror})") from error
    try:
        _lock_handle(handle)
    except OSError as error:
        handle.seek(0)
        holder = handle.read().strip()
        handle.close()
        whose = f" (process {holder})" if holder else ""
        raise StoreProblem(f"{directory}: another emulator{whose} is using this data directory") from error
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle


if sys.platform == "win32":
    import msvcrt

    def _lock_handle(handle: IO[str]) -> None:
        # A byte far behind the text: the locked range cannot be read by others.
        handle.seek(1 << 20)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_handle(handle: IO[str]) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
