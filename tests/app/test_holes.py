"""A hole of the source, an exchange that stands still, a session to come: what is said of each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from app.commands.doors import exchanges
from app.kinds.answer import Answer
from app.kinds.request import PageRequest
from app.market.freshness import freshness
from app.market.market import Market, View, view_of
from app.market.standings import basket_standing, names_standing
from app.pages import drawdowns
from app.questions.breadth import sector_path
from app.questions.brief.headline import headline
from app.questions.brief.lines import late
from app.questions.brief.morning import Brief, brief_of
from app.questions.moves import moves
from app.questions.relay.legs import relay, side_legs
from app.settings import Settings
from models.meetings import Meeting
from models.sessions import Calendars
from models.store import Store, finish_run, start_run, store_answer, sync_instruments
from models.types import Bars
from models.universe import Universe
from tests.app.situations import LAST, NOW, bars_until, panel_of

HOLE = date(2026, 6, 23)
UNTOLD = "no bar of New York on 23 Jun 2026: a hole of the source or a closure"
US = ("NVDA", "MU", "AMD", "^GSPC")
ASIA = ("9984.T", "8035.T", "000660.KS", "005930.KS", "^N225")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def walk_of(symbol: str, n: int = 160) -> np.ndarray:
    """Closes that go up and down, other ones for each symbol."""
    rng = np.random.default_rng([ord(letter) for letter in symbol])
    return 100 * np.cumprod(1 + rng.normal(0, 0.01, n))


def made(calendars: Calendars, universe: Universe, symbol: str, **columns: Any) -> Bars:
    closes = walk_of(symbol)
    given = {"volume": np.full(len(closes), 1000.0), "open": closes * 1.001, "low": closes * 0.99}
    return bars_until(calendars, universe, symbol, closes.tolist(), LAST, **(given | columns))


def without(bars: Bars, *days: date) -> Bars:
    return bars.take(~np.isin(bars.sessions, np.array(days, dtype="datetime64[D]")))


def frozen(bars: Bars, *days: date, volume: float = 0.0) -> Bars:
    """The bars with the prices of the session before, whose close is repeated on each of the days."""
    rows = np.flatnonzero(np.isin(bars.sessions, np.array(days, dtype="datetime64[D]")))
    for column in (bars.open, bars.low, bars.close, bars.adj_close):
        column[rows] = bars.close[rows[0] - 1]
    bars.volume[rows] = volume
    return bars


@pytest.fixture(scope="module")
def whole(calendars: Calendars, universe: Universe) -> View:
    return view_of(
        panel_of(universe, [made(calendars, universe, name) for name in (*US, *ASIA)]),
        universe,
        calendars,
        NOW,
    )


@pytest.fixture(scope="module")
def holed(calendars: Calendars, universe: Universe) -> View:
    bars = [made(calendars, universe, name) for name in (*US, *ASIA)]
    bars = [without(each, HOLE) if each.symbol in US else each for each in bars]
    return view_of(panel_of(universe, bars), universe, calendars, NOW)


def row(sheet: Answer, symbol: str) -> dict[str, Any]:
    return next(line for line in sheet.rows if line["symbol"] == symbol)


def reasons(sheet: Answer, symbol: str) -> list[str]:
    return [note.reason for note in sheet.notes if note.symbol == symbol]


def told(view: View, basket: str = "all", now: datetime = NOW) -> Brief:
    return brief_of(view, (), basket, now, Meeting())


def test_a_move_over_a_hole_is_withheld_everywhere_a_days_move_is_shown(whole: View, holed: View) -> None:
    day = np.datetime64(LAST)
    last, before = (view.panel.sessions.tolist().index(LAST) for view in (holed, whole))
    us, asia = holed.columns(("NVDA", "MU", "AMD")), holed.columns(ASIA[:4])
    assert np.isnan(holed.returns()[last, us]).all() and np.isfinite(whole.returns()[before, us]).all()
    np.testing.assert_array_equal(holed.returns()[last, asia], whole.returns()[before, asia])
    # The two sessions together are what both sources say.
    both = (1 + whole.returns()[before - 1, us]) * (1 + whole.returns()[before, us]) - 1
    np.testing.assert_allclose(holed.bar_returns()[last, us], both)
    assert np.isnan(holed.returns("usd")[last, us]).all()
    for legs in holed.legs():
        assert np.isnan(legs[last, us]).all()
    for side in ("us_gap", "us_session"):
        assert np.isnan(side_legs(holed)[side][[last - 1, last]]).all()
        np.testing.assert_array_equal(
            side_legs(holed)[side][: last - 1], side_legs(whole)[side][: before - 1]
        )
    standing = names_standing(holed, "local")["MU"]
    assert (standing.last, standing.day, standing.low) == (LAST, None, None)
    assert standing.drawdown == names_standing(whole, "local")["MU"].drawdown
    found = moves(holed, LAST)
    assert [
        row(found, "MU")[name] for name in ("close_return", "gap_return", "session_return", "low_return")
    ] == [None] * 4
    assert reasons(found, "MU") == ["withheld: a move of 2 sessions, over 23 Jun 2026 without a bar"]
    assert row(moves(holed, HOLE), "MU")["status"] == "missing"
    assert reasons(moves(holed, HOLE), "MU") == [UNTOLD]
    assert not (sector_path(holed, "us").traded[holed.panel.sessions >= np.datetime64(HOLE)]).any()
    assert day == holed.panel.sessions[last]


def test_a_basket_is_withheld_over_a_hole_and_its_fall_is_right_after_it(whole: View, holed: View) -> None:
    hole, last = (holed.panel.sessions.tolist().index(each) for each in (HOLE, LAST))
    for basket in ("us", "all"):
        path, true = holed.basket(basket), whole.basket(basket)
        assert path.withheld[[hole, last]].all() and np.isnan(path.returns[[hole, last]]).all()
        np.testing.assert_array_equal(path.returns[:hole], true.returns[:hole])
        assert np.isnan(path.level[hole]) and np.isfinite(path.level[last])
        assert basket_standing(holed, basket, "", "local").day is None
        # Weights are made equal again a day late, and no more is lost.
        np.testing.assert_allclose(path.level[last], true.level[last], rtol=2e-4)
    np.testing.assert_array_equal(holed.basket("asia").returns, whole.basket("asia").returns)


def test_the_relay_and_the_brief_say_that_a_hole_is_no_closure(holed: View) -> None:
    on_hole = relay(holed, on=HOLE)
    assert [note.reason for note in on_hole.notes if "us_gap" in note.fields] == [UNTOLD]
    after = relay(holed, on=LAST)
    over = "New York has a move of 2 sessions, over 23 Jun 2026 without a bar"
    assert [note.reason for note in after.notes if "us_gap" in note.fields] == [over]
    for found in (on_hole, after):
        starting = found.facts["starter_leg"], found.facts["starter_date"]
        assert not (str(starting[0]).startswith("us") and starting[1] in (HOLE, LAST))
    us = told(holed, "us")
    assert us.day == LAST and np.isnan(us.move) and np.isnan(us.z) and us.rank is None
    assert headline(us).startswith(f"No basket move of 24 Jun 2026: {over}")
    both = told(holed)
    assert headline(both).count("New York’s move is withheld") == 1
    assert all(item.side == "asia" for item in both.moved)


def test_a_hole_on_a_day_that_no_other_exchange_held_is_a_hole(
    calendars: Calendars, universe: Universe
) -> None:
    bars = [without(made(calendars, universe, name), HOLE) for name in US]
    view = view_of(panel_of(universe, bars), universe, calendars, NOW)
    assert HOLE not in view.panel.sessions.tolist()
    assert np.isnan(view.returns()[-1, view.columns(US)]).all()
    assert reasons(moves(view, HOLE), "MU") == [
        "no bar of New York on 23 Jun 2026: a hole of the source or a closure"
    ]


def test_a_hole_of_one_name_costs_its_own_moves_alone(calendars: Calendars, universe: Universe) -> None:
    bars = [made(calendars, universe, name) for name in US]
    bars = [without(each, HOLE) if each.symbol == "MU" else each for each in bars]
    view = view_of(panel_of(universe, bars), universe, calendars, NOW)
    assert not view.holes.any()
    assert reasons(moves(view, HOLE), "MU") == ["New York traded, and no bar of 2026-06-23 is stored"]
    path = view.basket("us")
    assert not path.withheld[-2:].any() and path.traded[-2:].tolist() == [2, 2]
    others = view.returns()[-1, view.columns(("NVDA", "AMD"))]
    assert path.returns[-1] == pytest.approx(others.mean())


FROZEN = tuple(LAST - timedelta(days=back) for back in (2, 1, 0))


@pytest.fixture(scope="module")
def still(calendars: Calendars, universe: Universe) -> View:
    """Tokyo's names and its index repeat the prices of Friday the 19th for three sessions."""
    bars = [made(calendars, universe, name) for name in (*US, *ASIA)]
    bars = [frozen(each, *FROZEN) if each.symbol in ("9984.T", "8035.T", "^N225") else each for each in bars]
    return view_of(panel_of(universe, bars), universe, calendars, NOW)


