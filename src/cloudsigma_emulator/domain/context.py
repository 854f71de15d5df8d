"""The server context: the document a guest reads over its second serial port, and the answer to a path.

The document shows a server as its API object does, but with drives, addresses, VLANs, tags and public keys
spelled out, with the address that dhcp lent, and with the account's global context beside ``meta``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .nics import address_in_use

END_OF_ANSWER = b"\n\x04"
"""What ends every answer: a line feed, then EOT, in this order, and nothing after it."""

_COPIED = (
    "cpu",
    "cpu_model",
    "cpu_type",
    "cpus_instead_of_cores",
    "enable_numa",
    "hv_relaxed",
    "hv_tsc",
    "hypervisor",
    "is_grey",
    "mem",
    "name",
    "requirements",
    "smp",
    "uuid",
    "vnc_password",
)

_DRIVE_KEYS = ("affinities", "allow_multimount", "licenses", "media", "meta", "name", "size", "storage_type")

Documents = Mapping[str, Mapping[str, Any]]


def context_document(
    server: Mapping[str, Any],
    *,
    drives: Documents,
    ips: Documents,
    vlans: Documents,
    pubkeys: Documents,
    tags: Documents,
    global_context: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the whole context of a server: 23 keys.

    :param server: the stored server.
    :param drives: stored drives by uuid, at least those attached; likewise ``ips``, ``vlans``, ``pubkeys``
        and ``tags``. What is not in them is left out or null.
    :param global_context: the owner's global context.
    """
    keys = [pubkeys[uuid] for uuid in server["pubkeys"] if uuid in pubkeys]
    meta = dict(server["meta"])
    if keys and "ssh_public_key" not in meta:
        # cloud-init's datasource fails without this key; the API's own meta stays as it was set.
        meta["ssh_public_key"] = keys[0]["public_key"]
    return {
        **{key: server[key] for key in _COPIED},
        "cpu_perf_threshold": 0.0,
        "drives": [
            {
                "boot_order": item["boot_order"],
                "dev_channel": item["dev_channel"],
                "device": item["device"],
                "drive": _drive(drives[item["drive"]], tags),
            }
            for item in server["drives"]
            if item["drive"] in drives
        ],
        "global_context": dict(global_context),
        "mem_perf_threshold": 0.0,
        "meta": meta,
        "nics": [_nic(nic, ips, vlans, tags) for nic in server["nics"]],
        "pubkeys": [
            {
                "fingerprint": key["fingerprint"],
                "meta": key["meta"],
                "name": key["name"],
                "public_key": key["public_key"],
                "tags": _tags(key["tags"], tags),
                "uuid": key["uuid"],
            }
            for key in keys
        ],
        "tags": _tags(server["tags"], tags),
    }


def _tags(uuids: Sequence[str], tags: Documents) -> list[dict[str, Any]]:
    return [
        {"meta": tags[uuid]["meta"], "name": tags[uuid]["name"], "uuid": uuid}
        for uuid in uuids
        if uuid in tags
    ]


def _drive(drive: Mapping[str, Any], tags: Documents) -> dict[str, Any]:
    return {
        **{key: drive[key] for key in _DRIVE_KEYS},
        "tags": _tags(drive["tags"], tags),
        "uuid": drive["uuid"],
    }


def _nic(nic: Mapping[str, Any], ips: Documents, vlans: Documents, tags: Documents) -> dict[str, Any]:
    vlan = vlans.get(nic["vlan"]) if nic["vlan"] else None
    conf = nic["ip_v4_conf"]
    address = address_in_use(dict(nic))
    ip = ips.get(address) if address else None
    return {
        "boot_order": nic["boot_order"],
        "ip_v4_conf": None if conf is None else {"conf": conf["conf"], "ip": _ip(ip, tags)},
        "ip_v6_conf": nic["ip_v6_conf"],
        "mac": nic["mac"],
        "model": nic["model"],
        "vlan": None
        if vlan is None
        else {"meta": vlan["meta"], "tags": _tags(vlan["tags"], tags), "uuid": vlan["uuid"]},
    }


def _ip(ip: Mapping[str, Any] | None, tags: Documents) -> dict[str, Any] | None:
    if ip is None:
        return None
    return {
        "gateway": ip["gateway"],
        "meta": ip["meta"],
        "nameservers": ip["nameservers"],
        "netmask": ip["netmask"],
        "tags": _tags(ip["tags"], tags),
        "uuid": ip["uuid"],
    }


def look_up(document: Any, path: str) -> Any:
    """Return the value at a path of the context, None when there is none.

    :param path: segments separated by ``/``, with or without one at either end; a whole number is an index
        into a list, counted from 0. The empty path is the whole document.
    """
    trimmed = path.strip("/")
    for segment in trimmed.split("/") if trimmed else ():
        if isinstance(document, dict):
            document = document.get(segment)
        elif isinstance(document, list) and re.fullmatch(r"\d{1,9}", segment, re.ASCII):
            index = int(segment)
            document = document[index] if index < len(document) else None
        else:
            return None
    return document


def encode(value: Any) -> bytes:
    """Return a value as the serial port carries it, without the end of the answer.

    Objects, lists, numbers and booleans are compact JSON; a string is its text with backslash escapes; null,
    which also stands for a path that leads nowhere, is empty. The result is ASCII without line feeds.
    """
    if value is None:
        return b""
    if isinstance(value, str):
        return _UNSAFE.sub(_escape, value).encode("ascii")
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def answer(document: Any, path: str) -> bytes:
    """Return all the bytes that answer a request for a path, the end included."""
    return encode(look_up(document, path)) + END_OF_ANSWER


_UNSAFE = re.compile(r"[^\x20-\x7e]|\\")
_SHORT_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[i : i + 2], 'big'):04x}" for i in range(0, len(units), 2))
