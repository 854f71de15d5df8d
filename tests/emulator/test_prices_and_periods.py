"""Price arithmetic and periods, to the digit."""

from __future__ import annotations

import calendar
import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma_emulator.domain import burst, ledger, periods, prices, tariff
from cloudsigma_emulator.domain.burst import Change
from cloudsigma_emulator.domain.refusal import Refusal
from cloudsigma_emulator.domain.usage import SUBSCRIBED, current_usage


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


def price(resource: str, amount: str) -> tariff.Price:
    row = tariff.price_of(resource, "EUR", 0)
    assert row is not None
    return tariff.Price(0, resource, "EUR", 0, row.unit, Decimal(amount).quantize(Decimal("1E-20")))


def lasting(**length: int) -> periods.Term:
    start = at("2015-03-19T13:55:00")
    end = start + timedelta(**length)
    return periods.Term(start, end, (start, end), None)


@pytest.mark.parametrize(
    ("resource", "amount", "each", "term", "cost"),
    [
        ("dssd", 30000, "0.133", lasting(days=31, hours=1, minutes=31), "0.000003839842975139617919921875"),
        ("dssd", 10**10, "0.105", lasting(days=31, hours=22), "1.010484993457794189453125"),
        ("dssd", 10**10, "0.14", lasting(days=29, hours=20), "1.260389884312947591145833333"),
        ("vlan", 1, "11", lasting(days=28, hours=18), "10.26666666666666666666666667"),
        ("tx", 100 * 2**20, "0.05", lasting(hours=22), "0.0048828125"),
    ],
)
def test_prices_come_out_to_the_digit(
    resource: str, amount: int, each: str, term: periods.Term, cost: str
) -> None:
    found = prices.quote(price(resource, each), amount, term)
    assert str(found.price).rstrip("0") == cost
    assert found.percent == 0
    assert found.discounts == {}
    assert str(found.taken_off).startswith("0E-")


def test_discounts_come_out_to_the_digit() -> None:
    start = at("2015-08-26T12:00:00")
    year = periods.following_term(start, timedelta(days=365), "1 year", {})
    assert (year.end, str(year.end - year.start)) == (at("2016-08-26T12:00:00"), "366 days, 0:00:00")
    found = prices.quote(price("dssd", "0.105"), 30 * 2**30, year)
    assert str(found.price) == "28.82250000000000000000"
    assert str(found.taken_off) == "9.60750000000000000"
    assert str(found.percent) == "0.2500000000"
    assert found.discounts == {"period": "0.2500000000"}
    repeated = periods.following_term(start, timedelta(days=345, hours=2), None, {})
    assert repeated.end - start == timedelta(days=345)
    found = prices.quote(price("vlan", "10"), 1, repeated)
    assert found.price == Decimal("103.5")
    assert found.taken_off == Decimal("11.5")


@pytest.mark.parametrize(
    ("days", "share"),
    [
        (89, "0"),
        (92, "0.03"),
        (184, "0.1"),
        (365, "0.1"),
        (366, "0.25"),
        (731, "0.35"),
        (1096, "0.45"),
        (9999, "0.45"),
    ],
)
def test_the_longest_reached_discount_counts(days: int, share: str) -> None:
    assert prices.discount_for(lasting(days=days)) == Decimal(share)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2013-03-22T10:28:06.111350", "2013-04-22T12:00:00"),
        ("2015-03-19T13:55:00.095129", "2015-04-20T12:00:00"),
        ("2014-01-30T15:36:00", "2014-03-01T12:00:00"),
        ("2014-01-31T17:06:00", "2014-03-01T12:00:00"),
        ("2014-01-31T12:00:00", "2014-02-28T12:00:00"),
    ],
)
def test_a_month_from_now_ends_at_the_next_noon(now: str, end: str) -> None:
    term = periods.read_term({"period": "1 month"}, at(now))
    assert (term.start, term.end) == (at(now), at(end))


NOW = at("2026-01-10T09:30:00")


