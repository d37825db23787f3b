"""Events and falls laid side by side from their day 0, and what came back beside every fall before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from app.market import words
from app.market.asof import priced_columns
from app.market.market import View
from app.questions.drawdowns.falls import selloffs
from app.questions.event_study.abnormal import day_zeros_of
from app.questions.events.moments import Happening, happening_of
from models.analytics.baskets import BasketPath
from models.analytics.event_recovery import STEPS, aligned_levels, recoveries, standing_at
from models.dates import read_day
from models.errors import MeasureSettingError, NoPricesError
from models.events import Event
from models.types import Floats, session64

Beside = Literal["falls", "days"]
FALL = "fall:"
"""What the reference of a fall begins with; its peak follows."""
MOST, USUAL = 8, 5
SHORT = 20
APART = 10
THRESHOLD = 0.10
THRESHOLDS = (0.10, 0.05)
WORST = 0.02
"""The share of a basket's sessions that are its worst days."""
LEAST = 0.02
"""Of a smaller fall no share is told: what came back would be many times of nearly nothing."""
_LOOKED = 200


@dataclass(frozen=True, slots=True)
class Start:
    """One event or fall to lay beside others.

    ``zero`` is the session before day 0, where its line is 0; ``low`` the date from which it may come back:
    a fall's trough; of an event the lowest close from the first exchange's day 0 to the last one's.
    """

    ref: str
    label: str
    kind: Literal["event", "fall"]
    zero: date
    day0: date
    low: date
    said: str

    @property
    def short(self) -> str:
        """Its name for a line of a chart: what stands before the first stop, in as many words as fit."""
        text = re.split(r"[:;,?!.]", self.label)[0].strip()
        kept = text.split(" ")
        while len(kept) > 1 and len(" ".join(kept)) > SHORT:
            kept.pop()
        told = " ".join(kept)[:SHORT]
        return told if told == text else f"{told}…"


def start_of(
    view: View, events: Sequence[Event], ref: str, basket: str = "all", threshold: float = THRESHOLD
) -> Start:
    """What a reference names: ``fall:`` and the date of a peak, the id of an event, a date or an instant.

    Raises
    ------
    MeasureSettingError
        If no fall of the basket peaks on the date.
    UnknownEventError
        If it names nothing that is known.
    BadDateError
        If the date of a peak is none.
    NoPricesError
        If no session before or after it is stored.
    """
    if not ref.startswith(FALL):
        return start_of_event(view, happening_of(view, events, ref), basket)
    day = read_day(ref.removeprefix(FALL), view.moment)
    for least in dict.fromkeys((threshold, *THRESHOLDS)):
        for peak, trough in falls(view, basket, least):
            if peak == day:
                return start_of_fall(view, basket, peak, trough)
    known = words.join([str(peak) for peak, _ in falls(view, basket, threshold)[-3:]]) or "none so far"
    raise MeasureSettingError("A fall", repr(ref[:40]), f"one by its peak: {known}")


def falls(view: View, basket: str, threshold: float) -> list[tuple[date, date]]:
    """Peak and trough of each of a basket's selloffs, by date."""
    legs = selloffs(view, basket, threshold=threshold)
    return list(zip(_days(legs["peak"]), _days(legs["trough"]), strict=True))


def start_of_event(view: View, found: Happening, basket: str = "all") -> Start:
    """An event: its line is 0 on the session before the first exchange's day 0.

    Raises
    ------
    NoPricesError
        If no session before it or after it is stored.
    """
    zeros = day_zeros_of(view, found.at, priced_columns(view, basket))
    rows = [row for row, _ in zeros.values() if row >= 0]
    level = view.basket(basket).level
    before = np.flatnonzero(np.isfinite(level[: min(rows)])) if rows else np.array([])
    if not len(before):
        raise NoPricesError(
            f"No session on both sides of {found.label} is stored; bring the prices or leave it out."
        )
    days, inside = view.panel.sessions, level[min(rows) : max(rows) + 1]
    lowest = min(rows) + (int(np.nanargmin(inside)) if np.isfinite(inside).any() else 0)
    ends = days[before[-1]].item(), days[min(rows)].item(), days[lowest].item()
    return Start(found.ref, found.label, "event", *ends, found.said)


