"""What the engine's functions need of the app, beside the transaction they work in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..drivers.hypervisor import Hypervisor
from ..store.images import Images
from ..store.transaction import Transaction

Doc = dict[str, Any]


class Choices(Protocol):
    """The options that decide how the cloud behaves."""

    @property
    def hotplug(self) -> bool: ...

    @property
    def keep_tags(self) -> bool: ...

    @property
    def lenient_uploads(self) -> bool: ...

    @property
    def remote_snapshot_interval(self) -> float: ...

    @property
    def firewall_policies(self) -> bool: ...

    @property
    def vpc(self) -> bool: ...

    @property
    def host_availability_zones(self) -> bool: ...

    @property
    def backfilling(self) -> bool: ...


class World(Protocol):
    """The app as the engine sees it: bytes of drives, machines, options, and transactions of its own."""

    @property
    def images(self) -> Images: ...

    @property
    def hypervisor(self) -> Hypervisor: ...

    @property
    def options(self) -> Choices: ...

    def transaction(self, *, actor: str | None = None) -> AbstractContextManager[Transaction]: ...
