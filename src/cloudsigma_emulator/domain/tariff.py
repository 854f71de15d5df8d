"""The price list as data: what each resource costs in each currency, by subscription and at each burst level.

Level 0 is the subscription price, levels from 1 up are burst prices. Processors, memory and traffic have twenty
burst levels, licences only level 0, all else one burst level.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

CURRENCIES = ("CHF", "EUR", "GBP", "USD")

GB_MONTH, GB_HOUR, GHZ_HOUR, GB = "GB/month", "GB/hour", "GHz/hour", "GB"
IP, VLAN, COUNT_MONTH, COUNT = "IP", "VLAN", "count/month", ""

_GB, _HOUR, _MONTH = 2**30, 3600, 30 * 86400
MULTIPLIERS = {
    GB_MONTH: _GB * _MONTH,
    GB_HOUR: _GB * _HOUR,
    GHZ_HOUR: 1000 * _HOUR,
    GB: _GB,
    IP: _MONTH,
    VLAN: _MONTH,
    COUNT_MONTH: _MONTH,
    COUNT: _MONTH,
}
"""How much of a resource's own unit (bytes, MHz, pieces), times seconds, a price is for."""

TRAFFIC = GB
"""The unit of what is counted without regard to time."""

_CPU_USD = (
    "0.007905 0.00816 0.008415 0.00867 0.009265 0.009775 0.01088 0.012495 0.01411 0.016235 0.01734 0.018445 0.01921 "
    "0.019805 0.020315 0.02091 0.023035 0.025245 0.028475 0.03281"
)
_MEM_USD = (
    "0.01128 0.01152 0.01176 0.012 0.01248 0.01296 0.01392 0.01536 0.0168 0.01872 0.01968 0.02064 0.02136 0.02184 "
    "0.02232 0.0228 0.02472 0.02664 0.02952 0.03336"
)
_TX_USD = (
    "0.0293 0.0308 0.0338 0.0383 0.0428 0.0465 0.0503 0.0533 0.0563 0.0585 0.0608 0.063 0.066 0.0705 0.075 0.0795 "
    "0.084 0.09 0.0975 0.1065"
)

_CPU = (GHZ_HOUR, "0.017 0.0136 0.01105 0.0164", "0.008755 0.00612 0.00527 0.007905", _CPU_USD)
_MEM = (GB_HOUR, "0.0208 0.01664 0.01352 0.0184", "0.01256 0.0088 0.00752 0.01128", _MEM_USD)
_TX = (GB, "0.065 0.052 0.04225 0.0585", "0.0325 0.0228 0.0195 0.0293", _TX_USD)
_DSSD = (GB_MONTH, "0.133 0.105 0.091 0.14", "0.266 0.21 0.182 0.28", "")
_SSD = (GB_MONTH, "0.45 0.16 0.01352 0.474", "0.76 0.6 0.52 0.8", "")
_IP = (IP, "5 4 3.25 4.5", "4.75 3.75 3.25 5", "")
_VLAN = (VLAN, "9.5 8 6.5 10", "19 15 13 20", "")


def _monthly(unit: str, subscribed: str, burst: str = "") -> tuple[str, str, str, str]:
    return (unit, subscribed, burst, "")


