"""A factor model in clock order: Asia's session, then New York's, then Asia's next morning.

Pure: a script and seeds in, paths out. Two streams of news run through the days, one born
while Asia trades and one while New York does. A name moves with the news born in its own
session and, at its next opening, with a share of what happened elsewhere since. The noise is
Student's t with volatility that clusters. Over the script's span the streams are bent so that
each region's basket covers the script's moves; afterwards they run free.

Every number of a day depends on the script and on earlier days only, so a later clock adds
bars and changes none.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.types import Bools, Floats, Sessions, session64

SEED = 20260623
ASIA_FROM_US, US_FROM_ASIA = 0.60, 0.35
"""How much of the other region's news a basket takes at its next opening."""
_ASIA_NOISE, _US_NOISE = 0.0125, 0.0145
_TAIL = 5.0
_YEAR = 252.0
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Phase:
    """Moves of the two baskets up to a day, as fractions, and the size of the daily noise."""

    until: date
    asia: float | None
    us: float | None
    vol: float


@dataclass(frozen=True, slots=True)
class Character:
    """How one name behaves: prices it passes through, beta, own noise a year, pull to its mean."""

    beta: float
    own: float
    prices: tuple[tuple[date, float], ...]
    revert: float = 0.0
    limit: float = 0.35


@dataclass(frozen=True)
class Script:
    """What the paths are bent to: phases, single days, and published moves by symbol."""

    start: date
    end: date
    phases: tuple[Phase, ...]
    days: Mapping[date, tuple[float | None, float | None]]
    pins: Mapping[str, Mapping[date, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class News:
    """The two streams of log moves by calendar day from the script's start, shape (n,).

    ``state`` is the volatility of the day against its long-run mean.
    """

    start: np.datetime64
    asia: Floats
    us: Floats
    state: Floats

    @cached_property
    def _summed(self) -> tuple[Floats, Floats]:
        return np.concatenate([[0.0], self.asia.cumsum()]), np.concatenate([[0.0], self.us.cumsum()])

    def row(self, days: Sessions) -> Positions:
        """Rows of the days, (m,)."""
        return np.asarray((days - self.start).astype(np.intp))

    def between(self, days: Sessions, region: str) -> tuple[Floats, Floats]:
        """Log moves of a basket from each session to the next, (m,) each: born elsewhere, born at home.

        The first session takes its own day's news only. New York's session on a date ends
        after Asia's on the same date, so Asia has it one day later.
        """
        last = self.row(days) + 1
        first = np.concatenate([last[:1] - 1, last[:-1]])
        asia, us = self._summed
        home, away = asia[last] - asia[first], us[last] - us[first]
        if region == "asia":
            late = us[last - 1] - us[np.maximum(first - 1, 0)]
            return ASIA_FROM_US * late, home
        return US_FROM_ASIA * home, away


def stream(*names: str) -> np.random.Generator:
    """A generator of its own for each purpose, the same ones on every machine."""
    return np.random.default_rng([SEED, *(zlib.crc32(name.encode()) for name in names)])


def tailed(rng: np.random.Generator, count: int) -> Floats:
    """Student's t with unit variance, (count,); a longer draw begins with the shorter one."""
    return np.asarray(rng.standard_t(_TAIL, count)) * np.sqrt((_TAIL - 2) / _TAIL)


def write_news(script: Script, until: date) -> News:
    """Return the streams from the script's start to a day, or to the script's end if that is later."""
    start = session64(script.start)
    count = int((max(session64(until), session64(script.end)) - start).astype(int)) + 2
    days = start + np.arange(count)
    trading = np.is_busday(days)
    state = _clusters(count) * _phase_vol(script, days)
    asia = np.where(trading, _ASIA_NOISE * state * tailed(stream("news", "asia"), count), 0.0)
    us = np.where(trading, _US_NOISE * state * tailed(stream("news", "us"), count), 0.0)
    _bend(script, days, trading, asia, us)
    return News(start, asia, us, state)


def _clusters(count: int) -> Floats:
    """Volatility that remembers: the recursion of a GARCH(1,1) with unit mean, (count,)."""
    shocks = tailed(stream("news", "clusters"), count) ** 2
    variance = np.ones(count)
    for day in range(1, count):
        before = variance[day - 1]
        variance[day] = 0.03 + before * (0.90 + 0.07 * min(shocks[day - 1], 12.0))
    return np.sqrt(variance)


def _phase_vol(script: Script, days: Sessions) -> Floats:
    ends = np.array([session64(phase.until) for phase in script.phases])
    vols = np.array([phase.vol for phase in script.phases])
    return vols[np.minimum(np.searchsorted(ends, days, side="left"), len(vols) - 1)]


def _bend(script: Script, days: Sessions, trading: Bools, asia: Floats, us: Floats) -> None:
    """Shift the streams, in place, until every phase and every single day covers its moves."""
    fixed = {int((session64(day) - days[0]).astype(int)): moves for day, moves in script.days.items()}
    asia_set = [row for row, moves in fixed.items() if moves[0] is not None]
    us_set = [row for row, moves in fixed.items() if moves[1] is not None]
    asia_free, us_free = trading.copy(), trading.copy()
    asia_free[asia_set], us_free[us_set] = False, False
    spans = _spans(script, days)
    for _ in range(25):  # each region's move holds a share of the other's, so the two settle together
        for row in sorted(fixed):
            _set_day(row, fixed[row], asia, us)
        for rows, moves in spans:
            _bend_phase(rows, moves, asia_free, us_free, asia, us)
    for row in sorted(fixed):
        _set_day(row, fixed[row], asia, us)


def _spans(script: Script, days: Sessions) -> list[tuple[slice, tuple[float, float]]]:
    """Rows of each phase that has moves, with the moves in logs."""
    spans, first = [], 0
    for phase in script.phases:
        last = int(np.searchsorted(days, session64(phase.until), side="right"))
        if phase.asia is not None and phase.us is not None:
            spans.append((slice(first, last), (float(np.log1p(phase.asia)), float(np.log1p(phase.us)))))
        first = last
    return spans


def _set_day(row: int, moves: tuple[float | None, float | None], asia: Floats, us: Floats) -> None:
    if moves[0] is not None:
        asia[row] = np.log1p(moves[0]) - ASIA_FROM_US * _back(us, row)
    if moves[1] is not None:
        us[row] = np.log1p(moves[1]) - US_FROM_ASIA * asia[row]


def _back(us: Floats, row: int) -> float:
    """What New York did since Asia's last session: over a weekend that was on Friday."""
    return float(us[max(row - 3, 0) : row].sum()) if not us[row - 1] else float(us[row - 1])


def _bend_phase(
    rows: slice, moves: tuple[float, float], asia_free: Bools, us_free: Bools, asia: Floats, us: Floats
) -> None:
    late = slice(max(rows.start - 1, 0), max(rows.stop - 1, 0))
    lacking = moves[0] - asia[rows].sum() - ASIA_FROM_US * us[late].sum()
    asia[rows] += asia_free[rows] * lacking / max(1, asia_free[rows].sum())
    lacking = moves[1] - us[rows].sum() - US_FROM_ASIA * asia[rows].sum()
    us[rows] += us_free[rows] * lacking / max(1, us_free[rows].sum())


@dataclass(frozen=True, eq=False)
class Path:
    """Simulated bars of one name in log prices, (m,) each; ``close`` starts at its first price."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    moves: Floats


def walk(
    symbol: str,
    region: str,
    character: Character,
    days: Sessions,
    news: News,
    pins: Mapping[date, float],
) -> Path:
    """Return the path of one name over its sessions.

    Published moves stand as they are; the way between the prices the name passes
    through is made up by spreading what is lacking over the other sessions.
    """
    rows = news.row(days)
    away, home = news.between(days, region)
    own = character.own / np.sqrt(_YEAR) * news.state
    # one number a calendar day, not a session: a holiday more or less leaves the rest as it was
    noise = (own * tailed(stream(symbol, "own"), len(own)))[rows]
    gap = character.beta * (away + 0.2 * home) + 0.4 * noise
    moves = np.clip(character.beta * (away + home) + noise, -character.limit, character.limit)
    if character.revert:
        moves = _reverting(moves, character.revert)
    moves[0] = 0.0
    free = _pin(moves, days, pins)
    free[0] = False
    _pass_through(moves, free, days, character.prices)
    close = np.log(character.prices[0][1]) + moves.cumsum()
    return _bars(symbol, close, moves, gap, own[rows], rows)


def _reverting(shocks: Floats, pull: float) -> Floats:
    """Moves of a level that is pulled back to where it came from, (m,)."""
    levels = np.empty(len(shocks) + 1)
    levels[0] = 0.0
    for row, shock in enumerate(shocks):
        levels[row + 1] = (1 - pull) * levels[row] + shock
    return np.diff(levels)


def _pin(moves: Floats, days: Sessions, pins: Mapping[date, float]) -> Bools:
    """Set the published moves in place; return which sessions are left to bend, (m,)."""
    free = np.ones(len(days), dtype=np.bool_)
    for day, move in pins.items():
        row = int(np.searchsorted(days, session64(day)))
        if 0 < row < len(days) and days[row] == session64(day):
            moves[row] = np.log1p(move)
            free[row] = False
    return free


def _pass_through(moves: Floats, free: Bools, days: Sessions, prices: tuple[tuple[date, float], ...]) -> None:
    """Bend the moves, in place, so that the path meets each price on its day."""
    first, known = 0, prices[0][1]
    for day, price in prices[1:]:
        last = int(np.searchsorted(days, session64(day), side="right"))
        span = slice(first, last)
        if last > first and free[span].any():
            lacking = np.log(price / known) - moves[span].sum()
            moves[span] += free[span] * lacking / free[span].sum()
        first, known = last, price


def _bars(symbol: str, close: Floats, moves: Floats, gap: Floats, own: Floats, rows: Positions) -> Path:
    before = close - moves
    span = int(rows[-1]) + 1 if len(rows) else 0
    # the opening goes most of the way of a great fall, never far beyond it
    most = 0.8 * np.abs(moves) + 0.5 * own
    opened = before + np.clip(gap, -most, most)
    reach = 0.6 * own + 0.15 * np.abs(moves)
    up = np.abs(stream(symbol, "high").standard_normal(span))[rows] * reach
    down = np.abs(stream(symbol, "low").standard_normal(span))[rows] * reach
    return Path(opened, np.maximum(opened, close) + up, np.minimum(opened, close) - down, close, moves)
