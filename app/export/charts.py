"""A chart on its way out: the memo figure, its data, and the view ID that reopens it."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from app import words
from app.data import Market
from app.figures.style import Style
from app.figures.style import memo as memo_style
from app.plain import csv_text
from app.request import PageRequest
from app.theme import FONT
from models.errors import AftershockError
from models.store import save_view, view
from models.types import Instant

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SOURCE = "Source: exchange closes via Yahoo Finance."
SIMULATED_SOURCE = "Simulated prices, not a market’s."
_TITLE, _DECK, _KEY, _EDGE = 46, 26, 25, 48
_KEY_COLUMNS, _KEY_ROW = 5, 42


@dataclass(frozen=True, slots=True)
class Story:
    """What a chart says in a memo: headline, deck, the key to its flags, and its data.

    ``key`` holds number, date and fact of each flag; ``query`` reopens the view, its as-of
    pinned.
    """

    title: str
    deck: str
    key: Sequence[tuple[str, str, str]]
    as_of: Instant
    simulated: bool
    path: str
    query: str
    data: pd.DataFrame
    draw: Callable[[Style], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that can leave: its id, the prefix of its view IDs, and how its story is told."""

    id: str
    prefix: str
    tell: Callable[[Market, PageRequest], Story]
    draw: Callable[[Market, PageRequest], dict[str, Any]]


def memo(chart: Chart, market: Market, request: PageRequest) -> dict[str, Any]:
    """The memo figure, 1600 × 900, with its file name and the view it reopens."""
    story = chart.tell(market, request)
    found = view_id(chart.prefix, story)
    _remember(market, found, story)
    lines, deck = textwrap.wrap(story.title, 60)[:3], textwrap.wrap(story.deck, 108)[:2]
    rows = -(-len(story.key) // _KEY_COLUMNS)
    style = memo_style(
        head=34 + 54 * len(lines) + 14 + 34 * len(deck), foot=58 + rows * _KEY_ROW + (14 if rows else 0)
    )
    figure = story.draw(style)
    margin = figure["layout"]["margin"]
    style = replace(style, left=margin["l"], right=margin["r"])  # where its paper begins and ends
    figure["layout"]["annotations"] += _texts(story, found, lines, deck, style)
    figure["layout"]["paper_bgcolor"] = style.palette.ground
    if rows:
        figure["layout"]["shapes"] = [*figure["layout"].get("shapes", []), _rule(style)]
    return {
        "figure": figure,
        "width": style.width,
        "height": style.height,
        "scale": 2,
        "view": found,
        "address": f"/v/{found}",
        "name": _file_name(chart, story, found),
        "data_address": f"{story.path}{story.query}",
    }


def csv(chart: Chart, market: Market, request: PageRequest) -> tuple[str, str]:
    """File name and text of the chart's data: fractions, ISO dates, an empty cell where there is none."""
    story = chart.tell(market, request)
    found = view_id(chart.prefix, story)
    _remember(market, found, story)
    label = str(story.data.index.name)
    records = story.data.astype(object).where(story.data.notna(), None).reset_index().to_dict("records")
    text = csv_text([label, *map(str, story.data.columns)], records)
    return f"{_file_name(chart, story, found)}.csv", "\ufeff" + text


def _file_name(chart: Chart, story: Story, found: str) -> str:
    """Chart, date and view ID; simulated prices say so in the name too."""
    simulated = "simulated-" if story.simulated else ""
    return f"aftershock-{simulated}{chart.id}-{story.as_of:%Y-%m-%d}-{found}"


def view_id(prefix: str, story: Story) -> str:
    """A short name for the identical view: ``dd-7K2M``."""
    digest = hashlib.sha256(f"{story.path}{story.query}".encode()).digest()
    number = int.from_bytes(digest[:4], "big")
    return f"{prefix}-" + "".join(_DIGITS[(number >> shift) & 31] for shift in (25, 20, 15, 10, 5))


def address(market: Market, found: str) -> str | None:
    """The address of a view ID, None if no chart with it left this dashboard."""
    for simulated in (False, True):
        if simulated and not market.settings.simulated_exists():
            continue
        kept = view(market.store(simulated=simulated), found)
        if kept:
            return f"{kept[0]}{kept[1]}"
    return None


def _remember(market: Market, found: str, story: Story) -> None:
    try:
        store = market.store(simulated=story.simulated)
        save_view(store, found, story.path, story.query, market.now())
    except AftershockError:
        return  # a read-only database: the picture is right, only its ID will not reopen here


def _texts(story: Story, found: str, lines: list[str], deck: list[str], style: Style) -> list[dict[str, Any]]:
    palette = style.palette
    items = [
        _text(line, _EDGE, 34 + 54 * row, style, _TITLE, palette.ink, 640) for row, line in enumerate(lines)
    ]
    items += [
        _text(line, _EDGE, 40 + 54 * len(lines) + 34 * row, style, _DECK, palette.ink2)
        for row, line in enumerate(deck)
    ]
    top = 900 - style.bottom + 16
    column = (style.width - 2 * _EDGE) / _KEY_COLUMNS
    for place, (number, date, fact) in enumerate(story.key):
        x = _EDGE + column * (place % _KEY_COLUMNS)
        y = top + _KEY_ROW * (place // _KEY_COLUMNS)
        flag = _text(f"<b>{number}</b>", x, y, style, 20, palette.accent)
        box = {
            "bordercolor": palette.accent,
            "borderwidth": 2,
            "borderpad": 3,
            "width": 24,
            "align": "center",
        }
        items.append({**flag, **box})
        items.append(
            _text(
                f"{date} <span style='color:{palette.ink}'>{fact}</span>",
                x + 42,
                y,
                style,
                _KEY,
                palette.ink3,
            )
        )
    source = SIMULATED_SOURCE if story.simulated else SOURCE
    as_of = words.instant(story.as_of, weekday=False)
    items.append(
        _text(f"{source} As of {as_of}. Aftershock, view {found}", _EDGE, 854, style, 24, palette.ink3)
    )
    return items


def _text(
    text: str, x: float, y: float, style: Style, size: int, colour: str, weight: int = 400
) -> dict[str, Any]:
    """Text at a pixel of the picture, from its top left corner."""
    return {
        "text": text,
        "x": 0,
        "y": 1,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "xshift": x - style.left,
        "yshift": style.top - y,
        "align": "left",
        "showarrow": False,
        "font": {"family": FONT, "size": size, "color": colour, "weight": weight},
    }


def _rule(style: Style) -> dict[str, Any]:
    """The hairline above the key."""
    y = -8 / (style.height - style.top - style.bottom)
    inner = style.width - style.left - style.right
    return {
        "type": "line",
        "xref": "paper",
        "yref": "paper",
        "x0": (_EDGE - style.left) / inner,
        "x1": (style.width - _EDGE - style.left) / inner,
        "y0": y,
        "y1": y,
        "line": {"color": style.palette.hair, "width": 2},
    }
