"""The programs of which guest images are made, and the place where they work. Nothing of either outlives a build."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
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
    words = [*dies_with_parent(), *place, *(str(word) for word in command)]
    try:
        process = subprocess.Popen(  # noqa: S603 - programs and arguments are ours
            words,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,  # Ctrl-C is this program's business; see below
        )
    except OSError as error:
        raise BuildFailed(f"{step} could not be started: {error}") from error
    try:
        said, complaints = process.communicate(given)
    except BaseException:
        # Whoever is isolated leaves nothing when it is killed; others are asked to clean up after themselves.
        _end(process, politely=not place)
        raise
    if process.returncode:
        last = "\n".join((complaints or said).strip().splitlines()[-_LAST_LINES:])
        raise BuildFailed(f"{step} failed:\n{last}")
    return said


def _end(process: subprocess.Popen[str], *, politely: bool) -> None:
    """End a program, and wait until everybody has gone who still has its output open."""
    for number in (signal.SIGTERM, signal.SIGKILL) if politely else (signal.SIGKILL,):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GONE_WITHIN)
            return


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