@pytest.mark.parametrize(
    ("given_", "start", "end"),
    [
        ({"end_time": "2026-02-01T13:00:00+00:00"}, "2026-01-10T09:30:00", "2026-02-02T12:00:00"),
        ({"end_time": "2026-02-01 12:00:00"}, "2026-01-10T09:30:00", "2026-02-01T12:00:00"),
        ({"start_time": "2026-01-20 11:00:00", "period": "1 week"}, "2026-01-19T12:00:00", "2026-01-27T12:00:00"),
        ({"start_time": "2026-01-20 12:00:00", "period": "1 week"}, "2026-01-20T12:00:00", "2026-01-27T12:00:00"),
        ({"start_time": "2026-01-01 00:00:00", "period": "1 day"}, "2026-01-10T09:30:00", "2026-01-11T12:00:00"),
        ({"start_time": "2026-01-10 07:00:00", "end_time": "2026-02-10 07:00:00"}, "2026-01-10T09:30:00", "2026-02-10T12:00:00"),
        ({"end_time": "2026-03-31 12:00:00", "period": "1 month"}, "2026-02-28T12:00:00", "2026-03-31T12:00:00"),
        ({"end_time": "2026-01-20 12:00:00", "period": "1 year"}, "2026-01-10T09:30:00", "2026-01-20T12:00:00"),
        ({"start_time": None, "end_time": None, "period": "2 months 1 week"}, "2026-01-10T09:30:00", "2026-03-17T12:00:00"),
    ],
)  # fmt: skip
def test_what_may_be_given(given_: dict[str, str], start: str, end: str) -> None:
    term = periods.read_term(given_, NOW)
    assert (term.start, term.end) == (at(start), at(end))


@pytest.mark.parametrize(
    ("given_", "point"),
    [
        ({}, "period"),
        ({"start_time": "2026-02-01 12:00:00"}, "period"),
        (
            {"start_time": "2026-02-01 12:00:00", "end_time": "2026-03-01 12:00:00", "period": "1 day"},
            "period",
        ),
        ({"period": "1 fortnight"}, "period"),
        ({"period": "month"}, "period"),
        ({"period": "1 monthly"}, "period"),
        ({"period": "0 days"}, "period"),
        ({"period": "-1 day"}, "period"),
        ({"period": 31}, "period"),
        ({"period": "999999 years"}, "period"),
        ({"end_time": "soon"}, "end_time"),
        ({"end_time": "2026-01-10 09:00:00"}, "end_time"),
        ({"end_time": "9999-12-31 23:00:00"}, "end_time"),
        ({"start_time": "2026-02-02 12:00:00", "end_time": "2026-02-01 12:00:00"}, "end_time"),
        ({"start_time": [], "end_time": True}, "end_time"),
        ({"start_time": 7, "period": "1 day"}, "start_time"),
    ],
)
def test_what_may_not_be_given(given_: dict[str, object], point: str) -> None:
    with pytest.raises(Refusal) as refused:
        periods.read_term(given_, NOW)
    assert refused.value.status == 400
    assert refused.value.errors[0].point == point


UNITS = ("year", "month", "week", "day", "hour")


@given(
    parts=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(UNITS), st.booleans()), min_size=1, max_size=5
    ),
    space=st.sampled_from(["", " ", "  "]),
    upper=st.booleans(),
)
def test_any_period_of_the_grammar(parts: list[tuple[int, str, bool]], space: str, upper: bool) -> None:
    text = " ".join(f"{number}{space}{unit}{'s' if plural else ''}" for number, unit, plural in parts)
    text = text.upper() if upper else text
    months = sum(number * {"year": 12, "month": 1}.get(unit, 0) for number, unit, _ in parts)
    hours = sum(number * {"week": 168, "day": 24, "hour": 1}.get(unit, 0) for number, unit, _ in parts)
    if not months and not hours:
        with pytest.raises(Refusal):
            periods.parse_period(text)
        return
    period = periods.parse_period(text)
    assert (period.months, period.exact) == (months, timedelta(hours=hours))
    end = period.after(NOW) - timedelta(hours=hours)
    index = NOW.year * 12 + NOW.month - 1 + months
    year, month = divmod(index, 12)
    assert (end.year, end.month) == (year, month + 1)
    assert end.day == min(NOW.day, calendar.monthrange(year, month + 1)[1])
    term = periods.read_term({"period": text}, NOW)
    assert term.start == NOW
    assert term.end.hour == 12
    assert term.end >= period.after(NOW) > term.end - timedelta(days=1)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_a_period(text: str) -> None:
    with contextlib.suppress(Refusal):
        period = periods.parse_period(text)
        assert period.months or period.exact


