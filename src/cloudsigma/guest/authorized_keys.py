"""The file that lets keys log in (sshd(8), AUTHORIZED_KEYS): new ones are added, nothing else in it changes."""

from __future__ import annotations

import base64
import binascii
import contextlib
import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

# A key is told by its type and its blob; options before it and a comment behind it may differ.
_KEY = re.compile(r"((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+)[ \t]+(AAAA[A-Za-z0-9+/]*={0,3})(?=[ \t]|$)")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')


def default_file() -> Path:
    """Return the file that sshd reads for the user who runs this program, whatever ``HOME`` says.

    Raises :class:`OSError` for a user whom the system does not know.
    """
    if os.name == "posix":
        import pwd

        try:
            home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
        except KeyError:
            raise OSError(
                errno.ENOENT, f"the system has no home directory for the user with number {os.geteuid()}"
            ) from None
    else:
        home = Path.home()
    return home / ".ssh" / "authorized_keys"


def identity(line: str) -> tuple[str, str] | None:
    """Return type and blob of the key on a line, None when the line has none."""
    if line.lstrip().startswith("#"):
        return None
    found = _KEY.search(_QUOTED.sub('""', line))
    return (found[1], found[2]) if found else None


def objection(line: str) -> str | None:
    """Return what keeps a line from being a plain public key and its comment, None when it is one.

    Nothing else is ever installed: options could run commands. The words never hold anything of the line.
    """
    text = line.strip()
    found = _KEY.match(text)
    if found is None:
        if "PRIVATE KEY" in text:
            return "it is part of a private key"
        return "it has options in front of the key" if identity(text) else "it is no SSH public key"
    if not text.isprintable():
        return "it holds control characters"
    return None if _is_whole(found[1], found[2]) else "it is cut off or altered"


def _is_whole(kind: str, blob: str) -> bool:
    """Tell whether a key's blob is a row of fields, each behind its length, the first of which is its type (RFC 4253)."""
    try:
        data = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    fields: list[bytes] = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            return False
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return len(fields) > 1 and fields[0] == kind.encode()


def install(keys: Sequence[str], file: Path) -> int:
    """Add the keys that the file does not have; return how many that were.

    The file gets mode 0600, and its folder 0700 when it is named ``.ssh`` or is new; another folder is left as it is.
    The file keeps its owner, and is replaced as a whole, so that nobody ever sees half of it. A new one belongs to the
    owner of the folder, and a new folder to the owner of the one it is in. Two programs that do this at once wait for
    each other. Root may do this for another user: what is in that user's folder is done with that user's rights, for
    the time of the call by the whole process.

    Raises :class:`ValueError` for a line that is no plain public key, before anything is changed, and :class:`OSError`,
    which leaves the file as it was.
    """
    wanted: dict[tuple[str, str], str] = {}
    for line in keys:
        reason, found = objection(line), identity(line)
        if reason or found is None:
            raise ValueError(f"a line is no plain SSH public key: {reason}")
        wanted.setdefault(found, line.strip())
    with _rights_of_owner(file):
        return _add(wanted, file)


def _add(wanted: dict[tuple[str, str], str], file: Path) -> int:
    folder = file.parent
    private = _make(folder) or folder.name == ".ssh"
    with _locked(folder):
        target = _real(file)
        if target.exists() and not target.is_file():  # reading a device or a pipe may never end
            raise FileExistsError(errno.EEXIST, "it is no regular file", str(file))
        try:
            present = target.read_bytes()
        except FileNotFoundError:
            present = b""
        for line in present.decode("utf-8", "replace").split("\n"):
            wanted.pop(identity(line.rstrip("\r")) or ("", ""), None)
        if private and folder.stat().st_mode & 0o777 != 0o700:
            folder.chmod(0o700)
        if wanted:
            if present and not present.endswith(b"\n"):
                present += b"\n"
            _replace(target, present + "".join(f"{text}\n" for text in wanted.values()).encode())
        elif target.exists() and target.stat().st_mode & 0o777 != 0o600:
            target.chmod(0o600)
    return len(wanted)


@contextlib.contextmanager
def _rights_of_owner(file: Path) -> Iterator[None]:
    """Let root give up all rights but those of the user in whose folder the file is.

    That user can put links there, to the system's own files for one, and exchange them at any moment.
    """
    owner = _owner(file.absolute()) if os.name == "posix" and os.geteuid() == 0 else None
    if owner is None:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    os.setgroups([owner.st_gid])
    try:
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _owner(file: Path) -> os.stat_result | None:
    """Return what says who decides where a path leads, None when that is root alone."""
    for path in (file, *file.parents):
        try:
            found = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            continue  # the folder says
        if found.st_uid:
            return found
        if stat.S_ISDIR(found.st_mode):
            break
    return None


def _make(folder: Path) -> bool:
    """Make the folder where it is missing; return whether it was."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_dir():
            return False
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    folder.chmod(0o700)
    above = folder.parent.stat()
    _own(folder, above.st_uid, above.st_gid)
    return True


def _real(file: Path) -> Path:
    try:
        return file.resolve()
    except RuntimeError:  # what Python before 3.13 makes of links that lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(file)) from None


def _replace(target: Path, data: bytes) -> None:
    owner = target.parent.stat()
    if target.exists():
        owner = target.stat()
        if os.name == "posix" and os.geteuid() not in (0, owner.st_uid):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(target))
    handle, name = tempfile.mkstemp(prefix=".authorized_keys.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o600)
        _own(Path(name), owner.st_uid, owner.st_gid)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _own(path: Path, user: int, group: int) -> None:
    # Only root can give files away; for anybody else they are in the right hands already.
    if os.name == "posix" and os.geteuid() == 0:
        os.chown(path, user, group)


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
