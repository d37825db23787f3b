from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import product
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kinds.address import (
    FALLS,
    MAX_LINES,
    MAX_PARAMETERS,
    MAX_QUERY,
    SORTS,
    WINDOWS,
    BadDateError,
    DataState,
    DrawdownState,
    PageState,
    parse_data,
    parse_drawdowns,
    window_start,
)
from app.market.asof import parse_asof
from app.questions.brief.state import parse_brief
from app.questions.compare.state import parse_compare
from app.questions.connectedness.state import parse_connectedness
from app.questions.correlation.state import parse_correlation
from app.questions.event_study.state import parse_study
from app.questions.events.state import parse_events
from app.questions.relay.state import parse_relay
from app.questions.stress.state import parse_stress
from app.questions.travelled.state import parse_travelled
from models.universe import Universe, load_universe

UNIVERSE = load_universe()
DAYS = st.dates(date(2015, 1, 1), date(2030, 1, 1)).map(str)
STATES = st.builds(
    DrawdownState,
    basket=st.sampled_from(tuple(UNIVERSE.baskets)),
    names=st.lists(st.sampled_from(UNIVERSE.symbols), unique=True, max_size=MAX_LINES).map(tuple),
    start=st.sampled_from(WINDOWS) | DAYS | st.sampled_from(("9m", "2y", "2019")),
    axis=st.sampled_from(("sessions", "calendar")),
    currency=st.sampled_from(("local", "usd")),
    peak=st.sampled_from(("record", "year", "window")),
    align=st.sampled_from(("none", "peak")) | DAYS,
    show=st.sampled_from(("close", "low")),
    fall=st.sampled_from(FALLS),
    rows=st.sampled_from(("lines", "all")),
    sort=st.sampled_from(SORTS),
    asof=st.just("") | DAYS | DAYS.map(lambda day: f"{day}T07:00Z"),
)
KEYS = (*(item.name for item in fields(DrawdownState)), "from", "run", "symbol", "query", "__class__", "")
PIECES = (
    *("all", "2024", "1m", "NVDA,MU", "^KS11", "peak", "2026-06-22", "2026-06-22T07:00Z", "-1", "1e9", "nan"),
    *(
        "%00",
        "%ff%fe",
        "<script>",
        "%3Cscript%3E",
        "🦊",
        "٢٠٢٤",
        "0000",
        "99999999",
        "2026-02-30",
        "0001-01-01",
    ),
    *(
        "9999-12-31T23:59-14:00",
        "0001-01-01T00:00+14:00",
        "20260622",
        "2026-W26-2",
        "=",
        ";",
        "+",
        "%",
        ",,,",
    ),
)


@given(STATES)
def test_an_address_brings_back_its_state(state: DrawdownState) -> None:
    assert parse_drawdowns(state.query(), UNIVERSE) == (state, [])


@given(STATES)
def test_what_stands_at_its_default_is_left_out(state: DrawdownState) -> None:
    shown = [item for item in fields(state) if getattr(state, item.name) != item.default]
    assert len(parse_qsl(state.query()[1:])) == len(shown)
    assert DrawdownState().query() == "?"


@given(STATES, st.sampled_from(SORTS))
def test_a_link_changes_one_control_and_keeps_the_rest(state: DrawdownState, sort: str) -> None:
    changed, _ = parse_drawdowns(state.query(sort=sort), UNIVERSE)
    assert changed.sort == sort
    assert all(
        getattr(changed, item.name) == getattr(state, item.name)
        for item in fields(state)
        if item.name != "sort"
    )


