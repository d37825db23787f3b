from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kinds.address import FlagState
from app.market.event_book import EventBook
from app.market.market import View
from app.questions.events.flags import Marked, marked
from app.questions.events.moments import by_then
from app.questions.events.sessions import sessions_of
from models.events import Claim, Event
from models.sessions import Calendars
from models.universe import Universe
from tests.app.situations import rising, then, view_with

NEW_YORK, SEOUL = "America/New_York", "Asia/Seoul"
BEFORE, DAY, NEXT = date(2026, 6, 22), date(2026, 6, 23), date(2026, 6, 24)


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


def claim(symbol: str | None, day: date | None = None) -> Claim:
    return Claim("Somebody", symbol, "move", -5.0, "-5", "percent", "close", day, "A paper", None, "high")


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


def test_a_noted_plan_is_known_from_the_moment_it_was_noted(view: View) -> None:
    noted = datetime(2026, 6, 1, tzinfo=UTC)
    plan = event("plan", DAY, edited_at=noted, symbols=("NVDA",))
    assert by_then(view, [plan], datetime(2026, 6, 2, tzinfo=UTC))
    assert not by_then(view, [plan], datetime(2026, 5, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("more", "known"),
    [
        pytest.param({}, "2026-06-23T07:00", id="the day is over there at 16:00"),
        pytest.param({"symbols": ("000660.KS",)}, "2026-06-23T07:00", id="its exchange has closed by then"),
        pytest.param({"symbols": ("000660.KS", "NVDA")}, "2026-06-23T20:00", id="New York’s has not"),
        pytest.param({"claims": (claim("NVDA"),)}, "2026-06-23T20:00", id="nor the one of a claim"),
        pytest.param({"claims": (claim("NVDA", NEXT),)}, "2026-06-24T20:00", id="a claim of the next day"),
        pytest.param({"claims": (claim(None, NEXT),)}, "2026-06-24T07:00", id="the same of no name"),
        pytest.param({"claims": (claim("NVDA", BEFORE),)}, "2026-06-23T20:00", id="of the day before"),
        pytest.param({"symbols": ("nobody",)}, "2026-06-23T07:00", id="a name that is not in the universe"),
    ],
)
def test_an_event_of_a_day_waits_for_every_exchange_it_may_tell_of(
    view: View, more: dict[str, object], known: str
) -> None:
    told = event("seoul", DAY, SEOUL, **more)
    from_then = datetime.fromisoformat(known).replace(tzinfo=UTC)
    for asked, there in ((from_then, True), (from_then - timedelta(minutes=1), False)):
        assert bool(by_then(view, [told], asked)) is there
        assert bool(ask(view, [told], FlagState(flags="events"), as_of=asked).flags) is there


@given(
    minutes=st.integers(0, 26 * 24 * 60),
    day=st.dates(date(2026, 6, 1), date(2026, 6, 24)),
    zone=st.sampled_from([None, NEW_YORK, SEOUL, "Asia/Tokyo", "Europe/Berlin"]),
    symbols=st.lists(st.sampled_from(["NVDA", "000660.KS", "9984.T", "2330.TW", "^GSPC"]), unique=True),
)
def test_nothing_of_a_day_is_known_before_the_close_of_its_names(
    view: View, minutes: int, day: date, zone: str | None, symbols: list[str]
) -> None:
    told = event("e", day, zone, symbols=tuple(symbols))
    moment = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    known = by_then(view, [told], moment)
    assert not known or by_then(view, [told], moment + timedelta(hours=1)), "what is known stays known"
    for symbol in symbols:
        calendar = view.calendars[view.universe[symbol].exchange.calendar]
        if calendar.is_session(day) and calendar.close_of(day) > moment:
            assert not known
    over = datetime.combine(day + timedelta(days=2), time(), UTC)
    assert moment < over or known, "and once every place is past the day, nothing holds it back"


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
