"""The sentences of the Relay view, each with its figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.market import words
from app.questions.relay.facts import NOT_OPEN, Facts
from app.questions.relay.legs import legs_withheld, verdict_reason, waiting, without_open
from models.analytics.relay import Z_CALM, Z_STARTS

_PLACE = {"asia": "Asia", "us": "New York"}
_LINE = f" against {words.times(Z_STARTS)}"
_KIND = {"gap": "opening gap", "session": "session"}


def headline(facts: Facts) -> str:
    """Who started it, or why that is not clear, with the legs it is judged by."""
    if facts.verdict.leg is not None:
        row = _row_of(facts, facts.verdict.leg, facts.verdict.date)
        started = f"{_named(row)} of {_day(row)} started it ({_figures(row)}{_LINE})"
        return f"{started}{_followed(facts, row)}{_so_far(facts)}"
    if facts.verdict.starter == "not known":
        why = verdict_reason(facts.view, facts.state.basket, facts.day, facts.verdict)
        return f"Not known who started it, because {why}{_so_far(facts)}"
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
    if facts.measured.empty:
        return f"No leg is measured: {words.join([legs_withheld(each) for each in facts.sides])}."
    opening = facts.measured.iloc[0]
    place = _PLACE[_side(opening)]
    asia, us = facts.names("asia"), facts.names("us")
    baskets = f"{asia} Asian and {words.count(us, 'US name')} with an open"
    start = words.day(opening["date"], year=False)
    running = words.join([f"{_PLACE[side]}’s session" for side in facts.unfinished])
    unfinished = f" Intraday, not final: {running}." if running else ""
    return (
        f"Equal weight, {baskets}, % from {place}’s open on {start}. Upright: gap while closed. "
        f"Slope: session. Dots: prices. Underlined: z ≤ −1.65.{_rest(facts)}{unfinished}"
    )


def _rest(facts: Facts) -> str:
    """Who is in the day's moves and in none of its legs."""
    out = without_open(facts.sides)
    told = f" Without an open: {out}." if out else ""
    return told + "".join(
        f" {_PLACE[each.side]}’s legs are withheld: {legs_withheld(each)}."
        for each in facts.sides
        if each.withheld
    )


def summary(facts: Facts) -> str:
    """The step chart in words."""
    legs = [f"{_named(row)} of {_day(row)} {_figures(row)}" for _, row in facts.measured.iterrows()]
    return f"In clock order: {'; '.join(legs)}.{_rest(facts)}"


def _passed(facts: Facts) -> str:
    """How the sides followed each other, by the signs and sizes of their legs."""
    parts = []
    for name, place in (("asia", "Asia"), ("us", "New York")):
        gap, session = facts.leg(f"{name}_gap"), facts.leg(f"{name}_session")
        side, reason = facts.side(name), facts.absence(name)
        if session is None and side is not None and reason == NOT_OPEN:
            parts.append(f"{place}’s legs are withheld")
        elif session is None:
            parts.append(f"{place} {reason}")
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
    later = facts.measured[facts.measured.index > row.name]
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
    text = f"{_named(first)} of {_day(first)} {_fell(first, line=_LINE)}"
    if falling.empty:
        return f"{text}, and what came before cannot be judged"
    earlier = falling.iloc[0]
    return f"{text}, but {_PLACE[_side(earlier)]} {_fell(earlier, 'had slipped')} before"


def _fell(row: pd.Series, verb: str = "fell", line: str = "") -> str:
    return f"{verb} {words.share(row['return'])} ({words.swing(row['z'])}{line})"


def _sides(facts: Facts) -> str:
    """The day's move of each side, of all its names: what every page says of it."""
    told = []
    for side, place in _PLACE.items():
        own, reason = facts.side(side), facts.absence(side)
        if own is None or (own.move is None and reason != NOT_OPEN):
            told.append(f"{place} {reason}")
        else:
            told.append(f"{place} {words.percent(own.move)}{'%' if own.move is not None else ''}")
    return ", ".join(told)


def _so_far(facts: Facts) -> str:
    """A day New York has not closed, or whose bars may still change, is not over."""
    running = waiting(facts.view, facts.state.basket, facts.day, facts.view.moment)
    return ", so far" if facts.unfinished or running else ""


def _row_of(facts: Facts, leg: str, date: np.datetime64 | None) -> pd.Series:
    return facts.walk[(facts.walk["leg"] == leg) & (facts.walk["date"] == date)].iloc[0]


def _named(row: pd.Series) -> str:
    side, kind = row["leg"].split("_")
    return f"{_PLACE[side]}’s {_KIND[kind]}"


def _side(row: pd.Series) -> str:
    return str(row["leg"].split("_")[0])


def _figures(row: pd.Series) -> str:
    score = "too little history to judge it" if np.isnan(row["z"]) else words.swing(row["z"])
    return f"{words.percent(row['return'])}%, {score}"


def _day(row: pd.Series) -> str:
    found = words.as_date(row["date"])
    return words.MISSING if found is None else f"{found.day} {words.long_month(found)}"


def _date(facts: Facts) -> str:
    return f"{facts.day.day} {words.long_month(facts.day)}"
