"""The stress of a basket as rows: what the command prints and the page's sentences are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, plain, records
from app.kinds.column import COUNT, DAY, FLAG, LEVEL, SCORE, SHARE, TAIL_SHARE, Column, columns, keys
from app.market import words
from app.market.asof import priced_columns
from app.market.market import View
from app.questions.breadth import sector_path
from app.questions.relay.legs import PLACES, SIDES, since_of
from app.questions.stress.measures import (
    LEADS,
    ROWS,
    Clocked,
    Lead,
    absorption_of,
    clocked,
    exceeding,
    next_leg_of,
    pair_tails,
    side_tails,
    turbulence_of,
)
from models.analytics.absorption import WINDOW as MEMORY
from models.analytics.absorption import Absorption
from models.analytics.tails import TAIL
from models.analytics.trailing import left_out, row_mean
from models.analytics.turbulence import LACKING, WINDOW, Lacking, Turbulence
from models.errors import AftershockError, MeasureSettingError
from models.types import Floats, session64

T = TypeVar("T")
STRESS_COLUMNS = (
    *columns(DAY, "date", "asia_date", "us_date"),
    Column("sessions", COUNT),
    *columns(LEVEL, "turbulence", "threshold"),
    Column("turbulent", FLAG),
    Column("tail", TAIL_SHARE),
    *columns(LEVEL, "magnitude", "correlation_surprise"),
    Column("absorption", SHARE),
    Column("shift", SCORE),
    *columns(COUNT, "names", "asia_exceeding", "asia_judged", "us_exceeding", "us_judged"),
)
SHOWN = 20
LISTED = 10
RECENT = 5
_TURBULENCE = ("turbulence", "tail", "magnitude", "correlation_surprise")
_LEFT_OUT = ("symbol", "reason", "rows", "first", "last", "now")
_PAIR = ("x", "y", "value", "low", "high", "joint", "tail", "rows", "chance")
_NEXT = ("today", "next", "days", "of", "share", "low", "high")
ORDER: dict[Lead, str] = {"us": "us_to_next_asia", "asia": "asia_to_us"}


@dataclass(frozen=True, eq=False)
class Stress:
    """The numbers of one question; a part that cannot be had is None, and ``problems`` says why."""

    view: View
    basket: str
    lead: Lead = ROWS
    window: int = WINDOW
    memory: int = MEMORY

    @cached_property
    def clock(self) -> Clocked:
        """The basket in rows of the clock."""
        return clocked(self.view, self.basket, self.lead)

    @cached_property
    def turbulence(self) -> Turbulence | None:
        """Turbulence on every row."""
        return self._tried(lambda: turbulence_of(self.view, self.basket, self.lead, self.window))

    @cached_property
    def absorption(self) -> Absorption | None:
        """The absorption ratio on every row."""
        return self._tried(lambda: absorption_of(self.view, self.basket, self.lead, self.memory))

    @cached_property
    def moves(self) -> Floats:
        """The mean return of the names on every row, over all the sessions in it."""
        return row_mean(self.clock.rows.returns)

    @cached_property
    def problems(self) -> list[str]:
        """Why a part cannot be had, a sentence each."""
        _ = self.turbulence, self.absorption
        return list(self._failed)

    @cached_property
    def _failed(self) -> list[str]:
        return []

    def _tried(self, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except MeasureSettingError:
            raise  # not the prices' fault: whoever asked can ask otherwise
        except AftershockError as error:
            self._failed.append(str(error))
            return None

    def of(self, name: str) -> np.ndarray:
        """One quantity on every row, NaN where its part cannot be had."""
        nothing = np.full(len(self.clock.dates), np.nan)
        where = {"turbulence": "score", "absorption": "ratio", "correlation_surprise": "correlation"}
        part = self.absorption if name in ("absorption", "shift") else self.turbulence
        return nothing if part is None else np.asarray(getattr(part, where.get(name, name)))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every row of the clock with its figures, fractions; the columns of the command's answer."""
        rows = self.clock.rows
        frame = pd.DataFrame({"date": rows.dates, "asia_date": rows.asia_dates, "us_date": rows.us_dates})
        frame["sessions"] = self.clock.sessions
        for name in keys(STRESS_COLUMNS[4:12]):
            frame[name] = self.of(name)
        frame["names"] = 0 if self.turbulence is None else self.turbulence.names
        known = np.isfinite(frame["threshold"])
        frame["turbulent"] = frame["turbulent"].astype(object).where(known, None)
        for side, dates in (("asia", rows.asia_dates), ("us", rows.us_dates)):
            counts = pd.DataFrame(self._counts(side, dates), index=frame.index).astype("Int64")
            frame[f"{side}_exceeding"], frame[f"{side}_judged"] = counts[0], counts[1]
        return frame.loc[:, list(keys(STRESS_COLUMNS))]

    def _counts(self, side: str, dates: np.ndarray) -> np.ndarray:
        """Names in their own worst twentieth and names judged on each date; NaN where nobody was."""
        found = exceeding(self.view, self.basket, side)
        held = ~np.isnat(dates)
        at = np.searchsorted(self.view.panel.sessions, np.where(held, dates, self.view.panel.sessions[:1]))
        counts = np.column_stack([found.count[at], found.judged[at]]).astype(np.float64)
        counts[~held | (found.judged[at] == 0)] = np.nan
        return counts


