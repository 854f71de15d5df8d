"""VPN tunnels of virtual routers, as ``/tunnels/`` answers them."""

from __future__ import annotations

from .record import Record
from .reference import Reference


class Tunnel(Record):
    """A VPN tunnel between routers. The cloud documents its address but none of its fields."""

    jobs: list[Reference] | None
    """Jobs that work or worked on it."""
    resource_uri: str | None
    """Absolute path of the tunnel."""
    uuid: str
    """Identifier."""
    virtual_router: str | None
    """The router, by uuid."""
