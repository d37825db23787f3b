"""What the bars of one name said before the source changed them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html
from markupsafe import Markup

from app.market import words
from app.pages.data.controls import name_of
from app.pages.data.parts import moment, table
from app.questions.coverage.facts import Facts
from models.limits import REVISED_FAR

REVISIONS_SHOWN = 20


def revised(facts: Facts) -> html.Table:
    """What the chosen name's bars said before the source changed them."""
    assert facts.revised is not None
    rows = [
        html.Tr(
            [
                html.Th(words.day(row["session"]), scope="row"),
                *(html.Td(_value(row[name]), className="num") for name in ("open", "high", "low", "close")),
                html.Td(_value(row["adj_close"]), className="num"),
                html.Td("final" if row["final"] else "provisional", className="pad"),
                html.Td(moment(row["seen_at"]), className="num"),
                html.Td(moment(row["revised_at"]), className="num"),
            ]
        )
        for row in facts.revised.head(REVISIONS_SHOWN).to_dict("records")
    ]
    heads = [
        *(
            ("Session", ""),
            ("Open was", "num"),
            ("High was", "num"),
            ("Low was", "num"),
            ("Close was", "num"),
        ),
        *(("Adjusted was", "num"), ("Bar was", "pad"), ("Seen, UTC", "num"), ("Changed, UTC", "num")),
    ]
    return table(heads, rows, "Former values", "revised", f"No bar of {facts.state.symbol} was ever changed.")


def _value(value: float) -> str:
    return words.MISSING if words.missing(value) else f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"


def ask(facts: Facts) -> Markup:
    """A plain form that asks for the bars as they were known on a date; no script needed."""
    form = (
        '<form class="settle" method="get" action="/data#known" data-form="known">'
        '<input type="hidden" name="symbol" value="{}">'
        '<label>As known on <input type="text" name="known" value="{}" required maxlength="25" '
        'placeholder="2026-06-24 or 2026-06-24T09:00Z"></label><button>Show</button></form>'
    )
    return Markup(form).format(facts.state.symbol, facts.state.known)


def known_head(facts: Facts) -> str:
    """What the block of bars as they were known is headed with."""
    assert facts.known is not None
    return f"{name_of(facts, facts.state.symbol)} as known on {words.instant(facts.known.at, weekday=False)}"


def known_note(facts: Facts) -> str:
    """How much was stored then, and how much of it has changed."""
    found = facts.known
    assert found is not None
    if found.last is None:
        return "nothing was stored of it then"
    changed = words.count(len(found.changed), "close")
    then = f"{words.count(len(found.then), 'bar')} to {words.day(found.last)} then"
    return f"{then}; {changed} of them changed since, {words.count(found.since, 'session')} came since"


def known(facts: Facts) -> html.Table:
    """The sessions whose close says something else now."""
    assert facts.known is not None
    rows = [
        html.Tr(
            [
                html.Th(words.day(row["session"]), scope="row"),
                html.Td(_value(row["close_then"]), className="num"),
                html.Td(_value(row["close_now"]), className="num"),
                html.Td(_moved(row["moved"]), className="num key" if row["far"] else "num"),
            ]
        )
        for row in facts.known.changed[:REVISIONS_SHOWN]
    ]
    heads = [("Session", ""), ("Close then", "num"), ("Close now", "num"), ("Moved", "num")]
    return table(heads, rows, "Closes that changed since", "known", "Every close still says the same.")


def known_frame(facts: Facts) -> pd.DataFrame:
    """The same rows for other programs, all of them."""
    rows: list[dict[str, Any]] = facts.known.changed if facts.known is not None else []
    return pd.DataFrame(rows, columns=["session", "close_then", "close_now", "moved", "far"])


def _moved(value: float | None) -> str:
    if words.missing(value):
        return words.MISSING
    assert value is not None
    return words.percent(value) if abs(value) > REVISED_FAR else f"{value * 100:+.2f}"
