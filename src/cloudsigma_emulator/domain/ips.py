"""IP addresses: owned ones, bought by subscription, and those that dhcp lends to running servers.

The uuid of an IP is the address. Addresses come from ranges that are set aside for documentation and
benchmarks, so that nothing of the emulator can be mistaken for a machine on the internet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .refs import optional_ref, ref, refs, resource_uri
from .vlans import render_subscription

Ip = dict[str, Any]

SHORT_FIELDS = ("owner", "resource_uri", "server", "uuid")

NETMASK = 24
NAMESERVERS = ("198.51.100.2", "198.51.100.3", "198.51.100.4")

LENT_FROM = "198.18"
_FIRST_HOST, _LAST_HOST = 10, 250
_HOSTS = _LAST_HOST - _FIRST_HOST + 1
_LENT_NETWORKS = 256
POOL_SIZE = _HOSTS * _LENT_NETWORKS
"""How many addresses dhcp can have lent at once."""

OWNED_POOL_SIZE = _HOSTS * (_LENT_NETWORKS + 1)
"""How many addresses can be subscribed at once."""


def owned_address(number: int) -> str:
    """Return the address that the n-th ``ip`` subscription of this cloud buys, counted from 0."""
    network, host = divmod(number, _HOSTS)
    return f"203.0.113.{host + _FIRST_HOST}" if network == 0 else f"198.19.{network - 1}.{host + _FIRST_HOST}"


def lent_addresses(start: int, prefix: str = LENT_FROM) -> Iterator[tuple[int, str]]:
    """Go once through the dhcp pool, beginning at a place in it; gives each place and its address.

    :param prefix: the first two bytes of the addresses.
    """
    for step in range(POOL_SIZE):
        place = (start + step) % POOL_SIZE
        network, host = divmod(place, _HOSTS)
        yield place, f"{prefix}.{network}.{host + _FIRST_HOST}"


def new_ip(address: str, owner: str, subscription: int | None = None) -> Ip:
    """Return a stored address.

    :param subscription: the number of the subscription it comes from; None when dhcp lends it.
    """
    return {
        "uuid": address,
        "owner": owner,
        "gateway": f"{address.rpartition('.')[0]}.1",
        "nameservers": list(NAMESERVERS),
        "netmask": NETMASK,
        "meta": {},
        "tags": [],
        "subscription": subscription,
    }


def is_lent(ip: Ip) -> bool:
    """Tell whether dhcp lends the address: nobody owns it."""
    return ip["subscription"] is None


def render_ip(ip: Ip, *, server: str | None = None) -> dict[str, Any]:
    """Return an address as the detail list and single answers show it.

    :param server: uuid of the server that uses it; None when it is free.
    """
    return {
        "gateway": ip["gateway"],
        "grantees": [],
        "meta": ip["meta"],
        "nameservers": ip["nameservers"],
        "netmask": ip["netmask"],
        "owner": ref("users", ip["owner"]),
        "permissions": [],
        "resource_uri": resource_uri("ips", ip["uuid"]),
        "server": optional_ref("servers", server),
        "subscription": render_subscription(ip["subscription"]),
        "tags": refs("tags", ip["tags"]),
        "uuid": ip["uuid"],
    }