def start_of_fall(view: View, basket: str, peak: date, trough: date) -> Start:
    """A fall: its line is 0 at the peak, its day 0 the session after."""
    path = view.basket(basket)
    known = path.sessions[np.isfinite(path.level)]
    after = known[np.searchsorted(known, session64(peak), side="right")].item()
    label = f"Fall from {words.short_day(peak)}"
    return Start(f"{FALL}{peak}", label, "fall", peak, after, trough, "its line is 0 at the peak")


def usual(
    view: View, events: Sequence[Event], basket: str = "all", threshold: float = THRESHOLD, first: str = ""
) -> tuple[str, ...]:
    """What to compare when nothing was chosen: the severe events that took the basket down most, by date.

    Those within 10 sessions of a deeper one are left out; ``first`` is taken whatever it is. Without two
    such events they are the basket's last falls.
    """
    key = ("usual events", tuple(item.id for item in events), basket, threshold, first)
    return view.remember(key, lambda: _usual(view, events, basket, threshold, first))


def _usual(view: View, events: Sequence[Event], basket: str, threshold: float, first: str) -> tuple[str, ...]:
    severe = [event.id for event in events if event.severity == 3][-_LOOKED:]
    starts = [
        found for ref in dict.fromkeys([*severe, first]) if (found := _tried(view, events, ref, basket))
    ]
    starts.sort(key=lambda item: (item.ref != first, _depth(view.basket(basket), item)))
    taken: list[Start] = []
    for item in starts:
        if len(taken) < USUAL and all(_apart(view, item, other) >= APART for other in taken):
            taken.append(item)
    if len(taken) < 2:
        last = [f"{FALL}{peak}" for peak, _ in falls(view, basket, threshold)[-USUAL:]]
        return (*(item.ref for item in taken), *last)
    return tuple(item.ref for item in sorted(taken, key=lambda item: item.zero))


def side_by_side(
    view: View, starts: Sequence[Start], basket: str = "all", before: int = 5, after: int = 20
) -> pd.DataFrame:
    """The basket's level by session from each day 0, as its change since the session before; fractions.

    One column a start, by its reference. Sessions are the basket's: days on which one of its exchanges was
    open.
    """
    path = view.basket(basket)
    zeros = np.array([session64(start.zero) for start in starts], dtype="datetime64[D]")
    offsets, found = aligned_levels(path.level, path.sessions, zeros, max(before - 1, 0), after + 1)
    return pd.DataFrame(
        found.T, index=pd.Index(offsets - 1, name="session"), columns=[start.ref for start in starts]
    )


def recovery_paths(
    view: View, falls_: pd.DataFrame, basket: str = "all", after: int = max(STEPS)
) -> tuple[np.ndarray, Floats]:
    """The share of each fall regained by session from its low on: sessions (W,), and shares (E, W).

    ``falls_`` holds ``peak`` and ``trough``; a fall of less than 2% is NaN throughout.
    """
    path = view.basket(basket)
    lows, peaks = (falls_[name].to_numpy().astype("datetime64[D]") for name in ("trough", "peak"))
    offsets, found = aligned_levels(path.level, path.sessions, lows, 0, after)
    rows = [np.searchsorted(path.sessions, days) for days in (peaks, lows)]
    top = path.level[rows[0]] / path.level[rows[1]] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return offsets, np.where(top[:, None] >= LEAST / (1 - LEAST), found / top[:, None], np.nan)


def past_falls(
    view: View, basket: str = "all", beside: Beside = "falls", threshold: float = THRESHOLD
) -> pd.DataFrame:
    """What a recovery is set beside, ``peak`` and ``trough``: selloffs, or the basket's worst days.

    A selloff's low is known only once the basket has risen again, so that selloffs come back by
    construction; a worst day is its own low, as an event's day 0 is.
    """
    if beside == "falls":
        return selloffs(view, basket, threshold=threshold)[["peak", "trough"]]
    path = view.basket(basket)
    known = np.flatnonzero(np.isfinite(path.level))
    moves = path.level[known[1:]] / path.level[known[:-1]] - 1
    rows = np.flatnonzero(moves <= np.quantile(moves, WORST)) if len(moves) else np.array([], dtype=int)
    return pd.DataFrame({"peak": path.sessions[known[rows]], "trough": path.sessions[known[rows + 1]]})


