"""The sentences of the Correlation view, each with its figures."""

from __future__ import annotations

import pandas as pd

from app.market import words
from app.questions.correlation import lagged
from app.questions.correlation.adjusted import CALM, Adjusted
from app.questions.correlation.facts import Facts
from app.questions.correlation.pairs import lowered
from models.analytics.correlation import MINIMUM
from models.analytics.forbes_rigobon import AVERAGE, BLOCK
from models.analytics.rolling import DECAY
from models.errors import AftershockError

LAG_WORDS = {"same day": "same day", "same news day": "same day", "next Asian day": "next Asian day"}


def headline(facts: Facts) -> str:
    """What each side's close says of the other's next one."""
    return lagged.sentence(facts.view, facts.basket, int(facts.state.rows))


def deck(facts: Facts) -> str:
    """What the fall did to a link, and what of it the source's variance explains."""
    found = facts.adjusted
    known = [] if isinstance(found, AftershockError) else [item for item in found if item.found]
    fall = facts.fall
    if not known or fall is None or isinstance(fall, AftershockError):
        return _without_fall(facts)
    item = max(known, key=_moved)
    if item.found is None:
        return ""
    calm, raw, adjusted = (
        words.correlation(value) for value in (item.found.calm, item.found.raw, item.found.adjusted)
    )
    source = item.pair.leader.label
    return (
        f"{link(item)} went from {calm} in the calm to {raw} in the fall of "
        f"{words.span(fall.peak, fall.trough)}; with {source}’s variance, {item.found.delta + 1:.1f} times "
        f"the calm one, taken out it is {adjusted}."
    )


def _without_fall(facts: Facts) -> str:
    if isinstance(facts.adjusted, AftershockError):
        return str(facts.adjusted)
    problem = next((item.problem for item in facts.adjusted if item.problem), "")
    return f"{problem}." if problem else ""


def _moved(item: Adjusted) -> float:
    return abs(item.found.raw - item.found.calm) if item.found else -1.0


def link(item: Adjusted) -> str:
    """A direction with its lag: ``US AI → Asia AI, next Asian day``."""
    pair = item.pair
    return f"{pair.leader.label} {words.ARROW} {pair.follower.label} ({LAG_WORDS[pair.lag]})"


def matrix_title(facts: Facts) -> str:
    """The strongest link across the clock, or of all pairs where there is one side alone."""
    best = _strongest(facts, ("next Asian day", "same news day"))
    best = _strongest(facts, ("same day",)) if best is None else best
    if best is None or isinstance(facts.matrix, AftershockError):
        return "Correlation matrix"
    named = {item.id: item.label for item in facts.matrix[0]}
    names = f"{named[best['leader']]} {words.ARROW} {named[best['follower']]}"
    figure = words.correlation(best["correlation"])
    across = "across the clock, " if best["lag"] != "same day" else ""
    return f"Strongest {across}{LAG_WORDS[best['lag']]}: {names} at {figure}"


def _strongest(facts: Facts, lags: tuple[str, ...]) -> pd.Series | None:
    """The largest correlation of the matrix at some lags."""
    if isinstance(facts.matrix, AftershockError):
        return None
    table = facts.matrix[1].pairs()
    own = table[table["lag"].isin(lags) & table["correlation"].notna()]
    return None if own.empty else own.loc[own["correlation"].idxmax()]


def matrix_note(facts: Facts) -> str:
    """Quantity, period, what was left out."""
    if isinstance(facts.matrix, AftershockError):
        return str(facts.matrix)
    found = facts.matrix[1]
    spans = list(found.spans.values())
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    rows = max(span.rows for span in spans)
    out = int((found.left_out()["reason"] != "").sum())
    left = f"; {words.count(out, 'pair')} with fewer than {MINIMUM} common rows n/a" if out else ""
    return (
        f"The row leads its column. Correlation of closes by the clock, last {rows:,d} rows, "
        f"{words.span(first, last)}; one-sided holidays compounded{left}. A click opens the pair"
    )


