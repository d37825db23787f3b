from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from app.answers.marking import Marked, marked
from app.answers.placed import known_by, sessions_of
from app.data import View
from app.noted import EventBook
from app.state import FlagState
from models.events import Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.situations import rising, then, view_with

NEW_YORK, SEOUL = "America/New_York", "Asia/Seoul"
DAY = date(2026, 6, 23)


@pytest.fixture(scope="module")
def view(calendars: Calendars, universe: Universe) -> View:
    return view_with(
        calendars,
        universe,
        {"NVDA": then(rising(), -0.05, -0.02), "000660.KS": then(rising(), -0.1, 0.01)},
    )


def event(
    name: str, at: date | datetime, zone: str | None = None, severity: int = 2, **more: object
) -> Event:
    made = Event(name, at, zone, name.capitalize(), "", "selloff", severity)
    return replace(made, **more)  # type: ignore[arg-type]


def ask(view: View, events: list[Event], state: FlagState | None = None, **more: object) -> Marked:
    days = view.panel.sessions
    return marked(view, EventBook(1, tuple(events)), state or FlagState(), "all", days, **more)  # type: ignore[arg-type]


def test_flags_are_numbered_by_date_and_carry_the_basket_that_day(view: View) -> None:
    found = ask(view, [event("later", date(2026, 6, 24)), event("first", DAY)])
    assert [(flag.number, flag.event and flag.event.id, flag.session) for flag in found.flags] == [
        (1, "first", DAY),
        (2, "later", date(2026, 6, 24)),
    ]
    returns = view.basket("all").returns
    assert [flag.move for flag in found.flags] == returns[-2:].tolist()


def test_without_an_event_the_worst_days_are_flagged_and_with_one_only_when_asked(view: View) -> None:
    assert ask(view, []).kind == "days"
    assert ask(view, [event("first", DAY)]).kind == "events"
    assert ask(view, [event("first", DAY)], FlagState(flags="days")).kind == "days"
    assert ask(view, [event("first", DAY)], FlagState(flags="none")) == Marked("none")
    assert ask(view, [], FlagState(flags="events")) == Marked("events", (), 0)


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ({"sev": 2}, {"rout", "bank"}),
        ({"sev": 3}, {"rout"}),
        ({"cat": "policy"}, {"bank"}),
        ({"lay": "memory"}, {"rout", "small"}),
        ({"lay": "memory", "sev": 2}, {"rout"}),
        ({"lay": "telecom"}, set()),
    ],
)
def test_filters_leave_events_out_but_count_them(
    view: View, state: dict[str, object], left: set[str]
) -> None:
    events = [
        event("rout", DAY, severity=3, layers=("memory",)),
        event("bank", DAY, category="policy"),
        event("small", DAY, severity=1, symbols=("000660.KS",)),
    ]
    found = ask(view, events, FlagState(**state))  # type: ignore[arg-type]
    assert {flag.event.id for flag in found.flags if flag.event} == left
    assert found.kind == "events"
    assert found.found == 3


def test_an_event_after_the_as_of_instant_is_unknown(view: View) -> None:
    morning = datetime(2026, 6, 24, 8, tzinfo=UTC)
    events = [
        event("seoul", date(2026, 6, 24), SEOUL),
        event("new-york", date(2026, 6, 24), NEW_YORK),
        event("no-place", date(2026, 6, 24)),
        event("at-seven", datetime(2026, 6, 24, 7, tzinfo=UTC)),
        event("at-nine", datetime(2026, 6, 24, 9, tzinfo=UTC)),
    ]
    found = ask(view, events, as_of=morning)
    assert {flag.event.id for flag in found.flags if flag.event} == {"seoul", "at-seven"}
    assert len(ask(view, events).flags) == 5


def test_a_noted_plan_is_known_from_the_moment_it_was_noted() -> None:
    noted = datetime(2026, 6, 1, tzinfo=UTC)
    plan = event("plan", DAY, edited_at=noted)
    assert known_by(plan, datetime(2026, 6, 2, tzinfo=UTC))
    assert not known_by(plan, datetime(2026, 5, 31, tzinfo=UTC))


def test_an_instant_stands_on_the_first_session_that_could_answer(view: View) -> None:
    events = [
        event("before-seoul-closes", datetime(2026, 6, 23, 5, tzinfo=UTC)),
        event("new-york-trades", datetime(2026, 6, 23, 15, tzinfo=UTC)),
        event("after-new-york", datetime(2026, 6, 23, 21, tzinfo=UTC)),
        event("ahead", datetime(2027, 6, 23, 21, tzinfo=UTC)),
        event("sunday", date(2026, 6, 21)),
    ]
    found = sessions_of(view, events, "all")
    assert found[:3].tolist() == [DAY, DAY, date(2026, 6, 24)]
    assert np.isnat(found[3])
    assert found[4].item() == date(2026, 6, 22)


def test_the_severest_come_first_then_the_larger_move(view: View) -> None:
    events = [
        event("mild", DAY, severity=1),
        event("rout", date(2026, 6, 24), severity=3),
        event("calm", date(2026, 6, 22), severity=2),
        event("loud", DAY, severity=2),
    ]
    found = ask(view, events)
    assert [flag.event.id for flag in found.severest(2) if flag.event] == ["loud", "rout"]
    assert found.severest(9) == found.flags


def test_flags_keep_their_numbers_where_a_chart_shows_fewer_days(view: View) -> None:
    found = ask(view, [event("first", DAY), event("later", date(2026, 6, 24))])
    days = view.panel.sessions[-1:]
    assert [flag.number for flag in found.within(days).flags] == [2]
    assert found.within(days[:0]).flags == ()
