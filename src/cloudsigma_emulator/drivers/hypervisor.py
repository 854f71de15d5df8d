"""What the cloud asks of a hypervisor, and what a hypervisor asks of the cloud.

A hypervisor runs guests; the states of servers are the engine's. Its methods return at once and never open a
transaction: they are called under the app's lock or after a commit. What guests do by themselves it reports, from a
thread of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Server = dict[str, Any]

Report = Literal["powered_off", "illegal_operation", "crashed", "failed"]


@dataclass(frozen=True)
class DriveFile:
    """A drive of a server that is about to run, and the file of its bytes."""

    uuid: str
    path: Path
    device: str
    dev_channel: str
    boot_order: int | None
    cdrom: bool
    shared: bool
    """Another server may have it at the same time."""


@dataclass(frozen=True)
class Usage:
    """What a running guest has moved since its start: by MAC address and by uuid of a drive, in the API's words."""

    nics: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    drives: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Cloud(Protocol):
    """What guests need of the cloud. Every method may be called from any thread, outside the app's lock."""

    def context_answer(self, server: str, path: str) -> bytes:
        """Return all the bytes that answer a request on a guest's second serial port."""
        ...

    def report(self, server: str, what: Report, why: str = "") -> None:
        """Tell that a guest powered itself off, did something illegal, vanished, or could not be run (and why)."""
        ...

    def drive_files(self, server: str) -> list[DriveFile]:
        """Return the drives of a server, each with a file of its own that is as long as the drive."""
        ...


class Hypervisor(Protocol):
    """Runs the guests of servers. Servers are named by uuid; a call for one that is not running does nothing."""

    @property
    def writes_images(self) -> bool:
        """Guests write to the files of their drives, so that a snapshot of one in use needs bytes of its own."""
        ...

    @property
    def scratch(self) -> Path | None:
        """A folder for drives that nobody keeps, which goes when the hypervisor does; None when it has none."""
        ...

    @property
    def lends_from(self) -> str | None:
        """The first two bytes of the addresses for dhcp to lend, when guests are to be reached under them."""
        ...

    def power_on(self, server: Server) -> None:
        """Begin to run the guest that a stored server defines; nothing happens when it runs already."""
        ...

    def power_off(self, server: str) -> None:
        """End the guest at once, with everything that is connected to it."""
        ...

    def press_power_button(self, server: str) -> None:
        """Send the guest an ACPI power event; a guest that obeys is reported as ``powered_off``."""
        ...

    def reset(self, server: str) -> None:
        """Press the guest's reset button."""
        ...

    def standing_still(self, servers: Iterable[str]) -> AbstractContextManager[None]:
        """Within the block let guests do nothing, with all they wrote in the files of their drives, to be copied."""
        ...

    def open_vnc(self, server: str, password: str) -> int:
        """Open a VNC tunnel in place of any open one; return its TCP port on 127.0.0.1."""
        ...

    def close_vnc(self, server: str) -> None:
        """Close the VNC tunnel, if there is one."""
        ...

    def open_console(self, server: str, password: str) -> int:
        """Open a tunnel to the first serial port in place of any open one; return its TCP port on 127.0.0.1."""
        ...

    def close_console(self, server: str) -> None:
        """Close the console tunnel, if there is one."""
        ...

    def serial_port(self, server: str) -> str | None:
        """Return the path of the device that is the guest's second serial port, None when it has none."""
        ...

    def ssh(self, server: str) -> str | None:
        """Return ``host:port`` under which the guest's SSH port is reached, None when it is not."""
        ...

    def usage(self, server: str) -> Usage:
        """Return what a guest has moved."""
        ...

    def restore(self, servers: Iterable[Server]) -> None:
        """Run again the guests that ran when the emulator was last ended."""
        ...

    def stop_all(self) -> None:
        """End every guest."""
        ...

    def close(self) -> None:
        """End every guest, and the hypervisor's own threads."""
        ...
