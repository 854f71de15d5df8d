"""What objects use of what is billed, and what an account uses against what it has subscribed.

The store keeps ``holdings_of`` each document with the time since when, and their sums by account: counted live,
they are ``/currentusage/``; read at the five-minute polls, they are ``/usage/``; over time, they are burst.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .licenses import USERS_LICENSE

Doc = Mapping[str, Any]

RESOURCES = (
    "amd_cpu", "amd_mem", "cpu", "dssd", "intel_cpu", "intel_mem", "ip", "local_nvme", "mem", "msft_7jq_00341",
    "msft_7nq_00302", "msft_p73_04837_core", "msft_tfa_00523", "nvme", "sms", "sparc_t4_cpu", "sparc_t4_mem", "ssd",
    "tx", "vlan", "vlan_ecx", "zadara",
)  # fmt: skip
"""The resources that are always told, 0 included."""

SUBSCRIBED = "subscribed:"
"""Stands before the name of a resource in the holdings of a subscription."""

METERED = ("servers", "drives", "driveusers", "ips", "virtualrouters", "subscriptions")
"""Kinds whose documents may use something."""

_CLASSIC = {"intel_cpu": "cpu", "intel_mem": "mem"}
"""Subscriptions of the right serve what is used under the left name: the processors that servers get by default."""

_ITSELF = ("ip", "vlan", "vpc", "virtual_private_cloud", "dedicated_")
"""How the resources begin of which every subscribed piece is a used one."""


def holdings_of(kind: str, document: Doc) -> dict[str, int] | None:
    """Return what a document uses, in MHz, bytes or pieces; None for kinds that never use anything.

    Servers count unless they are stopped, with their extras and the licences of their drives; drives always, but ephemeral ones
    only while their server has power; an address beyond its subscription while a server holds it.
    """
    if kind == "servers":
        if document["status"] == "stopped":
            return {}
        cpu_type = document["cpu_type"]
        used: dict[str, int] = {f"{cpu_type}_cpu": document["cpu"], f"{cpu_type}_mem": document["mem"]}
        used.update(dict.fromkeys(document.get("licensed") or (), document["smp"]))
        if document["epcs"]:
            used["epc"] = sum(epc["size"] for epc in document["epcs"])
        for gpu in document["gpus"]:
            name = f"gpu_{gpu['model']}"
            used[name] = used.get(name, 0) + 1
        return used
    if kind == "drives":
        storage = document["storage_type"] or "dssd"
        return {storage: document["size"]} if storage != "local_nvme" or document.get("powered") else {}
    if kind == "virtualrouters":
        return {f"vrouter_{document['type']}": 1}
    if kind == "driveusers":
        return {USERS_LICENSE: document["amount"]}
    if kind == "ips":
        return {"ip": 1} if document.get("kept") else {}
    if kind == "subscriptions":
        active = document["status"] == "active"
        return {SUBSCRIBED + document["resource"]: int(document["remaining"])} if active else {}
    return None


def use_of(totals: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return (using, subscribed) of each resource in an account's totals."""
    names = {name.removeprefix(SUBSCRIBED) for name in totals}
    names |= {served for served, name in _CLASSIC.items() if SUBSCRIBED + name in totals}
    found: dict[str, tuple[int, int]] = {}
    for name in names:
        subscribed = totals.get(SUBSCRIBED + name, 0)
        using = totals.get(name, 0) + (subscribed if name.startswith(_ITSELF) else 0)
        if name in _CLASSIC:
            subscribed += totals.get(SUBSCRIBED + _CLASSIC[name], 0)
        found[name] = (using, subscribed)
    return found


def current_usage(totals: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return ``burst``, ``subscribed`` and ``using`` of each resource, by name."""
    found = dict.fromkeys(RESOURCES, (0, 0)) | use_of(totals)
    return {
        name: {"burst": max(0, using - subscribed), "subscribed": subscribed, "using": using}
        for name, (using, subscribed) in sorted(found.items())
    }