def recovered(
    view: View,
    starts: Sequence[Start],
    basket: str = "all",
    beside: Beside = "falls",
    threshold: float = THRESHOLD,
    steps: Sequence[int] = STEPS,
) -> pd.DataFrame:
    """What each start regained some sessions after its low, beside all past falls with an earlier low.

    Returns
    -------
    DataFrame
        One row a start, in order: ``ref`` and the columns of
        :func:`~models.analytics.event_recovery.recoveries`, then ``low_k``, ``median_k`` and ``high_k``, the
        median and the quartiles of the earlier ones; NaN without one. Of a fall of less than 2% no recovery
        is told. Then ``deeper_k`` and ``lasted_k`` of
        :func:`~models.analytics.event_recovery.standing_at`: where the line stood k sessions after its day 0
        among the selloffs that lasted as long; NaN where it has no place.
    """
    path = view.basket(basket)
    past = past_falls(view, basket, beside, threshold)
    peaks = past_falls(view, basket, "falls", threshold)["peak"].to_numpy()
    rows = []
    for start in starts:
        row = _beside(path, past, start, steps)
        for step in steps:
            # Day 0 is the first session after the zero, of a line as of a fall: day k is k more.
            found = standing_at(path.level, path.sessions, peaks, session64(start.zero), step + 1)
            row |= dict(zip((f"deeper_{step}", f"lasted_{step}"), found or (np.nan, np.nan), strict=True))
        rows.append(row)
    return pd.DataFrame(rows)


def unlike(start: Start, beside: Beside) -> bool:
    """Whether a line's low is of another kind than the lows it would be set beside.

    An event's low is that of its own day 0, a fall's trough is known only once prices have risen from it:
    beside falls an event is told by its depth at the same session.
    """
    return start.kind == "event" and beside == "falls"


def past_recoveries(
    view: View,
    basket: str = "all",
    beside: Beside = "falls",
    threshold: float = THRESHOLD,
    steps: Sequence[int] = STEPS,
) -> pd.DataFrame:
    """The same of every past fall itself, for a figure of them all."""
    key = ("past recoveries", basket, beside, threshold, tuple(steps))
    path = view.basket(basket)
    return view.remember(
        key,
        lambda: recoveries(path.level, path.sessions, past_falls(view, basket, beside, threshold), steps),
    )


def _beside(path: BasketPath, past: pd.DataFrame, start: Start, steps: Sequence[int]) -> dict[str, object]:
    own = pd.DataFrame({"peak": [pd.Timestamp(start.zero)], "trough": [pd.Timestamp(start.low)]})
    earlier = past[past["trough"] < pd.Timestamp(start.low)]
    table = recoveries(path.level, path.sessions, pd.concat([earlier, own], ignore_index=True), steps)
    row: dict[str, object] = {"ref": start.ref, **table.iloc[-1].to_dict()}
    small = not float(table["depth"].iloc[-1]) <= -LEAST
    for step in steps:
        before = table[f"recovery_{step}"].to_numpy()[:-1]
        known = before[np.isfinite(before)]
        spread = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else np.full(3, np.nan)
        row |= {f"low_{step}": spread[0], f"median_{step}": spread[1], f"high_{step}": spread[2]}
        if small:
            row |= {f"recovery_{step}": np.nan, f"rank_{step}": np.nan, f"earlier_{step}": 0}
    return row


def _tried(view: View, events: Sequence[Event], ref: str, basket: str) -> Start | None:
    try:
        return start_of(view, events, ref, basket) if ref else None
    except (NoPricesError, LookupError, ValueError):
        return None


def _depth(path: BasketPath, start: Start) -> float:
    rows = np.searchsorted(path.sessions, [session64(start.zero), session64(start.low)])
    level: Floats = path.level[rows]
    return float(level[1] / level[0] - 1)


def _apart(view: View, one: Start, other: Start) -> int:
    days = np.searchsorted(view.panel.sessions, [session64(one.zero), session64(other.zero)])
    return abs(int(days[1] - days[0]))


def _days(column: pd.Series) -> list[date]:
    return [pd.Timestamp(value).date() for value in column]
