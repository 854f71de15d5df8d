"""Builds a guest image, or finds it in the cache: packages are kept apart, so that a changed library costs seconds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..domain.seed import PERSISTENT_PASSWORD
from . import cache, contents, disk, rootfs
from .contents import VARIANTS, Variant
from .rootfs import BuildFailed

TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "grub-mkimage": "grub-common",
    "tar": "tar",
    "dd": "coreutils",
}
"""The programs that building takes, with their Debian packages; ``grub-pc-bin`` comes to them."""


def missing_packages() -> list[str]:
    """Return the Debian packages that this machine lacks for building an image."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    wanted = {package for tool, package in TOOLS.items() if shutil.which(tool, path=path) is None}
    if not Path("/usr/lib/grub/i386-pc/boot.img").exists():
        wanted.add("grub-pc-bin")
    return sorted(wanted)


def check() -> None:
    """Say what stands against building on this machine. Raises :class:`BuildFailed`."""
    if not sys.platform.startswith("linux"):
        raise BuildFailed("guest images are built on Linux")
    missing = missing_packages()
    if missing:
        raise BuildFailed(f"first: apt-get install --no-install-recommends {' '.join(missing)}")
    if os.geteuid() != 0:
        raise BuildFailed("building a guest image needs root, for the owners of its files")


def build(name: str, say: Callable[[str], None] = lambda _: None) -> cache.GuestImage:
    """Build the image of a variant unless the cache has it.

    :param name: a key of :data:`~.contents.VARIANTS`.
    :param say: takes a line for each step, with the seconds it took.
    :raises BuildFailed: when a step fails or the machine cannot build.
    """
    variant = VARIANTS[name]
    place = cache.folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages = place / f"packages-{name}-{_packages_key(variant)}.tar"
        image = place / f"{name}-{_image_key(variant)}.raw"
        if image.exists():
            say(f"{name}: in the cache, {image}")
            return cache.record(name, variant.title, image)
        check()
        if not packages.exists():
            _make(packages, lambda partial: rootfs.make_packages(variant, partial), f"{name}: packages", say)
            for old in place.glob(f"packages-{name}-*.tar"):
                if old != packages:
                    old.unlink()
        _make(image, lambda partial: _make_image(variant, packages, partial), f"{name}: image", say)
        return cache.record(name, variant.title, image)


def _make(target: Path, make: Callable[[Path], None], what: str, say: Callable[[str], None]) -> None:
    began = time.monotonic()
    partial = target.with_name(f"{target.name}.part")
    try:
        make(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    say(f"{what}: {time.monotonic() - began:.1f} s")


def _make_image(variant: Variant, packages: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="image-", dir=cache.folder()) as folder:
        work = Path(folder)
        files = work / "files"
        files.mkdir(mode=0o755)
        rootfs.unpack(packages, files, variant, PERSISTENT_PASSWORD)
        disk.make_disk(files, target, variant.size, work)


def _key(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def _packages_key(variant: Variant) -> str:
    return _key([*variant.packages, repr(contents.EARLY_FILES), *rootfs.sources()])


def _image_key(variant: Variant) -> str:
    ours = [Path(module.__file__).read_bytes() for module in (disk, rootfs) if module.__file__ is not None]
    library = [data for path in rootfs.library_files() for data in (path.name, path.read_bytes())]
    return _key([_packages_key(variant), repr(variant), PERSISTENT_PASSWORD, *ours, *library])
