"""The data of a chart as a table on its page: every column, each figure in its form."""

from __future__ import annotations

from dash import html

from app.kinds.request import PageRequest
from app.market.market import Market
from app.render.grid import grid
from app.render.html.markup import markup
from app.render.story import Chart, Story
from models.errors import AftershockError

ROWS = 250
"""What a reader compares; the file holds them all."""
_WIDE = 1_000_000


def data(chart: Chart, market: Market, request: PageRequest) -> str:
    """The table of a chart as HTML; where there is none, the sentence that says why."""
    try:
        return table(chart.tell(market, request))
    except AftershockError as error:
        return markup(html.P(str(error), className="empty-reason"))


def table(story: Story) -> str:
    """The table as HTML: newest first for a history, heads and row heads named as such."""
    found = grid(story, ROWS, _WIDE)
    count, total = len(found.cells), len(story.data)
    part = f"{count} of {total:,} rows; CSV holds all." if count < total else f"All {total:,} rows."
    heads = [html.Th(head, scope="col") for head in found.heads]
    rows = [
        html.Tr([html.Th(cells[0], scope="row"), *(html.Td(cell) for cell in cells[1:])])
        for cells in found.cells
    ]
    return markup(html.Table([html.Caption(part), html.Thead(html.Tr(heads)), html.Tbody(rows)]))
