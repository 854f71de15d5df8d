"""How an emulator is set up: the arguments of the command and of the ``Emulator`` class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HYPERVISORS = ("simulated", "qemu")
ACCELERATORS = ("auto", "kvm", "tcg")
SEEDS = ("standard", "empty")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be chosen before the start.

    data: directory that keeps the cloud; None keeps nothing. speed: ``realistic``, ``instant`` or a factor.
    rate_limits: refuse with 429 what exceeds the API's limits per minute; None: unless the speed is instant.
    hotplug: a PUT changes drives and NICs of a running server too. keep_tags: a PUT of a server without ``tags``
    leaves them. lenient_uploads: take the damaged chunks of the old library. virtual_clock: time stands still
    until it is moved. remote_snapshot_interval: least seconds of the clock between two remote snapshots of a drive.
    firewall_policies: the cloud knows ``/fwpolicies/``, a feature that it has given up. vpc, host_availability_zones:
    the cloud has these features. backfilling: every account may use ``/bservers/``. random_seed: uuids, macs and
    passwords come out the same in each run. accelerator: how the hypervisor qemu gets at a processor, ``auto``, ``kvm``
    or ``tcg``.
    """

    data: Path | None = None
    hypervisor: str = "simulated"
    speed: str | float = "realistic"
    seed: str = "standard"
    rate_limits: bool | None = None
    hotplug: bool = False
    keep_tags: bool = True
    lenient_uploads: bool = False
    virtual_clock: bool = False
    remote_snapshot_interval: float = 1800.0
    firewall_policies: bool = True
    vpc: bool = True
    host_availability_zones: bool = True
    backfilling: bool = False
    random_seed: int | None = None
    accelerator: str = "auto"
