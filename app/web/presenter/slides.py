"""The slides of a presentation: which charts, in which order, and what stands on each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from dash import html
from markupsafe import Markup

from app.figures import style as styles
from app.figures.flags import KeyRow
from app.kinds.request import Mode, PageRequest
from app.market.market import Market
from app.render import story as charts
from app.render.html.markup import markup
from app.render.story import Chart, Story
from app.web.presenter.address import Entry, Presentation, without
from models.errors import AftershockError

_VIEW = re.compile(r"([a-z]{2})-[0-9A-Z]{5}")
_NO_CHART = "This page has no chart; its tables are on the page itself."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a slide comes from: a chart of a page in a state, or a page that has no chart."""

    page: ModuleType
    search: str
    chart: Chart | None

    @property
    def address(self) -> str:
        """The page in that state, at the chart when it is not the first one there."""
        first = self.chart is None or self.chart is self.page.CHARTS[0]
        anchor = "" if first or self.chart is None else f"#{self.chart.id}"
        return f"{self.page.PATH}{self.search}{anchor}"


@dataclass(frozen=True, slots=True)
class Slide:
    """What a slide says besides its figure; ``body`` is what stands in the place of one."""

    title: str
    deck: str = ""
    key: Sequence[KeyRow] = ()
    takeaway: str = ""
    story: Story | None = None
    view: str = ""
    body: Any = None
    simulated: bool = False


def places(
    pages: Sequence[ModuleType], market: Market, path: str, asked: Presentation
) -> tuple[list[Place], list[str]]:
    """The slides of an address: the page's own charts, then the playlist's, and what was not used."""
    wanted = pages[0].PATH if path in ("", "/") else path
    page = next((page for page in pages if wanted == page.PATH), None)
    if page is None:
        raise AftershockError(f"There is no page {path[:80]}; present one of those that there are.")
    found, notices = _of_page(page, asked.view), []
    for entry in asked.entries():
        more = _of_entry(pages, market, entry)
        found += more
        if not more:
            notices.append(
                f"Ignored {entry.name[:40]!r} of the playlist: no page, chart or view has that name."
            )
    return found, notices


def slide(market: Market, place: Place) -> Slide:
    """What stands on a slide; for a page without a price or a chart, the sentence that says so."""
    return replace(_slide(market, place), simulated=_simulated(market))


def _simulated(market: Market) -> bool:
    try:
        return market.view().simulated
    except AftershockError:
        return False  # there is no price at all


def _slide(market: Market, place: Place) -> Slide:
    request = request_of(place)
    if place.chart is None:
        return _of_words(market, place.page, request)
    try:
        story = place.chart.tell(market, request)
    except AftershockError as error:
        return Slide(place.page.TITLE, str(error))
    view = charts.named(place.chart, market, story)
    takeaway = "" if story.key else _takeaway(market, place, request)
    return Slide(story.title, story.deck, story.key, takeaway, story, view)


def figure(market: Market, place: Place, mode: Mode, width: int, height: int) -> dict[str, Any]:
    """The chart of a slide at a size.

    Raises
    ------
    AftershockError
        If there is nothing to draw.
    """
    if place.chart is None:
        raise AftershockError(_NO_CHART)
    story = place.chart.tell(market, request_of(place))
    return story.draw(styles.present(mode, width, height))


def request_of(place: Place) -> PageRequest:
    """The page's request behind a slide."""
    return PageRequest.of({"path": place.page.PATH, "search": place.search})


def _of_page(page: ModuleType, search: str) -> list[Place]:
    drawn: Sequence[Chart] = getattr(page, "CHARTS", ())
    return [Place(page, search, chart) for chart in drawn] or [Place(page, search, None)]


def _of_entry(pages: Sequence[ModuleType], market: Market, entry: Entry) -> list[Place]:
    search = without(entry.search)
    for page in pages:
        if entry.name == page.PATH:
            return _of_page(page, search)
        for chart in getattr(page, "CHARTS", ()):
            if entry.name == chart.id:
                return [Place(page, search, chart)]
    known = _VIEW.fullmatch(entry.name)
    address = charts.address(market, entry.name) if known else None
    if known is None or address is None:
        return []
    path, mark, query = address.partition("?")
    shown = [place for page in pages if path == page.PATH for place in _of_page(page, mark + query)]
    return [place for place in shown if place.chart and place.chart.prefix == known[1]] or shown


def _takeaway(market: Market, place: Place, request: PageRequest) -> str:
    """What the page says under its headline, on the slide of its first chart.

    A chart with flags has their key in its place.
    """
    if place.chart is not place.page.CHARTS[0]:
        return ""
    try:
        return _head(market, place.page, request)[1]
    except AftershockError:
        return ""


def _of_words(market: Market, page: ModuleType, request: PageRequest) -> Slide:
    """The headline and the deck of a page that has no chart, and the table that it shows instead of one."""
    try:
        title, deck = _head(market, page, request)
    except AftershockError as error:
        return Slide(page.TITLE, str(error))
    body = page.present(market, request) if hasattr(page, "present") else html.P(_NO_CHART)
    return Slide(title, deck, body=body)


def _head(market: Market, page: ModuleType, request: PageRequest) -> tuple[str, str]:
    """The headline of a page and what stands under it."""
    written = markup(page.layout(market, request))
    head = re.search(r"<h1[^>]*>(.*?)</h1>", written)
    deck = re.search(r'<p class="deck">(.*?)</p>', written)
    return _plain(head[1]) if head else page.TITLE, _plain(deck[1]) if deck else ""


def _plain(written: str) -> str:
    return str(Markup(written).striptags())
