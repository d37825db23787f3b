"""What second opinions said of stored closes."""

from __future__ import annotations

import pandas as pd
from dash import html

from app.market import words
from app.pages.data.controls import name_of
from app.pages.data.parts import moment, table
from app.questions.coverage.facts import Facts
from app.questions.crosscheck import FINDINGS

SHOWN = 30


def doubted_of(facts: Facts) -> pd.DataFrame:
    """The findings about the chosen name, or all."""
    frame = facts.doubted if facts.doubted is not None else pd.DataFrame(columns=["symbol"])
    return frame[frame["symbol"] == facts.state.symbol] if facts.state.symbol else frame


def note(facts: Facts) -> str:
    """How many there are, and that none of them changed a price."""
    total = len(doubted_of(facts))
    return f"{words.count(total, 'close')} that a second opinion disagrees with; none was changed"


def doubts(facts: Facts) -> html.Table:
    """The findings, newest session first."""
    rows = []
    for row in doubted_of(facts).head(SHOWN).to_dict("records"):
        stored, other = row["stored"], row["other"]
        off = None if words.missing(stored) or words.missing(other) or not other else stored / other - 1
        rows.append(
            html.Tr(
                [
                    html.Th(
                        [name_of(facts, row["symbol"]), html.Span(row["symbol"], className="faint symbol")],
                        scope="row",
                    ),
                    html.Td(words.day(row["session"]), className="num"),
                    html.Td(row["against"], className="pad"),
                    html.Td(FINDINGS.get(row["finding"], row["finding"]), className="prose"),
                    html.Td(words.bar_value(stored), className="num"),
                    html.Td(words.bar_value(other), className="num"),
                    html.Td(words.MISSING if off is None else words.percent(off), className="num"),
                    html.Td(moment(row["seen_at"]), className="num"),
                ]
            )
        )
    heads = [
        *(("Name", ""), ("Session", "num"), ("Against", "pad"), ("Finding", ""), ("Stored", "num")),
        *(("Other", "num"), ("Off", "num"), ("Checked, UTC", "num")),
    ]
    nothing = "No close is doubted. To compare: aftershock crosscheck, with an index, a symbol or a folder."
    return table(heads, rows, "Closes that a second opinion disagrees with", "doubts", nothing)
