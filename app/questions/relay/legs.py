"""The relay between the sides of a basket: its legs, how they were walked, and what each says of the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, number, plain, records
from app.kinds.column import CORRELATION, COUNT, DAY, MOVE, SCORE, TEXT, Column, columns, keys
from app.market import words
from app.market.holes import hole_reason
from app.market.left_out import basket_left_out
from app.market.market import View, cities_of
from models.analytics.baskets import MAX_MISSING, BasketPath
from models.analytics.links import MIN_PAIRS, controlled_links, leg_links
from models.analytics.relay import (
    LEGS,
    Z_MINIMUM,
    Z_STARTS,
    Leg,
    Side,
    SidePaths,
    Verdict,
    leg_paths,
    relay_legs,
    starter,
    walk_of_day,
)
from models.errors import NoPricesError
from models.types import Floats, Instant, session64

SIDES = ("asia", "us")
PLACES = {"asia": "Asia", "us": "New York"}
KINDS = {"asia": "Asian", "us": "US"}
YEARS = 5
RELAY_COLUMNS = (
    Column("date", DAY),
    Column("leg", TEXT),
    Column("return", MOVE),
    Column("z", SCORE),
)
LINK_COLUMNS = (
    *columns(TEXT, "from_leg", "to_leg"),
    Column("n", COUNT),
    *columns(CORRELATION, "correlation", "slope", "slope_se"),
    Column("stress_n", COUNT),
    *columns(CORRELATION, "stress_correlation", "stress_slope", "stress_slope_se"),
    Column("controlled_n", COUNT),
    *columns(CORRELATION, "controlled_slope", "controlled_slope_se"),
    Column("left_out", COUNT),
)


def side_symbols(view: View, side: str, basket: str = "all") -> tuple[str, ...]:
    """The names of a basket that trade on one side."""
    members = set(view.universe.basket(basket).symbols)
    return tuple(symbol for symbol in view.universe.basket(side).symbols if symbol in members)


def side_splits(view: View, basket: str = "all") -> dict[str, SidePaths]:
    """Each side's move, its legs and who is in the one and not in the other; a side without a name too."""

    def make() -> dict[str, SidePaths]:
        panel, found = view.panel, {}
        gap, session = view.legs()
        for side in SIDES:
            own = view.columns(side_symbols(view, side, basket))
            found[side] = leg_paths(
                panel.sessions,
                gap[:, own],
                session[:, own],
                view.open_exchange[:, own],
                view.active[:, own],
                returns=view.returns()[:, own],
                exchanges=[view.universe[panel.symbols[column]].exchange.calendar for column in own],
            )
        return found

    return view.remember(("splits", basket), make)


def side_paths(view: View, basket: str = "all") -> dict[Leg, BasketPath]:
    """The paths of the four legs of a basket's sides; empty of returns where a side has no name."""
    splits = side_splits(view, basket)
    return {
        "asia_gap": splits["asia"].gap,
        "asia_session": splits["asia"].session,
        "us_gap": splits["us"].gap,
        "us_session": splits["us"].session,
    }


@dataclass(frozen=True, slots=True)
class SideDay:
    """One side's day: its move, what its legs stand on, and who is in the move but not in the legs.

    Moves are fractions, None where withheld. ``names`` have a close and ``leg_names`` an open as well;
    ``closed`` belong to an exchange that held no session and count 0 in move and legs. ``without`` is how
    many names have no open, ``rest`` their mean move, ``rest_names`` who they are, and ``cities`` those of
    which no name has one; ``withheld`` says that the legs cannot be told.
    """

    side: str
    day: date
    move: float | None
    names: int
    legs: float | None
    leg_names: int
    closed: int
    without: int
    rest: float | None
    rest_names: tuple[str, ...]
    cities: tuple[str, ...]
    withheld: bool


def side_day(view: View, basket: str, side: str, day: date) -> SideDay | None:
    """What a side's move of a day and its legs stand on; None when no name of it traded that day."""
    path, row = side_splits(view, basket)[side], int(np.searchsorted(view.panel.sessions, session64(day)))
    if row == len(view.panel.sessions) or view.panel.sessions[row] != session64(day):
        return None
    names, shut = int(path.whole.traded[row]), path.counted[row] - path.whole.traded[row]
    if not names:
        return None
    legs = (1 + path.gap.returns[row]) * (1 + path.session.returns[row]) - 1
    out, cities = _unopened(view, basket, side, row)
    return SideDay(
        side,
        day,
        number(path.whole.returns[row]),
        names,
        number(legs),
        int(path.gap.traded[row]),
        int(shut),
        int(path.without[row]),
        number(path.rest[row]),
        out,
        cities,
        bool(path.gap.withheld[row]),
    )


