"""Network cards of a server definition: the modes they may have, and the MAC as their identity.

A NIC is stored as ``{"boot_order", "firewall_policy", "ip_v4_conf", "ip_v6_conf", "lent_ip", "mac", "model",
"vlan"}``; ``lent_ip`` is the address that dhcp lent to it for this run of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import fields
from .channels import read_boot_order
from .refs import read_optional_ref, read_ref
from .refusal import Refusal

Nic = dict[str, Any]

MODELS = ("rtl8139", "e1000", "virtio")
CONFS = ("dhcp", "static", "manual")
DEFAULT_MODEL = "virtio"
_POINT = "nics"


def read_nics(value: Any, previous: Iterable[Nic], new_mac: Callable[[], str]) -> list[Nic]:
    """Read the ``nics`` list of a server body.

    An element with the MAC of a present NIC updates that NIC, one without a MAC makes a new NIC, and a present
    NIC whose MAC is missing from the list goes. What an element leaves out takes its default.

    :param value: the list as sent; null is an empty one.
    :param previous: the server's NICs now, none when the server is created.
    :param new_mac: gives the MAC of a new NIC.
    :returns: the NICs in the order of the list, which is their order in the guest.
    :raises Refusal: 400 with error_point ``nics`` for a mode the cloud does not allow and for an unknown MAC.
    """
    known = {nic["mac"]: nic for nic in previous}
    nics: list[Nic] = []
    for item in fields.list_of(_read_nic)(value, _POINT):
        mac = item["mac"]
        if mac is None:
            item["mac"] = new_mac()
        elif mac not in known:
            raise Refusal.validation(
                f"No network card of this server has the mac {mac}; leave mac out for a new one", _POINT
            )
        else:
            item["lent_ip"] = known[mac]["lent_ip"]
        nics.append(item)
    macs = [nic["mac"] for nic in nics]
    if len(set(macs)) != len(macs):
        raise Refusal.validation("Each mac may be given only once", _POINT)
    addresses = [address for nic in nics for address in static_addresses(nic)]
    if len(set(addresses)) != len(addresses):
        raise Refusal.validation("Each static ip may be given to only one network card", _POINT)
    return nics


def random_mac(number: int) -> str:
    """Return the MAC made of 40 random bits, in the cloud's form ``22:xx:xx:xx:xx:xx``."""
    return ":".join(["22", *(f"{byte:02x}" for byte in (number & (2**40 - 1)).to_bytes(5, "big"))])


def static_addresses(nic: Nic) -> list[str]:
    """Return the owned addresses that a NIC holds by its definition."""
    confs = (nic["ip_v4_conf"], nic["ip_v6_conf"])
    return [conf["ip"] for conf in confs if conf and conf["conf"] == "static"]


def is_public(nic: Nic) -> bool:
    """Tell whether a NIC faces the internet: it has an IP configuration."""
    return nic["ip_v4_conf"] is not None or nic["ip_v6_conf"] is not None


def wants_lent_address(nic: Nic) -> bool:
    """Tell whether dhcp has to lend this NIC an IPv4 address when the server boots."""
    conf = nic["ip_v4_conf"]
    return conf is not None and conf["conf"] == "dhcp"


def address_in_use(nic: Nic) -> str | None:
    """Return the IPv4 address of a NIC while its server runs: the static or the lent one."""
    conf = nic["ip_v4_conf"]
    if conf is None:
        return None
    address: str | None = conf["ip"] if conf["conf"] == "static" else nic["lent_ip"]
    return address


def nics_of_clone(nics: Iterable[Nic], new_mac: Callable[[], str]) -> list[Nic]:
    """Return the NICs of a copied server: new MACs, VLANs kept, every public configuration dhcp."""
    return [
        {
            **nic,
            "mac": new_mac(),
            "lent_ip": None,
            "ip_v4_conf": _dhcp() if nic["ip_v4_conf"] else None,
            "ip_v6_conf": _dhcp() if nic["ip_v6_conf"] else None,
        }
        for nic in nics
    ]


def _dhcp() -> dict[str, Any]:
    return {"conf": "dhcp", "ip": None}


def _read_nic(value: Any, name: str) -> Nic:
    if not isinstance(value, dict):
        raise Refusal.validation(f"Each of {name} must be an object", name)
    model = value.get("model")
    mac = value.get("mac")
    if mac is not None and not isinstance(mac, str):
        raise Refusal.validation("mac must be a string", name)
    nic: Nic = {
        "boot_order": read_boot_order(value.get("boot_order"), name),
        "firewall_policy": read_optional_ref(value.get("firewall_policy"), name),
        "ip_v4_conf": _read_conf(value.get("ip_v4_conf"), "ip_v4_conf"),
        "ip_v6_conf": _read_conf(value.get("ip_v6_conf"), "ip_v6_conf"),
        "lent_ip": None,
        "mac": mac.lower() if mac else None,
        "model": DEFAULT_MODEL if model is None else model,
        "vlan": read_optional_ref(value.get("vlan"), name),
    }
    if nic["model"] not in MODELS:
        raise Refusal.validation(f"model of a network card must be one of: {', '.join(MODELS)}", name)
    if nic["vlan"] and nic["ip_v4_conf"] and nic["ip_v6_conf"]:
        raise Refusal.validation(
            "A network card cannot have a vlan, ip_v4_conf and ip_v6_conf together", name
        )
    if nic["vlan"] and is_public(nic):
        raise Refusal.validation(
            "A network card is either private (vlan) or public (ip_v4_conf, ip_v6_conf), not both", name
        )
    return nic


def _read_conf(value: Any, key: str) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Refusal.validation(f"{key} must be an object with conf, or null", _POINT)
    conf = value.get("conf")
    conf = "dhcp" if conf is None else conf
    address = value.get("ip")
    if conf not in CONFS:
        raise Refusal.validation(f"conf of {key} must be one of: {', '.join(CONFS)}", _POINT)
    if conf == "static":
        if address is None:
            raise Refusal.validation(f"{key} needs an ip when conf is static", _POINT)
        return {"conf": conf, "ip": read_ref(address, _POINT)}
    if address is not None:
        raise Refusal.validation(f"{key} takes an ip only when conf is static", _POINT)
    return {"conf": conf, "ip": None}
