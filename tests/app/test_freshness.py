from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from app.market.freshness import Freshness, freshness
from app.market.market import View, view_of
from models.sessions import Calendars
from models.universe import Universe
from tests.app.situations import bars_until, panel_of, rising

SEOUL = ("000660.KS", "005930.KS", "^KS11")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def seoul(
    calendars: Calendars, universe: Universe, now: str, last: dict[str, str], **columns: Any
) -> Freshness:
    made = [
        bars_until(calendars, universe, symbol, rising(10), date.fromisoformat(day), **columns)
        for symbol, day in last.items()
    ]
    view: View | None = view_of(panel_of(universe, made), universe, calendars, at(now)) if made else None
    (found,) = freshness(view, {"Seoul": (calendars["XKRX"], SEOUL)}, at(now))
    return found


def everyone(day: str) -> dict[str, str]:
    return dict.fromkeys(SEOUL, day)


@pytest.mark.parametrize(
    ("now", "last", "state", "line", "current"),
    [
        ("2026-06-24T09:00", everyone("2026-06-24"), "final", "24 Jun, final", True),
        # Closed, and still within its grace: nobody is late yet.
        ("2026-06-24T07:59", everyone("2026-06-23"), "final", "23 Jun, final", True),
        ("2026-06-24T08:00", everyone("2026-06-23"), "late", "23 Jun 2026, late by 1 session", False),
        ("2026-06-26T22:00", everyone("2026-06-23"), "late", "23 Jun 2026, late by 3 sessions", False),
        (
            "2026-06-24T09:00",
            {"000660.KS": "2026-06-24", "005930.KS": "2026-06-24", "^KS11": "2026-06-23"},
            "partial",
            "24 Jun, 2 of 3 names",
            True,
        ),
        ("2026-06-24T09:00", {"000660.KS": "2026-06-24"}, "partial", "24 Jun, 1 of 3 names", False),
        ("2026-06-03T03:00", everyone("2026-06-02"), "holiday", "2 Jun, closed today", True),
        # A weekend is no holiday.
        ("2026-06-27T03:00", everyone("2026-06-26"), "final", "26 Jun, final", True),
        ("2026-06-24T09:00", {}, "none", "no prices yet", False),
    ],
)
def test_states(
    calendars: Calendars,
    universe: Universe,
    now: str,
    last: dict[str, str],
    state: str,
    line: str,
    current: bool,
) -> None:
    found = seoul(calendars, universe, now, last)
    assert (found.state, found.line(), found.is_current) == (state, line, current)
    assert found.names == 3


def test_a_running_session_is_provisional(calendars: Calendars, universe: Universe) -> None:
    final = np.ones(10, dtype=np.bool_)
    final[-1] = False
    found = seoul(calendars, universe, "2026-06-24T03:00", everyone("2026-06-24"), final=final)
    assert (found.state, found.line(), found.is_current) == ("provisional", "24 Jun, provisional", True)


@pytest.mark.parametrize(
    ("city", "now", "line"),
    [
        ("XKRX", "2026-06-24T03:00", "Open, closes 06:30 UTC, in 3 h 30 m"),
        ("XTKS", "2026-06-24T03:00", "At lunch, closes 06:30 UTC, in 3 h 30 m"),
        ("XKRX", "2026-07-31T21:30", "Opens Mon 00:00 UTC, in 2 d 2 h 30 m"),
        ("XNYS", "2026-11-27T18:00", "Opens Mon 14:30 UTC, in 2 d 20 h 30 m"),
        ("XKRX", "2026-06-23T23:58", "Opens Wed 00:00 UTC, in 2 m"),
        pytest.param("XKRX", "2026-06-23T23:59", "Opens Wed 00:00 UTC", id="the evening of a date"),
        ("XKRX", "2099-01-01T00:00", "No session known ahead"),
    ],
)
def test_what_is_next(calendars: Calendars, city: str, now: str, line: str) -> None:
    (found,) = freshness(None, {"x": (calendars[city], ("NVDA",))}, at(now))
    assert found.next_line(at(now)) == line


def test_cities_keep_their_order(calendars: Calendars) -> None:
    cities = {name: (calendars[name], ("NVDA",)) for name in ("XTKS", "XKRX", "XNYS")}
    assert [item.city for item in freshness(None, cities, at("2026-06-24T03:00"))] == list(cities)
    assert freshness(None, {}, at("2026-06-24T03:00")) == []
