"""Builds a guest image, or finds it in the cache: packages are kept apart, so that a changed library costs seconds."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from ..domain.seed import PERSISTENT_PASSWORD
from . import cache, contents, disk, programs, rootfs
from .contents import VARIANTS, Variant
from .programs import BuildFailed

Say = Callable[[str], None]

TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "grub-mkimage": "grub-common",
    "tar": "tar",
    "dd": "coreutils",
}
"""The programs that building takes, with their Debian packages; two packages of files come to them."""
FILES = {Path("/usr/lib/grub/i386-pc/boot.img"): "grub-pc-bin", rootfs.KEYRING: "debian-archive-keyring"}

_MIB = 2**20
_ROOM = 2048 * _MIB
_TEMPORARY_ROOM = 1024 * _MIB


def missing_packages() -> list[str]:
    """Return the Debian packages that this machine lacks for building an image."""
    path = programs.search_path()
    wanted = {package for tool, package in TOOLS.items() if shutil.which(tool, path=path) is None}
    wanted |= {package for file, package in FILES.items() if not file.exists()}
    return sorted(wanted)


def check(place: Path) -> None:
    """Say everything that stands against building on this machine. Raises :class:`BuildFailed`.

    :param place: where the image is to be.
    """
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        raise BuildFailed("guest images are built on Linux x86_64 only")
    if shutil.which("apt-get") is None:
        raise BuildFailed(
            "guest images are built on Debian and its relatives, and there is no apt-get here; "
            f"what such a machine has in its cache can be copied to {place}"
        )
    sudo = "" if os.geteuid() == 0 else "sudo "
    against: list[str] = []
    if missing := missing_packages():
        against.append(
            f"some programs are missing: {sudo}apt-get install --no-install-recommends {' '.join(missing)}"
        )
    if importlib.util.find_spec("pip") is None:
        against.append(f"pip is missing: {shlex.quote(sys.executable)} -m ensurepip")
    if sudo:
        against.append(f"it takes root, for the owners of the guest's files: sudo {_this_command()}")
    for folder, room in ((place, _ROOM), (Path(tempfile.gettempdir()), _TEMPORARY_ROOM)):
        free = shutil.disk_usage(folder).free
        if free < room:
            against.append(f"{room // _MIB} MiB have to be free in {folder}, there are {free // _MIB}")
    if against:
        raise BuildFailed("\n  ".join(["this machine cannot build a guest image yet:", *against]))


def build(
    name: str, say: Say = lambda _: None, *, mirror: str | None = None, fresh: bool = False
) -> cache.GuestImage:
    """Build the image of a variant unless the cache has it.

    :param name: a key of :data:`~.contents.VARIANTS`.
    :param say: takes lines that tell what is being done.
    :param mirror: the address of a Debian archive, in place of this machine's own sources.
    :param fresh: build it from the packages of today, whatever the cache has.
    :raises BuildFailed: when a step fails or the machine cannot build.
    :raises OSError: when the cache cannot be written to.
    """
    variant = VARIANTS[name]
    place = cache.make_folder()
    packages = place / f"packages-{name}-{_packages_key(variant)}.tar"
    image = place / f"{name}-{_image_key(variant)}.raw"
    with _one_at_a_time(place, say):
        if image.exists() and not fresh:
            say(f"{name}: it is in the cache already")
            return cache.record(name, variant.title, image)
        check(place)
        if fresh or not packages.exists():
            doing = f"{name}: fetching and setting up Debian's packages, about a minute"
            _make(packages, partial(rootfs.make_packages, variant, mirror=mirror), doing, say)
            _forget(place, f"packages-{name}-*.tar", packages)
        doing = f"{name}: making a disk of them and of the library, some ten seconds"
        _make(image, partial(_make_image, variant, packages), doing, say)
        return cache.record(name, variant.title, image)


@contextlib.contextmanager
def _one_at_a_time(place: Path, say: Say) -> Iterator[None]:
    with (place / "lock").open("a") as lock:
        cache.give_to_user(place / "lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _forget(place, "*.part")  # of builds that were killed
        yield


def _forget(place: Path, pattern: str, kept: Path | None = None) -> None:
    for path in place.glob(pattern):
        if path != kept:
            path.unlink(missing_ok=True)


def _make(target: Path, make: Callable[[Path], None], doing: str, say: Say) -> None:
    say(f"{doing} ...")
    began = time.monotonic()
    partial_target = target.with_name(f"{target.name}.part")
    try:
        make(partial_target)
        cache.give_to_user(partial_target)
        partial_target.replace(target)
    finally:
        partial_target.unlink(missing_ok=True)
    say(f"  done in {time.monotonic() - began:.0f} s")


def _make_image(variant: Variant, packages: Path, target: Path) -> None:
    with programs.workplace(target.parent) as work:
        files = work / "files"
        files.mkdir(mode=0o755)
        rootfs.unpack(packages, files, variant, PERSISTENT_PASSWORD)
        disk.make_disk(files, target, variant.size, work)


def _this_command() -> str:
    name = Path(sys.argv[0])
    words = [sys.executable, "-m", "cloudsigma_emulator"]
    if name.name == "cloudsigma" and name.exists():
        words = [str(name.absolute()), "emulator"]
    given = os.environ.get(cache.PLACE)  # which sudo would forget
    return shlex.join([*(["env", f"{cache.PLACE}={given}"] if given else []), *words, "build-image"])


def _key(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def _packages_key(variant: Variant) -> str:
    return _key([rootfs.SUITE, *variant.packages, repr(contents.EARLY_FILES)])


def _image_key(variant: Variant) -> str:
    ours = [Path(module.__file__).read_bytes() for module in (disk, rootfs) if module.__file__ is not None]
    library = [data for path in rootfs.library_files() for data in (path.name, path.read_bytes())]
    return _key([_packages_key(variant), repr(variant), PERSISTENT_PASSWORD, *ours, *library])
