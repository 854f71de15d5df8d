"""How long a subscription lasts: periods as text, the table of what may be given, and rounding to noon."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .refusal import Refusal

_PART = re.compile(r"\s*(\d{1,6})\s*(year|month|week|day|hour)s?(?![a-z])", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Period:
    """A length of time in calendar terms; months are those of the calendar, the rest is exact."""

    months: int
    exact: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return the moment this much later; the day is cut to the last one of a shorter month."""
        return _add_months(moment, self.months) + self.exact

    def before(self, moment: datetime) -> datetime:
        """Return the moment this much earlier."""
        return _add_months(moment, -self.months) - self.exact


@dataclass(frozen=True)
class Term:
    """From when to when a subscription lasts, UTC.

    wanted: start and end as they were asked for, before rounding. period: the text that gave the length, None
    when it was given by an end alone.
    """

    start: datetime
    end: datetime
    wanted: tuple[datetime, datetime]
    period: str | None

    @property
    def days(self) -> int:
        """The whole days that are paid for, one at least."""
        return max(1, (self.end - self.start).days)


def parse_period(text: Any, point: str = "period") -> Period:
    """Read ``1 month``, ``2 months 1 week``, ``1 year`` and the like. Refuses with 400 what it cannot read."""
    if not isinstance(text, str) or not text.strip():
        raise Refusal.validation(f"{point} must be text such as '1 month' or '2 months 1 week'", point)
    months, exact, place = 0, timedelta(), 0
    text = text.rstrip()
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise Refusal.validation(
                f"{point} cannot be understood: write numbers of years, months, weeks, days and hours", point
            )
        number, unit = int(part[1]), part[2].lower()
        if unit in ("year", "month"):
            months += number * (12 if unit == "year" else 1)
        else:
            exact += timedelta(hours=number * {"week": 168, "day": 24, "hour": 1}[unit])
        place = part.end()
    if not months and not exact:
        raise Refusal.validation(f"{point} must not be empty", point)
    return Period(months, exact)


def parse_time(value: Any, point: str) -> datetime:
    """Read ISO 8601, with ``T`` or a space; without a zone it is UTC. Refuses with 400."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Refusal.validation(f"{point} must be a time such as 2030-01-31T12:00:00+00:00", point)


def read_term(body: Mapping[str, Any], now: datetime) -> Term:
    """Read ``start_time``, ``end_time`` and ``period`` of a purchase.

    Exactly enough must be given: an end, a period, or one of them with a start. A start in the past becomes now.
    :raises Refusal: 400 when too much or too little is given, when it cannot be read, or ends before it begins.
    """
    start_text, end_text, text = (body.get(key) or None for key in ("start_time", "end_time", "period"))
    if text is None and end_text is None:
        raise Refusal.validation(
            "The duration is not specific enough: give an end_time or a period", "period"
        )
    if None not in (start_text, end_text, text):
        raise Refusal.validation(
            "The duration is ambiguous: give two of start_time, end_time and period", "period"
        )
    start = None if start_text is None else parse_time(start_text, "start_time")
    period = None if text is None else parse_period(text)
    try:
        if end_text is not None:
            end = parse_time(end_text, "end_time")
            if period is not None:
                start = period.before(end)
            start = now if start is None else start
            wanted = (start, end)
            start = max(start, now)
        else:
            assert period is not None
            start = max(start or now, now)
            end = period.after(start)
            wanted = (start, end)
        if end <= start:
            raise Refusal.validation("The end must lie after the start, and not in the past", "end_time")
        return Term(rounded_start(start, now), next_noon(end), wanted, None if period is None else str(text))
    except (OverflowError, ValueError):
        raise Refusal.validation("The duration is too long", "period" if text else "end_time") from None


def following_term(start: datetime, length: timedelta, original: str | None, body: Mapping[str, Any]) -> Term:
    """Return the term of an extension, which begins where the last one ends.

    :param start: the end of what is extended.
    :param length: of what is extended, repeated in whole days when nothing else is known.
    :param original: the text of the period with which the chain began, read anew from ``start``.
    :param body: may have ``period`` or ``end_time``.
    """
    end_text, text = body.get("end_time") or None, body.get("period") or None
    if end_text is not None and text is not None:
        raise Refusal.validation("The duration is ambiguous: give end_time or period, not both", "period")
    try:
        if end_text is not None:
            end = parse_time(end_text, "end_time")
            if end <= start:
                raise Refusal.validation(
                    f"The end must lie after {start.isoformat()}, the end of what is extended", "end_time"
                )
            return Term(start, next_noon(end), (start, end), None)
        text = original if text is None else text
        again = Period(0, timedelta(days=max(1, length.days))) if text is None else parse_period(text)
        end = again.after(start)
        return Term(start, next_noon(end), (start, end), text)
    except (OverflowError, ValueError):
        raise Refusal.validation("The duration is too long", "period") from None


def next_noon(moment: datetime) -> datetime:
    """Return the first noon, UTC, at or after a moment."""
    noon = moment.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if noon >= moment else noon + timedelta(days=1)


def rounded_start(moment: datetime, now: datetime) -> datetime:
    """Return the noon at or before a wanted start, or now if that is later."""
    noon = moment.replace(hour=12, minute=0, second=0, microsecond=0)
    return max(now, noon if noon <= moment else noon - timedelta(days=1))


def _add_months(moment: datetime, months: int) -> datetime:
    if not months:
        return moment
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