def asked_of(
    view: View, basket: str = "all", lead: Lead = ROWS, window: int = WINDOW, memory: int = MEMORY
) -> Stress:
    """The numbers of one question, kept with the view."""
    key = ("stress", basket, lead, window, memory)
    return view.remember(key, lambda: Stress(view, basket, lead, window, memory))


def stress(
    view: View,
    basket: str = "all",
    lead: Lead = ROWS,
    window: int = WINDOW,
    memory: int = MEMORY,
    q: float = TAIL,
    days: int = SHOWN,
    as_of: date | datetime | None = None,
) -> Answer:
    """How stressed a basket was on its last rows of the clock, what follows a co-exceedance, and the tails.

    Raises
    ------
    NoPricesError
        If no name of the basket has a price.
    """
    priced_columns(view, basket)
    asked = asked_of(view, basket, lead, window, memory)
    frame = asked.table.tail(days) if days else asked.table
    facts: dict[str, Any] = {"since": since_of(view), "next_leg": {}, "tail_dependence": {}}
    notes = _notes(asked, frame)
    for order in LEADS:
        facts["next_leg"][ORDER[order]] = _next(view, basket, order, notes)
        facts["tail_dependence"][ORDER[order]] = _tails(view, basket, order, q, notes)
    facts["left_out"] = {
        name: records(
            left_out(part.status[-len(frame) :], asked.clock.dates[-len(frame) :], _names(asked)), _LEFT_OUT
        )
        for name, part in (("turbulence", asked.turbulence), ("absorption", asked.absorption))
        if part is not None and len(frame)
    }
    params = {"basket": basket, "lead": lead, "window": window, "absorption_window": memory, "q": q}
    sheet = answer_of(
        view, as_of, params | {"as_of": as_of}, STRESS_COLUMNS, records(frame, keys(STRESS_COLUMNS)), notes
    )
    return replace(sheet, facts=facts, sentence=sentence(asked))


def _names(asked: Stress) -> tuple[str, ...]:
    return asked.clock.symbols


