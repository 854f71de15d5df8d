"""The programs of which guest images are made, and the place where they work. Nothing of either outlives a build."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from ..drivers.processes import dies_with_parent

_PREFIX = "cloudsigma-image-"
_LOCK = ".in-use"
_LAST_LINES = 8
_GONE_WITHIN = 30.0
_ISOLATED = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
"""What is mounted in such a place goes with the last process in it, and that with the first."""


class BuildFailed(Exception):
    """A guest image could not be made; the message says which step failed and what it said last."""


def run(
    command: Sequence[str | Path],
    step: str,
    given: str | None = None,
    *,
    isolated: bool = False,
    folder: Path | None = None,
) -> str:
    """Run a program; return what it wrote. Whatever ends this function ends the program.

    :param step: what it does, for messages.
    :param given: its input.
    :param isolated: it mounts file systems, which nobody else shall see.
    :param folder: where it may leave temporary files.
    :raises BuildFailed: when it fails.
    """
    environment = {**os.environ, "LC_ALL": "C", "PATH": search_path()}
    if folder is not None:
        environment["TMPDIR"] = str(folder)
    place = isolation() if isolated else ()
    program = _Program([*dies_with_parent(), *place, *(str(word) for word in command)], given, environment)
    program.start()
    try:
        program.join()
    except BaseException:
        # Whoever is isolated leaves nothing when it is killed; others are asked to clean up after themselves.
        program.end(politely=not place)
        raise
    if program.failure is not None:
        raise BuildFailed(f"{step} could not be started: {program.failure}")
    if program.status:
        last = "\n".join((program.complaints or program.said).strip().splitlines()[-_LAST_LINES:])
        raise BuildFailed(f"{step} failed:\n{last}")
    return program.said


class _Program(threading.Thread):
    """A program that runs. The thread is there so that Ctrl-C, which meets the main one, finds it begun or not begun."""

    def __init__(self, words: Sequence[str], given: str | None, environment: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self.said = self.complaints = ""
        self.status = 0
        self.failure: OSError | None = None
        self._words = words
        self._given = given
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._begun = threading.Event()

    def run(self) -> None:
        """Begin, and wait until everybody has gone who has the program's output open."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - programs and arguments are ours
                self._words,
                stdin=subprocess.DEVNULL if self._given is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=self._environment,
                start_new_session=True,  # Ctrl-C is not for the program itself
            )
        except OSError as error:
            self.failure = error
            return
        finally:
            self._begun.set()
        self.said, self.complaints = self._process.communicate(self._given)
        self.status = self._process.returncode

    def end(self, *, politely: bool) -> None:
        """End the program and all that it began."""
        self._begun.wait()
        for number in (signal.SIGTERM, signal.SIGKILL) if politely else (signal.SIGKILL,):
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, number)
            self.join(_GONE_WITHIN)


def search_path() -> str:
    """Return where programs are looked for: also where those for the administrator are."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@cache
def isolation() -> tuple[str, ...]:
    """Return the words before a command that isolate it, none where this process may not do that."""
    if shutil.which("unshare") is None:
        return ()
    tried = subprocess.run([*_ISOLATED, "true"], capture_output=True, check=False)  # noqa: S603
    return _ISOLATED if tried.returncode == 0 else ()


@contextlib.contextmanager
def workplace(base: Path | None = None) -> Iterator[Path]:
    """Give a temporary folder that everybody may read, as apt's own user has to; remove what killed builds left.

    :param base: where it is made, by default where the system has its temporary files.
    """
    base = base or Path(tempfile.gettempdir())
    _remove_leftovers(base)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder.chmod(0o755)  # from now on it is ours for others too
            yield folder
    finally:
        _remove(folder)


def _remove_leftovers(base: Path) -> None:
    for folder in base.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            if found.st_uid != os.geteuid() or found.st_mode & 0o777 != 0o755:
                continue  # somebody else's, or just being made
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)


def _remove(folder: Path) -> None:
    """Delete a folder, but nothing of a file system that somebody mounted in it."""
    for line in reversed(_mounts()):
        if line.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", line], capture_output=True, check=False)  # noqa: S603, S607
    if not any(line.startswith(f"{folder}/") for line in _mounts()):
        shutil.rmtree(folder, ignore_errors=True)


def _mounts() -> list[str]:
    try:
        listing = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line.split(" ")[1] for line in listing.splitlines()]
