"""A bootable raw disk from a folder of files: no loop device, no mount, no boot of an installer."""

from __future__ import annotations

from pathlib import Path

from .programs import BuildFailed, run

_SECTOR = 512
_PARTITION_AT = 2048 * _SECTOR
_GRUB = Path("/usr/lib/grub/i386-pc")
_BOOT_CODE = 440
"""Bytes of the first sector before the partition table."""


def make_disk(folder: Path, disk: Path, size: int, work: Path) -> None:
    """Make a raw disk of ``size`` bytes with one ext4 partition that holds a folder and boots by GRUB.

    :param work: a folder for files in between. Raises :class:`BuildFailed`.
    """
    partition, core, early = work / "partition", work / "core.img", work / "early.cfg"
    run(
        ["mke2fs", "-q", "-t", "ext4", "-L", "rootfs", "-m", "0", "-d", folder, partition, f"{(size - _PARTITION_AT) >> 10}k"],
        "mke2fs",
    )  # fmt: skip
    early.write_text(
        "search --no-floppy --label rootfs --set=root\nconfigfile /boot/grub/grub.cfg\n", encoding="ascii"
    )
    run(
        [
            "grub-mkimage", "-O", "i386-pc", "-c", early, "-p", "(hd0,msdos1)/boot/grub", "-o", core,
            "biosdisk", "part_msdos", "ext2", "linux", "normal", "configfile", "search", "search_label",
        ],
        "grub-mkimage",
    )  # fmt: skip
    boot, loader = (_GRUB / "boot.img").read_bytes(), core.read_bytes()
    if len(loader) > _PARTITION_AT - _SECTOR:
        raise BuildFailed("GRUB does not fit before the first partition")
    with disk.open("wb") as file:
        file.truncate(size)
    run(
        ["sfdisk", "-q", "--no-reread", "--no-tell-kernel", disk],
        "sfdisk",
        "label: dos\nstart=2048, type=83, bootable\n",
    )
    with disk.open("r+b") as file:
        file.write(boot[:_BOOT_CODE])
        file.seek(_SECTOR)
        file.write(loader)
    run(
        ["dd", f"if={partition}", f"of={disk}", "bs=1M", f"seek={_PARTITION_AT >> 20}", "conv=sparse,notrunc", "status=none"],
        "dd",
    )  # fmt: skip
    partition.unlink()
