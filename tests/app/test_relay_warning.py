"""Early warning, links, verdict shares and breadth on the Relay page, on prices written by hand."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import memo, screen
from app.kinds.request import PageRequest
from app.market.market import Market, View, view_of
from app.pages.contagion import relay as page
from app.pages.contagion.relay import warning, wide
from app.questions import breadth
from app.questions import early_warning as answers
from app.questions.relay import legs
from app.render.html.markup import markup
from app.render.table_csv import csv as table_csv
from app.settings import Settings
from models.sessions import Calendars
from models.types import Bars, Floats
from models.universe import load_universe
from tests.app.conftest import NOW
from tests.app.situations import cells, panel_of

NAMES = ("000660.KS", "2330.TW", "8035.T", "6857.T", "NVDA", "MU", "AMD", "INTC")
END = datetime(2026, 6, 24, 23, tzinfo=UTC)
DAY = date(2026, 6, 24)


def bars(symbol: str, calendars: Calendars, follow: bool, seed: int) -> Bars:
    """700 sessions of noise; where they follow, New York opens by what Asia did that day, and only so."""
    calendar = calendars[load_universe()[symbol].exchange.calendar]
    days = calendar.between(date(2023, 1, 2), DAY)[-700:]
    east = symbol.endswith((".KS", ".TW", ".T"))
    asia = shared(seed)[np.searchsorted(DATES, days)]
    own = np.random.default_rng([seed, NAMES.index(symbol)])
    gap, session = own.normal(0, 0.004, (2, len(days)))
    if east:
        session = session + asia
    elif follow:
        gap = gap + asia
    gap[-1], session[-1] = (0.0, -0.09) if east else (-0.04, 0.01)
    close = 100 * np.cumprod((1 + gap) * (1 + session))
    opened = close / (1 + session)
    low, high = np.minimum(opened, close), np.maximum(opened, close)
    return Bars.of(symbol, days, open=opened, high=high, low=low, close=close, adj_close=close)


DATES = np.arange(np.datetime64("2023-01-02"), np.datetime64("2026-06-25"))


def shared(seed: int) -> Floats:
    return np.random.default_rng([seed, 99]).normal(0, 0.012, len(DATES))


def made(calendars: Calendars, *, follow: bool = True, seed: int = 4, names: tuple[str, ...] = NAMES) -> View:
    universe = load_universe()
    panel = panel_of(universe, [bars(name, calendars, follow, seed) for name in names])
    found: View = view_of(panel, universe, calendars, END)
    return found


@pytest.fixture(scope="module")
def view(calendars: Calendars) -> View:
    return made(calendars)


def texts(figure: dict[str, Any]) -> list[str]:
    return [text for trace in figure["data"] for text in trace.get("text", ())]


def test_a_warning_of_the_gap_says_so(view: View) -> None:
    assert warning.warning_title(view) == "Early warning: the gap, not the session"
    frame = warning.warning_frame(view).reset_index()
    gap = frame[(frame["after"] == "asia") & (frame["outcome"] == "gap")].iloc[0]
    assert gap["hit_rate"] > 0.9
    sentence = answers.sentence(view)
    assert f"New York opened lower in {gap['hits']} of {gap['cases']} cases" in sentence
    assert warning.warning_summary(view) == sentence
    assert "since Jun 2021" in warning.warning_note(view)


def test_noise_is_no_warning(calendars: Calendars) -> None:
    assert warning.warning_title(made(calendars, follow=False)) == "No early warning beyond the base rate"


@pytest.mark.parametrize(
    "style", [screen("dark", 499, 224), screen("light", 1100, 260), memo(head=120, foot=58)], ids=str
)
def test_the_plot_keeps_its_columns_apart(view: View, style: Any) -> None:
    """No text leaves the drawing, and texts of a row end before the next begins."""
    figure = warning.draw_warning(view, "all", style, "light")
    (trace,) = [trace for trace in figure["data"] if trace["mode" if "mode" in trace else "type"] == "text"]
    width = style.width - 2 * style.edge
    rows: dict[float, list[tuple[float, float]]] = {}
    for x, y, text, place, size in zip(
        trace["x"], trace["y"], trace["text"], trace["textposition"], trace["textfont"]["size"], strict=True
    ):
        wide_ = len(text) * 0.53 * size
        start = {"right": x, "left": x - wide_, "center": x - wide_ / 2}[place.split()[1]]
        rows.setdefault(round(y, 3), []).append((start, start + wide_))
    assert len(rows) == 9
    for spans in rows.values():
        ordered = sorted(spans)
        assert ordered[0][0] >= -1 and ordered[-1][1] <= width + 1
        assert all(after[0] >= before[1] for before, after in pairwise(ordered))
    assert max(trace["y"]) < style.height - style.top - style.bottom


def test_intervals_hold_their_rate_and_the_base_stands_beside(view: View) -> None:
    figure = warning.draw_warning(view, "all", screen("light", 600, 230), "light")
    frame = warning.warning_frame(view)
    (dots,) = [trace for trace in figure["data"] if trace.get("mode") == "markers"]
    assert len(dots["x"]) == 6
    for row, tip in zip(frame.itertuples(), dots["hovertext"], strict=True):
        assert tip.endswith(f"of {row.base_n:,d} days")
    shown = texts(figure)
    assert [f"{row.hits} of {row.cases}" for row in frame.itertuples()] == [
        text for text in shown if " of " in text
    ]
    assert "Base, %" in shown and "Median, %" in shown


def test_links_stand_with_their_errors(view: View) -> None:
    rows = cells(markup(warning.links_table(view, "all", "/table/relay-links.csv")))
    assert [row[0] for row in rows[:2]] == ["US session → next Asia gap", "US session → next Asia session"]
    strong = next(row for row in rows if row[0] == "Asia session → US gap")
    found = legs.links_of(view).set_index(["from_leg", "to_leg"]).loc[("asia_session", "us_gap")]
    assert found["slope"] > 0.8
    assert " ± ." in strong[2]
    assert "pairs since Jun 2021; HAC errors, 5 lags" in rows[-1][0]
    assert 'href="/table/relay-links.csv"' in markup(
        warning.links_table(view, "all", "/table/relay-links.csv")
    )
    assert "href" not in markup(warning.links_table(view))


def test_breadth_of_the_crash(view: View) -> None:
    assert breadth.sentence(view, "all", DAY) == (
        "Sector-wide: 8 of 8 fell, 8 of them in their own worst 5%; "
        f"{view.universe[breadth.worst(view, 'all', DAY)['symbol'][0]].name} was 19% of the loss."
    )
    layers = cells(markup(wide.layers_table(view, "all", DAY)))
    assert sum(int(row[4]) for row in layers) == 8
    countries = {row[0]: row for row in cells(markup(wide.countries_table(view, "all", DAY)))}
    assert countries["Japan"][1:] == ["−9.0", "100", "100", "2"]
    assert list(countries)[-1] == "United States", "deepest first"
    assert len(cells(markup(wide.held_up(view, "all", DAY)))) == 5
    verdicts = cells(markup(warning.verdicts_table(view, "all", DAY, DAY)))
    assert verdicts[0][:3] == ["Sector-wide", "1", "100"]
    assert verdicts[-1] == ["1 news day, 24 Jun → 24 Jun 26"]


def test_a_group_that_did_not_trade_says_so(calendars: Calendars) -> None:
    universe, view = load_universe(), made(calendars)
    closed = np.datetime64("2026-01-19")  # a holiday in New York alone
    assert not calendars["XNYS"].is_session(closed.item())
    countries = cells(markup(wide.countries_table(view, "all", closed.item())))
    assert countries[-1] == ["United States", "no move of 4 names"]
    assert universe["NVDA"].name not in markup(wide.losers_table(view, "all", closed.item()))
    assert breadth.sentence(view, "all", closed.item()).startswith(
        "No verdict, fewer than 60% of the names traded"
    )


def test_a_name_without_history_is_neither_judged_nor_missing(calendars: Calendars) -> None:
    view = made(calendars)
    early = view.panel.sessions[40].item()
    table = breadth.names(view, "all", early)
    assert table["in_worst_5_percent"].isna().all() and len(table) > 0
    first = view.panel.sessions[0].item()
    assert breadth.layers(view, "all", first).empty
    assert cells(markup(wide.layers_table(view, "all", first))) == [["No name traded."]]


def test_tables_leave_as_files(filled: Path) -> None:
    market = Market(Settings(data_dir=filled, now=NOW))
    request = PageRequest(page.PATH, "?day=2026-06-23")
    heads = {
        "relay-links": "from_leg",
        "relay-verdicts": "from",
        "relay-breadth": "day",
        "relay-names": "day",
    }
    for table in page.TABLES:
        name, written = table_csv(table, market, request)
        assert name == f"aftershock-{table.id}-2026-06-24.csv"
        lines = list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"))))
        assert next(iter(lines[0])) == heads.pop(table.id)
        assert "nan" not in written.lower()
    assert not heads
    found, _ = page.facts(market, request)
    linked = markup([*page._links(found), *page._wide(found)])
    for table in page.TABLES:
        assert f'href="/table/{table.id}.csv?day=2026-06-23"' in linked
    market.close()
