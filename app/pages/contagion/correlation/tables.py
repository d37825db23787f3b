"""Tables of the Correlation view: the fitted model of the pair, and the strongest links across the clock."""

from __future__ import annotations

from typing import Any

from dash import html

from app.market import words
from app.questions.correlation.facts import Facts
from app.questions.correlation.sentences import LAG_WORDS
from app.render.table_csv import Rows
from models.analytics.correlation import MINIMUM
from models.analytics.dcc import Dcc
from models.errors import AftershockError

PAIRS = "correlation-pairs"
_LISTED = 8


def model_table(facts: Facts) -> Any:
    """a, b and each name's α and β; where there is no model, why, and what stands in its place."""
    pair = facts.pair
    found = pair if isinstance(pair, AftershockError) else pair.dynamic
    if isinstance(found, AftershockError):
        return html.Div([html.H2("DCC(1,1)"), html.P(str(found), className="empty-reason")])
    rows = [
        _row("a, weight of a day’s surprise", words.correlation(found.a, 3)),
        _row("b, what stays of the day before", words.correlation(found.b, 3)),
        _row("a + b", words.correlation(found.persistence, 3)),
    ]
    for name, model in zip(found.symbols, found.garch, strict=True):
        figures = (model.alpha, model.beta, model.persistence)
        rows.append(_row(f"{name}: α, β, α + β", ", ".join(words.correlation(each, 3) for each in figures)))
    gain = found.log_likelihood - found.constant_log_likelihood
    rows += [
        _row("Log-likelihood", words.signed(found.log_likelihood)),
        _row("more than with a constant correlation", words.level(gain)),
        _row("Rows fitted", f"{int(found.used.sum()):,d}"),
    ]
    head = html.Thead(html.Tr([html.Th("DCC(1,1) on GARCH(1,1)", className="title", scope="col", colSpan=2)]))
    told = html.Tfoot(html.Tr(html.Td(_ended(found), colSpan=2, className="note")))
    return html.Table([head, html.Tbody(rows), told], className="side model")


def _row(name: str, figure: str) -> html.Tr:
    return html.Tr([html.Th(name, scope="row"), html.Td(figure, className="num")])


def _ended(found: Dcc) -> str:
    search = (
        "The search ended at an optimum" if found.converged else "The search did not settle: read with care"
    )
    return f"{search}. Returns in percent; parameters are of the whole history, so the line knows its future."


def strongest_table(facts: Facts) -> Any:
    """The strongest links across the clock among the matrix's pairs."""
    if isinstance(facts.matrix, AftershockError):
        return html.P(str(facts.matrix), className="empty-reason")
    nodes, matrix = facts.matrix
    named = {item.id: item.label for item in nodes}
    table = matrix.pairs()
    across = table[(table["lag"] != "same day") & table["correlation"].notna()]
    shown = (across if len(across) else table[table["correlation"].notna()]).nlargest(_LISTED, "correlation")
    rows = [
        html.Tr(
            [
                html.Th(f"{named[row.leader]} {words.ARROW} {named[row.follower]}", scope="row"),
                html.Td(LAG_WORDS[row.lag], className="nowrap"),
                html.Td(words.correlation(row.correlation), className="num key"),
                html.Td(f"{words.correlation(row.low)} to {words.correlation(row.high)}", className="num"),
            ]
        )
        for row in shown.itertuples()
    ]
    title = "Strongest across the clock" if len(across) else "Strongest pairs"
    heads = [(title, "title"), ("Lag", ""), ("Corr.", "num"), ("95%", "num")]
    head = html.Thead(html.Tr([html.Th(text, className=kind, scope="col") for text, kind in heads]))
    query = facts.state.query().lstrip("?")
    csv = html.A(
        "All pairs, CSV",
        href=f"/table/{PAIRS}.csv{'?' + query if query else ''}",
        download="",
        className="word",
    )
    note = html.Tfoot(
        html.Tr(html.Td([f"Of {MINIMUM} common rows or more. ", csv], colSpan=4, className="note"))
    )
    body = rows or [html.Tr(html.Td("No pair can be judged.", colSpan=4))]
    return html.Table([head, html.Tbody(body), note], className="side strongest")


def rows(facts: Facts) -> Rows:
    """Every pair of the matrix, before any is left out for the screen.

    Raises
    ------
    AftershockError
        If there is no matrix.
    """
    if isinstance(facts.matrix, AftershockError):
        raise facts.matrix
    return Rows.of(facts.matrix[1].pairs(), facts.as_of, simulated=facts.view.simulated)
