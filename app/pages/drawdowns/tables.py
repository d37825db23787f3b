"""The tables of the Drawdowns page: standings, selloff legs, worst days."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import dcc, html

from app import words
from app.components import attributes
from app.components.marks import signed_cell, track, underwater_spark
from app.pages.drawdowns.facts import Facts
from app.theme import PALETTES, Mode, line_colours
from models.analytics.drawdowns import drawdown

SPARK_SESSIONS = 650
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
_SORT_COLUMN = {
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
    state = facts.state
    frame = facts.table.assign(name=[_name(facts, symbol) for symbol in facts.table["symbol"]])
    basket = frame["symbol"] == facts.basket.id
    ordered = frame[~basket].sort_values(
        _SORT_COLUMN[state.sort], ascending=state.sort not in _DESCENDING, na_position="last", kind="stable"
    )
    colours = line_colours(facts.symbols, facts.view.universe.symbols, mode)
    colours[facts.basket.id] = PALETTES[mode].ink
    records = (*frame[basket].to_dict("records"), *ordered.to_dict("records"))
    rows = [_row(facts, record, colours.get(record["symbol"])) for record in records]
    return [
        html.Table(
            [html.Caption("Where each name stands below its record close"), _head(facts), html.Tbody(rows)],
            id="drawdowns-table",
            className="standings",
        ),
        _more(facts),
    ]


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


def _row(facts: Facts, row: dict[str, Any], colour: str | None) -> html.Tr:
    symbol = row["symbol"]
    is_basket = symbol == facts.basket.id
    market, layer, last = _identity(facts, row)
    swatch = html.Span(className="swatch", style={"background": colour or "transparent"})
    current, worst = row["drawdown"] < 0, row["max_drawdown"] < 0
    cells = [
        html.Th([swatch, row["name"]], scope="row"),
        html.Td(market),
        html.Td(layer, className="wide"),
        html.Td(last, className="num"),
        signed_cell(words.percent(row["day"]), row["day"]),
        signed_cell(words.percent(row["low"]), row["low"]),
        signed_cell(words.percent(row["drawdown"]), row["drawdown"], key=True),
        html.Td(underwater_spark(_recent(facts, symbol)), className="spark-cell"),
        html.Td(words.day(row["peak"]), className="num"),
        html.Td(words.day(row["first_down"]) if current else "–", className="num wide"),
        html.Td(words.day(row["trough"]) if current else "–", className="num"),
        html.Td(words.percent(row["trough_drawdown"]) if current else "–", className="num"),
        html.Td(
            f"{row['sessions']:,d}" if row["sessions"] == row["sessions"] else words.MISSING, className="num"
        ),
        html.Td(words.percent(row["max_drawdown"]), className="num"),
        html.Td(_worst_span(row) if worst else "–", className="num wide"),
        track(row["percentile"]),
        html.Td(words.month(row["since"]), className="num wide faint"),
    ]
    return html.Tr(cells, className="basket" if is_basket else "")


def _identity(facts: Facts, row: dict[str, Any]) -> tuple[str, str, str]:
    """Market, layer and last price as written."""
    if row["symbol"] == facts.basket.id:
        return _markets(facts), "Basket", f"{row['price']:,.1f}"
    item = facts.view.universe[row["symbol"]]
    currency = "USD" if facts.state.currency == "usd" else item.currency
    return (
        item.exchange.city,
        item.layer.name,
        words.price(row["price"], currency, index=item.kind in ("index", "rate")),
    )


def _markets(facts: Facts) -> str:
    regions = {facts.view.universe[symbol].region for symbol in facts.basket.symbols}
    return ", ".join(name for key, name in (("asia", "Asia"), ("us", "US")) if key in regions)


def _recent(facts: Facts, symbol: str) -> np.ndarray:
    def falls() -> np.ndarray:
        if symbol == facts.basket.id:
            path = facts.level
        else:
            path = facts.prices[:, facts.view.columns((symbol,))[0]]
        known = path[np.isfinite(path)]
        return drawdown(known)[-SPARK_SESSIONS:]

    return facts.view.remember(("spark", symbol, facts.state.currency, facts.basket.id), falls)


def _worst_span(row: dict[str, Any]) -> str:
    return f"{words.short_day(row['max_peak'])} {words.ARROW} {words.short_day(row['max_trough'])}"


def _name(facts: Facts, symbol: str) -> str:
    return facts.basket.label if symbol == facts.basket.id else facts.view.universe[symbol].name


def _more(facts: Facts) -> html.P:
    """Between the drawn names alone and all of the basket."""
    state, size = facts.state, len(facts.basket.symbols)
    if state.rows == "all":
        return html.P(
            dcc.Link("Only the names on the chart", href=state.query(rows="lines")), className="more"
        )
    return html.P(dcc.Link(f"All {size} names of the basket", href=state.query(rows="all")), className="more")


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
                html.Td(LEG_WORDS.get(leg.starter_leg, "not clear")),
            ]
        )
        for leg in facts.legs.head(9).itertuples()
    ]
    heads = [("", ""), ("Depth, %", "num"), ("Sessions", "num"), ("Down, %", "num wide"), ("Started by", "")]
    return _side_table("Selloff legs", heads, rows, "No fall that deep yet.", "legs")


def days_table(facts: Facts) -> html.Table:
    """The basket's worst days in the window, the key to the flags."""
    rows = [
        html.Tr(
            [
                html.Td(html.Span(str(number), className="flag")),
                html.Td(words.short_day(day.session), className="nowrap"),
                html.Td(
                    ", ".join(
                        f"{facts.view.universe[symbol].name} {words.percent(fall)}"
                        for symbol, fall in day.losers
                    ),
                    className="ellipsis",
                ),
                signed_cell(words.percent(day.fall), day.fall, key=True),
            ]
        )
        for number, day in enumerate(facts.worst_days.itertuples(), 1)
    ]
    heads = [("", ""), ("", ""), ("Largest losers, %", ""), ("Basket, %", "num")]
    return _side_table("Worst days", heads, rows, "No day down in this window.", "days")


def _side_table(
    title: str, heads: list[tuple[str, str]], rows: list[html.Tr], empty: str, kind: str
) -> html.Table:
    blank = next((place for place, (text, _) in enumerate(heads) if text), len(heads))
    columns = [html.Th(title, className="title", scope="col", colSpan=blank)]
    columns += [html.Th(text, className=kind, scope="col") for text, kind in heads[blank:]]
    body = rows or [html.Tr(html.Td(empty, colSpan=len(heads)))]
    return html.Table([html.Thead(html.Tr(columns)), html.Tbody(body)], className=f"side {kind}")


def _leg_span(leg: Any) -> str:
    text = words.span(leg.peak, leg.trough)
    return f"{text}, open" if leg.open else text