def sentence(asked: Stress) -> str:
    """Whether the last row was turbulent by its own past, which way it went, and since when none was more.

    A row of two dates names both; one that holds a sector-wide fall is not called calm.
    """
    found = asked.turbulence
    if found is None or not len(found.score) or not np.isfinite(found.score[-1]):
        return f"No turbulence to tell: {_clause(why_not(asked))}"
    dates, score, threshold = asked.clock.dates, float(found.score[-1]), float(found.threshold[-1])
    when, was = row_words(asked)
    told = f"{words.level(score)} on {_way(asked)}"
    if not np.isfinite(threshold):
        return f"{when} scored {told} in turbulence; its own past is too short to call it"
    usual = f"(three in four days: under {words.level(threshold)})"
    if score <= threshold:
        return _unmoved(asked, when, was, told, usual)
    higher = np.flatnonzero(found.score[:-1] >= score)
    if len(higher) and len(found.score) - 1 - higher[-1] <= RECENT:
        return f"{when} {was} turbulent: {told} {usual}"
    since = f"since {words.day(dates[higher[-1]])}" if len(higher) else "on record"
    day = "day " if was == "was" else ""
    return f"{when} {was} the most turbulent {day}{since}: {told} {usual}"


def _unmoved(asked: Stress, when: str, was: str, told: str, usual: str) -> str:
    """A row of no unusual score: calm when the days in it were, else what they were."""
    wide, loud = fallen(asked)
    if wide:
        return f"{wide} sector-wide; turbulence {told}, no more than usual {usual}"
    its = "its" if was == "was" else "their"
    if loud:
        return f"{when} fell in {its} usual pattern: turbulence {told} {usual}"
    return f"{when} {was} calm by {its} own past: turbulence {told} {usual}"


def row_words(asked: Stress, row: int = -1) -> tuple[str, str]:
    """The dates of a row in words, and ``was`` or ``were``: New York’s 27 July and Asia’s 28 July."""
    dates = _dates_of(asked, row)
    if len(set(dates.values())) > 1:
        order = SIDES if asked.lead == "asia" else SIDES[::-1]
        return " and ".join(f"{PLACES[side]}’s {_long(dates[side])}" for side in order), "were"
    return _long(asked.clock.dates[row].item()), "was"


def fallen(asked: Stress, row: int = -1) -> tuple[str, bool]:
    """What of a row’s days fell sector-wide, as ``28 July was``, and whether any of them was not quiet."""
    dates, found, loud = _dates_of(asked, row), [], False
    for day in sorted(set(dates.values())):
        at = int(np.searchsorted(asked.view.panel.sessions, session64(day)))
        sides = [side for side, own in dates.items() if own == day]
        whole = str(sector_path(asked.view, asked.basket).verdict[at])
        verdicts = {side: str(sector_path(asked.view, asked.basket, side).verdict[at]) for side in sides}
        loud |= any(verdict not in ("quiet", "") for verdict in (whole, *verdicts.values()))
        if whole == "sector-wide":
            found.append(_long(day))
        else:
            wide = [side for side, verdict in verdicts.items() if verdict == "sector-wide"]
            found += [f"{PLACES[side]}’s {_long(day)}" for side in wide]
    return (f"{words.join(found)} {'was' if len(found) == 1 else 'were'}" if found else ""), loud


def _dates_of(asked: Stress, row: int) -> dict[str, date]:
    """The session date of each side in a row; a side without a name has none."""
    rows = asked.clock.rows
    own = {"asia": rows.asia_dates[row], "us": rows.us_dates[row]}
    return {side: value.item() for side, value in own.items() if not np.isnat(value)}


def _long(day: date) -> str:
    return f"{day.day} {words.long_month(day)}"


def _way(asked: Stress) -> str:
    """The move of the row as every page says it: of the basket on one date, of each side on two."""
    dates = _dates_of(asked, -1)
    if len(set(dates.values())) == 1:
        move = _moved(asked, None if len(dates) > 1 else next(iter(dates)))
        if round(abs(move), 3) == 0:
            return "prices unchanged"
        return f"a {'fall' if move < 0 else 'rise'} of {words.share(move)}"
    order = SIDES if asked.lead == "asia" else SIDES[::-1]
    return words.join(
        [
            f"{words.percent(_moved(asked, side))}% in {PLACES[side]} on {words.day(dates[side], year=False)}"
            for side in order
        ]
    )


