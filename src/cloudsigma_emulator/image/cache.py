"""Where guest images are kept, and which one is current for a variant."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path

PLACE = "CLOUDSIGMA_EMULATOR_CACHE"
"""The environment variable that names another folder for guest images."""


ORDER = ("small", "cloud-init")
"""The variants, the one for ordinary guests first."""


@dataclass(frozen=True)
class GuestImage:
    """A raw disk that boots. ``title`` names the library drive it becomes."""

    variant: str
    title: str
    path: Path
    size: int


def folder() -> Path:
    """Return the folder of guest images, which need not exist.

    Under sudo it is that of the user who calls for it: building takes root, running an emulator does not.

    Raises OSError for a user without a home directory, when the environment names no folder.
    """
    given = os.environ.get(PLACE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    user = _user_behind_sudo()
    if user is not None:
        return user.home / ".cache" / "cloudsigma-emulator"
    return (Path(base) if base else _home() / ".cache") / "cloudsigma-emulator"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        words = f"this user has no home directory for guest images; {PLACE} names a folder"
        raise FileNotFoundError(errno.ENOENT, words, "~") from None


def make_folder() -> Path:
    """Return the folder of guest images, which exists. Raises OSError when it cannot be made."""
    place = folder()
    missing = [path for path in (place, *place.parents) if not path.exists()]
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in missing:
        give_to_user(path)
    return place


def give_to_user(path: Path) -> None:
    """Let a file or folder belong to the user who calls for it by sudo, if it is in the home of one."""
    user = _user_behind_sudo()
    if user is not None and path.is_relative_to(user.home):
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


@dataclass(frozen=True)
class _User:
    uid: int
    gid: int
    home: Path


def _user_behind_sudo() -> _User | None:
    try:
        import pwd

        if os.geteuid() == 0:
            found = pwd.getpwuid(int(os.environ.get("SUDO_UID", "0")))
            if found.pw_uid and Path(found.pw_dir).is_dir():
                return _User(found.pw_uid, found.pw_gid, Path(found.pw_dir))
    except (ImportError, KeyError, ValueError):
        pass
    return None


def find(variant: str, place: Path | None = None) -> GuestImage | None:
    """Return the image of a variant that was built last, None when there is none.

    :param place: where to look, by default :func:`folder`.
    """
    try:
        place = place or folder()
        stored = json.loads((place / f"{variant}.json").read_text(encoding="utf-8"))
        path = place / str(stored["file"])
        return GuestImage(variant, str(stored["title"]), path, path.stat().st_size)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def current() -> list[GuestImage]:
    """Return the images there are, the one for ordinary guests first."""
    return [image for image in map(find, ORDER) if image is not None]


def record(variant: str, title: str, path: Path) -> GuestImage:
    """Make a finished image the current one of its variant in its folder, and forget the one before it."""
    before = find(variant, path.parent)
    listing = path.parent / f"{variant}.json"
    partial = listing.with_suffix(".part")
    partial.write_text(json.dumps({"title": title, "file": path.name}), encoding="utf-8")
    give_to_user(partial)
    partial.replace(listing)
    if before is not None and before.path != path:
        with contextlib.suppress(OSError):
            before.path.unlink(missing_ok=True)
    return GuestImage(variant, title, path, path.stat().st_size)