_RESOURCES: dict[str, tuple[str, str, str, str]] = {
    "cpu": _CPU, "intel_cpu": _CPU, "amd_cpu": _CPU, "cpu_vmware": _CPU,
    "mem": _MEM, "intel_mem": _MEM, "amd_mem": _MEM, "mem_vmware": _MEM,
    "tx": _TX, "tx_local": _TX, "tx_foreign": _TX, "rx_local": _TX, "rx_foreign": _TX, "tx_vmware": _TX,
    "dssd": _DSSD, "dssd_vmware": _DSSD, "zadara": _DSSD,
    "ssd": _SSD, "nvme": _SSD, "local_nvme": _SSD,
    "object_storage": _monthly(GB_MONTH, "0.05 0.045 0.04 0.05", "0.06 0.055 0.05 0.06"),
    "backup": _monthly(GB_MONTH, "0.07 0.06 0.05 0.07", "0.08 0.07 0.06 0.08"),
    "epc": _monthly(GB_HOUR, "0.2 0.18 0.15 0.2", "0.3 0.27 0.23 0.3"),
    "ip": _IP, "ip_vmware": _IP,
    "vlan": _VLAN, "vlan_vmware": _VLAN,
    "vlan_ecx": _monthly(VLAN, "95 80 65 100", "190 150 130 200"),
    "vlan_ecx_200": _monthly(VLAN, "140 120 100 150", "280 240 200 300"),
    "vlan_ecx_500": _monthly(VLAN, "240 200 170 250", "480 400 340 500"),
    "vlan_ecx_1000": _monthly(VLAN, "380 320 270 400", "760 640 540 800"),
    "vpc": _monthly(COUNT_MONTH, "95 80 65 100", "190 160 130 200"),
    "virtual_private_cloud": _monthly(COUNT_MONTH, "95 80 65 100", "190 160 130 200"),
    "dedicated_host_6148": _monthly(COUNT_MONTH, "1140 960 780 1200", "2280 1920 1560 2400"),
    "dedicated_node_small": _monthly(COUNT_MONTH, "285 240 195 300", "570 480 390 600"),
    "dedicated_node_medium": _monthly(COUNT_MONTH, "570 480 390 600", "1140 960 780 1200"),
    "dedicated_node_large": _monthly(COUNT_MONTH, "855 720 585 900", "1710 1440 1170 1800"),
    "gpu_nvidia_a6000": _monthly(COUNT_MONTH, "570 480 390 600", "1140 960 780 1200"),
    "vrouter_basic": _monthly(COUNT_MONTH, "19 16 13 20", "38 32 26 40"),
    "vrouter_basic_500": _monthly(COUNT_MONTH, "38 32 26 40", "76 64 52 80"),
    "vrouter_premium": _monthly(COUNT_MONTH, "76 64 52 80", "152 128 104 160"),
    "vrouter_enterprise": _monthly(COUNT_MONTH, "190 160 130 200", "380 320 260 400"),
    "migration": _monthly(COUNT_MONTH, "19 16 13 20", "38 32 26 40"),
    "disaster_recovery": _monthly(COUNT_MONTH, "38 32 26 40", "76 64 52 80"),
    "sms": _monthly(COUNT_MONTH, "0.1 0.08 0.07 0.1", "0.1 0.08 0.07 0.1"),
    "msft_p73_04837_core": _monthly(COUNT, "1.6 1.192 1.024 1.544"),
    "msft_7jq_00341": _monthly(COUNT, "60.18 44.8341 38.5152 58.0737"),
    "msft_7nq_00302": _monthly(COUNT, "15.69 11.68905 10.0416 15.14085"),
    "msft_tfa_00523": _monthly(COUNT, "0.98 0.7301 0.6272 0.9457"),
    "msft_6wc_00002": _monthly(COUNT, "5.5 4.1 3.5 5.3"),
    "msft_9ea_00039": _monthly(COUNT, "25 18.6 16 24.1"),
}  # fmt: skip
"""Unit, subscription price and first burst price in the order of the currencies, all burst prices in USD."""


@dataclass(frozen=True)
class Price:
    """One row of the price list."""

    id: int
    resource: str
    currency: str
    level: int
    unit: str
    price: Decimal

    @property
    def multiplier(self) -> int:
        """What the price is for, see `MULTIPLIERS`."""
        return MULTIPLIERS[self.unit]


_STEP = Decimal("1E-20")


def _rows() -> Iterator[Price]:
    number = 0
    for resource, (unit, subscribed, first, dollars) in _RESOURCES.items():
        steps = [Decimal(text) for text in dollars.split()]
        for place, currency in enumerate(CURRENCIES):
            amounts = [Decimal(subscribed.split()[place])]
            if first:
                amounts.append(Decimal(first.split()[place]))
            # Only dollars are known for the higher levels: other currencies rise in proportion.
            amounts += [(amounts[1] * step / steps[0]).quantize(Decimal("1E-6")) for step in steps[1:]]
            for level, amount in enumerate(amounts):
                number += 1
                yield Price(number, resource, currency, level, unit, amount.quantize(_STEP))


PRICES: tuple[Price, ...] = tuple(_rows())
RESOURCES: frozenset[str] = frozenset(_RESOURCES)
"""Every resource that has a price, and so can be subscribed."""

_BY_LEVEL: dict[tuple[str, str], dict[int, Price]] = {}
for _row in PRICES:
    _BY_LEVEL.setdefault((_row.resource, _row.currency), {})[_row.level] = _row


def price_of(resource: str, currency: str, level: int) -> Price | None:
    """Return the row of a resource at a level, or at the nearest lower one that it has; None for unknown names.

    :param currency: of the account; one without prices pays the dollar's.
    """
    levels = _BY_LEVEL.get((resource, currency)) or _BY_LEVEL.get((resource, "USD"))
    if levels is None:
        return None
    return levels[max(known for known in levels if known <= max(level, 0))]
