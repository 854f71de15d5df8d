"""The file that lets keys log in (sshd(8), AUTHORIZED_KEYS): new ones are added, nothing else in it changes."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# A key is told by its type and its blob; options before it and a comment behind it may differ.
_KEY = re.compile(r"((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+)[ \t]+(AAAA[A-Za-z0-9+/]*={0,3})(?=[ \t]|$)")


def default_file() -> Path:
    """Return the file that sshd reads for the user who runs this program, whatever ``HOME`` says."""
    if os.name == "posix":
        import pwd

        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    else:
        home = Path.home()
    return home / ".ssh" / "authorized_keys"


def identity(line: str) -> tuple[str, str] | None:
    """Return type and blob of the key on a line, None when the line has none."""
    if line.lstrip().startswith("#"):
        return None
    found = _KEY.search(line)
    return (found[1], found[2]) if found else None


def plain_key(line: str) -> str | None:
    """Return a line that is nothing but a key and its comment, None for any other: options could run commands."""
    text = line.strip()
    if not text.isprintable():
        return None
    found = _KEY.match(text)
    return text if found else None


def install(keys: Sequence[str], file: Path) -> int:
    """Add the keys that the file does not have; return how many that were.

    The folder gets mode 0700 and the file 0600. The file is replaced as a whole, so that nobody ever sees half of it.
    Two programs that do this at once wait for each other. Raises :class:`ValueError` for a line that is no plain public
    key, before anything is changed, and :class:`OSError`.
    """
    wanted: dict[tuple[str, str], str] = {}
    for line in keys:
        text = plain_key(line)
        found = identity(text) if text else None
        if text is None or found is None:
            raise ValueError(
                "the server context has something in place of an SSH public key; nothing was installed"
            )
        wanted.setdefault(found, text)
    folder = file.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        target = file.resolve()
        try:
            present = target.read_bytes()
        except FileNotFoundError:
            present = b""
        for line in present.decode("utf-8", "replace").splitlines():
            wanted.pop(identity(line) or ("", ""), None)
        if folder.stat().st_mode & 0o777 != 0o700:
            folder.chmod(0o700)
        if wanted:
            if present and not present.endswith(b"\n"):
                present += b"\n"
            _replace(target, present + "".join(f"{text}\n" for text in wanted.values()).encode())
        elif target.exists() and target.stat().st_mode & 0o777 != 0o600:
            target.chmod(0o600)
    return len(wanted)


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".authorized_keys.", dir=target.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
