"""One instant, and each exchange's own day 0: across closes, summer time, holidays and short days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.event_clock import day_zeros, day_zeros_of_dates
from models.sessions import Calendars

SEOUL, TOKYO, TAIPEI, HONG_KONG, NEW_YORK = "XKRX", "XTKS", "XTAI", "XHKG", "XNYS"


def day0(calendars: Calendars, exchange: str, instant: str) -> tuple[str, str]:
    calendar = calendars[exchange]
    found = day_zeros(np.array([instant], dtype="datetime64[s]"), calendar.opens, calendar.closes)
    return str(calendar.sessions[found.rows[0]]), "open" if found.from_open[0] else "close"


@pytest.mark.parametrize(
    ("instant", "exchange", "session", "reaction"),
    [
        # DeepSeek, Monday before New York's open: Seoul was shut for the Lunar New Year until Friday.
        ("2025-01-27T12:00", TOKYO, "2025-01-28", "open"),
        ("2025-01-27T12:00", SEOUL, "2025-01-31", "open"),
        ("2025-01-27T12:00", NEW_YORK, "2025-01-27", "open"),
        # After Seoul's close and before New York's open, in winter and in summer.
        ("2026-02-03T08:00", SEOUL, "2026-02-04", "open"),
        ("2026-02-03T08:00", NEW_YORK, "2026-02-03", "open"),
        ("2026-06-23T08:00", SEOUL, "2026-06-24", "open"),
        ("2026-06-23T08:00", NEW_YORK, "2026-06-23", "open"),
        # In the middle of a session: first at its close.
        ("2026-06-23T03:00", SEOUL, "2026-06-23", "close"),
        ("2026-06-23T03:00", NEW_YORK, "2026-06-23", "open"),
        ("2026-06-23T15:00", NEW_YORK, "2026-06-23", "close"),
        ("2026-06-23T15:00", TOKYO, "2026-06-24", "open"),
        # In Tokyo's lunch break no daily price is struck.
        ("2026-06-23T03:00", TOKYO, "2026-06-23", "close"),
        # 14:00 UTC is before New York's open in winter and after it in summer.
        ("2026-03-06T14:00", NEW_YORK, "2026-03-06", "open"),
        ("2026-03-09T14:00", NEW_YORK, "2026-03-09", "close"),
        ("2025-10-31T14:00", NEW_YORK, "2025-10-31", "close"),
        ("2025-11-03T14:00", NEW_YORK, "2025-11-03", "open"),
        # 20:30 UTC: after the close in summer, in the session in winter; Friday goes on to Monday.
        ("2026-06-26T20:30", NEW_YORK, "2026-06-29", "open"),
        ("2026-02-06T20:30", NEW_YORK, "2026-02-06", "close"),
        # Over a weekend, and over New York's Independence Day, kept on Friday the 3rd.
        ("2026-06-27T12:00", TAIPEI, "2026-06-29", "open"),
        ("2026-07-02T21:00", NEW_YORK, "2026-07-06", "open"),
        # The day after Thanksgiving closes at 18:00 UTC.
        ("2025-11-28T18:30", NEW_YORK, "2025-12-01", "open"),
        # Tokyo's close moved from 15:00 to 15:30 on 2024-11-05.
        ("2024-11-01T06:10", TOKYO, "2024-11-05", "open"),
        ("2024-11-05T06:10", TOKYO, "2024-11-05", "close"),
        # Seoul holds no session on its election day, which the calendar package takes for one.
        ("2026-06-02T12:00", SEOUL, "2026-06-04", "open"),
        # The very instant of a price knows nothing yet.
        ("2026-06-23T13:30", NEW_YORK, "2026-06-23", "close"),
        ("2026-06-23T20:00", NEW_YORK, "2026-06-24", "open"),
    ],
)
def test_day_0_of_an_instant(
    calendars: Calendars, instant: str, exchange: str, session: str, reaction: str
) -> None:
    assert day0(calendars, exchange, instant) == (session, reaction)


def test_the_exchanges_of_one_instant_differ(calendars: Calendars) -> None:
    """News of a Friday evening in New York: it is Monday everywhere, from the open."""
    found = {name: day0(calendars, name, "2026-06-26T20:30") for name in (TOKYO, HONG_KONG, NEW_YORK)}
    assert set(found.values()) == {("2026-06-29", "open")}
    midday = {
        name: day0(calendars, name, "2026-06-26T06:00") for name in (TOKYO, TAIPEI, HONG_KONG, NEW_YORK)
    }
    assert midday == {
        TOKYO: ("2026-06-26", "close"),
        TAIPEI: ("2026-06-29", "open"),
        HONG_KONG: ("2026-06-26", "close"),
        NEW_YORK: ("2026-06-26", "open"),
    }


@pytest.mark.parametrize(
    ("day", "exchange", "session"),
    [
        ("2026-06-26", SEOUL, "2026-06-26"),
        ("2026-06-26", NEW_YORK, "2026-06-26"),
        ("2025-01-28", SEOUL, "2025-01-31"),
        ("2026-06-27", NEW_YORK, "2026-06-29"),
    ],
)
def test_a_date_is_the_session_of_that_date_or_the_next(
    calendars: Calendars, day: str, exchange: str, session: str
) -> None:
    sessions = calendars[exchange].sessions
    row = day_zeros_of_dates(np.array([day], dtype="datetime64[D]"), sessions)[0]
    assert sessions[row].item() == date.fromisoformat(session)


def test_after_the_last_session_there_is_none(calendars: Calendars) -> None:
    calendar = calendars[NEW_YORK]
    upto = calendar.position(date(2026, 6, 26)) + 1
    at = np.array(["2026-06-26T19:59", "2026-06-26T20:00"], dtype="datetime64[s]")
    found = day_zeros(at, calendar.opens[:upto], calendar.closes[:upto])
    assert found.rows.tolist() == [upto - 1, -1]
    assert found.from_open.tolist() == [False, False]
    assert day_zeros_of_dates(np.array(["2026-06-27"], dtype="datetime64[D]"), calendar.sessions[:upto]) == [
        -1
    ]


def test_an_exchange_without_sessions_has_no_day_0() -> None:
    nothing, at = np.array([], dtype="datetime64[s]"), np.array(["2026-06-26T12:00"], dtype="datetime64[s]")
    found = day_zeros(at, nothing, nothing)
    assert (found.rows.tolist(), found.from_open.tolist()) == ([-1], [False])


@given(minutes=st.lists(st.integers(0, 60 * 24 * 400), min_size=1, max_size=40))
def test_day_0_is_the_first_session_that_can_know(calendars: Calendars, minutes: list[int]) -> None:
    calendar = calendars[NEW_YORK]
    at = np.datetime64("2025-01-01T00:00", "s") + np.array(minutes) * np.timedelta64(60, "s")
    rows, from_open = day_zeros(at, calendar.opens, calendar.closes)
    assert (calendar.closes[rows] > at).all()
    assert (calendar.closes[rows - 1] <= at).all()
    np.testing.assert_array_equal(calendar.opens[rows] > at, from_open)
