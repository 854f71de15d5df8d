"""Hypervisors, chosen by name; all are asked the same and tell the same."""

from __future__ import annotations

from .hypervisor import Cloud, Hypervisor


def make_hypervisor(name: str, cloud: Cloud, accelerator: str = "auto") -> Hypervisor:
    """Return a hypervisor.

    :param name: ``simulated`` or ``qemu``.
    :param cloud: what guests read from and report to.
    :param accelerator: how qemu gets at a processor: ``auto``, ``kvm`` or ``tcg``.
    :raises NotImplementedError: for a hypervisor that cannot be had here.
    """
    if name == "simulated":
        from .simulated import SimulatedHypervisor

        return SimulatedHypervisor(cloud)
    if name == "qemu":
        from .qemu import QemuHypervisor

        return QemuHypervisor(cloud, accelerator)
    raise NotImplementedError(f"The hypervisor {name} is not there yet; use simulated")
