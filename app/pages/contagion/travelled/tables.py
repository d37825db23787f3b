"""The table of the Travelled view: where each name stands, how low it was and when."""

from __future__ import annotations

from typing import Any

from dash import html

from app import words
from app.answers.travelled import Track
from app.components.marks import signed_cell
from app.components.side import side_table
from app.pages.contagion.travelled.facts import Facts
from app.theme import Mode, line_colours


def standings(facts: Facts, mode: Mode) -> html.Table | str:
    """Every name, the lowest first."""
    found = facts.found
    if found is None:
        return ""
    symbols = [track.symbol for track in found.tracks]
    colours = line_colours(symbols, facts.view.universe.symbols_by_layer, mode)
    ordered = sorted(found.tracks, key=lambda track: track.last[1])
    rows = [_row(facts, track, colours[track.symbol]) for track in ordered]
    heads = [("", ""), ("From", "num"), ("Low, %", "num"), ("at", "num"), ("Last, %", "num"), ("at", "num")]
    return side_table("Name", heads, rows, "No bar on these days.", "travelled")


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
        html.Td(f"{last[0]:%H:%M}", className="num faint", title=words.instant(last[0])),
    ]
    return html.Tr(cells)
