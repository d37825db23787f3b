"""Raw beside adjusted: what a fall did to a correlation, and what of it the source's variance explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of
from app.kinds.column import CORRELATION, COUNT, SCORE, TEXT, Column, columns, keys
from app.market import words
from app.market.market import View
from app.questions.correlation.lagged import default_pair
from app.questions.correlation.pairs import Pair, pair_of
from app.questions.drawdowns.falls import selloffs
from app.questions.relay.legs import side_symbols
from models.analytics.forbes_rigobon import CRISIS_MINIMUM, ForbesRigobon, forbes_rigobon
from models.errors import AftershockError, MeasureSettingError
from models.types import session64

CALM = 250
COLUMNS = (
    *columns(TEXT, "source", "target", "lag"),
    *columns(
        CORRELATION,
        "calm",
        "calm_low",
        "calm_high",
        "crisis",
        "raw_low",
        "raw_high",
        "adjusted",
        "adjusted_low",
        "adjusted_high",
    ),
    Column("delta", SCORE),
    *columns(COUNT, "n_calm", "n_crisis"),
    Column("raw_z", SCORE),
    Column("raw_p", CORRELATION),
    Column("adjusted_z", SCORE),
    Column("adjusted_p", CORRELATION),
)
# The layer that carries the baton is set beside the sides when a basket holds it on both.
_LAYER = "memory"


@dataclass(frozen=True, slots=True)
class Fall:
    """A selloff leg as a crisis: the days after its peak up to its trough."""

    peak: date
    trough: date
    depth: float
    open: bool

    @property
    def words(self) -> str:
        """Its dates and depth: ``22 Jun → 29 Jul 26, −28.5%``."""
        return f"{words.span(self.peak, self.trough)}, {words.percent(self.depth)}%"


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """One direction in one fall: the figures, or why there are none."""

    pair: Pair
    found: ForbesRigobon | None
    problem: str


def falls(view: View, basket: str = "all") -> list[Fall]:
    """The selloff legs of a basket, the latest first."""
    table = selloffs(view, basket)
    return [
        Fall(leg.peak.date(), leg.trough.date(), float(leg.depth), bool(leg.open))
        for leg in table.iloc[::-1].itertuples()
    ]


def fall_of(view: View, basket: str = "all", peak: str = "") -> Fall | None:
    """The fall that began at a peak; without one the latest that is long enough; None without any.

    Raises
    ------
    MeasureSettingError
        If the basket had no fall from that day.
    """
    known = falls(view, basket)
    if peak:
        found = next((item for item in known if item.peak.isoformat() == peak), None)
        if found is None:
            allowed = words.join([item.peak.isoformat() for item in known[:4]]) or "another basket"
            raise MeasureSettingError("The fall", peak, f"the peak of one: {allowed}")
        return found
    days = view.panel.sessions
    for item in known:
        rows = (days > session64(item.peak)) & (days <= session64(item.trough))
        if rows.sum() > CRISIS_MINIMUM + 2:
            return item
    return known[0] if known else None


def directions(view: View, basket: str, leader: str, follower: str) -> list[tuple[str, str]]:
    """The pairs set side by side: the one asked for, the sides each way, memory each way if there is such."""
    pairs = [(leader, follower)]
    if all(side_symbols(view, side, basket) for side in ("asia", "us")):
        pairs += [("us", "asia"), ("asia", "us")]
    layered = basket in ("all", _LAYER) and _LAYER in view.universe.baskets
    if layered and all(side_symbols(view, side, _LAYER) for side in ("asia", "us")):
        pairs += [(f"us:{_LAYER}", f"asia:{_LAYER}"), (f"asia:{_LAYER}", f"us:{_LAYER}")]
    return list(dict.fromkeys(pairs))


def adjusted(view: View, basket: str, leader: str, follower: str, fall: Fall | None) -> Adjusted:
    """Calm, raw and adjusted correlation of one direction in a fall.

    The calm are the 250 rows up to the peak; the source is the leader.

    Raises
    ------
    AftershockError
        If the pair cannot be had at all; what the fall lacks is in ``problem``.
    """

    def make() -> Adjusted:
        pair = pair_of(view, leader, follower, basket)
        if fall is None:
            return Adjusted(pair, None, "the basket has had no fall of 10%")
        before = pair.dates <= session64(fall.peak)
        calm = before & (np.cumsum(before[::-1])[::-1] <= CALM)
        crisis = (pair.dates > session64(fall.peak)) & (pair.dates <= session64(fall.trough))
        try:
            return Adjusted(pair, forbes_rigobon(pair.x, pair.y, calm, crisis), "")
        except AftershockError as error:
            return Adjusted(pair, None, str(error).rstrip("."))

    return view.remember(("adjusted", basket, leader, follower, fall), make)


def all_adjusted(view: View, basket: str, leader: str, follower: str, fall: Fall | None) -> list[Adjusted]:
    """Every direction that is set side by side."""
    return [adjusted(view, basket, *pair, fall) for pair in directions(view, basket, leader, follower)]


def frame_of(found: list[Adjusted]) -> pd.DataFrame:
    """One row a direction, NaN where there is none; fractions."""
    return pd.DataFrame([_row(item) for item in found], columns=list(keys(COLUMNS)))


def adjusted_sheet(
    view: View,
    basket: str = "all",
    leader: str | None = None,
    follower: str | None = None,
    peak: str = "",
    as_of: date | datetime | None = None,
) -> Answer:
    """The three correlations of each direction as rows; never a verdict.

    Raises
    ------
    AftershockError
        If the pair cannot be had, or no fall began at that peak.
    """
    first, second = default_pair(view, basket)
    fall = fall_of(view, basket, peak)
    found = all_adjusted(view, basket, leader or first, follower or second, fall)
    rows = [{name: _plain(value) for name, value in _row(item).items()} for item in found]
    notes = [
        Note(f"{item.pair.leader.id} {words.ARROW} {item.pair.follower.id}", keys(COLUMNS[3:]), item.problem)
        for item in found
        if item.problem
    ]
    params: dict[str, Any] = {"basket": basket, "leader": leader or first, "follower": follower or second}
    params |= _settings(found) | {"as_of": as_of}
    sheet = answer_of(view, as_of, params, COLUMNS, rows, notes)
    told = None if fall is None else {"peak": fall.peak, "trough": fall.trough, "depth": fall.depth}
    return replace(sheet, facts={"fall": told}, sentence=sentence(found, fall))


def sentence(found: list[Adjusted], fall: Fall | None) -> str:
    """All three figures of the first direction that has them."""
    known = next((item for item in found if item.found), None)
    if known is None or known.found is None or fall is None:
        return "No fall is long enough to set a crisis beside the calm before it."
    figures = [
        words.correlation(value) for value in (known.found.calm, known.found.raw, known.found.adjusted)
    ]
    return (
        f"{known.pair.leader.label} {words.ARROW} {known.pair.follower.label}: {figures[0]} in the calm, "
        f"{figures[1]} in the fall of {words.span(fall.peak, fall.trough)}, {figures[2]} adjusted for "
        f"{known.pair.leader.label}’s variance, {known.found.delta + 1:.1f} times the calm one."
    )


def _row(item: Adjusted) -> dict[str, Any]:
    start = {"source": item.pair.leader.id, "target": item.pair.follower.id, "lag": item.pair.lag}
    found = item.found
    if found is None:
        return {**dict.fromkeys(keys(COLUMNS)), **start}
    return {
        **start,
        "calm": found.calm,
        "calm_low": found.calm_interval.low,
        "calm_high": found.calm_interval.high,
        "crisis": found.raw,
        "raw_low": found.raw_interval.low,
        "raw_high": found.raw_interval.high,
        "adjusted": found.adjusted,
        "adjusted_low": found.adjusted_interval.low,
        "adjusted_high": found.adjusted_interval.high,
        "delta": found.delta,
        "n_calm": found.n_calm,
        "n_crisis": found.n_crisis,
        "raw_z": found.raw_difference.z,
        "raw_p": found.raw_difference.p,
        "adjusted_z": found.adjusted_difference.z,
        "adjusted_p": found.adjusted_difference.p,
    }


def _settings(found: list[Adjusted]) -> dict[str, Any]:
    known = next((item.found for item in found if item.found), None)
    names = ("average", "block", "draws", "level", "seed")
    return {name: None if known is None else getattr(known, name) for name in names} | {"calm_rows": CALM}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
