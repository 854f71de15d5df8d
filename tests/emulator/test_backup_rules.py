"""When a backup scheduler runs and what its retention keeps: against a reading of the rule minute by minute."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.backup_schedule import DAYS, calendar_of, zone_of
from cloudsigma_emulator.domain.backup_schedulers import read_scheduler
from cloudsigma_emulator.domain.refusal import Refusal
from cloudsigma_emulator.domain.retention import superfluous

Doc = dict[str, Any]


def body(manual: str = "", zone: str = "Etc/UTC", rules: list[Doc] | None = None, **rule: Any) -> Doc:
    """A scheduler as a client defines it; nothing in the rule unless named."""
    return {
        "type": "snapshot",
        "name": "s",
        "is_enabled": True,
        "is_default": False,
        "manual_incremental_backup": manual,
        "incremental_backup": rule,
        "retention_policy": {"name": "r", "rules": rules or [{"period": "days", "quantity": 7}]},
        "user_timezone": zone,
    }


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(scheduler: Doc, start: str, count: int) -> list[str]:
    found = []
    moment = at(start)
    rule = calendar_of(read_scheduler(scheduler))
    for _ in range(count):
        following = rule.next_after(moment)
        if following is None:
            break
        assert following > moment
        moment = following
        found.append(moment.strftime("%m-%d %H:%M"))
    return found


ALL_DAY: Doc = {"start_time": {"hour": 12, "minute": 0}, "end_time": {"hour": 11, "minute": 45}}


# Monday is 2026-06-01.
@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        # The rules of the recorded schedulers.
        (body(hour="1", minute="0", day_of_month="*", day_of_week=["*"], month="*", **ALL_DAY),
         ["06-02 01:00", "06-03 01:00", "06-04 01:00"]),
        (body(hour="17", minute="0", day_of_month="1", day_of_week=[""], month="2,4,6,8,10,12",
              start_time={"hour": 7, "minute": 0}, end_time={"hour": 19, "minute": 0}),
         ["06-01 17:00", "08-01 17:00", "10-01 17:00"]),
        (body(hour="", minute="", repeat={"hour": "*/12", "minute": ""}, day_of_week=["mon", "wed", "fri"],
              start_time={"hour": 7, "minute": 0}, end_time={"hour": 19, "minute": 0}),
         ["06-01 12:00", "06-03 12:00", "06-05 12:00"]),
        (body(hour="", minute="*", repeat={"hour": "*/2", "minute": ""},
              start_time={"hour": 0, "minute": 0}, end_time={"hour": 23, "minute": 45}),
         ["06-01 10:00", "06-01 12:00", "06-01 14:00"]),
        (body("02:00,06:00,20:00,22:15", day_of_week=["sat", "sun"],
              start_time={"hour": 7, "minute": 0}, end_time={"hour": 6, "minute": 45}),
         ["06-06 02:00", "06-06 06:00", "06-06 20:00", "06-06 22:15", "06-07 02:00"]),
        # Intervals are evaluated as cron evaluates them.
        (body(repeat={"minute": "*/45"}), ["06-01 09:45", "06-01 10:00", "06-01 10:45"]),
        (body(hour="8,20", minute="15,30"), ["06-01 20:15", "06-01 20:30", "06-02 08:15"]),
        (body(hour="0-23", minute=5), ["06-01 10:05", "06-01 11:05"]),
        (body(hour="*", minute="*"), ["06-01 09:31", "06-01 09:32"]),
        # Nothing said about hours or minutes: at the beginning of the window.
        (body(), ["06-02 00:00", "06-03 00:00"]),
        (body(start_time={"hour": "22", "minute": "30"}), ["06-01 22:30", "06-02 22:30"]),
        # A window that wraps midnight, and one of a single minute, which is the whole day.
        (body(hour="*", start_time={"hour": 23, "minute": 0}, end_time={"hour": 1, "minute": 0}),
         ["06-01 23:00", "06-02 00:00", "06-02 01:00", "06-02 23:00"]),
        (body(hour="20", start_time={"hour": 3, "minute": 0}, end_time={"hour": 3, "minute": 0}), ["06-01 20:00"]),
        (body("03:00,09:00", start_time={"hour": 8, "minute": 0}, end_time={"hour": 18, "minute": 0},
              day_of_month="31", month="2"), ["06-02 09:00", "06-03 09:00"]),
        (body(day_of_month="31", hour="6"), ["07-31 06:00", "08-31 06:00", "10-31 06:00"]),
        (body(day_of_month="29", month="2", hour="6"), ["02-29 06:00"]),
        (body(day_of_month="30", month="2", hour="6"), []),
        (body(hour="12", start_time={"hour": 13, "minute": 0}, end_time={"hour": 14, "minute": 0}), []),
    ],
)  # fmt: skip
def test_the_next_runs(scheduler: Doc, expected: list[str]) -> None:
    count = max(len(expected), 1)
    assert runs(scheduler, "2026-06-01 09:30", count)[:count] == expected


def test_the_time_zone_of_the_user_counts() -> None:
    assert runs(body(hour="1", zone="Etc/GMT+12"), "2026-06-01 09:30", 1) == ["06-01 13:00"]
    assert runs(body(hour="3", day_of_week=["mon"], zone="Asia/Tokyo"), "2026-06-01 09:30", 1) == [
        "06-07 18:00"
    ]
    # Zurich: summer time begins on 29 March at 02:00 and ends on 25 October at 03:00.
    zurich = body(hour="2", minute="30", zone="Europe/Zurich")
    assert runs(zurich, "2026-03-27 12:00", 3) == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]
    assert runs(zurich, "2026-10-24 12:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_names_of_zones() -> None:
    assert zone_of("America/Danmarkshavn") == ZoneInfo("America/Danmarkshavn")
    for name in ("", "../../etc/passwd", "/etc/passwd", "Nowhere/Land", "Europe", "a\0b", "x" * 5000):
        with pytest.raises(ValueError, match="no time zone"):
            zone_of(name)


numbers = st.one_of(st.just(""), st.just("*"))
window = st.fixed_dictionaries({"hour": st.integers(0, 23), "minute": st.integers(0, 59)})


def some(first: int, last: int) -> st.SearchStrategy[str]:
    several = st.lists(st.integers(first, last), min_size=1, max_size=4)
    return numbers | several.map(lambda values: ",".join(map(str, values)))


def step(most: int) -> st.SearchStrategy[str]:
    return st.just("") | st.integers(1, most).map("*/{}".format)


@given(
    rule=st.fixed_dictionaries(
        {
            "hour": some(0, 23),
            "minute": some(0, 59),
            "day_of_month": some(1, 31),
            "month": numbers | st.just("6,7"),
            "day_of_week": st.lists(st.sampled_from(DAYS), max_size=3),
            "repeat": st.fixed_dictionaries({"hour": step(23), "minute": step(59)}),
            "start_time": window,
            "end_time": window,
        }
    ),
    manual=st.just("") | st.just("02:00,13:45"),
    hour=st.integers(0, 23),
)
@settings(max_examples=150, deadline=None)
def test_runs_are_the_minutes_that_fit(rule: Doc, manual: str, hour: int) -> None:
    scheduler = read_scheduler(body(manual, **rule))
    start = datetime(2026, 6, 28, hour, 17, tzinfo=UTC)
    following = calendar_of(scheduler).next_after(start)
    moment, end = start + timedelta(minutes=1), start + timedelta(days=5)
    while moment < end and not fits(scheduler, moment):
        moment += timedelta(minutes=1)
    if moment < end:
        assert following == moment
    else:
        assert following is None or following >= end


def fits(scheduler: Doc, moment: datetime) -> bool:
    """Read a rule for one minute, without any of the code under test."""
    rule, manual = scheduler["incremental_backup"], scheduler["manual_incremental_backup"]

    def among(value: Any, number: int) -> bool:
        text = ",".join(value) if isinstance(value, list) else value
        return text in ("", "*") or number in map(int, text.split(","))

    weekdays = [name for name in rule["day_of_week"] if name]
    if weekdays and DAYS[moment.weekday()] not in weekdays:
        return False
    first, last = ((60 * rule[key]["hour"] + rule[key]["minute"]) for key in ("start_time", "end_time"))
    now = 60 * moment.hour + moment.minute
    if first < last and not first <= now <= last:
        return False
    if first > last and last < now < first:
        return False
    if manual:
        return moment.strftime("%H:%M") in manual.split(",")
    if not (among(rule["day_of_month"], moment.day) and among(rule["month"], moment.month)):
        return False
    hour, minute, repeat = rule["hour"], rule["minute"], rule["repeat"]
    if not (hour or minute or repeat["hour"] or repeat["minute"]):
        return now == first
    if hour in ("", "*") and repeat["hour"]:
        if moment.hour % int(repeat["hour"][2:]):
            return False
    elif not among(hour, moment.hour):
        return False
    if minute not in ("", "*"):
        return among(minute, moment.minute)
    if repeat["minute"]:
        return moment.minute % int(repeat["minute"][2:]) == 0
    return (minute == "*" and hour in ("", "*") and not repeat["hour"]) or moment.minute == 0


# retention


def kept(rules: list[Doc], now: str, taken: list[str], zone: str = "Etc/UTC") -> list[str]:
    snapshots = [(text, at(text)) for text in taken]
    gone = superfluous(snapshots, rules, at(now), ZoneInfo(zone))
    return [text for text in taken if text not in gone]


def days(first: str, count: int) -> list[str]:
    return [(at(first) + timedelta(days=number)).strftime("%Y-%m-%d %H:%M") for number in range(count)]


def test_days_weeks_and_months_are_counted_back() -> None:
    taken = days("2025-01-01 01:00", 500)  # up to 2026-05-15
    now = "2026-05-15 01:00"
    assert kept([{"period": "days", "quantity": 7}], now, taken) == taken[-7:]
    assert kept([{"period": "weeks", "quantity": 2}], now, taken) == taken[-14:]
    assert kept([{"period": "months", "quantity": 1}], now, taken)[0] == "2026-04-16 01:00"
    assert kept([{"period": "months", "quantity": 12}], now, taken)[0] == "2025-05-16 01:00"
    assert kept([], now, taken) == taken


def test_a_time_option_chooses_the_day() -> None:
    taken = days("2026-03-01 01:00", 76)
    now = "2026-05-15 01:00"
    mondays = kept([{"period": "weeks", "quantity": 4, "time_option": 1}], now, taken)
    assert mondays == ["2026-04-20 01:00", "2026-04-27 01:00", "2026-05-04 01:00", "2026-05-11 01:00"]
    sundays = kept([{"period": "weeks", "quantity": 1, "time_option": 0}], now, taken)
    assert sundays == ["2026-05-10 01:00"]
    dates = kept([{"period": "months", "quantity": 2, "time_option": 23}], now, taken)
    assert dates == ["2026-03-23 01:00", "2026-04-23 01:00"]
    ends = kept([{"period": "months", "quantity": 12, "time_option": 31}], now, taken)
    assert ends == ["2026-03-31 01:00", "2026-04-30 01:00"]


def test_any_rule_may_keep_a_snapshot() -> None:
    rules = [
        {"period": "days", "quantity": 7},
        {"period": "weeks", "quantity": 4, "time_option": 1},
        {"period": "months", "quantity": 12, "time_option": 23},
    ]
    taken = days("2025-01-01 01:00", 500)
    found = kept(rules, "2026-05-15 01:00", taken)
    assert found[-7:] == taken[-7:]
    assert len(found) == 7 + 3 + 12  # the last Monday is one of the seven days


def test_days_of_the_policy_are_those_of_the_user() -> None:
    rule = [{"period": "weeks", "quantity": 2, "time_option": 1}]
    sunday_evening = "2026-05-10 20:00"  # Monday morning in Tokyo
    assert kept(rule, "2026-05-12 00:00", [sunday_evening]) == []
    assert kept(rule, "2026-05-12 00:00", [sunday_evening], "Asia/Tokyo") == [sunday_evening]


@given(
    rules=st.lists(
        st.fixed_dictionaries(
            {"period": st.sampled_from(["days", "weeks", "months"]), "quantity": st.integers(1, 100_000)}
        ),
        min_size=1,
        max_size=3,
    ),
    age=st.integers(0, 200 * 366),
)
@settings(max_examples=200, deadline=None)
def test_what_is_young_enough_for_one_rule_stays(rules: list[Doc], age: int) -> None:
    now = datetime(2226, 5, 31, 12, tzinfo=UTC)
    taken = now - timedelta(days=age)
    stays = not superfluous([("x", taken)], rules, now, UTC)

    def young(rule: Doc) -> bool:
        if rule["period"] != "months":
            return age < rule["quantity"] * (7 if rule["period"] == "weeks" else 1)
        months = 12 * now.year + now.month - 1 - rule["quantity"]
        year, month = divmod(months, 12)
        if year < 1:
            return True
        day = min(31, calendar.monthrange(year, month + 1)[1])
        return taken > datetime(year, month + 1, day, 12, tzinfo=UTC)

    assert stays == any(map(young, rules))


# what is read


@pytest.mark.parametrize(
    ("change", "point"),
    [
        ({"type": "weekly"}, "type"),
        ({"name": None}, "name"),
        ({"is_enabled": "perhaps"}, "is_enabled"),
        ({"incremental_backup": None}, "incremental_backup"),
        ({"incremental_backup": {"hour": "24"}}, "incremental_backup"),
        ({"incremental_backup": {"minute": "60"}}, "incremental_backup"),
        ({"incremental_backup": {"minute": "1-"}}, "incremental_backup"),
        ({"incremental_backup": {"minute": {"a": 1}}}, "incremental_backup"),
        ({"incremental_backup": {"day_of_month": "0"}}, "incremental_backup"),
        ({"incremental_backup": {"month": ["2", "13"]}}, "incremental_backup"),
        ({"incremental_backup": {"month": [["2"]]}}, "incremental_backup"),
        ({"incremental_backup": {"day_of_week": ["monday"]}}, "incremental_backup"),
        ({"incremental_backup": {"day_of_week": [1]}}, "incremental_backup"),
        ({"incremental_backup": {"repeat": {"hour": "2"}}}, "incremental_backup"),
        ({"incremental_backup": {"repeat": {"minute": "*/0"}}}, "incremental_backup"),
        ({"incremental_backup": {"repeat": "*/5"}}, "incremental_backup"),
        ({"incremental_backup": {"start_time": {"hour": 24}}}, "incremental_backup"),
        ({"incremental_backup": {"end_time": 7}}, "incremental_backup"),
        ({"manual_incremental_backup": "2 o'clock"}, "manual_incremental_backup"),
        ({"manual_incremental_backup": "24:00"}, "manual_incremental_backup"),
        ({"retention_policy": None}, "retention_policy"),
        ({"retention_policy": {"rules": None}}, "retention_policy"),
        ({"retention_policy": {"rules": [{"period": "years", "quantity": 1}]}}, "retention_policy"),
        ({"retention_policy": {"rules": [{"period": "days", "quantity": 0}]}}, "retention_policy"),
        ({"retention_policy": {"rules": [{"time_option": 1}]}}, "retention_policy"),
        ({"retention_policy": {"rules": [{"period": "weeks", "quantity": 1, "time_option": 7}]}},
         "retention_policy"),
        ({"user_timezone": "Mars/Base"}, "user_timezone"),
        ({"remote_location": "XYZ"}, "remote_location"),
        ({"initial_backup": {"start_time": {"minute": 99}}}, "initial_backup"),
        ({"meta": {"a": 1}}, "meta"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change: Doc, point: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_scheduler({**body(hour="1"), **change})
    assert caught.value.status == 400
    assert {error.point for error in caught.value.errors} == {point}


@pytest.mark.parametrize("key", ["type", "name", "is_enabled", "is_default", "incremental_backup"])
def test_required_fields(key: str) -> None:
    sent = body(hour="1")
    del sent[key]
    with pytest.raises(Refusal) as caught:
        read_scheduler(sent)
    assert [error.point for error in caught.value.errors] == [key]


def test_the_forms_in_which_a_rule_comes_back() -> None:
    sent = body(month="2,4,6", day_of_week=[], hour=17, minute="0", start_time={"hour": "07", "minute": "0"})
    sent["retention_policy"]["rules"] = [
        {"period": "days", "quantity": "7"},
        {"period": "weeks", "quantity": 4},
        {"time_option": 1},
    ]
    read = read_scheduler(sent)
    assert read["incremental_backup"] == {
        "day_of_month": "",
        "day_of_week": [""],
        "end_time": {"hour": "", "minute": ""},
        "hour": "17",
        "minute": "0",
        "month": ["2", "4", "6"],
        "repeat": {"hour": "", "minute": ""},
        "start_time": {"hour": 7, "minute": 0},
    }
    assert read["retention_policy"]["rules"] == [
        {"period": "days", "quantity": 7},
        {"period": "weeks", "quantity": 4, "time_option": 1},
    ]
    assert (read["initial_backup"], read["remote_location"]) == ({}, "")
    assert read["enable_backup_policy_notifications"] is True
    again = read_scheduler(read)
    assert again == read


def test_migrations_need_no_retention() -> None:
    sent = {**body(hour="1"), "type": "migration", "retention_policy": None}
    assert read_scheduler(sent)["retention_policy"] == {"name": "", "rules": []}
