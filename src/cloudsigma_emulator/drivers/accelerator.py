"""Whether virtual machines can use the processor itself (KVM), found out by booting one.

That ``/dev/kvm`` opens says little: on some machines it does, and guests crawl, hang or crash with the processors that
servers have. So a machine with these is booted both ways, and KVM is taken only when it is not the slower one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from pathlib import Path

from .processes import dies_with_parent
from .qemu_arguments import usual_cpu

log = logging.getLogger("cloudsigma_emulator")

_PATIENCE = 5.0
_LOOKED_EVERY = 0.02
_STARTING = 0.5
"""Seconds by which KVM may be behind: it has its own to set up."""
_MARK = b"alive\n"
_EXIT_PORT = 0xF4

# A boot sector in 16-bit code: say "alive" on the first serial port, then end the machine through its debug port.
#   cld; ds=0; si=text; next: al=[si++]; al=0 -> end; port 0x3f8 <- al; -> next; end: port 0xf4 <- 1; hlt; loop
_CODE = bytes.fromhex("fc 31c0 8ed8 be1a7c ac 84c0 7406 baf803 ee ebf5 b001 e6f4 f4 ebfd")


def boot_sector() -> bytes:
    """Return 512 bytes that boot on any PC and say that they did."""
    assert len(_CODE) == 0x1A  # where the text begins
    return (_CODE + _MARK + b"\0").ljust(510, b"\0") + b"\x55\xaa"


class Probe:
    """Finds out how to get at a processor.

    :param program: qemu.
    :param folder: for the files of the machines that are tried.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._cancelled = threading.Event()

    def choose(self) -> str:
        """Return ``kvm`` where it works, else ``tcg``, and say which in the log."""
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            log.info("guests run on an emulated processor: /dev/kvm cannot be used")
            return "tcg"
        emulated, real = self.boot_time("tcg"), self.boot_time("kvm")
        if self._cancelled.is_set():
            return "tcg"
        if real is None:
            log.info("guests run on an emulated processor: a machine with KVM did not boot")
        elif emulated is not None and real > emulated + _STARTING:
            log.info(
                "guests run on an emulated processor: with KVM booting took %.1f s, without %.1f",
                real,
                emulated,
            )
        else:
            log.info("guests run on the processor itself (KVM)")
            return "kvm"
        return "tcg"

    def cancel(self) -> None:
        """Let the search end soon, whatever it has found."""
        self._cancelled.set()

    def boot_time(self, accelerator: str, seconds: float = _PATIENCE) -> float | None:
        """Boot a machine of one sector; return the seconds it took, None when it did not come to life."""
        disk, said = self._folder / "probe", self._folder / "probe.said"
        words = [
            *dies_with_parent(), self._program, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "pc",
            "-accel", accelerator, "-cpu", usual_cpu(accelerator), "-m", "32", "-pidfile", str(self._folder / "probe.pid"), "-serial",
            f"file:{_escaped(said)}", "-drive", f"file={_escaped(disk)},format=raw,if=ide,readonly=off",
            "-device", f"isa-debug-exit,iobase={_EXIT_PORT:#x},iosize=1",
        ]  # fmt: skip
        began = time.monotonic()
        try:
            disk.write_bytes(boot_sector())
            said.unlink(missing_ok=True)
            process = subprocess.Popen(  # noqa: S603 - the words are ours
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return None
        try:
            while process.poll() is None:
                if time.monotonic() - began > seconds or self._cancelled.wait(_LOOKED_EVERY):
                    return None
        finally:
            process.kill()
            process.wait()
        took = time.monotonic() - began
        return took if said.exists() and _MARK in said.read_bytes() else None


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")