@pytest.mark.parametrize("read", [parse_drawdowns, parse_data])
def test_no_address_fails_a_page(read: object) -> None:
    """5,000 addresses of known and unknown names with good, odd and hostile values."""
    dice = random.Random(7)

    def value() -> str:
        if dice.random() < 0.7:
            return dice.choice(PIECES)
        return "".join(
            chr(dice.choice((dice.randint(0, 255), dice.randint(0x1000, 0x1FFFF)))) for _ in range(9)
        )

    for _ in range(5_000):
        parts = [f"{dice.choice(KEYS)}={value()}" for _ in range(dice.randint(0, 6))]
        state, notices = read("?" + "&".join(parts), UNIVERSE)  # type: ignore[operator]
        assert all(notice.startswith("Ignored ") for notice in notices)
        assert all(len(notice) < 400 for notice in notices), notices
        assert read(state.query(), UNIVERSE) == (state, [])  # type: ignore[operator]


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_no_text_fails_a_page(text: str) -> None:
    for search in (text, f"?{text}", f"?names={quote(text)}", f"?asof={quote(text)}", f"?from={quote(text)}"):
        state, _ = parse_drawdowns(search, UNIVERSE)
        assert parse_drawdowns(state.query(), UNIVERSE) == (state, [])


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?basket=moon", "Ignored basket: There is no basket 'moon'; choose one of all, asia, us, "),
        ("?names=QQZZ,XYZ", "Ignored names: not known: QQZZ, XYZ; correct it, or add a line for it"),
        ("?from=2024-13-01", "Ignored from: '2024-13-01' is no date; write it as 2026-06-23"),
        ("?from=٢٠٢٤", "Ignored from: "),
        ("?axis=log", "Ignored axis: 'log' is not one of sessions, calendar."),
        ("?fall=7", "Ignored fall: '7' is not one of 5, 10, 15, 20."),
        ("?align=soon", "Ignored align: 'soon' is no date"),
        ("?asof=2026-02-30", "Ignored asof: '2026-02-30' is no date"),
        ("?sort=<b>", "Ignored sort: '<b>' is not one of name, "),
        ("?colour=red", "Ignored the unknown parameter 'colour'."),
        ("?query=1", "Ignored the unknown parameter 'query'."),
    ],
)
def test_what_was_not_used_is_named(search: str, said: str) -> None:
    state, notices = parse_drawdowns(search, UNIVERSE)
    assert state == DrawdownState()
    assert len(notices) == 1
    assert notices[0].startswith(said)


def test_one_bad_parameter_leaves_the_others() -> None:
    state, notices = parse_drawdowns("?basket=asia&fall=x&axis=calendar", UNIVERSE)
    assert (state.basket, state.axis, state.fall) == ("asia", "calendar", 10)
    assert len(notices) == 1


def test_an_address_beyond_reason_is_ignored_whole() -> None:
    for search in ("?names=" + "A" * MAX_QUERY, "&".join(["axis=calendar"] * (MAX_PARAMETERS + 1))):
        state, notices = parse_drawdowns(search, UNIVERSE)
        assert state == DrawdownState()
        assert len(notices) == 1
        assert notices[0].startswith("Ignored the address: ")


def test_names_are_taken_once_in_their_order_and_not_too_many() -> None:
    assert parse_drawdowns("?names=MU, NVDA,MU,", UNIVERSE)[0].names == ("MU", "NVDA")
    many = ",".join(UNIVERSE.symbols[: MAX_LINES + 1])
    state, notices = parse_drawdowns(f"?names={quote(many)}", UNIVERSE)
    assert state.names == ()
    assert notices == [f"Ignored names: {MAX_LINES + 1} names; a chart holds at most {MAX_LINES}."]


def test_the_last_of_a_repeated_parameter_counts_and_an_empty_one_does_not() -> None:
    assert parse_drawdowns("?fall=5&fall=20&axis=", UNIVERSE) == (DrawdownState(fall=20), [])
    assert parse_drawdowns(None, UNIVERSE) == parse_drawdowns("", UNIVERSE) == (DrawdownState(), [])


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-06-22", "2026-06-22"), ("20260622", "2026-06-22"), ("2026-06-22T07:00Z", "2026-06-22")],
)
def test_day_0_is_a_date_however_it_is_typed(text: str, day: str) -> None:
    assert parse_drawdowns(f"?align={text}", UNIVERSE)[0].align == day


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("2026-06-23", date(2026, 6, 23)),
        ("2026-06-23T07:00Z", datetime(2026, 6, 23, 7, tzinfo=UTC)),
        ("2026-06-23T07:00", datetime(2026, 6, 23, 7, tzinfo=UTC)),
        ("2026-06-23T16:00+09:00", datetime(2026, 6, 23, 7, tzinfo=UTC)),
        ("2026-06-23T16:00 09:00", datetime(2026, 6, 23, 7, tzinfo=UTC)),  # a plus that was not escaped
    ],
)
def test_as_of_is_a_date_or_an_instant(text: str, found: object) -> None:
    assert parse_asof(text) == found


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "2026-06-23T25:00Z", "0001-01-01T00:00+14:00", "1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadDateError, match="is no date; write it as"):
        parse_asof(text)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("all", None),
        ("2024", date(2024, 1, 1)),
        ("1m", date(2026, 6, 28)),
        ("6m", date(2026, 1, 28)),
        ("7m", date(2025, 12, 28)),
        ("1y", date(2025, 7, 28)),
        ("999y", date(1027, 7, 28)),
        ("2026-06-22", date(2026, 6, 22)),
    ],
)
def test_where_a_window_begins(text: str, start: date | None) -> None:
    assert window_start(text, date(2026, 7, 31)) == start


