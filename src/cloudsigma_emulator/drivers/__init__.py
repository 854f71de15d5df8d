"""What makes a server's machine real: chosen by name, all of one shape (see ``hypervisor.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import App
    from .hypervisor import Hypervisor


def make_hypervisor(name: str, app: App) -> Hypervisor:
    """Return the hypervisor of that name. Raises NotImplementedError for one that is not built yet."""
    if name == "simulated":
        from .simulated import Simulated

        return Simulated(app)
    raise NotImplementedError(f"the hypervisor {name} is not there yet; use --hypervisor simulated")
