"""Which snapshots a retention policy keeps: those that any of its rules wants, by day, week or month.

A rule keeps what is younger than ``quantity`` periods. With a ``time_option`` it keeps of these only what was taken on
that day: of the week, 0 being Sunday, or of the month, the last day standing for those that a month lacks.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

PERIODS = ("days", "weeks", "months")

Rule = Mapping[str, Any]


def kept(taken: datetime, rules: Iterable[Rule], now: datetime, zone: tzinfo) -> bool:
    """Tell whether a snapshot is kept.

    :param taken: when it was taken.
    :param rules: ``{"period", "quantity", "time_option"}``, the last one optional.
    :param now: the time of the decision.
    :param zone: the time zone in which days, weeks and months are counted.
    """
    local, local_now = taken.astimezone(zone), now.astimezone(zone)
    return any(_wanted(rule, local, local_now) for rule in rules)


def superfluous(
    snapshots: Sequence[tuple[str, datetime]], rules: Sequence[Rule], now: datetime, zone: tzinfo
) -> list[str]:
    """Return those of the snapshots (uuid, time) that no rule keeps; none of them when there is no rule."""
    if not rules:
        return []
    return [uuid for uuid, taken in snapshots if not kept(taken, rules, now, zone)]


def _wanted(rule: Rule, taken: datetime, now: datetime) -> bool:
    period, quantity, option = rule["period"], rule["quantity"], rule.get("time_option")
    if taken <= _back(now, period, quantity):
        return False
    if option is None or period == "days":
        return True
    if period == "weeks":
        return bool((taken.weekday() + 1) % 7 == option % 7)
    return bool(taken.day == min(option, calendar.monthrange(taken.year, taken.month)[1]))


def _back(now: datetime, period: str, quantity: int) -> datetime:
    """Return the moment so many periods ago; the earliest there is when that is before all time."""
    try:
        if period != "months":
            return now - timedelta(days=quantity * (7 if period == "weeks" else 1))
        months = 12 * now.year + now.month - 1 - quantity
        year, month = months // 12, months % 12 + 1
        return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        return datetime.min.replace(tzinfo=now.tzinfo) + timedelta(days=2)
