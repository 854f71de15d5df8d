"""Routes of virtual routers: what ``/routes/`` answers and takes."""

from __future__ import annotations

from typing import Required, TypedDict

from .record import Record
from .reference import Ref, Reference
from .virtual_router import VirtualRouter


class Route(Record):
    """A route. Its ``resource_uri`` was seen to name another uuid than ``uuid``, which is the one to trust."""

    gateway: str | None
    """Where to."""
    inet: str
    """``inet`` or ``inet6``."""
    jobs: list[Reference]
    """Jobs that work or worked on it."""
    network: str | None
    """Destination with prefix length, or ``default``."""
    resource_uri: str
    """Absolute path of the route."""
    uuid: str
    """Identifier."""
    virtual_router: str
    """The router, by uuid."""


class RouteSpec(TypedDict, total=False):
    """A route to add."""

    virtual_router: Required[Ref[VirtualRouter]]
    """The router."""
    inet: Required[str]
    """``inet`` or ``inet6``."""
    network: str
    """Destination with prefix length, or ``default``."""
    gateway: str
    """Where to."""


class RouteChanges(TypedDict, total=False):
    """What of a route can be changed."""

    inet: str
    """``inet`` or ``inet6``."""
    network: str
    """Destination with prefix length, or ``default``."""
    gateway: str
    """Where to."""
