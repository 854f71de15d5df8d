"""What a server costs when nothing is subscribed: enough of the tariff to tell who may start one.

Burst prices of level 1 from the example tariff, in each currency, per GHz and hour, per GB and hour, and per GB of
storage in a month of 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

DAYS_OF_FUNDS = 5

_GB = 2**30
_MONTH_HOURS = 30 * 24

_PRICES = {
    "CHF": ("0.008755", "0.01256", "0.266"),
    "EUR": ("0.00612", "0.0088", "0.21"),
    "GBP": ("0.00527", "0.00752", "0.182"),
    "USD": ("0.007905", "0.01128", "0.28"),
}


def cost_of_days(
    server: Mapping[str, Any], drives: Iterable[Mapping[str, Any]], currency: str, days: int = DAYS_OF_FUNDS
) -> Decimal:
    """Return what a server and its drives cost on burst for some days.

    :param currency: of the account; one without a price here is reckoned in USD.
    """
    cpu, mem, storage = (Decimal(price) for price in _PRICES.get(currency, _PRICES["USD"]))
    size = sum(drive["size"] for drive in drives if drive["owner"] is not None)
    hourly: Decimal = (
        cpu * server["cpu"] / 1000 + mem * server["mem"] / _GB + storage * size / _GB / _MONTH_HOURS
    )
    return hourly * 24 * days
