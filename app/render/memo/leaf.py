"""A chart as a leaf of a memo: its picture with headline, deck, key and source around the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.figures.flags import KeyRow
from app.figures.style import Style
from app.figures.theme import PALETTES
from app.kinds.request import PageRequest
from app.market import words
from app.market.market import Market
from app.render.memo.key import key_lines, key_parts, rows_high, rows_that_fit, text_at
from app.render.memo.sizes import FULL, SCALE, WHOLE_ONLY, Size, wrapped
from app.render.story import Chart, Story, file_name, remember
from models.errors import AftershockError
from models.texts import clean

SOURCE = "Source: exchange closes via Yahoo Finance."
SIMULATED_SOURCE = "Simulated prices, not a market’s."
Part = Literal["title", "deck", "key", "source"]
_LONGEST = 2000  # a headline beyond this is no headline; what is left of it still fills its lines
_PALETTE = PALETTES["memo"]


class WholeWidthError(AftershockError, ValueError):
    """A chart was asked for at half a memo's width and would be unreadable there."""

    def __init__(self, chart: str) -> None:
        self.chart = chart
        super().__init__(f"{chart} needs the whole width of a memo: its figures would fall under 7 points.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and the pixel of the picture where it begins, at its top left."""

    part: Part
    text: str
    x: float
    y: float
    size: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a memo says of a chart: every word around its drawing, placed, and the view it reopens.

    ``top`` and ``bottom`` are the pixels above and below the drawing and its key.
    """

    chart: Chart
    story: Story
    size: Size
    view: str
    title: str
    deck: str
    source: str
    lines: tuple[Line, ...]
    key: tuple[KeyRow, ...]
    top: int
    bottom: int
    foot: int

    @property
    def name(self) -> str:
        """The name of its files, without what they are."""
        half = "-half" if self.size.name == "half" else ""
        return file_name(self.chart, self.story, self.view) + half


def leaf(chart: Chart, market: Market, request: PageRequest, size: Size = FULL) -> Leaf:
    """Tell a chart for a memo: its words cleaned and set in lines, its view kept under an ID.

    Raises
    ------
    AftershockError
        If there is nothing to tell, or no room for it in that size.
    """
    if size.name == "half" and chart.id in WHOLE_ONLY:
        raise WholeWidthError(chart.id)
    story = chart.tell(market, request)
    view = remember(market, chart.prefix, story)
    title, deck = _tidy(story.title), _tidy(story.deck)
    said = SIMULATED_SOURCE if story.simulated else SOURCE
    as_of = words.instant(story.as_of, weekday=False)
    # Last, for it is the longest: where two lines do not hold it the view is still whole.
    counted = f". {story.counted}" if story.counted else ""
    source = f"{said} As of {as_of}. Aftershock, view {view}{counted}"
    titles, decks = size.head_lines(title, deck)
    sources = wrapped(source, size.inner, size.source, 2)
    top = size.head(titles, decks)
    story = _with_room(story, size, size.height - top - size.foot(0, len(sources)))
    key = [_tidied(row) for row in story.key]
    foot = size.foot(rows_high(key, story.key_note, size), len(sources))
    step, below = round(size.source * 1.34), size.top + size.title_line * len(titles)
    ends = size.height - 14 - step * len(sources)
    lines = (
        *_set("title", titles, size.top, size.title, size.title_line, size.edge),
        *_set("deck", decks, below + 6, size.deck, size.deck_line, size.edge),
        *_key_lines(key, story.key_note, size.height - foot, size),
        *_set("source", sources, ends, size.source, step, size.edge),
    )
    return Leaf(
        chart, story, size, view, title, deck, source, lines, tuple(key), top, size.height - ends + 4, foot
    )


def memo(chart: Chart, market: Market, request: PageRequest, size: Size = FULL) -> dict[str, Any]:
    """The memo figure with its file name and the view it reopens, as the browser draws it."""
    return body(leaf(chart, market, request, size))


def body(leaf: Leaf) -> dict[str, Any]:
    """A leaf as a browser draws it: the figure, its size, and what to call the picture."""
    return {
        "figure": drawn(leaf),
        "width": leaf.size.width,
        "height": leaf.size.height,
        "scale": SCALE,
        "view": leaf.view,
        "address": f"/v/{leaf.view}",
        "name": leaf.name,
        "title": leaf.title,
        "data_address": f"{leaf.story.path}{leaf.story.query}",
    }


def drawn(leaf: Leaf) -> dict[str, Any]:
    """The figure of a leaf, its words as annotations."""
    size = leaf.size
    style = size.style(head=leaf.top, foot=leaf.foot)
    figure = leaf.story.draw(style)
    margin = figure["layout"]["margin"]
    style = replace(style, left=margin["l"], right=margin["r"])  # where its paper begins and ends
    figure["layout"]["annotations"] += [_annotation(line, style) for line in leaf.lines if line.part != "key"]
    texts, shapes = key_parts(leaf.key, leaf.story.key_note, size.height - leaf.foot, size, style)
    figure["layout"]["annotations"] += texts
    figure["layout"]["shapes"] = [*figure["layout"].get("shapes", []), *shapes]
    figure["layout"]["paper_bgcolor"] = style.palette.ground
    return figure


def _with_room(story: Story, size: Size, high: float) -> Story:
    """A story whose key leaves its drawing what the size says, of the pixels that both have."""
    if not size.drawing or story.fewer is None:
        return story
    events, days = (rows_that_fit(high - size.drawing, size, told=told) for told in (True, False))
    return story.fewer(size.style(head=0, foot=0), events, days)


def _tidy(text: str) -> str:
    return clean(text[:_LONGEST])


def _set(part: Part, texts: list[str], top: float, size: int, step: int, edge: int) -> list[Line]:
    return [Line(part, text, edge, top + step * row, size) for row, text in enumerate(texts)]


def _tidied(row: KeyRow) -> KeyRow:
    return row._replace(number=_tidy(row.number), date=_tidy(row.date), fact=_tidy(row.fact))


def _key_lines(key: Sequence[KeyRow], note: str, top: float, size: Size) -> list[Line]:
    return [Line("key", text, x, y, size.key) for text, x, y in key_lines(key, note, top, size)]


_INKS: dict[Part, str] = {
    "title": _PALETTE.ink,
    "deck": _PALETTE.ink2,
    "key": _PALETTE.ink3,
    "source": _PALETTE.ink3,
}


def _annotation(line: Line, style: Style) -> dict[str, Any]:
    weight = 640 if line.part == "title" else 400
    return text_at(escaped(line.text), line.x, line.y, style, line.size, _INKS[line.part], weight)


def escaped(text: str) -> str:
    """A text that plotly writes as it is: it takes ``<`` for the beginning of a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