@pytest.mark.parametrize(("number", "unit"), tuple(product((0, 1, 11, 12, 13, 999), "my")))
def test_a_window_of_any_length_has_a_beginning(number: int, unit: str) -> None:
    start = window_start(f"{number}{unit}", date(2024, 2, 29))
    assert start is None or start <= date(2024, 2, 29)


def test_the_data_page_has_controls_of_its_own() -> None:
    state = DataState(show="held", sort="last", symbol="^KS11", run=12)
    assert parse_data(state.query(), UNIVERSE) == (state, [])
    for search in ("?run=-1", "?run=1e3", "?run=٣", "?run=1234567890", "?symbol=XYZ", "?fall=10", "?show=x"):
        found, notices = parse_data(search, UNIVERSE)
        assert found == DataState()
        assert len(notices) == 1


@pytest.mark.parametrize(
    "parse",
    [
        *(parse_brief, parse_compare, parse_connectedness, parse_correlation, parse_data, parse_drawdowns),
        *(parse_events, parse_relay, parse_stress, parse_study, parse_travelled),
    ],
)
def test_every_control_of_every_page_reads_what_its_address_says(
    parse: Callable[[str, Universe], tuple[PageState, list[str]]],
) -> None:
    usual, _ = parse("", UNIVERSE)
    for item in fields(usual):
        key = "from" if item.name == "start" else item.name
        known = parse(f"{key}=%00,%3C", UNIVERSE)[1]
        assert all(said.startswith((f"Ignored {key}: ", "Ignored half a pair")) for said in known), known
        if getattr(usual, item.name):
            written = str(getattr(usual, item.name))
            assert parse(f"{key}={written}", UNIVERSE) == (usual, [])
    assert parse("nothing=1", UNIVERSE) == (usual, ["Ignored the unknown parameter 'nothing'."])


def test_names_and_days_are_read_as_people_type_them() -> None:
    now = datetime(2026, 7, 25, 0, 30, tzinfo=UTC)
    state, notices = parse_drawdowns(
        "?names=nvda,mu&asof=23 jun&from=1 March 2025&align=9.6.2026", UNIVERSE, now
    )
    assert (state.names, state.asof, state.start, state.align, notices) == (
        ("NVDA", "MU"),
        "2026-06-23",
        "2025-03-01",
        "2026-06-09",
        [],
    )
    assert parse_drawdowns("?asof=2026-06-23 09:00 KST", UNIVERSE, now)[0].asof == "2026-06-23T00:00Z"
    assert parse_drawdowns("?asof=yesterday", UNIVERSE, now)[0].asof == "2026-07-24"
    assert parse_data("?symbol=005930 KS", UNIVERSE, now)[0].symbol == "005930.KS"
    assert parse_travelled("?at=15:30 KST&names=２３３０", UNIVERSE, now)[0].at == "15:30 Asia/Seoul"


def test_what_is_not_known_is_named_alone_and_the_rest_is_used() -> None:
    state, notices = parse_drawdowns("?names=nvda,QQZZ,softbank,mu", UNIVERSE)
    assert state.names == ("NVDA", "MU")
    assert notices == [
        "Ignored names: not known: QQZZ, softbank (did you mean 9984.T or 9434.T?); "
        "correct it, or add a line for it to the universe file."
    ]
