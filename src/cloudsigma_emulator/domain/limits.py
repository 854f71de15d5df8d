"""What this cloud offers and how much of it: one table for the validation and for ``GET /capabilities/``.

Figures as the reference location answers them; ``local_nvme`` is offered in addition, so that programs for
ephemeral drives have something to run against.
"""

from __future__ import annotations

import copy
from typing import Any

SIZE_STEP = 16384

_CURRENCIES = ("CHF", "USD", "EUR", "GBP", "PHP", "AUD", "SAR", "JPY")


def _host(cpu_per_smp_max: int) -> dict[str, Any]:
    return {
        "cpu": {"max": 96000, "min": 250},
        "cpu_per_smp": {"max": cpu_per_smp_max, "min": 1000},
        "mem": {"max": 558345748480, "min": 268435456},
        "smp": {"max": 32, "min": 1},
    }


def _storage(base: int, most: int, max_size: int, min_size: float) -> dict[str, Any]:
    return {
        "iops": {"base": base, "max": most, "min": 1},
        "max_size": max_size,
        "min_size": min_size,
        "size": {"max": max_size, "min": min_size},
    }


REMOTE_LOCATIONS = ("TBC", "GVA", "ZRH", "FRA", "CWL", "LON", "DUB")
"""Where remote snapshots may be kept."""

CAPABILITIES: dict[str, Any] = {
    "backfilling": False,
    "card_backend": "StripeBackend",
    "currencies": [{"id": code, "name": code.lower()} for code in _CURRENCIES],
    "default_inactive_period": 45,
    "default_storage_type": "dssd",
    "drives": {
        "dssd": _storage(30000, 60000, 15492389427364, 536870912),
        "local_nvme": _storage(30000, 60000, 12074020121525, 536870912),
        "nvme": _storage(30000, 60000, 12074020121525, 536870912),
        # The reference location answers this minimum as a float; clients have to cope with it.
        "zadara": _storage(4000, 8000, 14180205493621, 1073741824.0),
    },
    "hosts": {"amd": _host(2893), "intel": _host(3000)},
    "hypervisors": {"kvm": ["intel", "amd"]},
    "inactive_period_range": {"max": 250, "min": 0},
    "remote_snapshots": {"current": 0, "max": 600, "remote_locations": list(REMOTE_LOCATIONS)},
    "servers": {
        **_host(3000),
        "default_start_method": "regular",
        "start_methods": ["eager", "lazy", "regular"],
    },
    "snapshots": {"current": 0, "max": 700, "max_per_drive": 90},
}

DEFAULT_STORAGE_TYPE: str = CAPABILITIES["default_storage_type"]
DEFAULT_CPU_TYPE: str = CAPABILITIES["hypervisors"]["kvm"][0]
START_METHODS: tuple[str, ...] = tuple(CAPABILITIES["servers"]["start_methods"])
EPC_LIMIT = 68719476736


def capabilities(snapshots: int = 0, remote_snapshots: int = 0) -> dict[str, Any]:
    """Return the answer of ``GET /capabilities/``.

    :param snapshots: how many local snapshots the account has now.
    :param remote_snapshots: how many remote ones.
    """
    answer = copy.deepcopy(CAPABILITIES)
    answer["snapshots"]["current"] = snapshots
    answer["remote_snapshots"]["current"] = remote_snapshots
    return answer


def host_limits(cpu_type: str) -> dict[str, dict[str, int]]:
    """Return the limits of cpu, cpu_per_smp, mem and smp on hosts of a CPU type."""
    hosts: dict[str, dict[str, dict[str, int]]] = CAPABILITIES["hosts"]
    return hosts.get(cpu_type) or hosts[DEFAULT_CPU_TYPE]


def storage_limits(storage_type: str) -> dict[str, Any] | None:
    """Return the limits of a storage type, None when this cloud does not offer it."""
    limits: dict[str, Any] | None = CAPABILITIES["drives"].get(storage_type)
    return limits


def round_size(size: int) -> int:
    """Return a drive size in bytes as the cloud stores it: rounded up to a multiple of 16384."""
    return -(-size // SIZE_STEP) * SIZE_STEP
