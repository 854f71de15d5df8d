"""What virtual routers pass on: what ``/portforwards/`` and ``/addressforwards/`` answer and take."""

from __future__ import annotations

from typing import Required, TypedDict

from .record import Record
from .reference import Ref, Reference
from .virtual_router_configuration import RouterNat


class PortForward(Record):
    """A public port that is passed on to a port of a private address."""

    forwarding_host: str
    """The private address."""
    forwarding_port: int
    """The port inside."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    mapped_port: int
    """The port outside."""
    nat: str | None
    """The ``nat`` of the router, by uuid."""
    order: int
    """Place."""
    protocol: str
    """``TCP`` or ``UDP``."""
    resource_uri: str
    """Absolute path of the forward."""
    uuid: str
    """Identifier."""


class PortForwardSpec(TypedDict, total=False):
    """A port to pass on."""

    nat: Required[Ref[RouterNat]]
    """The ``nat`` of the router: ``router.configuration.nat``."""
    protocol: Required[str]
    """``TCP`` or ``UDP``."""
    mapped_port: Required[int | str]
    """The port outside."""
    forwarding_host: Required[str]
    """The private address."""
    forwarding_port: Required[int | str]
    """The port inside."""
    order: int
    """Place (0)."""


class AddressForward(Record):
    """A public address that is passed on to a private one."""

    jobs: list[Reference]
    """Jobs that work or worked on it."""
    local_ipv4_address: str
    """The private address."""
    nat: str | None
    """The ``nat`` of the router, by uuid."""
    order: int
    """Place."""
    resource_uri: str
    """Absolute path of the forward."""
    upstream_ipv4_address: str
    """The public address."""
    upstream_to_local: bool
    """Whether it is passed on from outside to inside only."""
    uuid: str
    """Identifier."""


class AddressForwardSpec(TypedDict, total=False):
    """An address to pass on."""

    nat: Required[Ref[RouterNat]]
    """The ``nat`` of the router: ``router.configuration.nat``."""
    local_ipv4_address: Required[str]
    """The private address."""
    upstream_ipv4_address: Required[str]
    """The public address."""
    order: int
    """Place (0)."""
    upstream_to_local: bool
    """Whether it is passed on from outside to inside only."""
