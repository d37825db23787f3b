from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.figures.style import screen
from app.kinds.address import DrawdownState, parse_drawdowns
from app.kinds.request import PageRequest
from app.market.market import Market
from app.market.words import MINUS
from app.pages import drawdowns as page
from app.pages.drawdowns import controls, sheets, tables
from app.questions.drawdowns import lines, sentences
from app.questions.drawdowns.facts import Facts
from app.render.html.markup import markup
from app.settings import Settings
from app.web.application import create_app
from models.errors import NoPricesError
from models.sessions import Calendars
from models.universe import Universe
from tests.app.conftest import Ran
from tests.app.situations import NOW, cells, rising, text, then, view_with

NAN = float("nan")
SCREEN = screen("dark", 856, 336)


@pytest.fixture
def market(filled: Path) -> Any:
    found = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield found
    found.close()


FALL = {"NVDA": then(rising(), -0.10, -0.10), "MU": then(rising(), -0.20, -0.30)}
BACK = {symbol: then(closes, 0.04) for symbol, closes in FALL.items()}


def facts(
    calendars: Calendars, universe: Universe, closes: dict[str, Sequence[float]], **state: Any
) -> Facts:
    view = view_with(calendars, universe, closes)
    return Facts(view, DrawdownState(**({"basket": "us"} | state)), NOW)


@pytest.mark.parametrize(
    ("closes", "state", "headline", "deck"),
    [
        pytest.param(
            BACK,
            {},
            "The US AI basket lost 32.0% in 2 sessions and has regained a tenth; "
            "Micron is 41.8% below its June peak",
            f"Deepest troughs since 18 Jun: Micron {MINUS}44.0% and Nvidia {MINUS}19.0%. "
            "Nvidia is 15.8% from its record.",
            id="in a fall",
        ),
        pytest.param(
            FALL,
            {},
            "The US AI basket has lost 32.0% in 2 sessions and is at its low; "
            "Micron is 44.0% below its June peak",
            f"Deepest troughs since 22 Jun: Micron {MINUS}44.0% and Nvidia {MINUS}19.0%. "
            "Nvidia is 19.0% from its record.",
            id="at the low",
        ),
        pytest.param(
            {symbol: then(closes, 0.004) for symbol, closes in FALL.items()},
            {},
            "The US AI basket lost 32.0% in 2 sessions and has regained next to none of it; "
            "Micron is 43.8% below its June peak",
            f"Deepest troughs since 18 Jun: Micron {MINUS}44.0% and Nvidia {MINUS}19.0%. "
            "Nvidia is 18.7% from its record.",
            id="hardly back",
        ),
        pytest.param(
            {"NVDA": rising(), "MU": rising()},
            {},
            "The US AI basket closed at its record",
            "Nvidia is at its record.",
            id="at the record",
        ),
        pytest.param(
            BACK,
            {"names": ("NVDA",)},
            "The US AI basket lost 32.0% in 2 sessions and has regained a tenth; "
            "Nvidia is 15.8% below its June peak",
            f"Deepest troughs since 18 Jun: Nvidia {MINUS}19.0%. Nvidia is 15.8% from its record.",
            id="one name drawn",
        ),
        pytest.param(
            {"000660.KS": then(rising(), -0.05)},
            {"basket": "asia"},
            "The Asia AI basket has lost 5.0% in 1 session and is at its low; "
            "SK Hynix is 5.0% below its June peak",
            f"Deepest troughs since 23 Jun: SK Hynix {MINUS}5.0%. SK Hynix is 5.0% from its record.",
            id="one exchange, one name",
        ),
        pytest.param(
            {"MU": then(rising(), -0.5, *[0.0] * 300, 0.01), "NVDA": then(rising(30), *[0.003] * 332)},
            {},
            None,
            f"Micron ({MINUS}49.5%) fell earlier. Nvidia is at its record.",
            id="fell long before",
        ),
        pytest.param(
            {**BACK, "000660.KS": then(rising(), -0.15, -0.20, 0.04)},
            {"basket": "all"},
            "The AI basket lost 32.0% in 2 sessions and has regained a tenth; "
            "Micron is 41.8% below its June peak",
            f"Deepest troughs since 19 Jun: Micron {MINUS}44.0%, SK Hynix {MINUS}32.0% "
            f"and Nvidia {MINUS}19.0%. "
            "Nvidia is 15.8% from its record.",
            id="both sides of the Pacific",
        ),
    ],
)
def test_sentences(
    calendars: Calendars, universe: Universe, closes: Any, state: Any, headline: str | None, deck: str
) -> None:
    found = facts(calendars, universe, closes, **state)
    assert headline is None or sentences.headline(found) == headline
    assert sentences.deck(found) == deck
    assert len(sentences.headline(found)) <= 120
    assert len(sentences.deck(found)) <= 190


