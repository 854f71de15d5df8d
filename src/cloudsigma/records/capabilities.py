"""Capabilities: what a location offers to an account, as ``/capabilities/`` answers it."""

from __future__ import annotations

from typing import Any

from .record import Record


class Limits(Record):
    """The least and the most of something; sizes are written with a fraction now and then."""

    max: float
    """The most."""
    min: float
    """The least."""


class IopsLimits(Limits):
    """Operations a second of a drive."""

    base: int
    """What a drive has that asked for nothing else."""


class StorageLimits(Record):
    """What one storage type offers."""

    iops: IopsLimits | None
    """Operations a second."""
    max_size: float | None
    """The same as ``size.max``; out of use."""
    min_size: float | None
    """The same as ``size.min``; out of use."""
    size: Limits
    """Bytes of one drive."""


class HostLimits(Record):
    """What one server may have on hosts of a make."""

    cpu: Limits
    """MHz of the whole server."""
    cpu_per_smp: Limits
    """MHz of one core: cpu divided by smp must lie within."""
    mem: Limits
    """Bytes of memory."""
    smp: Limits
    """Cores."""


class ServerLimits(HostLimits):
    """The same without the make; out of use, but for the start methods."""

    default_start_method: str | None
    """Allocation method of a start that names none."""
    start_methods: list[str] | None
    """Allocation methods that a start may name."""


class SnapshotLimits(Record):
    """How many local snapshots there are and may be."""

    current: int
    """Now."""
    max: int
    """At most, in the whole account."""
    max_per_drive: int | None
    """At most of one drive."""


class RemoteSnapshotLimits(Record):
    """How many snapshots in other locations there are and may be."""

    current: int
    """Now."""
    max: int
    """At most."""
    remote_locations: list[str] | None
    """Locations they can be kept in."""


class EpcLimits(Record):
    """SGX memory that servers may have."""

    epc_mem_ratio: float
    """At most this share of a server's memory."""
    max_per_host: int
    """Bytes on one host."""


class Currency(Record):
    """A currency that accounts can have."""

    id: str
    """ISO 4217 code."""
    name: str
    """Name."""


class Capabilities(Record):
    """What a location offers to an account; a feature that it lacks is missing."""

    backfilling: bool | None
    """Whether the account may use backfilling servers."""
    card_backend: str | None
    """Who handles cards."""
    currencies: list[Currency] | None
    """Currencies that accounts can have."""
    default_inactive_period: int | None
    """Days."""
    default_storage_type: str | None
    """Storage of a drive that names none."""
    drives: dict[str, StorageLimits] | None
    """Limits by storage type."""
    epc: EpcLimits | None
    """SGX memory."""
    free_resources: dict[str, Any] | None
    """What is free for backfilling servers."""
    gpus: dict[str, HostLimits] | None
    """Limits of servers with a GPU, by model."""
    hosts: dict[str, HostLimits] | None
    """Limits by make of the host."""
    hypervisors: dict[str, list[str]] | None
    """Makes of host by hypervisor; the first is the default."""
    inactive_period_range: Limits | None
    """Days."""
    remote_snapshots: RemoteSnapshotLimits | None
    """Snapshots in other locations."""
    servers: ServerLimits | None
    """Out of use, but for the start methods."""
    snapshots: SnapshotLimits | None
    """Local snapshots."""
    vmware_drives: dict[str, Any] | None
    """VMware storage."""
    vmware_servers: dict[str, Any] | None
    """VMware servers."""


class CapabilitiesSchema(Record):
    """What ``/capabilities/schema/`` answers; less than the schema of other resources."""

    allowed_methods: list[str]
    """HTTP methods, lower case."""
    help_text: str | None
    """What it is."""
