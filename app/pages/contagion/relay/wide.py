"""How wide a news day was: by layer and country, who lost most, and who held up."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from dash import html

from app.market import words
from app.market.market import View
from app.questions import breadth
from app.render.html.marks import signed_cell
from app.render.html.side import file_link

_GROUP_HEADS = (("Mean, %", "num"), ("Down, %", "num"), ("Worst 5%, %", "num"), ("Names", "num"))


def layers_table(view: View, basket: str, day: date, csv: str = "") -> html.Table:
    """Breadth by layer of the stack, deepest mean first; ``csv`` is where its figures can be had."""
    return _groups("By layer", breadth.layers(view, basket, day), file_link("CSV", csv))


def countries_table(view: View, basket: str, day: date, csv: str = "") -> html.Table:
    """Breadth by the country of the listing, deepest mean first."""
    return _groups("By country", breadth.countries(view, basket, day), file_link("CSV", csv))


def losers_table(view: View, basket: str, day: date, csv: str = "") -> html.Table:
    """The largest losers with their share of all losses."""
    rows = [
        html.Tr(
            [
                html.Th(view.universe[row.symbol].name, scope="row"),
                signed_cell(words.percent(row.change), row.change),
                html.Td(words.whole_percent(row.loss_share), className="num"),
            ]
        )
        for row in breadth.worst(view, basket, day).itertuples()
    ]
    heads = ("Day, %", "num"), ("Of the loss, %", "num")
    foot = file_link("All names, CSV", csv)
    return _table("Largest losers", heads, rows, "No name fell.", "losers", foot)


def held_up(view: View, basket: str, day: date, csv: str = "") -> html.Table:
    """The names with the best moves, whether they rose or fell least."""
    rows = [
        html.Tr(
            [
                html.Th(view.universe[row.symbol].name, scope="row"),
                signed_cell(words.percent(row.change), row.change),
            ]
        )
        for row in breadth.best(view, basket, day).itertuples()
    ]
    foot = file_link("All names, CSV", csv)
    return _table("Held up best", (("Day, %", "num"),), rows, "No name traded.", "held", foot)


def wide_title(view: View, basket: str, day: date) -> str:
    """The verdict of the day with its figures, without the full stop of a sentence."""
    return breadth.sentence(view, basket, day).removesuffix(".")


def _groups(title: str, table: pd.DataFrame, foot: html.A | None) -> html.Table:
    rows = [_group(row) for row in table.itertuples()]
    return _table(title, _GROUP_HEADS, rows, "No name traded.", "groups", foot)


def _group(row: Any) -> html.Tr:
    if not row.names:
        text = f"no move of {words.count(row.missing, 'name')}"
        return html.Tr([html.Th(row.group, scope="row"), html.Td(text, colSpan=4, className="num faint")])
    missing = html.Span(f" of {row.names + row.missing}", className="faint") if row.missing else None
    cells = [
        signed_cell(words.percent(row.mean), row.mean, key=True),
        html.Td(words.whole_percent(row.share), className="num"),
        html.Td(
            words.MISSING if np.isnan(row.coexceedance) else words.whole_percent(row.coexceedance),
            className="num",
        ),
        html.Td([str(row.names), missing], className="num"),
    ]
    return html.Tr([html.Th(row.group, scope="row"), *cells])


def _table(
    title: str,
    heads: tuple[tuple[str, str], ...],
    rows: list[html.Tr],
    empty: str,
    kind: str,
    foot: html.A | None,
) -> html.Table:
    columns = [html.Th(title, className="title", scope="col")]
    columns += [html.Th(text, className=name, scope="col") for text, name in heads]
    body = rows or [html.Tr(html.Td(empty, colSpan=len(columns)))]
    parts: list[Any] = [html.Thead(html.Tr(columns)), html.Tbody(body)]
    if foot is not None:
        parts.append(html.Tfoot(html.Tr(html.Td(foot, colSpan=len(columns), className="note"))))
    return html.Table(parts, className=f"side {kind}")