def test_an_exchange_that_stands_still_is_stale_and_counts_for_nothing(
    calendars: Calendars, still: View
) -> None:
    assert {name: days.tolist() for name, days in still.still.items()} == {"XTKS": sorted(FROZEN)}
    cities = {"Tokyo": (calendars["XTKS"], ("9984.T", "8035.T", "^N225"))}
    (tokyo,) = freshness(still, cities, NOW)
    assert (tokyo.state, tokyo.repeats, tokyo.late_by, tokyo.is_current) == ("stale", 3, 3, False)
    assert tokyo.line() == "19 Jun 2026, stale: 3 sessions repeat its prices"
    tokyo_names = still.columns(("9984.T", "8035.T"))
    rows = still.panel.sessions > np.datetime64("2026-06-19")
    assert np.isnan(still.returns()[rows][:, tokyo_names]).all()
    found = moves(still, LAST)
    assert row(found, "9984.T")["status"] == "stale"
    assert reasons(found, "9984.T")[0].startswith("prices of Tokyo stand still on 24 Jun 2026")
    assert row(found, "000660.KS")["status"] == "final"
    brief = told(still)
    assert "Tokyo 19 Jun 2026, stale: 3 sessions repeat its prices" in late(brief)
    assert "held flat" not in headline(brief)
    assert not {item.symbol for item in brief.moved} & {"9984.T", "8035.T"}
    assert all(line.symbol != "^N225" or line.session == date(2026, 6, 19) for line in brief.indices)