def _moved(asked: Stress, side: str | None) -> float:
    """The move of the basket or a side over the last row’s sessions; the row’s mean where one is withheld."""
    rows, days = asked.clock.rows, asked.view.panel.sessions
    dates = rows.us_dates if side == "us" else rows.asia_dates
    path = sector_path(asked.view, asked.basket, side)
    last = days <= dates[-1]
    inside = last & (days > dates[-2]) if len(dates) > 1 else days == dates[-1]
    moves = path.returns[inside & (path.traded > 0)]
    if len(moves) and np.isfinite(moves).all() and (len(dates) > 1 or asked.clock.sessions[-1] == 1):
        return float(np.prod(1 + moves) - 1)
    chosen = slice(None) if side is None else asked.clock.asia == (side == "asia")
    return float(row_mean(rows.returns[-1:, chosen])[0])


def why_not(asked: Stress) -> str:
    """Why the last row has no turbulence."""
    if asked.turbulence is None or not len(asked.turbulence.score):
        return asked.problems[0] if asked.problems else "there is no row of the clock yet."
    code = int(asked.turbulence.lacking[-1])
    return f"{LACKING[Lacking(code)]}." if code else "its window is not whole yet."


def _notes(asked: Stress, frame: pd.DataFrame) -> list[Note]:
    """Why figures of the rows shown are missing, and which rows compound several sessions."""
    notes = [
        Note(None, (*_TURBULENCE, "threshold", "turbulent", "absorption", "shift"), text)
        for text in map(_clause, asked.problems)
    ]
    found = asked.turbulence
    if found is not None and len(frame):
        codes = np.unique(found.lacking[-len(frame) :])
        notes += [Note(None, _TURBULENCE, LACKING[Lacking(int(code))]) for code in codes if code]
        if frame["threshold"].isna().any():
            notes.append(Note(None, ("threshold", "turbulent"), "fewer than 250 scores stand before the row"))
    if asked.absorption is not None and frame[["absorption", "shift"]].isna().any(axis=None):
        reason = "fewer than five names have a whole window; a shift needs a year of ratios as well"
        notes.append(Note(None, ("absorption", "shift"), reason))
    for side, place in PLACES.items():
        if frame[f"{side}_judged"].isna().any():
            fields = (f"{side}_exceeding", f"{side}_judged")
            notes.append(Note(None, fields, f"no name of the basket was judged in {place} that day"))
    if frame[["asia_date", "us_date"]].isna().any(axis=None):
        notes.append(Note(None, ("asia_date", "us_date"), "the basket has names on one side alone"))
    long = int((frame["sessions"] > 1).sum())
    if long:
        reason = (
            f"{words.count(long, 'row')} of these compound several sessions of a side while the other was "
            "closed; each return is taken over the root of its sessions"
        )
        notes.append(Note(None, ("sessions",), reason))
    return notes


def _clause(text: object) -> str:
    """A failure as a reason: what is said of it ends without a stop of its own."""
    return str(text).rstrip(".")


def _next(view: View, basket: str, lead: Lead, notes: list[Note]) -> dict[str, Any] | None:
    try:
        found = next_leg_of(view, basket, lead)
    except MeasureSettingError:
        raise
    except AftershockError as error:
        notes.append(Note(None, (f"next_leg.{ORDER[lead]}",), _clause(error)))
        return None
    told = {
        name: plain(getattr(found, name)) for name in ("rank", "low", "high", "pairs", "unpaired", "passed")
    }
    return told | {"table": records(found.table, _NEXT)}


def _tails(view: View, basket: str, lead: Lead, q: float, notes: list[Note]) -> dict[str, Any] | None:
    try:
        found = side_tails(view, basket, lead, q)
    except MeasureSettingError:
        raise
    except AftershockError as error:
        notes.append(Note(None, (f"tail_dependence.{ORDER[lead]}",), _clause(error)))
        return None
    told = {name: plain(getattr(found, name)) for name in ("value", "low", "high", "joint", "tail", "rows")}
    return told | {"pairs": records(pair_tails(view, basket, lead, q).head(LISTED), _PAIR)}
