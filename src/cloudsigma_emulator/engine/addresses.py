"""Addresses that dhcp lends: to every dhcp NIC when its server begins to run, back when it has stopped."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..domain import ips
from ..domain.nics import wants_lent_address
from ..domain.refusal import Refusal
from ..store.transaction import Transaction

Doc = dict[str, Any]

_AFTER_OWNED = 1
"""Rank of lent addresses: lists show owned ones first, however late they were bought."""
_PLACE = "dhcp_place"
PREFIX = "dhcp_prefix"
"""The setting that names the first two bytes of lent addresses, where they are not the usual ones."""
_TRIED_AT_ONCE = 256
POOL_EMPTY = "No free address is left for dhcp"


def lend_from(tx: Transaction, prefix: str | None) -> None:
    """Lend addresses that begin with ``prefix`` (None: the usual ones) from now on, also to those who have others.

    Their guests do not run: the emulator is about to start.
    """
    if tx.setting(PREFIX) == prefix:
        return
    tx.set_setting(PREFIX, prefix)
    for server in tx.find("servers"):
        if any(nic["lent_ip"] is not None for nic in server["nics"]):
            give_back(tx, server)
            lend(tx, server)
            tx.update("servers", server)


def lend(tx: Transaction, server: Doc) -> bool:
    """Give an address to each dhcp NIC of a server; False, and nothing given, when the pool is empty."""
    wanting = [nic for nic in server["nics"] if wants_lent_address(nic) and nic["lent_ip"] is None]
    free = _free(tx, len(wanting)) if wanting else []
    if len(free) < len(wanting):
        return False
    for nic, address in zip(wanting, free, strict=True):
        tx.insert("ips", ips.new_ip(address, server["owner"]), rank=_AFTER_OWNED)
        nic["lent_ip"] = address
    return True


def give_back(tx: Transaction, server: Doc) -> None:
    """Take back every address lent to a server."""
    for nic in server["nics"]:
        if nic["lent_ip"] is not None:
            tx.remove("ips", nic["lent_ip"])
            nic["lent_ip"] = None


def exchange(tx: Transaction, before: Doc, after: Doc) -> None:
    """Let lent addresses follow a change of a running server's NICs. Refuses with 503 when the pool is empty."""
    for nic in after["nics"]:
        if not wants_lent_address(nic):
            nic["lent_ip"] = None
    kept = {nic["lent_ip"] for nic in after["nics"]}
    for nic in before["nics"]:
        if nic["lent_ip"] is not None and nic["lent_ip"] not in kept:
            tx.remove("ips", nic["lent_ip"])
    if not lend(tx, after):
        raise Refusal.backend(POOL_EMPTY)


def _free(tx: Transaction, wanted: int) -> list[str]:
    """Return free addresses, going on where the last search ended so that none comes back at once."""
    start = tx.setting(_PLACE) or 0
    pool = ips.lent_addresses(start, tx.setting(PREFIX) or ips.LENT_FROM)
    found: list[tuple[int, str]] = []
    while len(found) < wanted:
        tried = list(islice(pool, _TRIED_AT_ONCE))
        if not tried:
            break
        taken = {ip["uuid"] for ip in tx.find("ips", uuids=[address for _, address in tried])}
        found += [(place, address) for place, address in tried if address not in taken]
    chosen = found[:wanted]
    if chosen:
        tx.set_setting(_PLACE, (chosen[-1][0] + 1) % ips.POOL_SIZE)
    return [address for _, address in chosen]