def test_an_old_peak_is_named_with_its_year(calendars: Calendars, universe: Universe) -> None:
    found = facts(calendars, universe, {"MU": then(rising(), -0.5, *[0.0001] * 300)})
    assert re.search(r"Micron is 48\.\d% below its \w+ 2025 peak$", sentences.headline(found))


def test_a_basket_without_a_price_or_with_one_session_says_so(
    calendars: Calendars, universe: Universe
) -> None:
    with pytest.raises(NoPricesError, match="No name of the basket 'asia' has a price by then"):
        sentences.headline(facts(calendars, universe, BACK, basket="asia"))
    with pytest.raises(NoPricesError, match="The basket 'us' has no level by then; it needs two sessions"):
        sentences.headline(facts(calendars, universe, {"MU": [100.0]}))


def test_a_name_without_a_price_is_neither_drawn_nor_counted(
    calendars: Calendars, universe: Universe
) -> None:
    found = facts(calendars, universe, BACK, names=("AMD", "MU", "^KS11"))
    assert found.symbols == ("MU",)
    assert found.basket.symbols == ("NVDA", "MU")
    assert found.whole.name == "US AI, 2"


@pytest.mark.parametrize(
    ("start", "first", "unreached"),
    [("all", 0, False), ("2026-06-22", -3, False), ("2030", 0, True), ("1990", 0, False), ("2024", 0, False)],
)
def test_windows_stay_on_what_is_stored(
    calendars: Calendars, universe: Universe, start: str, first: int, unreached: bool
) -> None:
    found = facts(calendars, universe, BACK, start=start)
    assert found.start == found.sessions[first].item()
    assert found.unreached is unreached


def test_peaks_can_be_the_windows_or_the_years(calendars: Calendars, universe: Universe) -> None:
    closes = {"MU": then(rising(), -0.5, *[0.0] * 260, 0.10, -0.05)}
    last = {
        peak: float(
            facts(calendars, universe, closes, peak=peak, start="2026-06-22").fall_of(
                facts(calendars, universe, closes).level
            )[-1]
        )
        for peak in ("record", "year", "window")
    }
    assert last["record"] == pytest.approx(0.5 * 1.1 * 0.95 - 1)
    assert last["year"] == pytest.approx(-0.05)
    assert last["window"] == pytest.approx(-0.05)


def test_worst_days_are_by_date_with_the_largest_losers_first(
    calendars: Calendars, universe: Universe
) -> None:
    found = facts(calendars, universe, BACK)
    days = found.marked.flags
    assert [str(day.session) for day in days] == ["2026-06-22", "2026-06-23"]
    assert [day.move for day in days] == pytest.approx([-0.15, -0.20])
    assert [name for name, _ in days[0].losers] == ["MU", "NVDA"]
    rows = cells(markup(tables.flags_key(found, SCREEN, "dark")))
    assert rows[1] == ["2", "23 Jun 26", f"Micron {MINUS}30.0, Nvidia {MINUS}10.0", f"{MINUS}20.0"]


def test_nothing_down_is_said_in_the_tables(calendars: Calendars, universe: Universe) -> None:
    found = facts(calendars, universe, {"NVDA": rising(), "MU": rising()})
    assert "No day down in this window." in markup(tables.flags_key(found, SCREEN, "dark"))
    assert "No fall that deep yet." in markup(tables.legs_table(found))
    basket = cells(markup(tables.standings(found, "dark")))[0]
    assert basket[6] == "0.0"
    assert basket[9:12] == ["–", "–", "–"]


