"""The meeting before an instant: weekends, zones, summer time, and texts that are no time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadMeetingError
from models.meetings import LASTS, Meeting, meeting_of, time_of, zone_of

ZONES = ("Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Pacific/Auckland", "UTC")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "began"),
    [
        pytest.param("2026-06-26T07:00", "Europe/London", "2026-06-25T07:30", id="before today's"),
        pytest.param("2026-06-26T07:45", "Europe/London", "2026-06-25T07:30", id="during today's"),
        pytest.param("2026-06-26T08:30", "Europe/London", "2026-06-26T07:30", id="after today's"),
        pytest.param("2026-06-29T06:00", "Europe/London", "2026-06-26T07:30", id="Monday morning"),
        pytest.param("2026-06-28T12:00", "Europe/London", "2026-06-26T07:30", id="Sunday"),
        pytest.param("2026-06-28T23:55", "Asia/Tokyo", "2026-06-25T23:30", id="Monday in Tokyo already"),
        pytest.param("2026-03-30T09:00", "Europe/London", "2026-03-30T07:30", id="summer time has begun"),
        pytest.param("2026-03-27T12:00", "Europe/London", "2026-03-27T08:30", id="winter"),
    ],
)
def test_the_last_meeting(now: str, zone: str, began: str) -> None:
    assert Meeting(zone=zone).before(utc(now)) == utc(began)


@given(
    st.integers(0, 3650 * 1440).map(lambda minutes: utc("2020-01-01T00:00") + timedelta(minutes=minutes)),
    st.times(),
    st.sampled_from(ZONES),
)
def test_it_is_over_on_a_weekday_at_its_time_and_the_last_such(now: datetime, at: time, zone: str) -> None:
    meeting = Meeting(at.replace(second=0, microsecond=0), zone)
    began = meeting.before(now)
    local = began.astimezone(ZoneInfo(zone))
    assert began + LASTS <= now
    assert local.weekday() < 5
    asked = datetime.combine(local.date(), meeting.at)
    assert abs(local.replace(tzinfo=None) - asked) <= timedelta(hours=1)  # an hour that summer left out
    assert now - began < timedelta(days=4, hours=3)


@pytest.mark.parametrize("text", ["8.61", "24:00", "half past eight", "", "08:3", "-8:30"])
def test_no_time_of_day(text: str) -> None:
    with pytest.raises(BadMeetingError, match="write it as 08:30"):
        time_of(text)


@pytest.mark.parametrize(
    "text", ["London", "Europe/Nowhere", "", "../etc/passwd", "/etc/localtime", "a" * 300]
)
def test_no_zone(text: str) -> None:
    with pytest.raises(BadMeetingError, match="write it as Europe/London"):
        zone_of(text)


def test_how_it_is_written() -> None:
    assert str(meeting_of("8:05", "Asia/Tokyo")) == "08:05 Asia/Tokyo"
    assert time_of("08.45") == time(8, 45)
