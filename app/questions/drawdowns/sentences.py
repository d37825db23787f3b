"""The sentences of the Drawdowns page, each with its figures."""

from __future__ import annotations

from datetime import date

import numpy as np

from app.market import words
from app.questions.drawdowns.facts import Facts
from models.types import session64

_CURRENCY = {"local": "local currency", "usd": "US dollars"}
_PEAK = {"record": "own record close", "year": "own 52-week high", "window": "own high since {start}"}


def headline(facts: Facts) -> str:
    """What happened to the basket, and the deepest fall since its peak among the names drawn."""
    text = _basket_sentence(facts)
    fallen = facts.fresh or [item for item in facts.names if item.under]
    if not fallen:
        return text
    deepest = min(fallen, key=lambda item: item.drawdown)
    peak = _month(deepest.peak, facts.as_of.date())
    return f"{text}; {deepest.name} is {words.share(deepest.drawdown)} below its {peak} peak"


def deck(facts: Facts) -> str:
    """The troughs of this fall, who was under water before it, and who held up best."""
    fresh = sorted(facts.fresh, key=lambda item: item.trough_drawdown or 0.0)
    older = [item for item in facts.names if item.under and item not in fresh]
    sentences = []
    if fresh:
        parts = [f"{item.name} {words.percent(item.trough_drawdown)}%" for item in fresh[:3]]
        since = words.day(facts.whole.peak, year=False)
        sentences.append(f"Deepest troughs since {since}: {words.join(parts)}.")
    if older:
        deepest = sorted(older, key=lambda item: item.drawdown)[:2]
        parts = [f"{item.name} ({words.percent(item.drawdown)}%)" for item in deepest]
        sentences.append(f"{words.join(parts)} fell earlier.")
    if facts.names:
        best = max(facts.names, key=lambda item: item.drawdown)
        where = f"{words.share(best.drawdown)} from its record" if best.under else "at its record"
        sentences.append(f"{best.name} is {where}.")
    return " ".join(sentences)


def chart_title(facts: Facts) -> str:
    """What the chart shows."""
    if facts.state.align == "none":
        return f"Fall from {_PEAK[facts.state.peak].format(start=words.day(facts.start))}"
    if facts.state.align == "peak":
        return "Path from each name’s record close"
    return f"Path from {words.day(facts.align_day)}"


def chart_note(facts: Facts) -> str:
    """Quantity, unit and period."""
    axis = "sessions since day 0" if facts.state.align != "none" else f"since {words.day(facts.start)}"
    lows = "; dotted: day lows" if facts.state.show == "low" else ""
    short = f", withheld on {words.day(facts.withheld)}" if facts.withheld else ""
    basket = f"basket equal-weight{short}"
    return f"%, {_CURRENCY[facts.state.currency]}, closes{lows}; {basket}; {axis}{_ends(facts)}"


def withheld(facts: Facts, day: date) -> str:
    """That the basket has no number of its last day, why, and of when its figures are."""
    return (
        f"{_called(facts)} is withheld on {words.day(day)}: too many names of an open exchange lack "
        f"their bar. Its figures are of {words.day(facts.whole.last)}; who is late is on the Data page."
    )


def _ends(facts: Facts) -> str:
    """What the marks at the ends of lines say; nothing while each ends with a final bar of the day due."""
    if facts.state.align != "none":
        return ""
    marks = (("hollow end: intraday, not final", facts.unfinished), ("grey end: late", facts.behind))
    return "".join(f"; {said} ({_few(names)})" for said, names in marks if names)


def _few(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def memo_deck(facts: Facts) -> str:
    """The chart's title, quantity and period in one line."""
    return f"{chart_title(facts)}, {chart_note(facts)}"


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
        f"date in the last column with a shallower fall{_membership(facts)}. "
        f"Selloff leg: a fall of {fall} until a rise of {fall}. "
        f"Started by: first leg with z ≤ −1.65 in the three days after the peak.{dollars}"
    )


def _membership(facts: Facts) -> str:
    then = facts.membership
    return f"; the basket’s {then.told}" if then is not None and then.told else ""


def _called(facts: Facts) -> str:
    return f"The {facts.basket.name}" if facts.basket.id == "all" else f"The {facts.basket.name} basket"


def _basket_sentence(facts: Facts) -> str:
    """In a fall: depth, time and what came back. At a record: that."""
    name, whole = _called(facts), facts.whole
    if not whole.under or whole.trough is None or whole.trough_drawdown is None:
        return f"{name} closed at its record"
    days = (facts.sessions > session64(whole.peak)) & (facts.sessions <= session64(whole.trough))
    took = words.count(int((days & np.isfinite(facts.level)).sum()), "session")
    depth = words.share(whole.trough_drawdown)
    if whole.drawdown == whole.trough_drawdown:
        return f"{name} has lost {depth} in {took} and is at its low"
    regained = 1 - whole.drawdown / whole.trough_drawdown
    if regained < 0.05:
        return f"{name} lost {depth} in {took} and has regained next to none of it"
    return f"{name} lost {depth} in {took} and has regained {words.fraction_word(regained)}"


def _month(peak: date, today: date) -> str:
    return words.long_month(peak) + ("" if (today - peak).days < 330 else f" {peak.year}")
