"""The relay between the sides of a basket: its legs, how they were walked, and what each says of the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app import words
from app.answers.rows import plain, records, sheet_of
from app.data import View
from app.sheets import Note, Sheet
from models.analytics.baskets import BasketPath
from models.analytics.links import MIN_PAIRS, controlled_links, leg_links
from models.analytics.relay import (
    LEGS,
    Z_MINIMUM,
    Leg,
    Verdict,
    leg_paths,
    relay_legs,
    starter,
    walk_of_day,
)
from models.analytics.returns import session_legs
from models.errors import NoPricesError
from models.types import Floats, session64

SIDES = ("asia", "us")
PLACES = {"asia": "Asia", "us": "New York"}
YEARS = 5
RELAY_COLUMNS = ("date", "leg", "return", "z")
LINK_COLUMNS = (
    *("from_leg", "to_leg", "n", "correlation", "slope", "slope_se"),
    *("stress_n", "stress_correlation", "stress_slope", "stress_slope_se"),
    *("controlled_n", "controlled_slope", "controlled_slope_se", "left_out"),
)


def side_symbols(view: View, side: str, basket: str = "all") -> tuple[str, ...]:
    """The names of a basket that trade on one side."""
    members = set(view.universe.basket(basket).symbols)
    return tuple(symbol for symbol in view.universe.basket(side).symbols if symbol in members)


def side_paths(view: View, basket: str = "all") -> dict[Leg, BasketPath]:
    """The paths of the four legs of a basket's sides; empty of returns where a side has no name."""

    def make() -> dict[Leg, BasketPath]:
        panel = view.panel
        gap, session = session_legs(panel.open, panel.close, panel.adj_close)
        paths: dict[str, BasketPath] = {}
        for side in SIDES:
            own = view.columns(side_symbols(view, side, basket))
            parts = leg_paths(
                panel.sessions, gap[:, own], session[:, own], view.open_exchange[:, own], view.active[:, own]
            )
            paths |= {f"{side}_gap": parts[0], f"{side}_session": parts[1]}
        return {leg: paths[leg] for leg in LEGS}

    return view.remember(("paths", basket), make)


def side_legs(view: View, basket: str = "all") -> dict[Leg, Floats]:
    """The four legs of a basket's sides, fractions, shape (T,); NaN where a side was closed or is empty."""
    return {leg: path.returns for leg, path in side_paths(view, basket).items()}


def walk(view: View, basket: str = "all") -> pd.DataFrame:
    """Every leg of the relay between the sides, in clock order, with its z."""
    return view.remember(("walk", basket), lambda: relay_legs(view.panel.sessions, side_legs(view, basket)))


def relay(
    view: View, basket: str = "all", on: date | None = None, as_of: date | datetime | None = None
) -> Sheet:
    """The legs of one news day in clock order, who started it, and what each leg says of the next.

    The day is the last one by ``on`` on which a side of the basket traded.

    Raises
    ------
    NoPricesError
        If no leg of the basket can be measured by then.
    """
    day = news_day(view, basket, on)
    legs = walk_of_day(walk(view, basket), session64(day))
    verdict = starter(legs)
    links, follows = records(links_of(view, basket), LINK_COLUMNS), next_gap(view, basket, day)
    facts: dict[str, Any] = {
        "day": day,
        "starter": verdict.starter,
        "starter_leg": verdict.leg,
        "starter_date": words.as_date(verdict.date),
        "reason": verdict.reason,
        "next_asia_gap": follows,
        "since": since_of(view),
        "links": links,
    }
    notes = [*_day_notes(view, basket, day, on), *_leg_notes(legs, verdict)]
    if follows is None:
        notes.append(Note(None, ("next_asia_gap",), "Asia has not opened since, or New York did not trade"))
    if any(link["correlation"] is None or link["stress_correlation"] is None for link in links):
        notes.append(Note(None, ("links",), f"a link of fewer than {MIN_PAIRS} pairs has no figures"))
    params = {"basket": basket, "on": on, "as_of": as_of}
    rows = records(legs, RELAY_COLUMNS)
    return replace(sheet_of(view, as_of, params, RELAY_COLUMNS, rows, notes), facts=facts)


