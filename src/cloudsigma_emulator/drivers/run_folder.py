"""What an emulator with real guests leaves in the system while it runs, and the removal of what a killed one left.

Each emulator has a folder of its own below one that belongs to the user, and holds a lock in it for as long as it lives.
A folder whose lock can be had belongs to nobody any more: its virtual machines are ended and it is deleted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

log = logging.getLogger("cloudsigma_emulator")

_LOCK = "lock"
_NEW = ".new-"
_PATIENCE = 5.0
_TRIES = 20
_UNFINISHED_FOR = 60.0


class RunFolder:
    """The folder of this emulator. Raises OSError when it cannot be made."""

    def __init__(self) -> None:
        self._lock = -1
        for left in reversed(range(_TRIES)):
            try:
                self._make(_base())
                return
            except (FileNotFoundError, FileExistsError):
                # Another emulator has just ended, and taken the base along.
                if not left:
                    raise

    def _make(self, base: Path) -> None:
        remove_leftovers(base)
        # Made out of others' sight, who would take a folder whose lock they can have for a leftover.
        with tempfile.TemporaryDirectory(prefix=_NEW, dir=base) as hidden:
            folder = Path(tempfile.mkdtemp(prefix="", dir=hidden))
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.path = folder.rename(base / folder.name)
            self._lock = lock

    def pid_file(self, server: str) -> Path:
        """Return where qemu writes its process number."""
        return self.path / f"{server}.pid"

    def words_file(self, server: str) -> Path:
        """Return where qemu's own messages go."""
        return self.path / f"{server}.said"

    def close(self) -> None:
        """Delete the folder; nothing happens the second time."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            with contextlib.suppress(OSError):  # others are in it
                self.path.parent.rmdir()
            os.close(self._lock)
            self._lock = -1


def _base() -> Path:
    base = Path(tempfile.gettempdir()) / f"cloudsigma-emulator-{os.getuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    found = base.lstat()
    if found.st_uid != os.getuid() or base.is_symlink() or found.st_mode & 0o077:
        words = "it belongs to somebody else, or others may look into it; remove it, or set TMPDIR to another folder"
        raise PermissionError(errno.EPERM, words, str(base))
    return base


def remove_leftovers(base: Path) -> None:
    """End the machines and delete the folders of emulators that are no more."""
    for folder in list(base.iterdir()):
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                age = time.time() - folder.stat().st_mtime
                if folder.name.startswith(_NEW) and age > _UNFINISHED_FOR:
                    shutil.rmtree(folder, ignore_errors=True)
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # its emulator lives
        else:
            for pid_file in folder.glob("*.pid"):
                end_machine(pid_file)
            shutil.rmtree(folder, ignore_errors=True)
            log.info("removed what an earlier emulator left in %s", folder)
        finally:
            os.close(lock)


def end_machine(pid_file: Path) -> None:
    """Kill the machine that wrote a pid file, if the process of that number is still the one."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text(encoding="ascii"))
        # Numbers are used again: only a process whose command names this very file is meant.
        if str(pid_file) not in _command_of(pid):
            return
        os.kill(pid, signal.SIGKILL)
        log.info("ended a virtual machine that an earlier emulator left, process %d", pid)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and str(pid_file) in _command_of(pid):
            time.sleep(0.01)


def _command_of(pid: int) -> str:
    listing = Path(f"/proc/{pid}/cmdline")
    if listing.parent.parent.joinpath("self").exists():
        try:
            return listing.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            return ""
    shown = subprocess.run(  # noqa: S603
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout
