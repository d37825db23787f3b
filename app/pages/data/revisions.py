"""What the bars of one name said before the source changed them."""

from __future__ import annotations

from dash import html

from app import words
from app.pages.data.facts import Facts
from app.pages.data.parts import moment, table

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