def test_a_storm_that_no_calendar_knew_is_a_closure_by_its_bars(
    calendars: Calendars, universe: Universe
) -> None:
    bars = []
    for name in (*US, *ASIA):
        each = made(calendars, universe, name)
        if name in ("9984.T", "8035.T"):
            each = frozen(each, HOLE)
        bars.append(without(each, HOLE) if name == "^N225" else each)
    view = view_of(panel_of(universe, bars), universe, calendars, NOW)
    assert not view.still and view.closures["XTKS"].tolist() == [HOLE]
    tokyo, hole = view.columns(("9984.T", "8035.T")), view.panel.sessions.tolist().index(HOLE)
    assert not view.open_exchange[hole, tokyo].any()
    assert np.isfinite(view.returns()[-1, tokyo]).all()
    found = moves(view, HOLE)
    assert reasons(found, "9984.T") == [
        "Tokyo was closed on 23 Jun 2026: no name has volume and its index has no value"
    ]


def test_one_name_that_does_not_trade_says_so_and_halts_nobody(
    calendars: Calendars, universe: Universe
) -> None:
    bars = [made(calendars, universe, name) for name in ASIA]
    bars = [frozen(each, LAST) if each.symbol == "9984.T" else each for each in bars]
    view = view_of(panel_of(universe, bars), universe, calendars, NOW)
    assert not view.still and not view.closures
    assert reasons(moves(view, LAST), "9984.T") == ["no trade: no volume, and the close before is repeated"]
    assert not reasons(moves(view, LAST), "8035.T")


