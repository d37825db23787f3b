"""The tables of the event study: each exchange's day 0, the tests, and every name."""

from __future__ import annotations

import math
from typing import Any

from dash import dcc, html

from app.market import words
from app.questions.event_study.abnormal import NamePath
from app.questions.event_study.facts import Facts
from app.questions.event_study.sentences import FIRST_PRICES, clustering_note
from app.questions.event_study.table import SURE, chance
from app.render.html import attributes
from app.render.html.marks import signed_cell
from app.render.html.side import side_table
from models.analytics.event_inference import CLUSTERED, TESTS

SHORT = {
    "kolari_pynnonen": "Kolari–Pynnönen",
    "bw1985": "Brown–Warner 1985",
    "corrado": "Corrado rank",
    "bmp": "Boehmer et al.",
    "patell": "Patell",
    "bw1980": "Brown–Warner 1980",
    "t": "Cross-section t",
}
"""The tests as a narrow table names them, those that stand first."""


def day_zeros(facts: Facts) -> html.Table | str:
    """Each exchange's day 0, and the first daily price that can know of the event."""
    if facts.study is None:
        return ""
    exchanges = [facts.view.universe[name.symbol].exchange.calendar for name in facts.study.names]
    rows = [
        html.Tr(
            [
                html.Th(item.city, scope="row"),
                html.Td(words.day(item.session) if item.session else "none yet", className="num"),
                html.Td(FIRST_PRICES[item.reaction], className="num"),
                html.Td(str(exchanges.count(item.calendar)), className="num"),
            ]
        )
        for item in facts.study.day0
    ]
    heads = [("", ""), ("Day 0", "num"), ("From its", "num"), ("Names", "num")]
    return side_table("Exchange", heads, rows, "No exchange has had a session since.", "zeros")


def tests(facts: Facts) -> list[Any]:
    """Every test of the mean, from day 0 to each end; those that stand when dates are shared come first."""
    if facts.study is None:
        return []
    found = [test for test in facts.study.whole.tests if test.first == 0]
    heads = [("", ""), *((_end(test.last), "num") for test in found)]
    means: list[Any] = [html.Th("Mean, %", scope="row")]
    means += [signed_cell(words.percent(test.mean), test.mean, key=True) for test in found]
    down: list[Any] = [html.Th("Names down, %", scope="row")]
    down += [html.Td(words.whole_percent(test.negative), className="num") for test in found]
    rows = [html.Tr(means), html.Tr(down)]
    for name, label in SHORT.items():
        stands = name in CLUSTERED
        cells: list[Any] = [html.Th(label, scope="row", title=TESTS[name])]
        cells += [_statistic(test.statistic[name], test.p[name], stands) for test in found]
        rows.append(html.Tr(cells, className="" if stands else "apart"))
    table = side_table("Mean and its tests", heads, rows, "No test can be made.", "tests")
    note = f"Statistics; bold: p under {words.correlation(SURE)}. {clustering_note(facts)}"
    return [table, html.P(note, className="note-below")]


def _statistic(value: float, p: float, stands: bool) -> html.Td:
    sure = stands and not math.isnan(p) and p < SURE
    return html.Td(words.signed(value), className="num key" if sure else "num", title=f"p {chance(p)}")


def _end(last: int) -> str:
    return "Day 0" if last == 0 else f"to +{last}"


def names(facts: Facts) -> list[Any]:
    """Every name: day 0, the gap, what it did beyond the expected then and by each end, and the t of that."""
    study = facts.study
    if study is None:
        return []
    caption = html.Caption("What each name did beyond the expected, fractions of its price in percent")
    rows = [_name(facts, name) for name in facts.names]
    return [
        html.Table([caption, _head(facts), html.Tbody(rows)], id="study-names-table", className="standings")
    ]


def _head(facts: Facts) -> html.Thead:
    heads: list[tuple[str, str, str]] = [
        ("name", "Name", ""),
        ("", "Exchange", ""),
        ("layer", "Layer", ""),
        ("", "Day 0", "num"),
        ("", "From its", ""),
        ("gap", "Gap, %", "num"),
        ("day", "Day 0 beyond, %", "num"),
    ]
    heads += [("", f"{_end(last)}, %", "num") for last in facts.ends[1:-1]]
    if len(facts.ends) > 1:
        heads.append(("car", f"{_end(facts.ends[-1])}, %", "num"))
    heads += [("", "t, day 0", "num")]
    if len(facts.ends) > 1:
        heads.append(("t", f"t, {_end(facts.ends[-1])}", "num"))
    heads += [("", "β", "num"), ("", "Fitted on", "num")]
    return html.Thead(html.Tr([_head_cell(facts, *item) for item in heads]))


def _head_cell(facts: Facts, key: str, label: str, kind: str) -> html.Th:
    if not key:
        return html.Th(label, className=kind, scope="col")
    here = facts.state.sort == key
    link = dcc.Link(label, href=facts.state.query(sort=key), className="sort sorted" if here else "sort")
    return html.Th(link, className=kind, scope="col", **(attributes(aria_sort="ascending") if here else {}))


def _name(facts: Facts, name: NamePath) -> html.Tr:
    study, ends = facts.study, facts.ends
    assert study is not None
    item = facts.view.universe[name.symbol]
    day, last = study.place(0), study.place(ends[-1])
    cells: list[Any] = [
        html.Th(name.name, scope="row"),
        html.Td(item.exchange.city),
        html.Td(item.layer.name),
        html.Td(words.short_day(name.day0), className="num"),
        html.Td(FIRST_PRICES[name.reaction]),
        signed_cell(words.percent(name.gap), name.gap),
        signed_cell(words.percent(name.abnormal[day]), name.abnormal[day], key=True),
    ]
    for end in ends[1:]:
        value = float(name.car[study.place(end)])
        cells.append(signed_cell(words.percent(value), value, key=end == ends[-1]))
    cells.append(html.Td(words.signed(float(name.scores[day])), className="num"))
    if len(ends) > 1:
        cells.append(html.Td(words.signed(float(name.scores[last])), className="num"))
    cells.append(
        html.Td(words.MISSING if name.beta is None else words.correlation(name.beta), className="num")
    )
    cells.append(html.Td(f"{name.used:,}", className="num"))
    return html.Tr(cells)
