"""Servers: what ``/servers/`` answers."""

from __future__ import annotations

from typing import Any

from .attachment import AttachedDrive
from .grantee import Grantee
from .nic import Nic, ServerNicRuntime
from .record import Record
from .reference import Meta, Reference, SubscriptionReference


class ServerRuntime(Record):
    """What a running server does."""

    active_since: str | None
    """Time of the start, ISO 8601 with offset; null when it does not run."""
    nics: list[ServerNicRuntime]
    """Its cards, in the order of the server's ``nics``."""
    perf_factor: float | None
    """Share of the asked performance that a backfilling server has."""


class Epc(Record):
    """Memory of a server that its processor keeps encrypted (SGX)."""

    size: int
    """Bytes."""


class GpuDevice(Reference):
    """The physical GPU that was taken at the start."""

    model_id: str
    """Short name of the model."""
    owner: Reference | None
    """Its owner."""
    subscription: SubscriptionReference | None
    """The subscription that pays for it."""


class Gpu(Record):
    """A GPU of a server."""

    gpu: GpuDevice | None
    """The device, while the server runs."""
    model: str
    """Model that was asked for, such as ``nvidia_a6000``."""


class Server(Record):
    """A virtual server.

    The plain list and the servers of a tag carry only name, owner, resource_uri, runtime, status and uuid; the
    collections of this library ask for all of it. Fields marked "not everywhere" are missing in older locations and
    read as None there.
    """

    allocation_pool: str | None
    """Host pool or availability zone, by uuid; not everywhere."""
    auto_start: bool | None
    """Whether a clone starts by itself; not everywhere."""
    context: bool
    """Whether the guest can read its server context from the serial port."""
    cpu: int
    """MHz, for the whole server."""
    cpu_model: str | None
    """Virtual CPU model such as ``kvm64``; null passes the host's through."""
    cpu_type: str
    """Make of the host: ``amd``, ``intel``."""
    cpus_instead_of_cores: bool
    """Whether each SMP is shown as a CPU instead of a core."""
    drives: list[AttachedDrive]
    """Attached drives; the order means nothing, ``boot_order`` does."""
    enable_numa: bool
    """Whether the guest sees the NUMA topology."""
    epcs: list[Epc] | None
    """SGX memory; not everywhere."""
    gpus: list[Gpu] | None
    """GPUs; not everywhere."""
    grantees: list[Grantee]
    """Whom the owner let in; empty for everybody else."""
    hv_relaxed: bool
    """Timing for Windows guests."""
    hv_tsc: bool
    """Clock for Windows guests; such a server cannot be moved."""
    hypervisor: str
    """``kvm``."""
    is_grey: bool | None
    """Whether it is a backfilling server; not everywhere."""
    jobs: list[Reference]
    """Background jobs it takes part in."""
    mem: int
    """Bytes of memory."""
    meta: Meta
    """The user's keys and values; ``ssh_public_key`` is read by the images of the library."""
    name: str
    """Name; may be empty and need not be unique."""
    nics: list[Nic]
    """Network cards, in the order that the guest sees."""
    owner: Reference
    """The user that it belongs to."""
    permissions: list[str]
    """What the caller may do with somebody else's server; empty for his own."""
    pubkeys: list[Reference]
    """Public keys that the guest is given."""
    requirements: list[Any]
    """Special demands; opaque."""
    resource_uri: str
    """Absolute path of the server."""
    runtime: ServerRuntime | None
    """Addresses and traffic while it runs."""
    smp: int
    """Number of CPU cores."""
    status: str
    """``stopped``, ``starting``, ``running``, ``stopping``, ``paused`` or ``unavailable``."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """Identifier."""
    vnc_password: str
    """Password of the VNC and console tunnels, in plain text."""


class ActionResult(Record):
    """The answer to an action that was accepted; the transition itself may take longer."""

    action: str
    """Name of the action."""
    result: str
    """``success``."""
    uuid: str
    """The resource it acts on."""


class VncTunnel(ActionResult):
    """An opened VNC tunnel; it asks for the server's ``vnc_password``."""

    vnc_url: str
    """``vnc://host:port``, another one at each opening."""


class ConsoleTunnel(ActionResult):
    """An opened tunnel to the first serial port; it asks for the server's ``vnc_password``."""

    console_url: str
    """``csconsole://host:port``: plain TCP."""
