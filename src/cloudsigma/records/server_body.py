"""Bodies of ``/servers/`` and what its lists can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from .attachment import AttachedDrive, AttachedDriveSpec
from .nic import Nic, NicSpec
from .record import Record
from .reference import Ref
from .server import Epc, Gpu
from .tag import Tag
from .tagged_filters import OrderedFilters


class EpcSpec(TypedDict):
    """SGX memory in a body."""

    size: int
    """Bytes, within ``epc`` of the capabilities."""


class GpuSpec(TypedDict):
    """A GPU in a body."""

    model: str
    """Model, one of ``gpus`` of the capabilities."""


class ServerOptions(TypedDict, total=False):
    """What a body may say of a server besides its required fields."""

    smp: int
    """Number of CPU cores; the cloud chooses when it is left out."""
    drives: Sequence[AttachedDriveSpec | AttachedDrive]
    """All attached drives: those left out are detached."""
    nics: Sequence[NicSpec | Nic]
    """All network cards: one whose mac is left out is removed, one without mac is new."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed. Keys of at most 32 characters, values strings."""
    tags: Sequence[Ref[Tag]]
    """All tags."""
    pubkeys: Sequence[Ref[Record]]
    """All public keys."""
    requirements: Sequence[Any]
    """Special demands."""
    context: bool
    """Whether the guest can read its server context (default true)."""
    cpu_type: str
    """``intel``, ``amd``: one of ``hypervisors`` of the capabilities."""
    hypervisor: str
    """``kvm`` (default)."""
    cpu_model: str | None
    """``kvm64``, or null for the host's own."""
    cpus_instead_of_cores: bool
    """Show each SMP as a CPU instead of a core."""
    enable_numa: bool
    """Show the guest the NUMA topology; wants more than 6 SMP and ``cpus_instead_of_cores``."""
    hv_relaxed: bool
    """Timing for Windows guests."""
    hv_tsc: bool
    """Clock for Windows guests."""
    epcs: Sequence[EpcSpec | Epc]
    """SGX memory."""
    gpus: Sequence[GpuSpec | Gpu]
    """GPUs."""
    allocation_pool: str | None
    """Host pool or availability zone, by uuid."""
    auto_start: bool
    """Start a clone by itself."""
    is_grey: bool
    """Make it a backfilling server."""


class ServerSpec(ServerOptions):
    """A server to create."""

    name: str
    """Name; may be empty and need not be unique."""
    cpu: int
    """MHz, for the whole server, within ``hosts`` of the capabilities."""
    mem: int
    """Bytes of memory, within ``hosts`` of the capabilities."""
    vnc_password: str
    """Password of the VNC and console tunnels."""


class ServerChanges(ServerOptions, total=False):
    """What of a server can be changed; a running one takes only name, meta and tags."""

    name: str
    """Name."""
    cpu: int
    """MHz, for the whole server, within ``hosts`` of the capabilities."""
    mem: int
    """Bytes of memory, within ``hosts`` of the capabilities."""
    vnc_password: str
    """Password of the VNC and console tunnels."""


class ServerCloneSpec(TypedDict, total=False):
    """How a copy of a server differs from its source."""

    name: str
    """Name; left out, the profile's ``clone_naming`` makes one."""
    random_vnc_password: bool
    """Make a new VNC password instead of copying it."""


class ServerFilters(OrderedFilters, total=False):
    """What lists of servers can be narrowed by; several filters must all hold, a sequence means any of its values."""