def matrix_summary(facts: Facts) -> str:
    """The matrix in words: its strongest link each way."""
    parts = []
    for lag in LAG_WORDS:
        row = _strongest(facts, (lag,))
        if row is not None:
            figure = words.correlation(row["correlation"])
            parts.append(f"Strongest {lag}: {row['leader']} to {row['follower']}, {figure}.")
    return " ".join(parts) or matrix_note(facts)


def pair_title(facts: Facts) -> str:
    """The pair and its lag."""
    pair = facts.pair
    if isinstance(pair, AftershockError):
        return "One pair through time"
    return f"{pair.leader.label} {words.ARROW} {pair.follower.label}, {LAG_WORDS[pair.lag]}, through time"


def pair_note(facts: Facts) -> str:
    """Rows, what was dropped, and how each line is made."""
    pair = facts.pair
    if isinstance(pair, AftershockError):
        return str(pair)
    dropped = f", {pair.dropped} without both left out" if pair.dropped else ""
    return (
        f"Correlation of {words.count(len(pair.dates), 'row')} by the clock{dropped}; "
        f"rolling {facts.window} rows, fading λ = {words.correlation(DECAY)}, DCC(1,1) fitted to all rows. "
        "Shaded: selloff legs"
    )


def pair_summary(facts: Facts) -> str:
    """The last values in words."""
    pair = facts.pair
    if isinstance(pair, AftershockError):
        return str(pair)
    told = lagged.pair_facts(pair, facts.window)
    named = {"rolling": f"Rolling {facts.window} rows", "fading": "fading", "dcc": "DCC"}
    return ", ".join(f"{text} {words.correlation(told[name])}" for name, text in named.items()) + "."


def tight_title(facts: Facts) -> str:
    """How tightly the names move now, by the block that is tightest."""
    if isinstance(facts.tight, AftershockError):
        return "How tightly the names move"
    now = [(item.label, item.mean[-1]) for item in facts.tight if len(item.mean)]
    parts = [f"{lowered(label)} {words.correlation(value)}" for label, value in now[:2]]
    return f"How tightly all names move: {words.join(parts)}" if parts else "How tightly the names move"


def tight_note(facts: Facts) -> str:
    """What is averaged."""
    if isinstance(facts.tight, AftershockError):
        return str(facts.tight)
    counted = ", ".join(str(item.names) for item in facts.tight)
    return (
        f"Mean correlation of all pairs over the last {facts.window} rows by the clock; names with the whole "
        f"window now: {counted}. Rule: mean of the period"
    )


def tight_summary(facts: Facts) -> str:
    """The last values in words."""
    if isinstance(facts.tight, AftershockError):
        return str(facts.tight)
    now = [f"{item.label} {words.correlation(item.mean[-1])}" for item in facts.tight if len(item.mean)]
    return ", ".join(now) + "."


def beside_title(facts: Facts) -> str:
    """Raw beside adjusted, in which fall."""
    fall = facts.fall
    if fall is None or isinstance(fall, AftershockError):
        return "Raw beside adjusted"
    return f"Raw beside adjusted, fall of {words.span(fall.peak, fall.trough)}"


def beside_note(facts: Facts) -> str:
    """What the intervals are and that nothing here is a verdict."""
    if isinstance(facts.adjusted, AftershockError):
        return str(facts.adjusted)
    return (
        f"Correlation of {AVERAGE}-day mean returns, {CALM} rows of calm before the peak; 95% intervals of a "
        f"block bootstrap, {BLOCK} rows. Adjusted: Forbes–Rigobon, biased downwards; none of these decides"
    )


def beside_summary(facts: Facts) -> str:
    """The figures in words."""
    if isinstance(facts.adjusted, AftershockError):
        return str(facts.adjusted)
    parts = []
    for item in facts.adjusted:
        if item.found:
            figures = (item.found.calm, item.found.raw, item.found.adjusted)
            calm, raw, adjusted = (words.correlation(value) for value in figures)
            parts.append(f"{link(item)}: calm {calm}, fall {raw}, adjusted {adjusted}.")
        else:
            parts.append(f"{link(item)}: {item.problem}.")
    return " ".join(parts)
