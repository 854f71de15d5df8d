"""Hypervisors, chosen by name; all are asked the same and tell the same."""

from __future__ import annotations

from .hypervisor import Cloud, Hypervisor


def make_hypervisor(name: str, cloud: Cloud) -> Hypervisor:
    """Return a hypervisor.

    :param name: ``simulated``.
    :param cloud: what guests read from and report to.
    :raises NotImplementedError: for a hypervisor that this version does not have.
    """
    if name == "simulated":
        from .simulated import SimulatedHypervisor

        return SimulatedHypervisor(cloud)
    raise NotImplementedError(f"The hypervisor {name} is not there yet; use simulated")
