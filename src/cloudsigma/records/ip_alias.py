"""More addresses of virtual routers: what ``/ipaliases/`` answers and takes."""

from __future__ import annotations

from typing import Required, TypedDict

from .lan import Lan
from .record import Record
from .reference import Ref, Reference
from .virtual_router_configuration import RouterLan


class IpAlias(Record):
    """Another address of a router in a LAN."""

    interface: str | None
    """The LAN, by uuid."""
    ip_address: str
    """The address, plain or with prefix length."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    resource_uri: str
    """Absolute path of the alias."""
    uuid: str
    """Identifier."""


class IpAliasSpec(TypedDict, total=False):
    """An address to add."""

    interface: Required[Ref[Lan | RouterLan]]
    """The LAN."""
    ip_address: Required[str]
    """The address, plain or with prefix length."""
