"""A chart on its way out: its story, its data, and the view ID that reopens it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pandas as pd

from app.figures.flags import KeyRow
from app.figures.style import Style
from app.kinds.address import PageState
from app.kinds.request import PageRequest
from app.market.asof import written
from app.market.left_out import asked_left_out
from app.market.market import Currency, Market, View
from app.market.plain import csv_file
from models.errors import AftershockError
from models.store import Store, save_view, view
from models.types import Instant

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")
Figures = Literal["fractions", "correlations", "shares"]
_NAMES = 8  # one in a billion views has the first name of another


@dataclass(frozen=True, slots=True)
class Story:
    """What a chart says in a memo: headline, deck, the key to its flags, and its data.

    ``key_note`` says what the flags of the key are; ``query`` reopens the view, its as-of pinned;
    ``figures`` says what the plain columns of its data are. ``fewer`` tells the same with the flags that
    a narrower picture has room for: given its style, and how many events or days its key holds.
    """

    title: str
    deck: str
    key: Sequence[KeyRow]
    as_of: Instant
    simulated: bool
    path: str
    query: str
    data: pd.DataFrame
    draw: Callable[[Style], dict[str, Any]]
    key_note: str = ""
    fewer: Callable[[Style, int, int], Story] | None = None
    figures: Figures = "fractions"
    counted: str = ""
    """On how many of the names its figures stand and who is left out; empty when nobody is."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that can leave: its id, the prefix of its view IDs, and how its story is told."""

    id: str
    prefix: str
    tell: Callable[[Market, PageRequest], Story]
    draw: Callable[[Market, PageRequest], dict[str, Any]]


class Found(Protocol):
    """What a page states, and what it was asked."""

    @property
    def view(self) -> View: ...

    @property
    def state(self) -> PageState: ...

    @property
    def as_of(self) -> Instant: ...


def told(
    path: str,
    found: Found,
    said: tuple[str, str],
    data: pd.DataFrame,
    draw: Callable[[Style], dict[str, Any]],
    *,
    figures: Figures = "fractions",
    **pinned: Any,
) -> Story:
    """The story of a page's chart: ``said`` is its headline and its deck.

    The view it names is the identical one: its as-of is pinned, and ``pinned`` is whatever else the
    address left to the page.
    """
    return Story(
        title=said[0],
        deck=said[1],
        key=(),
        as_of=found.as_of,
        simulated=found.view.simulated,
        path=path,
        query=found.state.query(asof=written(found.as_of), **pinned),
        data=data,
        draw=draw,
        figures=figures,
        counted=counted_of(found.view, found.state),
    )


def counted_of(view: View, state: PageState) -> str:
    """Who a page’s figures leave out, short enough for the line of the source."""
    basket = getattr(state, "basket", "")
    names = getattr(state, "names", ())
    currency: Currency = getattr(state, "currency", "local")
    if not basket and not names:
        return ""
    return asked_left_out(view, basket, names, currency).told(4)


def csv(chart: Chart, market: Market, request: PageRequest) -> tuple[str, str]:
    """File name and text of the chart's data: fractions, ISO dates, an empty cell where there is none."""
    story = chart.tell(market, request)
    found = remember(market, chart.prefix, story)
    label = str(story.data.index.name)
    records = story.data.astype(object).where(story.data.notna(), None).reset_index().to_dict("records")
    text = csv_file([label, *map(str, story.data.columns)], records)
    return f"{file_name(chart, story, found)}.csv", text


def file_name(chart: Chart, story: Story, found: str) -> str:
    """Chart, date and view ID; simulated prices say so in the name too."""
    simulated = "simulated-" if story.simulated else ""
    return f"aftershock-{simulated}{chart.id}-{story.as_of:%Y-%m-%d}-{found}"


def view_id(prefix: str, story: Story, again: int = 0) -> str:
    """A short name for the identical view: ``dd-7K2M4``; ``again`` counts the names that were taken."""
    asked = f"{story.path}{story.query}" + (f"#{again}" if again else "")
    number = int.from_bytes(hashlib.sha256(asked.encode()).digest()[:4], "big")
    return f"{prefix}-" + "".join(_DIGITS[(number >> shift) & 31] for shift in (25, 20, 15, 10, 5))


def named(chart: Chart, market: Market, story: Story) -> str:
    """The view ID of a chart that is shown, kept so that it reopens."""
    return remember(market, chart.prefix, story)


def read_view_id(text: str) -> str:
    """A view ID as somebody typed it from a picture: in either case, O for 0, I or L for 1."""
    prefix, _, digits = text.strip().partition("-")
    return f"{prefix.lower()}-{digits.upper().translate(_MISREAD)}"


def address(market: Market, typed: str) -> str | None:
    """The address of a view ID, None if no chart with it left this dashboard."""
    found = read_view_id(typed)
    for simulated in (False, True):
        if simulated and not market.settings.simulated_exists():
            continue
        kept = market.ask(lambda store: view(store, found), simulated=simulated)
        if kept:
            return f"{kept[0]}{kept[1]}"
    return None


def remember(market: Market, prefix: str, story: Story) -> str:
    """Keep a view in the database and give its ID; one that stands for another view is passed over."""
    now = market.now()
    try:
        return market.ask(lambda store: _kept(store, prefix, story, now), simulated=story.simulated)
    except AftershockError:
        # A read-only database: the picture is right, only its ID will not reopen here.
        return view_id(prefix, story)


def _kept(store: Store, prefix: str, story: Story, now: Instant) -> str:
    for again in range(_NAMES):
        found = view_id(prefix, story, again)
        kept = view(store, found)
        if kept is None:
            save_view(store, found, story.path, story.query, now)
            kept = view(store, found)  # another process may have been first, with another view
        if kept == (story.path, story.query):
            return found
    return view_id(prefix, story)
