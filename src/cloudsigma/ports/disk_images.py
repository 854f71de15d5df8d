"""Virtual disks in qcow2, vmdk and vdi files, a stretch at a time, by qemu-img.

Each stretch passes through a temporary file of its own size; the whole disk is never unpacked.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from .abandonment import SLICE_SECONDS, stop_if_abandoned

REMEDY = "install qemu-img (package qemu-utils or qemu-img), or turn the image to raw yourself"
SECTOR = 512


def virtual_size(path: str, form: str) -> int:
    """Return the bytes of the disk. Raises :class:`OSError` when qemu-img is absent or cannot read the file."""
    # An image from elsewhere could name any file of this machine, and nobody would see when that one changes.
    remedy = "turn it to raw with `qemu-img convert -O raw` if you trust where it comes from"
    if not _holds_its_disk(path, form):
        raise OSError(f"{path} has its disk in another file, or is no {form} image; {remedy}")
    told = json.loads(_qemu_img(path, ["info", "-U", "--output=json", "-f", form, path]))
    more = told.get("format-specific", {}).get("data", {})
    parts = [part.get("filename") for part in more.get("extents", [])]
    others = [told.get("backing-filename"), more.get("data-file"), *(each for each in parts if each != path)]
    other = next(filter(None, others), None)
    if other:
        raise OSError(f"{path} needs a second file, {other}; {remedy}")
    return int(told["virtual-size"])


def _holds_its_disk(path: str, form: str) -> bool:
    """Tell from an image's first bytes whether qemu-img opens no other file only to tell about it."""
    with Path(path).open("rb") as file:
        head = file.read(512).ljust(512, b"\0")
    if form == "qcow2" and head[:4] == b"QFI\xfb":
        return head[7] < 3 or not head[79] & 4  # the flag of an external data file, from version 3 on
    if form == "vmdk":
        # Without a magic number, or with room for no sector, it only describes where the disk lies.
        return head[:4] == b"COWD" or (head[:4] == b"KDMV" and any(head[12:20]))
    return True


def read(path: str, form: str, offset: int, length: int) -> bytes:
    """Return bytes of the disk. Raises :class:`OSError`."""
    if offset % SECTOR:
        raise OSError(f"qemu-img reads no bytes at {offset}; chunk_size must be a multiple of {SECTOR}")
    # The stretch is a node of its own above the disk's: the words of `qemu-img dd` mean other things in newer versions.
    stretch = {
        "driver": "raw",
        "offset": offset,
        "size": -(-length // SECTOR) * SECTOR,
        "file": {"driver": form, "file": {"driver": "file", "filename": path}},
    }
    with tempfile.NamedTemporaryFile(prefix="cloudsigma-") as target:
        _qemu_img(path, ["convert", "-U", "-O", "raw", f"json:{json.dumps(stretch)}", target.name])
        # By name, for qemu-img may have made the file anew.
        data = Path(target.name).read_bytes()[:length]
    return data + bytes(length - len(data))


def _qemu_img(path: str, arguments: list[str]) -> bytes:
    program = shutil.which("qemu-img")
    if program is None:
        raise OSError(f"{path} is no raw image, and qemu-img, which could read it, is not there: {REMEDY}")
    with subprocess.Popen(  # noqa: S603
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours to answer
    ) as process:
        try:
            told, errors = _awaited(process)
        except BaseException:
            process.kill()
            process.wait()  # for a Ctrl-C here its end would not be awaited
            raise
    if process.returncode:
        words = " ".join(errors.decode("utf-8", "replace").split())
        raise OSError(f"qemu-img cannot read {path}: {words}")
    return told


def _awaited(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    while True:
        try:
            return process.communicate(timeout=SLICE_SECONDS)
        except subprocess.TimeoutExpired:
            stop_if_abandoned()