def test_rows_of_the_standings(calendars: Calendars, universe: Universe) -> None:
    rows = cells(markup(tables.standings(facts(calendars, universe, BACK), "dark")))
    assert [row[0] for row in rows] == ["US AI, 2", "Micron", "Nvidia"]
    micron = rows[1]
    assert micron[1:3] == ["New York", "Memory and storage"]
    assert micron[4] == "+4.0"
    assert micron[5] == "n/a"  # the source gave no low: never the close
    assert micron[6] == f"{MINUS}41.8"
    assert micron[8:13] == ["18 Jun 2026", "22 Jun 2026", "23 Jun 2026", f"{MINUS}44.0", "3"]
    assert micron[13:15] == [f"{MINUS}44.0", "18 Jun 26 → 23 Jun 26"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("name", ["Micron", "Nvidia", "SK Hynix"]), ("day", ["SK Hynix", "Nvidia", "Micron"]), ("now", None)],
)
def test_rows_are_in_the_order_that_was_asked(
    calendars: Calendars, universe: Universe, sort: str, order: list[str] | None
) -> None:
    closes = {
        "MU": then(rising(), -0.3, 0.03),
        "NVDA": then(rising(), -0.1, 0.02),
        "000660.KS": then(rising(), -0.2, -0.01),
    }
    written = markup(tables.standings(facts(calendars, universe, closes, basket="all", sort=sort), "dark"))
    assert [row[0] for row in cells(written)[1:]] == (order or ["Micron", "SK Hynix", "Nvidia"])
    assert written.count("aria-sort=") == 1


@pytest.mark.parametrize("sort", ["name", "day", "low", "now", "trough", "sessions", "worst", "percentile"])
def test_a_missing_value_comes_last_in_any_order(calendars: Calendars, universe: Universe, sort: str) -> None:
    closes = {"MU": then(rising(), -0.3), "NVDA": rising(), "AMD": [100.0]}
    found = facts(calendars, universe, closes, sort=sort, names=("MU", "NVDA", "AMD"))
    assert len(cells(markup(tables.standings(found, "light")))) == 4


def test_all_rows_are_every_name_of_the_basket(calendars: Calendars, universe: Universe) -> None:
    few = facts(calendars, universe, BACK, names=("MU",))
    every = facts(calendars, universe, BACK, names=("MU",), rows="all")
    assert [item.symbol for item in few.names] == ["MU"]
    assert [item.symbol for item in every.names] == ["MU", "NVDA"]
    assert "All 2 names of the basket" in markup(tables.standings(few, "dark"))
    assert "Only the names on the chart" in markup(tables.standings(every, "dark"))


def test_controls_lead_to_states_that_can_be_read(market: Market) -> None:
    found, _ = page.facts(market, PageRequest(page.PATH, "?basket=us&fall=5&names=MU,NVDA&align=2026-06-22"))
    written = markup(controls.controls(found))
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', written)]
    assert len(links) > 60
    for link in links:
        _, notices = parse_drawdowns(link, market.universe)
        assert notices == [], link
    chosen = [text(item) for item in re.findall(r'<a[^>]*class="choice chosen"[^>]*>.*?</a>', written)]
    assert {"Micron", "Nvidia", "Sessions", "Local", "Own record", "Closes", "5%", "Now"} <= set(chosen)


def test_adding_and_taking_away_a_name(calendars: Calendars, universe: Universe) -> None:
    written = html.unescape(markup(controls.controls(facts(calendars, universe, BACK, names=("MU",)))))
    assert "names=MU,NVDA" in written
    assert "names=MU,AMD" in written
    alone = parse_drawdowns(re.search(r'href="([^"]*)"[^>]*>Micron<', written)[1], universe)[0]  # type: ignore[index]
    assert alone.names == ()


def test_update_fills_every_output_and_names_what_was_ignored(market: Market) -> None:
    answer = page.update(market, PageRequest(page.PATH, "?fall=7&basket=us"))
    assert len(answer) == len(page.OUTPUTS)
    assert all(isinstance(part, str) and part for part in answer)
    assert text(answer[0]).startswith("The US AI basket ")
    assert "Ignored fall: '7' is not one of 5, 10, 15, 20." in text(answer[0])


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?asof=2020-01-02", "No name of the basket 'all' has a price by then"),
        ("?basket=telecom", "No name of the basket 'telecom' has a price by then"),
        ("?asof=2024-01-02", "has no level by then; it needs two sessions"),
    ],
)
def test_a_view_without_a_price_is_a_sentence_and_no_old_figure(
    market: Market, search: str, said: str
) -> None:
    answer = page.update(market, PageRequest(page.PATH, search))
    assert said in text(answer[0])
    assert set(answer[1:]) == {""}
    assert said in text(markup(page.layout(market, PageRequest(page.PATH, search))))


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?asof=2030-01-01", "Ignored asof: 2030-01-01 has not come yet"),
        ("?from=2030", "Ignored from: the last session is 24 Jun 2026."),
        ("?" + "x=1&" * 70, "Ignored the address: it holds more than 64 parameters."),
    ],
)
def test_what_cannot_be_is_ignored_with_a_reason(market: Market, search: str, said: str) -> None:
    assert said in text(page.update(market, PageRequest(page.PATH, search))[0])