def since_of(view: View) -> date:
    """The first day of the years that links, base rates and usual shares are taken over."""
    last = view.last_session
    if last is None:
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")
    # Through months, so that 29 February has its day in every year.
    month = np.datetime64(last, "M") - 12 * YEARS
    found: date = min(
        month.astype("datetime64[D]") + last.day - 1, (month + 1).astype("datetime64[D]")
    ).item()
    return found


def news_day(view: View, basket: str = "all", on: date | None = None) -> date:
    """The last day by ``on`` on which a side of the basket traded.

    Raises
    ------
    NoPricesError
        If there is none.
    """
    days = walk(view, basket)["date"].to_numpy().astype("datetime64[D]")
    known = days if on is None else days[days <= session64(on)]
    if not len(known):
        if len(days):
            first = words.day(days[0].item())
            raise NoPricesError(
                f"No leg of the basket {basket!r} is measured by {on}; the first is of {first}: ask for a "
                f"later day, or run `aftershock backfill --since {on}`."
            )
        name = view.baskets[basket].name
        raise NoPricesError(
            f"No leg of {name} can be measured by then; the relay needs opens: run `aftershock ingest once`."
        )
    found: date = known[-1].item()
    return found


def next_gap(view: View, basket: str, day: date) -> dict[str, Any] | None:
    """Asia's first gap after the day's US session: where the relay went on to."""
    legs = walk(view, basket)
    if not ((legs["date"] == session64(day)) & (legs["leg"] == "us_session")).any():
        return None
    after = legs[(legs["date"] > session64(day)) & (legs["leg"] == "asia_gap")]
    if after.empty:
        return None
    return {name: plain(after.iloc[0][name]) for name in ("date", "return", "z")}


def links_of(view: View, basket: str = "all") -> pd.DataFrame:
    """The six links of the last years, each with its slope once the other side is controlled for."""

    def make() -> pd.DataFrame:
        legs, sessions, since = side_legs(view, basket), view.panel.sessions, session64(since_of(view))
        held = controlled_links(sessions, legs, since=since)
        names = {name: f"controlled_{name}" for name in ("n", "slope", "slope_se")}
        return leg_links(sessions, legs, since=since).join(held[list(names)].rename(columns=names))

    return view.remember(("links", basket), make)


def unfinished(view: View, basket: str, day: date) -> list[str]:
    """The sides of a day whose bars may still change: their session is not over, or just so."""
    panel, session = view.panel, session64(day)
    row = int(np.searchsorted(panel.sessions, session))
    if row == len(panel.sessions) or panel.sessions[row] != session:
        return []
    open_bars = panel.present[row] & ~panel.final[row]
    return [side for side in SIDES if open_bars[view.columns(side_symbols(view, side, basket))].any()]


def _day_notes(view: View, basket: str, day: date, on: date | None) -> list[Note]:
    """What was asked for and is not there: the day itself, or a side of it."""
    notes = []
    if on is not None and day != on:
        notes.append(Note(None, ("day",), f"{on} is no news day with prices; this is {day}"))
    row = int(np.searchsorted(view.panel.sessions, session64(day)))
    for side in SIDES:
        legs = side_legs(view, basket)
        missing = tuple(leg for leg in LEGS if leg.startswith(side) and np.isnan(legs[leg][row]))
        if missing:
            notes.append(Note(None, missing, _absent(view, basket, side, row)))
    for side in unfinished(view, basket, day):
        legs_there = tuple(leg for leg in LEGS if leg.startswith(side))
        notes.append(Note(None, legs_there, f"intraday, not final: {PLACES[side]}’s session"))
    return notes


def _absent(view: View, basket: str, side: str, row: int) -> str:
    """Why a side has no legs on a row of the panel."""
    columns = view.columns(side_symbols(view, side, basket))
    if not columns:
        return f"no name of the basket trades in {PLACES[side]}"
    if view.open_exchange[row, columns].any():
        return f"too many opens of {PLACES[side]} are missing"
    later = view.open_exchange[row + 1 :, columns].any()
    return (
        f"{PLACES[side]} held no session"
        if later
        else f"{PLACES[side]} has not traded yet, or held no session"
    )


def _leg_notes(legs: pd.DataFrame, verdict: Verdict) -> list[Note]:
    notes = []
    if legs["z"].isna().any():
        notes.append(Note(None, ("z",), f"fewer than {Z_MINIMUM} news days lie before the leg"))
    if verdict.leg is None:
        notes.append(Note(None, ("starter_leg", "starter_date"), verdict.reason))
    return notes
