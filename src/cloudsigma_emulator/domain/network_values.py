"""Readers of addresses, networks and ports in bodies."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from . import fields
from .refusal import Refusal

PORT = fields.whole_number_within(1, 65535)
ORDER = fields.whole_number_within(0, 2**31 - 1)

_PORTS = re.compile(r"(\d{1,5})(?:[:-](\d{1,5}))?", re.ASCII)


def address(value: Any, name: str) -> str:
    """Read an IPv4 or IPv6 address."""
    text = fields.text(value, name)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise Refusal.validation(f"{name} must be an IP address", name) from None
    return text


def ipv4_address(value: Any, name: str) -> str:
    """Read an IPv4 address."""
    text = fields.text(value, name)
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise Refusal.validation(f"{name} must be an IPv4 address", name) from None
    return text


def interface(value: Any, name: str) -> str:
    """Read an address with or without the length of its network, such as ``10.0.1.1/24``."""
    text = fields.text(value, name)
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        raise Refusal.validation(
            f"{name} must be an address, with or without a prefix length", name
        ) from None
    return text


def interface_with_network(value: Any, name: str) -> ipaddress.IPv4Interface:
    """Read an IPv4 address that says how long its network's prefix is."""
    text = fields.text(value, name)
    try:
        if "/" in text:
            return ipaddress.IPv4Interface(text)
    except ValueError:
        pass
    raise Refusal.validation(
        f"{name} must be an IPv4 address with a prefix length, such as 10.0.1.1/24", name
    )


def any_or_network(value: Any, name: str) -> str:
    """Read an address or a network; null and "" mean any."""
    text = "" if value is None else fields.text(value, name)
    return interface(text, name) if text else ""


def any_or_ports(value: Any, name: str) -> str:
    """Read a port or a range of ports, as a string; null and "" mean any."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    text = "" if text is None else fields.text(text, name).strip()
    match = _PORTS.fullmatch(text)
    if text and not (match and all(1 <= int(port) <= 65535 for port in match.groups() if port)):
        raise Refusal.validation(f"{name} must be a port from 1 to 65535, or a range such as 1:1024", name)
    return text
