"""The tables of the Drawdowns page: standings, selloff legs, worst days."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from dash import dcc, html
from markupsafe import Markup

from app.figures.style import Style
from app.figures.theme import PALETTES, line_colours
from app.kinds.request import Mode
from app.market import words
from app.market.standings import Standing
from app.pages.drawdowns import sheets
from app.pages.flags import key_table
from app.questions.drawdowns.facts import Facts
from app.questions.drawdowns.lines import placed_flags
from app.render.html import attributes
from app.render.html.marks import signed_cell, track, underwater_spark
from app.render.html.markup import markup
from app.render.html.side import file_link, side_table
from models.analytics.drawdowns import drawdown

SPARK_SESSIONS = 650
NONE = "\u2013"  # there is none: no fall is open
_HEADS = (
    ("name", "Name", ""),
    ("", "Market", ""),
    ("", "Layer", "wide"),
    ("", "Last", "num"),
    ("day", "Day, %", "num"),
    ("low", "Low, %", "num"),
    ("now", "Now, %", "num"),
    ("", "Under water, 0 to −70%", "spark-head"),
    ("", "Peak", "num"),
    ("", "First down", "num wide"),
    ("", "Trough", "num"),
    ("trough", "At trough, %", "num"),
    ("sessions", "Sessions", "num"),
    ("worst", "Worst, %", "num"),
    ("", "Worst, peak → trough", "num wide"),
    ("percentile", "Own history, percentile", "num"),
    ("", "Compared since", "num wide"),
)
_SORT_BY = {
    "name": "name",
    "day": "day",
    "low": "low",
    "now": "drawdown",
    "trough": "trough_drawdown",
    "sessions": "sessions",
    "worst": "max_drawdown",
    "percentile": "percentile",
}
_DESCENDING = ("sessions", "percentile")
LEG_WORDS = {
    "asia_gap": "Asia gap",
    "asia_session": "Asia session",
    "us_gap": "US gap",
    "us_session": "US session",
}


def standings(facts: Facts, mode: Mode) -> list[Any]:
    """The table of current and worst falls: the basket first, then by the chosen column."""
    colours = line_colours(facts.symbols, facts.view.universe.symbols_by_layer, mode)
    rows = [_kept_row(facts, facts.whole, PALETTES[mode].ink)]
    rows += [_kept_row(facts, item, colours.get(item.symbol, "transparent")) for item in _ordered(facts)]
    caption = html.Caption("Where each name stands below its record close, and its worst fall")
    table = html.Table([caption, _head(facts), html.Tbody(rows)], id="drawdowns-table", className="standings")
    return [table, _more(facts)]


def _ordered(facts: Facts) -> list[Standing]:
    """By the chosen column, a missing value last whichever way it is sorted."""
    field = _SORT_BY[facts.state.sort]
    known = [item for item in facts.names if getattr(item, field) is not None]
    known.sort(key=lambda item: getattr(item, field), reverse=facts.state.sort in _DESCENDING)
    return known + [item for item in facts.names if getattr(item, field) is None]


def _kept_row(facts: Facts, item: Standing, colour: str) -> Markup:
    """A row as HTML, kept with the view: it is the same in every state that shows it."""
    key = ("row", item.symbol, item.name, facts.state.currency, colour, facts.late.get(item.symbol))
    return facts.view.remember(key, lambda: Markup(markup(_row(facts, item, colour))))


def _head(facts: Facts) -> html.Thead:
    cells = []
    for key, label, kind in _HEADS:
        if not key:
            cells.append(html.Th(label, className=kind, scope="col"))
            continue
        sorted_ = facts.state.sort == key
        order = "descending" if key in _DESCENDING else "ascending"
        link = dcc.Link(
            label, href=facts.state.query(sort=key), className="sort sorted" if sorted_ else "sort"
        )
        cells.append(
            html.Th(link, className=kind, scope="col", **(attributes(aria_sort=order) if sorted_ else {}))
        )
    return html.Thead(html.Tr(cells))


def _row(facts: Facts, item: Standing, colour: str) -> html.Tr:
    is_basket = item.symbol == facts.basket.id
    market, layer, last = _identity(facts, item)
    swatch = html.Span(className="swatch", style={"background": colour})
    cells = [
        html.Th([swatch, item.name], scope="row"),
        html.Td([market, *_late(facts, item)]),
        html.Td(layer, className="wide"),
        html.Td(last, className="num"),
        signed_cell(words.percent(item.day), item.day),
        signed_cell(words.percent(item.low), item.low),
        signed_cell(words.percent(item.drawdown), item.drawdown, key=True),
        html.Td(underwater_spark(_recent(facts, item.symbol)), className="spark-cell"),
        html.Td(words.day(item.peak), className="num"),
        html.Td(_date(item.first_down), className="num wide"),
        html.Td(_date(item.trough), className="num"),
        html.Td(words.percent(item.trough_drawdown) if item.under else NONE, className="num"),
        html.Td(f"{item.sessions:,d}", className="num"),
        html.Td(words.percent(item.max_drawdown), className="num"),
        html.Td(_worst_span(item), className="num wide"),
        track(item.percentile),
        html.Td(words.month(item.since), className="num wide faint"),
    ]
    return html.Tr(cells, className="basket" if is_basket else "")


def _identity(facts: Facts, item: Standing) -> tuple[str, str, str]:
    """Market, layer and last price as written."""
    if item.symbol == facts.basket.id:
        return _markets(facts), "Basket", f"{item.price:,.1f}"
    found = facts.view.universe[item.symbol]
    currency = "USD" if facts.state.currency == "usd" else found.currency
    price = words.price(item.price, currency, index=found.kind in ("index", "rate"))
    return found.exchange.city, found.layer.name, price


def _late(facts: Facts, item: Standing) -> list[html.Span]:
    """That the figures of a row end before the session that is due, and where."""
    if item.symbol == facts.basket.id and facts.withheld is not None:
        return [html.Span(f"withheld {words.short_day(facts.withheld)}", className="faint symbol")]
    if item.symbol not in facts.late:
        return []
    lacks = words.count(facts.late[item.symbol], "session")
    said = f"late, {words.short_day(item.last)}"
    return [html.Span(said, className="faint symbol", title=f"{lacks} without a bar")]


def _date(value: date | None) -> str:
    return NONE if value is None else words.day(value)


def _markets(facts: Facts) -> str:
    regions = {facts.view.universe[symbol].region for symbol in facts.basket.symbols}
    return ", ".join(name for key, name in (("asia", "Asia"), ("us", "US")) if key in regions)


def _recent(facts: Facts, symbol: str) -> np.ndarray:
    def falls() -> np.ndarray:
        if symbol == facts.basket.id:
            path = facts.level
        else:
            path = facts.prices[:, facts.view.columns((symbol,))[0]]
        return drawdown(path[np.isfinite(path)])[-SPARK_SESSIONS:]

    return facts.view.remember(("spark", symbol, facts.state.currency), falls)


def _worst_span(item: Standing) -> str:
    if item.max_peak is None:
        return NONE
    return f"{words.short_day(item.max_peak)} {words.ARROW} {words.short_day(item.max_trough)}"


def _more(facts: Facts) -> html.P:
    """Between the drawn names alone and all of the basket."""
    state, size = facts.state, len(facts.basket.symbols)
    if state.rows == "all":
        way = dcc.Link("Only the names on the chart", href=state.query(rows="lines"))
    else:
        way = dcc.Link(f"All {size} names of the basket", href=state.query(rows="all"))
    return html.P([way, " ", file_link("CSV", sheets.address(sheets.STANDINGS, state))], className="more")


def legs_table(facts: Facts) -> html.Table:
    """The basket's selloff legs, the latest first."""
    rows = [
        html.Tr(
            [
                html.Th(_leg_span(leg), scope="row"),
                signed_cell(words.percent(leg.depth), leg.depth, key=True),
                html.Td(f"{leg.sessions:d}", className="num"),
                html.Td(
                    f"{leg.breadth * 100:.0f}" if leg.breadth == leg.breadth else words.MISSING,
                    className="num wide",
                ),
                html.Td(LEG_WORDS.get(leg.starter_leg, leg.starter)),
            ]
        )
        for leg in facts.legs.head(9).itertuples()
    ]
    heads = [("", ""), ("Depth, %", "num"), ("Sessions", "num"), ("Down, %", "num wide"), ("Started by", "")]
    return side_table("Selloff legs", heads, rows, "No fall that deep yet.", "legs")


def legs_file(facts: Facts) -> html.P:
    """The way to all of them, with their peaks, recoveries and largest losers."""
    file = file_link("All legs, CSV", sheets.address(sheets.LEGS, facts.state))
    return html.P(file, className="way-out")


def flags_key(facts: Facts, style: Style, mode: Mode) -> html.Div | None:
    """The key to the flags of the chart at its size."""
    return key_table(facts.marked, facts.view, facts.state.asof, placed_flags(facts, style, mode))


def _leg_span(leg: Any) -> str:
    text = words.span(leg.peak, leg.trough)
    return f"{text}, open" if leg.open else text
