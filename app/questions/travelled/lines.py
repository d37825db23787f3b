"""The lines of the Travelled view over the hours of its days."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time

import numpy as np
import pandas as pd

from app.figures.canvas import Canvas
from app.figures.frame import Axis, Figure, Line
from app.figures.minutes import DAY, Band, minutes_chart
from app.figures.style import Style
from app.figures.theme import PALETTES, line_colours
from app.kinds.request import Mode
from app.market import words
from app.questions.travelled.facts import Facts
from app.questions.travelled.sentences import why
from app.questions.travelled.tracks import Track, Travelled

QUIET = "closing auction: no 5-minute bars"
_SPANS = (60, 120, 180, 240, 360, 720, 1440)


def draw(facts: Facts, style: Style, mode: Mode) -> Figure:
    """The figure; without a bar the sentence that says what to do."""
    found = facts.found
    if found is None or not found.tracks:
        canvas = Canvas(style)
        canvas.paragraph(0, style.tick * 2, canvas.width, why(facts))
        return canvas.figure(simulated=facts.view.simulated)
    colours = colours_of(facts, mode)
    lines = [_line(found, track, colours[track.symbol]) for track in found.tracks]
    return minutes_chart(
        lines,
        _bands(found),
        _dots(found, colours),
        place(found, found.at),
        _axis(found, style),
        style,
        head="last, %",
        quiet=QUIET,
        simulated=facts.view.simulated,
    )


def colours_of(facts: Facts, mode: Mode) -> dict[str, str]:
    """Each name's own colour; one that another has already gets the next that is free."""
    symbols = [track.symbol for track in facts.found.tracks] if facts.found else []
    own = line_colours(symbols, facts.view.universe.symbols_by_layer, mode)
    free = [colour for colour in PALETTES[mode].lines if colour not in own.values()]
    taken: dict[str, str] = {}
    for symbol in symbols:
        colour = own[symbol]
        taken[symbol] = free.pop(0) if colour in taken.values() and free else colour
    return taken


def frame(found: Travelled) -> pd.DataFrame:
    """The data of the lines: one row an instant, a column a name, fractions."""
    series = {
        track.symbol: pd.Series(track.change, index=pd.DatetimeIndex(track.at)).dropna()
        for track in found.tracks
    }
    table = pd.DataFrame({name: line[~line.index.duplicated(keep="last")] for name, line in series.items()})
    table.index = pd.Index([f"{at:%Y-%m-%dT%H:%MZ}" for at in table.index], name="at")
    return table


def place(found: Travelled, at: datetime) -> float:
    """Where an instant stands on the axis: each day shown takes 1,440 minutes, others none."""
    number = bisect_right(found.days, at.date()) - 1
    if number < 0:
        return 0.0
    midnight = datetime.combine(found.days[number], time(), UTC)
    return number * DAY + min((at - midnight).total_seconds() / 60, DAY)


def _line(found: Travelled, track: Track, colour: str) -> Line:
    x = np.array([place(found, at.replace(tzinfo=UTC)) for at in track.at.tolist()]).astype(np.int64)
    return Line(track.name, x, track.change * 100, colour)


def _bands(found: Travelled) -> list[Band]:
    def both(ends: tuple[datetime, datetime] | None) -> tuple[float, float] | None:
        return None if ends is None else (place(found, ends[0]), place(found, ends[1]))

    return [
        Band(
            item.city, place(found, item.opens), place(found, item.closes), both(item.lunch), both(item.quiet)
        )
        for item in found.hours
    ]


def _dots(found: Travelled, colours: dict[str, str]) -> list[tuple[float, float, str, str]]:
    return [
        (
            place(found, at),
            change * 100,
            colours[track.symbol],
            f"{track.name}, close of the auction {at:%H:%M} UTC: {words.percent(change)}%",
        )
        for track in found.tracks
        for at, change in track.auction
    ]


def _axis(found: Travelled, style: Style) -> Axis:
    """From the first opening to the last close; hours as 06:00, days by their date."""
    low = min(place(found, item.opens) for item in found.hours)
    high = max(place(found, item.closes) for item in found.hours)
    room = style.width / (style.tick * 4.6)
    step = next(size for size in _SPANS if (high - low) / size <= room or size == _SPANS[-1])
    at = [minute for minute in range(0, len(found.days) * DAY, step) if low <= minute <= high]
    text = [_tick(found.days, minute, first=minute == at[0]) for minute in at]
    known = [(day - date(1970, 1, 1)).days for day in found.days]
    return Axis(low, high + 5, at, text, days=known)


def _tick(days: tuple[date, ...], minute: int, *, first: bool) -> str:
    if minute % DAY == 0 and (len(days) > 1 or first):
        return f"<b>{words.day(days[minute // DAY], year=False)}</b>"
    return f"{minute % DAY // 60:02d}:{minute % 60:02d}"
