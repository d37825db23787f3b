"""The table of the Travelled view: where each name stands, how low it was and when."""

from __future__ import annotations

from typing import Any

from dash import html

from app.kinds.request import Mode
from app.market import words
from app.questions.travelled.facts import Facts
from app.questions.travelled.lines import colours_of
from app.questions.travelled.tracks import Track
from app.render.html.marks import signed_cell
from app.render.html.side import file_link, side_table


def standings(facts: Facts, mode: Mode) -> list[Any]:
    """Every name, the lowest first, and the way out of its figures."""
    found = facts.found
    if found is None:
        return []
    colours = colours_of(facts, mode)
    ordered = sorted(found.tracks, key=lambda track: track.last[1])
    rows = [_row(facts, track, colours[track.symbol]) for track in ordered]
    heads = [("", ""), ("From", "num"), ("Low, %", "num"), ("at", "num"), ("Last, %", "num")]
    table = side_table("Name", heads, rows, "No bar on these days.", "travelled")
    file = file_link("All names, CSV", f"/table/travelled-names.csv{facts.state.query()}")
    return [table, html.P(file, className="way-out")]


def _row(facts: Facts, track: Track, colour: str) -> html.Tr:
    item = facts.view.universe[track.symbol]
    swatch = html.Span(className="swatch", style={"background": colour})
    base = words.price(track.base, item.currency)
    low, last = track.low, track.last
    cells: list[Any] = [
        html.Th([swatch, track.name], scope="row"),
        html.Td(base, className="num", title=words.instant(track.base_at)),
        signed_cell(words.percent(low[1]), low[1]),
        html.Td(f"{low[0]:%H:%M}", className="num faint", title=words.instant(low[0])),
        signed_cell(words.percent(last[1]), last[1], key=True),
    ]
    return html.Tr(cells)
