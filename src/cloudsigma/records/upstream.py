"""The outer side of virtual routers: what ``/upstream/`` takes. It cannot be read but in the router's configuration."""

from __future__ import annotations

from typing import Required, TypedDict


class VpnSpec(TypedDict, total=False):
    """The VPN that people dial in by."""

    vpn_type: Required[str]
    """``pptp`` or ``ikev2``."""
    username: str
    """User name."""
    password: str
    """Password."""
    vpn_access: bool
    """Whether it is on."""
