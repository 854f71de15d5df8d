"""Whether an account may start a server: money for five days of burst, and the licences of its drives."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ..domain.burst import DAYS_OF_FUNDS, cost_of_days
from ..domain.refusal import Refusal
from ..store.transaction import Transaction

Doc = dict[str, Any]


def require_funds(tx: Transaction, server: Doc, drives: Sequence[Doc]) -> None:
    """Refuse with 402 to start a server that its owner cannot pay for."""
    owner = server["owner"]
    balance = tx.get("balance", owner)
    if balance is None:
        return
    funds = Decimal(str(balance["balance"])) + Decimal(str(balance.get("credit_limit") or 0))
    if funds < cost_of_days(server, drives, balance["currency"]):
        raise Refusal.billing(f"The balance does not cover {DAYS_OF_FUNDS} days of burst for this server")
    _require_licenses(tx, owner, drives)


def _require_licenses(tx: Transaction, owner: str, drives: Sequence[Doc]) -> None:
    needed = {
        bound["license"]["name"]: bound["license"]["long_name"]
        for drive in drives
        for bound in drive["licenses"]
        if not bound["license"]["burstable"]
    }
    if not needed:
        return
    held = {
        subscription["resource"]
        for subscription in tx.find("subscriptions", owner=owner)
        if subscription.get("status", "active") == "active"
    }
    for name, long_name in needed.items():
        if name not in held:
            raise Refusal.billing(f"Starting this server needs a subscription of {name} ({long_name})")
