"""Days and instants as people write them: one meaning is read, two or none are refused and said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dates import read_day, read_moment, read_time, readings, zone_named
from models.errors import BadDateError

NOW = datetime(2026, 3, 4, 22, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-11-09", date(2025, 11, 9)),
        ("2025/11/9", date(2025, 11, 9)),
        ("20251109", date(2025, 11, 9)),
        ("09.11.2025", date(2025, 11, 9)),
        ("２０２５－１１－０９", date(2025, 11, 9)),
        ("2025年11月9日", date(2025, 11, 9)),
        ("2025년 11월 9일", date(2025, 11, 9)),
        ("2025. 11. 9.", date(2025, 11, 9)),
        ("9 November 2025", date(2025, 11, 9)),
        ("Nov 9, 2025", date(2025, 11, 9)),
        ("9-Nov-25", date(2025, 11, 9)),
        ("Sunday, 9th of november 2025".replace("of ", ""), date(2025, 11, 9)),
        ("27/11/2025", date(2025, 11, 27)),
        ("11/27/2025", date(2025, 11, 27)),
        ("9 nov", date(2025, 11, 9)),
        ("3 march", date(2026, 3, 3)),
        ("5 march", date(2025, 3, 5)),
        ("29 feb", date(2024, 2, 29)),
        ("Today", date(2026, 3, 4)),
        ("yesterday", date(2026, 3, 3)),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str, day: date) -> None:
    assert read_day(text, NOW) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-11-09 09:00 KST", datetime(2025, 11, 9, 0, tzinfo=UTC)),
        ("2025-11-09 09:00 Asia/Seoul", datetime(2025, 11, 9, 0, tzinfo=UTC)),
        ("9 Nov 2025 9am seoul", datetime(2025, 11, 9, 0, tzinfo=UTC)),
        ("2025-11-10 16:00 ET", datetime(2025, 11, 10, 21, tzinfo=UTC)),
        ("2025-07-10 16:00 New York", datetime(2025, 7, 10, 20, tzinfo=UTC)),
        ("2025-07-10 4:00 pm EDT", datetime(2025, 7, 10, 20, tzinfo=UTC)),
        ("2025-07-10 16:00 UTC+9", datetime(2025, 7, 10, 7, tzinfo=UTC)),
        ("20250710T160000Z", datetime(2025, 7, 10, 16, tzinfo=UTC)),
        ("2025-07-10 16:00", datetime(2025, 7, 10, 16, tzinfo=UTC)),
        ("now", NOW),
    ],
)
def test_an_instant_is_read_in_the_zone_it_names(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("31 feb", "February has 29 days at most"),
        ("31 nov 2025", "November 2025 has 30 days"),
        ("2025-02-29", "February 2025 has 28 days"),
        ("2025-14-01", "there is no month 14"),
        ("04/05/2025", "it may be 2025-05-04 or 2025-04-05"),
        ("11/09/25", "it may be"),
        ("Monday 9 November 2025", "2025-11-09 is a Sunday"),
        ("2025-11-09 09:00 CST", "CST is Taipei’s and Chicago’s"),
        ("2025-07-10 16:00 EST", "the clocks there are on EDT then"),
        ("2025-03-09 02:30 ET", "passed over that time"),
        ("2025-11-02 01:30 ET", "showed that time twice"),
        ("2025-07-10 16:00 Nowhere", "its zone is not known"),
        ("2025-07-10 24:30", "there is no time 24:30"),
        ("sometime", ""),
        ("2025-11", ""),
        ("٢٠٢٥-١١-٠٩", ""),
    ],
)
def test_what_cannot_be_or_may_be_two_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadDateError, match="is no date; write it as") as caught:
        read_moment(text, NOW)
    assert why in caught.value.why and str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_without_a_clock_nothing_is_counted_from_it() -> None:
    for text in ("today", "9 nov", "yesterday"):
        with pytest.raises(BadDateError):
            read_day(text)
    assert read_day("9 nov 2025") == date(2025, 11, 9)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_every_form_of_a_day_is_that_day(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%b %d, %Y", "%A, %d %b %Y"):
        assert read_day(day.strftime(form)) == day, form
    assert set(readings(day.strftime("%d/%m/%Y")).values()) >= {day}


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert read_moment(text, NOW)
    except BadDateError as error:
        said = str(error)
    else:
        return
    assert len(said) < 400


def test_zones_and_times_of_day() -> None:
    assert zone_named("+09:00") == timezone(timedelta(hours=9)) and zone_named("+25:00") is None
    assert str(zone_named("kst")) == "Asia/Seoul" and str(zone_named("tokyo")) == "Asia/Tokyo"
    assert read_time("06:30") == (time(6, 30), None)
    clock, zone = read_time("3:05 pm KST") or (None, None)
    assert clock == time(15, 5) and str(zone) == "Asia/Seoul"
    assert read_time("half past six") is None
