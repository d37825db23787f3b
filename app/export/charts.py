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
from app.export.key import KeyRow, key_parts, rows_high, text_at
from app.figures.style import Style
from app.figures.style import memo as memo_style
from app.plain import csv_text
from app.request import PageRequest
from models.errors import AftershockError
from models.store import save_view, view
from models.types import Instant

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SOURCE = "Source: exchange closes via Yahoo Finance."
SIMULATED_SOURCE = "Simulated prices, not a market’s."
_TITLE, _DECK, _EDGE = 46, 26, 48


@dataclass(frozen=True, slots=True)
class Story:
    """What a chart says in a memo: headline, deck, the key to its flags, and its data.

    ``key_note`` says what the flags of the key are; ``query`` reopens the view, its as-of pinned.
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
    style = memo_style(
        head=34 + 54 * len(lines) + 14 + 34 * len(deck), foot=58 + rows_high(story.key, story.key_note)
    )
    figure = story.draw(style)
    margin = figure["layout"]["margin"]
    style = replace(style, left=margin["l"], right=margin["r"])  # where its paper begins and ends
    sides = _EDGE, style.width - _EDGE
    texts, shapes = key_parts(story.key, story.key_note, style.height - style.bottom, *sides, style)
    figure["layout"]["annotations"] += [*_texts(story, found, lines, deck, style), *texts]
    figure["layout"]["paper_bgcolor"] = style.palette.ground
    figure["layout"]["shapes"] = [*figure["layout"].get("shapes", []), *shapes]
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


def named(chart: Chart, market: Market, story: Story) -> str:
    """The view ID of a chart that is shown, kept so that it reopens."""
    found = view_id(chart.prefix, story)
    _remember(market, found, story)
    return found


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
        text_at(line, _EDGE, 34 + 54 * row, style, _TITLE, palette.ink, 640) for row, line in enumerate(lines)
    ]
    items += [
        text_at(line, _EDGE, 40 + 54 * len(lines) + 34 * row, style, _DECK, palette.ink2)
        for row, line in enumerate(deck)
    ]
    source = SIMULATED_SOURCE if story.simulated else SOURCE
    as_of = words.instant(story.as_of, weekday=False)
    items.append(
        text_at(f"{source} As of {as_of}. Aftershock, view {found}", _EDGE, 854, style, 24, palette.ink3)
    )
    return items