def side_days(view: View, basket: str, day: date) -> list[SideDay]:
    """The sides that traded on a day, in the order of the clock."""
    found = (side_day(view, basket, side, day) for side in SIDES)
    return [each for each in found if each is not None]


def without_open(sides: Iterable[SideDay]) -> str:
    """Who is in the moves of a day and in none of its legs: ``1 Asian name, +0.9%``; empty for nobody."""
    told = []
    for each in sides:
        if each.without and not each.withheld:
            where = f" (all of {words.join(list(each.cities))})" if each.cities else ""
            many = words.count(each.without, f"{KINDS[each.side]} name")
            told.append(f"{many}{where}, {words.percent(each.rest)}%")
    return "; ".join(told)


def legs_withheld(each: SideDay) -> str:
    """Why a side that traded has no legs: ``9 of 15 Asian names have no open``."""
    if each.move is None and each.without <= MAX_MISSING * each.names:
        return f"too many {KINDS[each.side]} names have no price"
    have = "has" if each.without == 1 else "have"
    return f"{each.without} of {words.count(each.names, f'{KINDS[each.side]} name')} {have} no open"


def waiting(view: View, basket: str, day: date, moment: Instant) -> tuple[str, ...]:
    """Cities of a basket whose session of a day has not closed at an instant."""
    members, found = set(view.universe.basket(basket).symbols), []
    for city, (calendar, symbols) in cities_of(view.universe, view.calendars).items():
        to_close = calendar.is_session(day) and calendar.close_of(day) > moment
        if to_close and any(symbol in members for symbol in symbols):
            found.append(city)
    return tuple(found)


def so_far(view: View, basket: str, day: date) -> bool:
    """Whether a day of a basket is not over: a session is still to close, or its bars may change."""
    return bool(waiting(view, basket, day, view.moment) or unfinished(view, basket, day))


def side_legs(view: View, basket: str = "all") -> dict[Leg, Floats]:
    """The four legs of a basket's sides, fractions, shape (T,); NaN where a side was closed or is empty."""
    return {leg: path.returns for leg, path in side_paths(view, basket).items()}


def side_moves(view: View, basket: str = "all") -> dict[Side, Floats]:
    """The figure of each side's day: its close-to-close move of all members with a close; shape (T,)."""
    splits = side_splits(view, basket)
    return {"asia": splits["asia"].whole.returns, "us": splits["us"].whole.returns}


def walk(view: View, basket: str = "all") -> pd.DataFrame:
    """Every leg of the relay between the sides, in clock order, with its z; NaN where it is withheld."""

    def make() -> pd.DataFrame:
        withheld = {leg: path.withheld for leg, path in side_paths(view, basket).items()}
        return relay_legs(view.panel.sessions, side_legs(view, basket), withheld)

    return view.remember(("walk", basket), make)


def relay(
    view: View, basket: str = "all", on: date | None = None, as_of: date | datetime | None = None
) -> Answer:
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
    links, follows = records(links_of(view, basket), keys(LINK_COLUMNS)), next_gap(view, basket, day)
    facts: dict[str, Any] = {
        "day": day,
        "starter": verdict.starter,
        "starter_leg": verdict.leg,
        "starter_date": words.as_date(verdict.date),
        "starter_z": starter_z(legs, verdict),
        "threshold_z": Z_STARTS,
        "reason": verdict_reason(view, basket, day, verdict),
        "so_far": so_far(view, basket, day),
        "sides": [asdict(each) for each in side_days(view, basket, day)],
        "next_asia_gap": follows,
        "since": since_of(view),
        "links": links,
    }
    notes = [*_day_notes(view, basket, day, on), *_leg_notes(legs, facts["reason"], verdict)]
    if follows is None:
        notes.append(Note(None, ("next_asia_gap",), _no_next_gap(view, basket, day)))
    if any(link["correlation"] is None or link["stress_correlation"] is None for link in links):
        notes.append(Note(None, ("links",), f"a link of fewer than {MIN_PAIRS} pairs has no figures"))
    params = {"basket": basket, "on": on, "as_of": as_of}
    rows = records(legs, keys(RELAY_COLUMNS))
    return replace(answer_of(view, as_of, params, RELAY_COLUMNS, rows, notes), facts=facts)


def starter_z(legs: pd.DataFrame, verdict: Verdict) -> float | None:
    """The z of the leg that started it; None when none did."""
    own = legs[(legs["leg"] == verdict.leg) & (legs["date"] == verdict.date)]
    return None if own.empty else number(own["z"].iloc[0])


