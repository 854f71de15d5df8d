"""When a backup scheduler runs: its rule read as a calendar, in the scheduler's own time zone.

The rule is evaluated as cron does it, minute by minute, except that all of its parts must hold together: day of the
week, day of the month, month, hour, minute and the window from ``start_time`` to ``end_time``, which may wrap
midnight. ``*/45`` means the minutes 0 and 45. Where nothing is said about minutes a run takes place on the full
hour, and where nothing is said about hours either, at the beginning of the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANY = "*"

_LOOK_AHEAD = 366 * 28 + 1
"""Days after which every combination of date and weekday that exists at all has come round."""

Minute = int
"""A time of day in minutes since midnight."""


def read_values(text: str) -> list[int]:
    """Return the numbers of a list such as ``1,15`` or ``0-23``. Raises ValueError for what is none."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = [_number(first), _number(last)] if dash else [_number(first)]
        found += range(numbers[0], numbers[-1] + 1)
        if len(found) > 10_000:
            raise ValueError(text)
    return sorted(set(found))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError(text)
    return int(text)


def read_step(text: str) -> int:
    """Return N of ``*/N``. Raises ValueError for anything else and for 0."""
    star, slash, number = text.partition("/")
    if star != ANY or not slash or not _number(number):
        raise ValueError(text)
    return int(number)


def read_times(text: str) -> list[Minute]:
    """Return the times of day of a list such as ``02:00,22:15``. Raises ValueError for what is none."""
    times = set()
    for part in text.split(","):
        hour, colon, minute = part.strip().partition(":")
        if not colon or _number(hour) > 23 or _number(minute) > 59:
            raise ValueError(text)
        times.add(60 * int(hour) + int(minute))
    return sorted(times)


@dataclass(frozen=True)
class Calendar:
    """A rule made ready: the days on which it runs and the times of day, in a time zone."""

    zone: ZoneInfo
    times: tuple[Minute, ...]
    weekdays: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]

    def has_day(self, day: date) -> bool:
        """Tell whether the rule runs on a day."""
        return day.month in self.months and day.day in self.month_days and day.weekday() in self.weekdays

    def runs_on(self, day: date) -> Iterator[datetime]:
        """Give the moments of a day, UTC and in order. A time that daylight saving leaves out comes an hour later."""
        moments = {
            datetime(day.year, day.month, day.day, *divmod(time, 60), tzinfo=self.zone).astimezone(UTC)
            for time in self.times
        }
        yield from sorted(moments)

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first run later than a moment, UTC; None when there will never be one."""
        if not self.times:
            return None
        day = moment.astimezone(self.zone).date()
        for _ in range(_LOOK_AHEAD):
            if self.has_day(day):
                for run in self.runs_on(day):
                    if run > moment:
                        return run
            try:
                day += timedelta(days=1)
            except OverflowError:
                break
        return None


def calendar_of(scheduler: Mapping[str, Any]) -> Calendar:
    """Return the calendar of a stored backup scheduler."""
    rule = scheduler["incremental_backup"]
    return Calendar(
        zone_of(scheduler["user_timezone"]),
        tuple(_times(rule, scheduler["manual_incremental_backup"])),
        frozenset(_weekdays(rule["day_of_week"])),
        frozenset(_values(rule["day_of_month"], range(1, 32), manual=scheduler["manual_incremental_backup"])),
        frozenset(_values(rule["month"], range(1, 13), manual=scheduler["manual_incremental_backup"])),
    )


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name. Raises ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"no time zone is called {name!r}") from None


def _weekdays(names: Sequence[str]) -> list[int]:
    return [DAYS.index(name) for name in names if name in DAYS] or list(range(7))


def _values(value: str | Sequence[str], all_values: range, *, manual: str = "") -> list[int]:
    text = value if isinstance(value, str) else ",".join(value)
    return list(all_values) if manual or text in ("", ANY) else read_values(text)


def _times(rule: Mapping[str, Any], manual: str) -> list[Minute]:
    first, last = _time_of(rule["start_time"]), _time_of(rule["end_time"])
    times = read_times(manual) if manual else _regular_times(rule, first or 0)
    return [time for time in times if _within(time, first, last)]


def _time_of(when: Mapping[str, Any]) -> Minute | None:
    if when["hour"] == "" and when["minute"] == "":
        return None
    return 60 * int(when["hour"] or 0) + int(when["minute"] or 0)


def _within(time: Minute, first: Minute | None, last: Minute | None) -> bool:
    first = 0 if first is None else first
    last = 24 * 60 - 1 if last is None else last
    return first <= time <= last if first < last else time >= first or time <= last


def _regular_times(rule: Mapping[str, Any], first: Minute) -> list[Minute]:
    hour, minute, repeat = rule["hour"], rule["minute"], rule["repeat"]
    if not any((hour, minute, repeat["hour"], repeat["minute"])):
        return [first]
    hours = _stepped(hour, repeat["hour"], range(24))
    if minute in ("", ANY) and not repeat["minute"]:
        every_minute = minute == ANY and hour in ("", ANY) and not repeat["hour"]
        minutes = list(range(60)) if every_minute else [0]
    else:
        minutes = _stepped(minute, repeat["minute"], range(60))
    return [60 * one + other for one in hours for other in minutes]


def _stepped(text: str, step: str, all_values: range) -> list[int]:
    if text not in ("", ANY):
        return [value for value in read_values(text) if value in all_values]
    return list(all_values[:: read_step(step)]) if step else list(all_values)
