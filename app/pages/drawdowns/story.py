"""The sentences of the Drawdowns page, each with its figures."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from app import words
from app.pages.drawdowns.facts import Facts

_CURRENCY = {"local": "local currency", "usd": "US dollars"}
_PEAK = {"record": "own record close", "year": "own 52-week high", "window": "own high since {start}"}


def headline(facts: Facts) -> str:
    """What happened to the basket, and the deepest fall since its peak among the names drawn."""
    text = _basket_sentence(facts, _basket(facts))
    fallen = _fresh(facts)
    if fallen.empty:
        fallen = _under(facts)
    if fallen.empty:
        return text
    deepest = fallen.sort_values("drawdown").iloc[0]
    name = facts.view.universe[deepest["symbol"]].name
    peak = _month(words.as_date(deepest["peak"]), facts.as_of.date())
    return f"{text}; {name} is {words.share(deepest['drawdown'])} below its {peak} peak"


def deck(facts: Facts) -> str:
    """The troughs of this fall, who was under water before it, and who held up best."""
    fresh = _fresh(facts).sort_values("trough_drawdown").head(3)
    older = _under(facts)
    older = older[~older["symbol"].isin(_fresh(facts)["symbol"])].sort_values("drawdown").head(2)
    name = {row.symbol: facts.view.universe[row.symbol].name for row in _names(facts).itertuples()}
    sentences = []
    if len(fresh):
        parts = [f"{name[row.symbol]} {words.percent(row.trough_drawdown)}%" for row in fresh.itertuples()]
        since = words.day(_basket(facts)["peak"], year=False)
        sentences.append(f"Deepest troughs since {since}: {words.join(parts)}.")
    if len(older):
        parts = [f"{name[row.symbol]} ({words.percent(row.drawdown)}%)" for row in older.itertuples()]
        sentences.append(f"{words.join(parts)} fell earlier.")
    best = _names(facts).sort_values("drawdown").tail(1)
    for row in best.itertuples():
        where = "is at its record" if row.drawdown == 0 else f"is {words.share(row.drawdown)} from its record"
        sentences.append(f"{name[row.symbol]} {where}.")
    return " ".join(sentences)


def _names(facts: Facts) -> pd.DataFrame:
    return facts.table[facts.table["symbol"] != facts.basket.id].dropna(subset=["drawdown"])


def _under(facts: Facts) -> pd.DataFrame:
    names = _names(facts)
    return names[names["drawdown"] < 0]


def _fresh(facts: Facts) -> pd.DataFrame:
    """Names whose fall began with the basket's: their peak is at most a month older."""
    under, peak = _under(facts), _basket(facts)["peak"]
    return under if pd.isna(peak) else under[under["peak"] >= peak - pd.Timedelta(days=31)]


def chart_title(facts: Facts) -> str:
    """What the chart shows."""
    if facts.state.align == "none":
        return f"Fall from {_PEAK[facts.state.peak].format(start=words.day(facts.start))}"
    if facts.state.align == "peak":
        return "Path from each name’s record close"
    return f"Path from {words.day(np.datetime64(facts.state.align))}"


def chart_note(facts: Facts) -> str:
    """Quantity, unit and period."""
    axis = "sessions since day 0" if facts.state.align != "none" else f"since {words.day(facts.start)}"
    lows = "; dotted: day lows" if facts.state.show == "low" else ""
    return f"%, {_CURRENCY[facts.state.currency]}, closes{lows}; basket equal-weight; {axis}"


def memo_deck(facts: Facts) -> str:
    """The chart's title, quantity and period in one line, and what its flags are."""
    flags = ". Flags: the basket’s worst days" if facts.state.align == "none" else ""
    return f"{chart_title(facts)}, {chart_note(facts)}{flags}"


def footnote(facts: Facts) -> str:
    """How the numbers on the page are made."""
    dollars = (
        " Dollars: at the last currency close on or before the session, struck late in London’s day."
        if facts.state.currency == "usd"
        else ""
    )
    fall = f"{facts.state.fall}%"
    return (
        "Prices: daily closes, split-adjusted. Basket: equal weight, a closed exchange counts 0, withheld "
        "when more than 40% of an open exchange’s names lack a bar. Percentile: share of days since the "
        "date in the last column with a shallower fall. "
        f"Selloff leg: a fall of {fall} until a rise of {fall}. "
        f"Started by: first leg with z ≤ −1.65 in the three days after the peak.{dollars}"
    )


def _basket(facts: Facts) -> pd.Series:
    return facts.table[facts.table["symbol"] == facts.basket.id].iloc[0]


def _basket_sentence(facts: Facts, basket: pd.Series) -> str:
    """In a fall: depth, time and what came back. At a record: that."""
    name = f"The {facts.basket.name}" if facts.basket.id == "all" else f"The {facts.basket.name} basket"
    if pd.isna(basket["drawdown"]):
        return f"{name} has no level yet"
    if basket["drawdown"] == 0:
        return f"{name} closed at its record"
    trough, now = float(basket["trough_drawdown"]), float(basket["drawdown"])
    level, sessions = facts.level, facts.sessions.astype("datetime64[s]")
    inside = (sessions > np.datetime64(basket["peak"])) & (sessions <= np.datetime64(basket["trough"]))
    took = words.count(int((inside & np.isfinite(level)).sum()), "session")
    if now == trough:
        return f"{name} has lost {words.share(trough)} in {took} and is at its low"
    regained = (now - trough) / -trough
    if regained < 0.05:
        return f"{name} lost {words.share(trough)} in {took} and has regained next to none of it"
    return f"{name} lost {words.share(trough)} in {took} and has regained {words.fraction_word(regained)}"


def _month(peak: date | None, today: date) -> str:
    if peak is None:
        return ""
    return words.long_month(peak) + ("" if (today - peak).days < 330 else f" {peak.year}")