def test_the_tariff() -> None:
    assert {row.currency for row in tariff.PRICES} == set(tariff.CURRENCIES)
    assert len({row.id for row in tariff.PRICES}) == len(tariff.PRICES)
    by_level = {
        row.level: row.price for row in tariff.PRICES if (row.resource, row.currency) == ("cpu", "USD")
    }
    assert sorted(by_level) == list(range(21))
    assert by_level[0] == Decimal("0.0164")
    assert by_level[20] == Decimal("0.03281")
    for currency, expected in (("EUR", "0.105"), ("USD", "0.14"), ("CHF", "0.133")):
        row = tariff.price_of("dssd", currency, 0)
        assert row is not None
        assert row.price == Decimal(expected)
    multipliers = {row.unit: row.multiplier for row in tariff.PRICES}
    assert multipliers["GB/month"] == 2783138807808000
    assert multipliers["GB/hour"] == 3865470566400
    assert multipliers["GHz/hour"] == 3600000
    assert multipliers["GB"] == 1073741824
    assert (
        multipliers["IP"] == multipliers["VLAN"] == multipliers["count/month"] == multipliers[""] == 2592000
    )


def test_a_level_without_a_row_is_the_nearest_lower_one() -> None:
    first, ninth = tariff.price_of("dssd", "EUR", 1), tariff.price_of("dssd", "EUR", 9)
    assert first is ninth is not None
    licence = tariff.price_of("msft_p73_04837_core", "EUR", 1)
    assert licence is not None
    assert licence.level == 0
    assert tariff.price_of("nothing", "EUR", 0) is None
    foreign = tariff.price_of("dssd", "JPY", 0)
    assert foreign is not None
    assert foreign.currency == "USD"


@pytest.mark.parametrize(
    ("resource", "each", "amount", "seconds", "cost"),
    [
        ("cpu", "0.01989", 12000, 137, "0.00908310000000000000"),
        ("mem", "0.0168", 4 * 2**30, 137, "0.00255733333333333333"),
        ("dssd", "0.28", 4831838208, 300, "0.00014583333333333333"),
        ("dssd", "0.28", 4831838208, 299, "0.00014534722222222222"),
    ],
)
def test_burst_comes_out_to_the_digit(resource: str, each: str, amount: int, seconds: int, cost: str) -> None:
    found = prices.charge(price(resource, each), amount, seconds)
    assert str(found.quantize(Decimal("1E-20"))) == cost


def test_the_words_of_a_booking() -> None:
    polled = datetime(2014, 6, 5, 9, 6, 6, 713945, UTC)
    assert ledger.burst_reason("dssd", 4831838208, 300, polled) == (
        "Burst: 4.50 GB of dssd for 5 minutes at 2014-06-05 09:06"
    )
    assert ledger.burst_reason("cpu", 12000, 137, polled).startswith("Burst: 12.00 GHz of cpu for 2 minutes")
    assert ledger.burst_reason("ip", 1, 300, polled).startswith("Burst: 1.00 IP of ip")
    words = {49: "49 seconds", 1: "1 second", 60: "1 minute", 134: "2 minutes", 299: "5 minutes"}
    assert {seconds: ledger.human_interval(seconds) for seconds in words} == words


def test_a_cycle_is_cut_where_something_began_or_ended() -> None:
    held = {"intel_cpu": 3000, f"{SUBSCRIBED}cpu": 1000}
    changes = [
        Change("intel_cpu", 1000, 1163.0, None),  # began, still there
        Change("intel_cpu", 2000, 900.0, 1100.0),  # ended
        Change(f"{SUBSCRIBED}cpu", 1000, 1200.0, None),  # bought
    ]
    found = burst.pieces(held, changes, 1000.0, 1300.0)
    # until 1100: 2000 + 2000; until 1163: 2000; until 1200: 3000; then 3000 less 1000
    assert found == {("intel_cpu", 4000): 100.0, ("intel_cpu", 2000): 63.0 + 100.0, ("intel_cpu", 3000): 37.0}
    assert burst.pieces({"intel_cpu": 5}, [Change("intel_cpu", 5, 2000.0, None)], 1000.0, 1300.0) == {}


def test_what_counts_as_used() -> None:
    totals = {
        "dssd": 50,
        f"{SUBSCRIBED}dssd": 30,
        f"{SUBSCRIBED}ip": 2,
        "ip": 1,
        f"{SUBSCRIBED}cpu": 500,
        "intel_cpu": 900,
    }
    found = current_usage(totals)
    assert found["dssd"] == {"burst": 20, "subscribed": 30, "using": 50}
    assert found["ip"] == {"burst": 1, "subscribed": 2, "using": 3}
    assert found["intel_cpu"] == {"burst": 400, "subscribed": 500, "using": 900}
    assert found["cpu"] == {"burst": 0, "subscribed": 500, "using": 0}
    assert found["sms"] == {"burst": 0, "subscribed": 0, "using": 0}