def verdict_reason(view: View, basket: str, day: date, verdict: Verdict) -> str:
    """Why a verdict is what it is; where it is not known, which prices are missing."""
    if verdict.starter != "not known":
        return verdict.reason
    missing = [legs_withheld(each) for each in side_days(view, basket, day) if each.withheld]
    return f"{words.join(missing)} on {words.day(day)}" if missing else verdict.reason


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
    """The last day by ``on`` on which a side of the basket traded, its legs withheld or not.

    Raises
    ------
    NoPricesError
        If there is none.
    """
    legs = walk(view, basket)
    if legs["return"].isna().all():
        legs = legs.iloc[:0]
    days = legs["date"].to_numpy().astype("datetime64[D]")
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
    if after.empty or np.isnan(after.iloc[0]["return"]):
        return None
    return {name: plain(after.iloc[0][name]) for name in ("date", "return", "z")}


def _no_next_gap(view: View, basket: str, day: date) -> str:
    """Why a day has no next Asian gap: it has not come, or it came and is withheld."""
    legs = walk(view, basket)
    after = legs[(legs["date"] > session64(day)) & (legs["leg"] == "asia_gap")]
    if not after.empty and ((legs["date"] == session64(day)) & (legs["leg"] == "us_session")).any():
        opened = words.day(plain(after.iloc[0]["date"]))
        return f"withheld: too many Asian names have no move of one session into the open of {opened}"
    return "Asia has not opened since, or New York did not trade"


def links_of(view: View, basket: str = "all") -> pd.DataFrame:
    """The six links of the last years, each with its slope once the other side is controlled for."""

    def make() -> pd.DataFrame:
        legs, sessions, since = side_legs(view, basket), view.panel.sessions, session64(since_of(view))
        held = controlled_links(sessions, legs, moves=side_moves(view, basket), since=since)
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
    lacking = basket_left_out(view, basket, day=day)
    if lacking.reasons:
        notes.append(Note(basket, ("sides",), f"of {day}: {lacking}"))
    for each in side_days(view, basket, day):
        legs_of = tuple(leg for leg in LEGS if leg.startswith(each.side))
        if each.without and not each.withheld:
            reason = f"of {each.leg_names} of {words.count(each.names, 'name')}; without an open: "
            notes.append(Note(None, legs_of, reason + without_open([each])))
        if each.closed:
            reason = f"{words.count(each.closed, 'name')} of an exchange that was closed count 0"
            notes.append(Note(None, legs_of, reason))
    for side in unfinished(view, basket, day):
        legs_there = tuple(leg for leg in LEGS if leg.startswith(side))
        notes.append(Note(None, legs_there, f"intraday, not final: {PLACES[side]}’s session"))
    return notes


def _absent(view: View, basket: str, side: str, row: int) -> str:
    """Why a side has no legs on a row of the panel."""
    columns = view.columns(side_symbols(view, side, basket))
    if not columns:
        return f"no name of the basket trades in {PLACES[side]}"
    if told := hole_reason(view, columns, row):
        return told
    if view.open_exchange[row, columns].any():
        each = side_day(view, basket, side, view.panel.sessions[row].item())
        why = f": {legs_withheld(each)}" if each is not None else ""
        return f"too many opens of {PLACES[side]} are missing{why}"
    later = view.open_exchange[row + 1 :, columns].any()
    return (
        f"{PLACES[side]} held no session"
        if later
        else f"{PLACES[side]} has not traded yet, or held no session"
    )


def _unopened(view: View, basket: str, side: str, row: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a side with a close and no open on a row, and the cities of which no name has one."""
    columns = view.columns(side_symbols(view, side, basket))
    panel = view.panel
    gap, session = view.legs()
    out, opened = [], set()
    for column in columns:
        item = view.universe[panel.symbols[column]]
        due = view.active[row, column] and view.open_exchange[row, column]
        if not (due and np.isfinite(view.returns()[row, column])):
            continue
        if np.isfinite(gap[row, column]) and np.isfinite(session[row, column]):
            opened.add(item.exchange.city)
        else:
            out.append(item)
    cities = dict.fromkeys(item.exchange.city for item in out if item.exchange.city not in opened)
    return tuple(item.name for item in out), tuple(cities)


def _leg_notes(legs: pd.DataFrame, reason: str, verdict: Verdict) -> list[Note]:
    notes = []
    if legs["z"].isna().any() and legs["return"].notna().all():
        notes.append(Note(None, ("z",), f"fewer than {Z_MINIMUM} news days lie before the leg"))
    if verdict.leg is None:
        notes.append(Note(None, ("starter_leg", "starter_date", "starter_z"), reason))
    return notes
