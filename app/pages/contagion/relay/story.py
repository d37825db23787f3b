"""The sentences of the Relay view, each with its figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app import words
from app.pages.contagion.relay.facts import Facts
from models.analytics.relay import Z_CALM, Z_STARTS

_PLACE = {"asia": "Asia", "us": "New York"}
_KIND = {"gap": "opening gap", "session": "session"}


def headline(facts: Facts) -> str:
    """Who started it, or why that is not clear, with the legs it is judged by."""
    if facts.verdict.leg is not None:
        row = _row_of(facts, facts.verdict.leg, facts.verdict.date)
        started = f"{_named(row)} of {_day(row)} started it ({_figures(row)})"
        return f"{started}{_followed(facts, row)}{_so_far(facts)}"
    low = facts.walk[facts.walk["z"] <= Z_STARTS]
    if low.empty:
        return f"No leg of {_date(facts)} fell far: {_sides(facts)}{_so_far(facts)}"
    first = low.iloc[0]
    return f"Not clear who started it: {_not_clear(facts, first)}{_so_far(facts)}"


def day_title(facts: Facts) -> str:
    """What the step chart shows."""
    return f"The relay of {words.day(facts.day)}: {_passed(facts)}"


def day_note(facts: Facts) -> str:
    """How to read the step chart."""
    opening = facts.walk.iloc[0]
    place = _PLACE[_side(opening)]
    baskets = f"{facts.names('asia')} Asian and {facts.names('us')} US names"
    start = words.day(opening["date"], year=False)
    running = words.join([f"{_PLACE[side]}’s session" for side in facts.unfinished])
    unfinished = f" Intraday, not final: {running}." if running else ""
    return (
        f"Equal weight, {baskets}, % from {place}’s open on {start}. Upright: gap while closed. "
        f"Slope: session. Dots: prices. Underlined: z ≤ −1.65.{unfinished}"
    )


def summary(facts: Facts) -> str:
    """The step chart in words."""
    legs = [f"{_named(row)} of {_day(row)} {_figures(row)}" for _, row in facts.walk.iterrows()]
    return f"In clock order: {'; '.join(legs)}."


def _passed(facts: Facts) -> str:
    """How the sides followed each other, by the signs and sizes of their legs."""
    parts = []
    for name, place in (("asia", "Asia"), ("us", "New York")):
        gap, session = facts.leg(f"{name}_gap"), facts.leg(f"{name}_session")
        if session is None:
            parts.append(f"{place} {'was closed' if facts.closed(name) else 'has not opened'}")
        elif gap is not None:
            parts.append(f"{place} opened {_moved(gap['return'])} and {_ran(session['return'])}")
    return ", ".join(parts)


def _moved(change: float) -> str:
    if round(abs(change), 3) == 0:
        return "unchanged"
    return f"{words.share(change)} {'lower' if change < 0 else 'higher'}"


def _ran(change: float) -> str:
    if round(abs(change), 3) == 0:
        return "held there"
    return f"{'lost' if change < 0 else 'gained'} {words.share(change)} in its session"


def _followed(facts: Facts, row: pd.Series) -> str:
    """What the other side did at its next open, or the same side in its session after a gap."""
    later = facts.walk[facts.walk.index > row.name]
    if later.empty:
        return ""
    first = later.iloc[0]
    if _side(first) != _side(row):
        return f" and {_PLACE[_side(first)]} opened {_moved(first['return'])}"
    return f" and its session {'lost' if first['return'] < 0 else 'gained'} {words.share(first['return'])}"


def _not_clear(facts: Facts, first: pd.Series) -> str:
    at = facts.walk.index.get_loc(first.name)
    before = facts.walk.iloc[max(at - 2, 0) : at]
    falling = before[(before["z"] <= Z_CALM)]
    text = f"{_named(first)} of {_day(first)} {_fell(first)}"
    if falling.empty:
        return f"{text}, and what came before cannot be judged"
    earlier = falling.iloc[0]
    return f"{text}, but {_PLACE[_side(earlier)]} {_fell(earlier, 'had slipped')} before"


def _fell(row: pd.Series, verb: str = "fell") -> str:
    return f"{verb} {words.share(row['return'])} (z {words.signed(row['z'])})"


def _sides(facts: Facts) -> str:
    told = []
    for side, place in _PLACE.items():
        parts = [facts.leg(f"{side}_gap"), facts.leg(f"{side}_session")]
        if parts[0] is None or parts[1] is None:
            told.append(f"{place} was closed" if facts.closed(side) else f"{place} has not opened")
            continue
        change = float(np.prod([1 + part["return"] for part in parts if part is not None]) - 1)
        told.append(f"{place} {words.percent(change)}%")
    return ", ".join(told)


def _so_far(facts: Facts) -> str:
    """A day New York has not closed, or whose bars may still change, is not over."""
    if facts.unfinished:
        return ", so far"
    over = facts.leg("us_session") is not None or bool(facts.closed("us"))
    return "" if over or facts.day != facts.days[-1].item() else ", so far"


def _row_of(facts: Facts, leg: str, date: np.datetime64 | None) -> pd.Series:
    return facts.walk[(facts.walk["leg"] == leg) & (facts.walk["date"] == date)].iloc[0]


def _named(row: pd.Series) -> str:
    side, kind = row["leg"].split("_")
    return f"{_PLACE[side]}’s {_KIND[kind]}"


def _side(row: pd.Series) -> str:
    return str(row["leg"].split("_")[0])


def _figures(row: pd.Series) -> str:
    score = "z n/a" if np.isnan(row["z"]) else f"z {words.signed(row['z'])}"
    return f"{words.percent(row['return'])}%, {score}"


def _day(row: pd.Series) -> str:
    found = words.as_date(row["date"])
    return words.MISSING if found is None else f"{found.day} {words.long_month(found)}"


def _date(facts: Facts) -> str:
    return f"{facts.day.day} {words.long_month(facts.day)}"
