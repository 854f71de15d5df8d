"""What an account uses at this moment, resource by resource, against what it has subscribed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Doc = Mapping[str, Any]

RESOURCES = (
    "amd_cpu", "amd_mem", "cpu", "dssd", "intel_cpu", "intel_mem", "ip", "local_nvme", "mem", "msft_7jq_00341",
    "msft_7nq_00302", "msft_p73_04837_core", "msft_tfa_00523", "nvme", "sms", "sparc_t4_cpu", "sparc_t4_mem", "ssd",
    "tx", "vlan", "vlan_ecx", "zadara",
)  # fmt: skip
"""The resources that are always told, 0 included."""


def current_usage(
    servers: Iterable[Doc], drives: Iterable[Doc], subscriptions: Iterable[Doc]
) -> dict[str, dict[str, int]]:
    """Return ``burst``, ``subscribed`` and ``using`` of each resource, in MHz, bytes or pieces.

    Servers count unless they are stopped, drives always but for ephemeral ones, which count while their server
    runs; an address or a VLAN counts as used because it is subscribed.
    """
    using: dict[str, int] = dict.fromkeys(RESOURCES, 0)
    subscribed: dict[str, int] = dict.fromkeys(RESOURCES, 0)
    powered: set[str] = set()
    for server in servers:
        if server["status"] == "stopped":
            continue
        _add(using, f"{server['cpu_type']}_cpu", server["cpu"])
        _add(using, f"{server['cpu_type']}_mem", server["mem"])
        powered.update(attached["drive"] for attached in server["drives"])
    for drive in drives:
        kind = drive["storage_type"] or "dssd"
        if kind != "local_nvme" or drive["uuid"] in powered:
            _add(using, kind, drive["size"])
    for subscription in subscriptions:
        if subscription["status"] == "active":
            _add(subscribed, subscription["resource"], int(subscription["amount"]))
    for name in ("ip", "vlan"):
        using[name] = max(using[name], subscribed[name])
    return {
        name: {
            "burst": max(0, using.get(name, 0) - subscribed.get(name, 0)),
            "subscribed": subscribed.get(name, 0),
            "using": using.get(name, 0),
        }
        for name in sorted({*using, *subscribed})
    }


def _add(amounts: dict[str, int], name: str, amount: int) -> None:
    amounts[name] = amounts.get(name, 0) + amount
