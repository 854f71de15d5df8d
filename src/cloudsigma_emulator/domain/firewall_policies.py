"""Firewall policies: ordered rules for the traffic of network cards; the first that fits decides, else it passes.

A short address is completed with zero octets and an address without a mask gets the longest one, as the cloud writes
them. Which servers use a policy is a relation kept elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import fields
from .fields import Field
from .refs import optional_ref, read_refs, refs, resource_uri
from .refusal import Refusal

Policy = dict[str, Any]
Rule = dict[str, Any]

SHORT_FIELDS = ("meta", "name", "owner", "resource_uri", "uuid")

_POINT = "rules"
_MOST_RULES = 1000
_SHORT_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}", re.ASCII)
_PORTS = re.compile(r"(!?)\s*(\d{1,5})(?::(\d{1,5}))?", re.ASCII)


def _choice(rule: Mapping[str, Any], key: str, *allowed: str) -> str:
    value = rule.get(key)
    if value is None:
        raise Refusal.validation(f"{key} of a rule is required: one of {', '.join(allowed)}", _POINT)
    chosen: str = fields.choice(*allowed)(value, _POINT)
    return chosen


def normal_address(text: str) -> str:
    """Return an address or network as the cloud writes it. Raises ValueError for what is neither.

    A leading ``!`` negates and stays; ``23`` becomes ``23.0.0.0/32``.
    """
    text = text.strip()
    negation = "!" if text.startswith("!") else ""
    address, slash, mask = text.removeprefix("!").strip().partition("/")
    if _SHORT_ADDRESS.fullmatch(address):
        address += ".0" * (3 - address.count("."))
    parsed = ipaddress.ip_address(address)
    longest = parsed.max_prefixlen
    if slash and not (mask.isascii() and mask.isdigit() and len(mask) <= 3 and int(mask) <= longest):
        raise ValueError(text)
    return f"{negation}{parsed}/{int(mask) if slash else longest}"


def normal_ports(value: Any) -> str:
    """Return a port or a range of ports as text. Raises ValueError for what is neither."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _PORTS.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(value)
    negation, first, last = match[1], int(match[2]), int(match[3] or match[2])
    if not 0 <= first <= last <= 65535:
        raise ValueError(value)
    return f"{negation}{first}:{last}" if match[3] else f"{negation}{first}"


def _address(rule: Mapping[str, Any], key: str) -> str | None:
    value = rule.get(key)
    if value is None or value == "":
        return None
    try:
        return normal_address(fields.text(value, _POINT))
    except ValueError:
        raise Refusal.validation(f"{key} of a rule must be an address or a network", _POINT) from None


def _ports(rule: Mapping[str, Any], key: str) -> str | None:
    value = rule.get(key)
    if value is None or value == "":
        return None
    try:
        return normal_ports(value)
    except ValueError:
        raise Refusal.validation(f"{key} of a rule must be a port such as 22 or 1:1024", _POINT) from None


def _rule(value: Any, point: str) -> Rule:
    if not isinstance(value, dict):
        raise Refusal.validation("Each of rules must be an object", point)
    protocol = value.get("ip_proto")
    return {
        "action": _choice(value, "action", "drop", "accept"),
        "comment": fields.optional_text(value.get("comment"), point),
        "direction": _choice(value, "direction", "in", "out", "both"),
        "dst_ip": _address(value, "dst_ip"),
        "dst_port": _ports(value, "dst_port"),
        "ip_proto": None if protocol in (None, "") else fields.choice("tcp", "udp")(protocol, point),
        "src_ip": _address(value, "src_ip"),
        "src_port": _ports(value, "src_port"),
    }


def _rules(value: Any, point: str) -> list[Rule]:
    if isinstance(value, list) and len(value) > _MOST_RULES:
        raise Refusal.validation(f"A policy may have at most {_MOST_RULES} rules", point)
    rules: list[Rule] = fields.list_of(_rule)(value, point)
    return rules


FIELDS: tuple[Field, ...] = (
    Field("name", fields.optional_text),
    Field("meta", fields.meta, default=dict),
    Field("rules", _rules, default=list),
    Field("tags", read_refs, default=list),
)


def read_policy(body: Mapping[str, Any], previous: Policy | None = None) -> dict[str, Any]:
    """Read a policy; nothing in it is required, and ``servers`` is ignored.

    :param body: what was sent.
    :param previous: the stored policy when it is updated: what is left out keeps its value.
    :raises Refusal: 400 naming the field at fault.
    """
    return fields.read_fields(FIELDS, body, previous)


def render_policy(policy: Policy, *, servers: Sequence[str] = ()) -> dict[str, Any]:
    """Return a policy as the detail list and single answers show it: 8 keys.

    :param servers: uuids of the servers with a NIC that uses it.
    """
    return {
        "meta": policy["meta"],
        "name": policy["name"],
        "owner": optional_ref("users", policy["owner"]),
        "resource_uri": resource_uri("fwpolicies", policy["uuid"]),
        "rules": policy["rules"],
        "servers": refs("servers", list(servers)),
        "tags": refs("tags", policy["tags"]),
        "uuid": policy["uuid"],
    }
