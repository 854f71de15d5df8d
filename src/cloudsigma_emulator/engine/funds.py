"""Whether an account may start a server: money for five days of burst, and the licences of its drives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain.burst import DAYS_OF_FUNDS, cost_of_days
from ..domain.drive_states import is_ephemeral
from ..domain.refusal import Refusal
from ..domain.server_states import STARTING
from ..domain.usage import SUBSCRIBED, holdings_of
from ..store.transaction import Transaction
from . import books, metering

Doc = dict[str, Any]


def require_funds(tx: Transaction, server: Doc, drives: Sequence[Doc]) -> None:
    """Refuse with 402 to start a server that its owner cannot pay for.

    Reckoned is the burst of the whole account with the server running: what is subscribed needs no funds.
    """
    owner = server["owner"]
    balance = tx.get("balance", owner)
    if balance is None:
        return
    held = metering.held(tx, owner)
    _require_licenses(drives, held)
    coming = [("servers", {**server, "status": STARTING, "licensed": licenses_of(drives)})]
    coming += [("drives", {**drive, "powered": True}) for drive in drives if is_ephemeral(drive)]
    for kind, document in coming:
        for resource, amount in (holdings_of(kind, document) or {}).items():
            held[resource] = held.get(resource, 0) + amount
    cost = cost_of_days(held, balance["currency"], metering.levels_now(tx))
    if cost and books.funds_of(balance) < cost:
        raise Refusal.billing(f"The balance does not cover {DAYS_OF_FUNDS} days of burst for this server")


def licenses_of(drives: Sequence[Doc]) -> list[str]:
    """Return the names of the licences that a server with these drives needs for each of its cores."""
    return sorted(
        {
            bound["license"]["name"]
            for drive in drives
            for bound in drive["licenses"]
            if bound["license"]["user_metric"] == "smp"
        }
    )


def _require_licenses(drives: Sequence[Doc], held: dict[str, int]) -> None:
    for drive in drives:
        for bound in drive["licenses"]:
            name, long_name = bound["license"]["name"], bound["license"]["long_name"]
            if not bound["license"]["burstable"] and not held.get(SUBSCRIBED + name):
                raise Refusal.billing(f"Starting this server needs a subscription of {name} ({long_name})")