def test_the_story_pins_its_instant_and_reopens_the_same_view(market: Market) -> None:
    told = page.tell(market, PageRequest(page.PATH, "?basket=us"))
    assert "asof=2026-06-24T22:00Z" in told.query
    again = page.tell(market, PageRequest(page.PATH, told.query))
    assert (again.title, again.deck, again.query, again.as_of) == (
        told.title,
        told.deck,
        told.query,
        told.as_of,
    )
    assert again.data.equals(told.data)
    assert told.title.startswith("The US AI basket ")
    assert [number for number, *_ in told.key] == [str(n) for n in range(1, len(told.key) + 1)]
    assert all(fact.startswith(MINUS) and fact.endswith("%") for _, _, fact, *_ in told.key)


def test_the_story_as_of_a_past_day_knows_nothing_later(market: Market) -> None:
    told = page.tell(market, PageRequest(page.PATH, "?basket=us&asof=2026-06-22"))
    assert told.data.index[-1] == "2026-06-22"
    assert told.title == "The US AI basket closed at its record"


@pytest.mark.parametrize(
    "query", ["", "align=peak", "align=2026-06-01", "axis=calendar", "show=low", "currency=usd"]
)
def test_the_table_holds_what_the_chart_draws(market: Market, query: str) -> None:
    found, _ = page.facts(market, PageRequest(page.PATH, f"?basket=us&{query}"))
    table = lines.table(found)
    figure = lines.figure(found, screen("dark", 880, 336), "dark")
    names = {
        trace["name"] for trace in figure["data"] if trace.get("name") and "day low" not in trace["name"]
    }
    assert names == {name for name in table.columns if np.isfinite(table[name].to_numpy()).any()}
    values = table.to_numpy()
    assert (values[np.isfinite(values)] > -1).all()
    if "align" not in query:
        assert (values[np.isfinite(values)] <= 0).all()


def test_a_missing_bar_stays_missing(market: Market) -> None:
    """SoftBank has no bar on the day of the crash: no value is put in its place."""
    found, _ = page.facts(market, PageRequest(page.PATH, "?names=9984.T,000660.KS"))
    table = lines.table(found)
    assert np.isnan(table.loc["2026-06-23", "SoftBank Group"])
    assert table.loc["2026-06-23", "SK Hynix"] < -0.15


def test_the_summary_says_the_last_values(calendars: Calendars, universe: Universe) -> None:
    found = lines.summary(facts(calendars, universe, BACK))
    assert found == f"Latest values: Micron {MINUS}41.8%, Nvidia {MINUS}15.8%, US AI, 2 {MINUS}29.3%."


def test_the_headlines_names_are_drawn_full_above_five(calendars: Calendars, universe: Universe) -> None:
    names = ("MU", "NVDA", "AMD", "AVGO", "ORCL", "MSFT")
    closes = {name: then(rising(), -0.05 * row - 0.05) for row, name in enumerate(names)}
    found = facts(calendars, universe, closes, names=names)
    figure = lines.figure(found, screen("dark", 880, 336), "dark")
    width = {trace["name"]: trace["line"]["width"] for trace in figure["data"] if trace.get("name")}
    full = {name for name, size in width.items() if size == 1.8}
    assert full == {universe["MSFT"].name, universe["ORCL"].name}
    few = lines.figure(
        replace(found, state=replace(found.state, names=names[:5])), screen("dark", 880, 336), "dark"
    )
    assert {trace["line"]["width"] for trace in few["data"] if trace.get("name") == "AMD"} == {1.8}


def test_its_tables_leave_as_what_the_commands_give(market: Market, command: Callable[..., Ran]) -> None:
    asked = {
        sheets.STANDINGS: ("drawdowns", "--basket", "memory"),
        sheets.LEGS: ("episodes", "--basket", "memory", "--threshold", "5"),
    }
    printed = {table: command(*words, "--format", "csv").out for table, words in asked.items()}
    server = create_app(market.settings, market=market).server.test_client()
    layout = markup(page.layout(market, PageRequest(page.PATH, "?basket=memory&fall=5")))
    for table, lines_ in printed.items():
        address = f"/table/{table}.csv?basket=memory&fall=5"
        file = server.get(address).get_data(as_text=True).removeprefix("\ufeff")
        left = [
            row
            for row in csv.DictReader(io.StringIO(file))
            if row["symbol"] != "memory" or table == sheets.LEGS
        ]
        assert left == list(csv.DictReader(io.StringIO(lines_))) and left
        assert html.escape(address) in layout
