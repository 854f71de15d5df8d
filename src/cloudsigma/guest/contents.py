"""What the well-known parts of a server context mean: user data, SSH keys, addresses. Pure; the API's page on the server
context and cloud-init's CloudSigma datasource name these keys.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

USER_DATA = "cloudinit-user-data"
_BASE64_FIELDS = "base64_fields"
_SSH_KEY = "ssh_public_key"


@dataclass(frozen=True)
class NicAddress:
    """One address of a network card, or a card that has none of its own (``address`` is None: a private network)."""

    mac: str
    address: str | None
    prefix_length: int | None = None
    gateway: str | None = None
    nameservers: tuple[str, ...] = ()
    vlan: str | None = None
    """uuid of the VLAN of a private card."""


def user_data_of(meta: Mapping[str, Any]) -> bytes | None:
    """Return the user data in ``meta``, decoded when ``base64_fields`` lists it; None when there is none.

    Raises :class:`ValueError` when it is listed there and is no base64.
    """
    text = meta.get(USER_DATA)
    if not isinstance(text, str):
        return None
    encoded = [name.strip() for name in str(meta.get(_BASE64_FIELDS) or "").split(",")]
    if USER_DATA not in encoded:
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as failure:
        raise ValueError(
            f"{USER_DATA} in the server's meta is listed in {_BASE64_FIELDS} and is no base64; encode it, or take it "
            f"off that list"
        ) from failure


def ssh_public_keys_of(context: Mapping[str, Any]) -> list[str]:
    """Return the lines of ``meta.ssh_public_key`` and the attached public keys, each once, in this order."""
    meta = context.get("meta")
    text = meta.get(_SSH_KEY) if isinstance(meta, Mapping) else None
    lines = text.splitlines() if isinstance(text, str) else []
    for pubkey in _list(context.get("pubkeys")):
        text = pubkey.get("public_key") if isinstance(pubkey, Mapping) else None
        lines += text.splitlines() if isinstance(text, str) else []
    keys = (line.strip() for line in lines)
    return list(dict.fromkeys(key for key in keys if key and not key.startswith("#")))


def nic_addresses_of(nics: Any) -> list[NicAddress]:
    """Return the addresses of network cards, in the order of the cards."""
    return [found for nic in _list(nics) if isinstance(nic, Mapping) for found in _addresses(nic)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _addresses(nic: Mapping[str, Any]) -> Iterator[NicAddress]:
    mac = str(nic.get("mac") or "")
    vlan = nic.get("vlan")
    vlan = str(vlan["uuid"]) if isinstance(vlan, Mapping) and "uuid" in vlan else None
    found = False
    for key in ("ip_v4_conf", "ip_v6_conf"):
        conf = nic.get(key)
        ip = conf.get("ip") if isinstance(conf, Mapping) else None
        if not isinstance(ip, Mapping) or not ip.get("uuid"):
            continue
        found = True
        netmask, gateway = ip.get("netmask"), ip.get("gateway")
        yield NicAddress(
            mac=mac,
            address=str(ip["uuid"]),
            prefix_length=netmask if isinstance(netmask, int) else None,
            gateway=str(gateway) if gateway else None,
            nameservers=tuple(str(server) for server in _list(ip.get("nameservers"))),
            vlan=vlan,
        )
    if not found:
        yield NicAddress(mac=mac, address=None, vlan=vlan)
