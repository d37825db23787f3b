"""Views of a few names whose closes are written by hand, without a store."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from app.market.market import View, view_of
from models.sessions import Calendars
from models.store import Panel
from models.types import BAR_FIELDS, Bars
from models.universe import Universe

LAST = date(2026, 6, 24)
NOW = datetime(2026, 6, 24, 22, tzinfo=UTC)


def rising(n: int = 60) -> list[float]:
    """Closes that gain a tenth of a percent each session."""
    return [100 * 1.001**row for row in range(n)]


def then(closes: Sequence[float], *moves: float) -> list[float]:
    """Closes with more sessions after them, each moved by a fraction."""
    found = list(closes)
    for move in moves:
        found.append(found[-1] * (1 + move))
    return found


def bars_until(
    calendars: Calendars, universe: Universe, symbol: str, closes: Sequence[float], last: date, **columns: Any
) -> Bars:
    """Bars on the symbol's own last sessions up to a date; a NaN close is no bar."""
    calendar = calendars[universe[symbol].exchange.calendar]
    days = calendar.between(last - timedelta(days=2 * len(closes) + 30), last)[-len(closes) :]
    values = np.asarray(closes, dtype=float)
    bars = Bars.of(symbol, days, **({"close": values, "adj_close": values, "open": values} | columns))
    return bars.take(np.isfinite(values))


def panel_of(universe: Universe, everything: Sequence[Bars], version: int = 1) -> Panel:
    """A panel as a store would give it: a column for every symbol of the universe."""
    days = np.unique(np.concatenate([bars.sessions for bars in everything]))
    shape = (len(days), len(universe.symbols))
    values = {name: np.full(shape, np.nan) for name in BAR_FIELDS}
    present, final = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for bars in everything:
        cells = np.searchsorted(days, bars.sessions), universe.symbols.index(bars.symbol)
        present[cells], final[cells] = True, bars.final
        for name in BAR_FIELDS:
            values[name][cells] = getattr(bars, name)
    flags = np.zeros(shape, np.uint16)
    return Panel(version, universe.symbols, days, **values, present=present, final=final, flags=flags)


def view_with(
    calendars: Calendars,
    universe: Universe,
    closes: Mapping[str, Sequence[float]],
    *,
    last: date = LAST,
    now: datetime = NOW,
) -> View:
    """The view of names that have these closes up to a date."""
    made = [bars_until(calendars, universe, symbol, given, last) for symbol, given in closes.items()]
    return view_of(panel_of(universe, made), universe, calendars, now)


def text(written: str) -> str:
    """What a reader sees of HTML."""
    return re.sub(r" +", " ", html.unescape(re.sub(r"<[^>]+>", " ", written))).strip()


def cells(written: str) -> list[list[str]]:
    """The rows of a table's body, cell by cell."""
    body = written.split("<tbody>", 1)[1]
    return [
        [text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr.*?</tr>", body, re.S)
    ]
