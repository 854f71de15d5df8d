"""Times and lengths of time as the cloud writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.records import from_datetime, to_datetime, to_log_datetime, to_timedelta

# The seconds between the first two moments that unix time and datetime both know well.
MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1))


class TestLengths:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            ("31 days, 1:31:53.888650", timedelta(31, 5513, 888650)),
            ("366 days, 0:00:00", timedelta(366)),
            ("1 day, 0:00:01", timedelta(1, 1)),
            ("19:43:09.263230", timedelta(0, 70989, 263230)),
            ("0:00:00", timedelta()),
            ("5 minutes", timedelta(minutes=5)),
            ("49 seconds", timedelta(seconds=49)),
            ("1 week 2 days", timedelta(days=9)),
            ("2 Hours, 1 minute", timedelta(minutes=121)),
            (137, timedelta(seconds=137)),
        ],
    )
    def test_in_every_shape(self, text: str | int, length: timedelta) -> None:
        assert to_timedelta(text) == length

    @given(st.timedeltas())
    def test_any_length_is_read_as_it_is_written(self, length: timedelta) -> None:
        assert to_timedelta(str(length)) == length

    @given(st.integers(0, 10**6), st.sampled_from(["second", "minute", "hour", "day", "week"]))
    def test_any_words(self, count: int, unit: str) -> None:
        assert to_timedelta(f"{count} {unit}{'' if count == 1 else 's'}") == timedelta(**{f"{unit}s": count})

    @pytest.mark.parametrize(
        "text",
        ["", " ", "1 month", "1 year", "5", "five minutes", "1:2:3", "days", "1 day,", True, "1 day 2"],
    )
    def test_what_is_none_is_refused(self, text: Any) -> None:
        with pytest.raises(ValueError, match="not a length of time"):
            to_timedelta(text)

    @pytest.mark.parametrize("text", ["999999999 weeks", 10**20, "999999999 days, 99:00:00"])
    def test_what_is_too_long_is_refused(self, text: str | int) -> None:
        with pytest.raises(ValueError, match="longer than"):
            to_timedelta(text)

    @given(st.text())
    def test_no_text_does_worse(self, text: str) -> None:
        try:
            assert isinstance(to_timedelta(text), timedelta)
        except ValueError:
            pass


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("1624735481", "2021-06-26T19:24:41+00:00"),
            ("1624735481.25", "2021-06-26T19:24:41.250000+00:00"),
            ("2014-11-17", "2014-11-17T00:00:00+00:00"),
            ("2014-11-17 12:30:00", "2014-11-17T12:30:00+00:00"),
            ("2014-11-17T12:30:00Z", "2014-11-17T12:30:00+00:00"),
        ],
    )
    def test_in_every_shape(self, text: str, iso: str) -> None:
        assert to_datetime(text).isoformat() == iso

    @given(MOMENTS)
    def test_seconds_since_1970(self, moment: datetime) -> None:
        moment = moment.replace(tzinfo=UTC)
        seconds, rest = divmod(moment - datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1))
        assert to_datetime(f"{seconds}.{rest.microseconds:06}") == moment

    @given(MOMENTS, st.sampled_from([None, UTC, timezone(timedelta(hours=-5))]))
    def test_written_and_read_again(self, moment: datetime, zone: timezone | None) -> None:
        meant = moment.replace(tzinfo=zone or UTC)
        assert to_datetime(from_datetime(moment.replace(tzinfo=zone))) == meant

    def test_a_day_is_written_without_a_time(self) -> None:
        assert from_datetime(date(2015, 3, 1)) == "2015-03-01"

    @given(st.text())
    def test_no_text_does_worse(self, text: str) -> None:
        try:
            assert to_datetime(text).tzinfo is not None
        except ValueError:
            pass

    def test_a_time_too_far_away_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r".+"):
            to_datetime("999999999999")


class TestLogLines:
    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("Jun 26 22:21:18", "2020-06-26T22:21:18+00:00"),
            ("Feb 29 00:00:00", "2020-02-29T00:00:00+00:00"),
            ("Dec  1 01:02:03", "2020-12-01T01:02:03+00:00"),
        ],
    )
    def test_with_a_year(self, text: str, iso: str) -> None:
        assert to_log_datetime(text, 2020).isoformat() == iso

    @pytest.mark.parametrize("text", ["", "Jun 26", "Foo 26 22:21:18", "Jun 31 22:21:18", "Jun 26 25:21:18"])
    def test_what_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            to_log_datetime(text, 2020)

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2021, 1, 1, 0, 0) - timedelta(seconds=1)))
    def test_any_moment_of_the_year(self, moment: datetime) -> None:
        moment = moment.replace(microsecond=0)
        names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        text = f"{names[moment.month - 1]} {moment.day:2} {moment:%H:%M:%S}"
        assert to_log_datetime(text, 2020) == moment.replace(tzinfo=UTC)