@pytest.mark.parametrize(
    ("now", "symbol", "status", "reason"),
    [
        ("2026-06-25T06:00", "MU", "not yet open", "New York opens 13:30 UTC"),
        ("2026-06-25T06:00", "9984.T", "open", "Tokyo is in session, closes 06:30 UTC; no bar yet"),
        ("2026-06-25T06:00", "000660.KS", "open", "Seoul is in session, closes 06:30 UTC; no bar yet"),
        ("2026-06-24T22:00", "9984.T", "not yet open", "Tokyo opens Thu 00:00 UTC"),
        ("2026-06-25T07:00", "9984.T", "missing", "Tokyo has closed; its bars are due 90 minutes later"),
        (
            *("2026-06-25T08:30", "9984.T", "missing"),
            "no bar of Tokyo on 25 Jun 2026: a hole of the source or a closure",
        ),
        ("2026-06-25T14:00", "MU", "open", "New York is in session, closes 20:00 UTC; no bar yet"),
    ],
)
def test_a_session_that_is_not_over_is_no_closure(
    calendars: Calendars, universe: Universe, now: str, symbol: str, status: str, reason: str
) -> None:
    panel = panel_of(universe, [made(calendars, universe, name) for name in (*US, *ASIA)])
    found = moves(view_of(panel, universe, calendars, at(now)), date(2026, 6, 25))
    assert (row(found, symbol)["status"], reasons(found, symbol)) == (status, [reason])


def test_a_yield_has_no_fall(calendars: Calendars, universe: Universe) -> None:
    rate = bars_until(calendars, universe, "^TNX", [4.5, 4.53, 4.41], LAST)
    view = view_of(panel_of(universe, [rate, made(calendars, universe, "MU")]), universe, calendars, NOW)
    found = moves(view, LAST)
    assert row(found, "^TNX")["close_return"] is None
    assert reasons(found, "^TNX") == ["a yield moves in basis points: −12.0"]


def test_drawdowns_refuses_a_yield_in_one_sentence(market: Market) -> None:
    request = PageRequest(path="/drawdowns", search="?names=^TNX,MU&basket=us")
    found, notices = drawdowns.facts(market, request)
    assert notices == ["Ignored US 10-year yield: a yield has no fall; the Brief shows its change in points."]
    assert found.symbols == ("MU",)


def test_doctor_looks_at_exchanges(calendars: Calendars, universe: Universe, tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path, now=NOW)
    with Store.open(settings.store_url, migrate=True) as store:
        sync_instruments(store, universe)
        run = start_run(store, trigger="test", source="made", now=NOW)
        for name in (*US, *ASIA):
            bars = made(calendars, universe, name)
            bars = frozen(bars, *FROZEN) if name in ("9984.T", "8035.T", "^N225") else bars
            store_answer(store, run, without(bars, HOLE) if name in US else bars, source="made", now=NOW)
        finish_run(store, run, status="done", now=NOW)
        assert exchanges(settings, store) == (
            "look",
            "Tokyo 19 Jun 2026, stale: 3 sessions repeat its prices; "
            "no bar of New York on 2026-06-23: a hole of the source or a closure",
        )


def test_what_a_run_of_repeats_comes_to_is_not_told_before_it_has(
    calendars: Calendars, universe: Universe
) -> None:
    """Without volumes two names and an index repeat for three sessions: after the first it may be chance."""
    bars = [
        made(calendars, universe, name, volume=np.full(160, np.nan)) for name in ("9984.T", "8035.T", "^N225")
    ]
    bars = [frozen(each, *FROZEN, volume=np.nan) for each in bars]
    panel = panel_of(universe, bars)

    def known(now: str) -> View:
        found = view_of(panel, universe, calendars, at(now))
        end = np.searchsorted(panel.sessions, found.moment.date())
        alone = view_of(panel.until(panel.sessions[end].item()), universe, calendars, at(now))
        np.testing.assert_array_equal(found.panel.close, alone.panel.close)
        np.testing.assert_array_equal(found.panel.sessions, alone.panel.sessions)
        assert found.key == alone.key
        return found

    first, second = known("2026-06-22T09:00"), known("2026-06-23T09:00")
    assert not first.still and first.last_session == date(2026, 6, 22)
    assert second.still["XTKS"].astype(str).tolist() == ["2026-06-22", "2026-06-23"]
    assert second.last_session == date(2026, 6, 19)
    # What no instant tells apart is shared and not copied.
    again = view_of(panel, universe, calendars, at("2026-06-24T09:00"))
    assert again._whole is view_of(panel, universe, calendars, NOW)._whole
