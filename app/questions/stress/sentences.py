"""The sentences of the Stress view, each with its figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.market import words
from app.questions.stress.facts import LAMBDA, Facts, tried
from app.questions.stress.table import sentence
from models.analytics.absorption import MIN_NAMES
from models.analytics.coexceedance import ANY, CLASSES, NextLeg
from models.analytics.turbulence import ROWS_A_NAME

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def headline(facts: Facts) -> str:
    """Whether the last row was turbulent by its own past."""
    return sentence(facts.stress)


def deck(facts: Facts) -> str:
    """How large the moves were and whether they went with the grain; what is absorbed; who fell far."""
    return " ".join(part for part in (_split(facts), _absorbed(facts), _fell(facts)) if part)


def _split(facts: Facts) -> str:
    found = facts.stress.turbulence
    if found is None or not len(found.score) or not np.isfinite(found.score[-1]):
        return ""
    size, pattern = float(found.magnitude[-1]), float(found.correlation[-1])
    grain = "against the usual pattern" if pattern >= 1 else "in the usual pattern"
    return f"Size {words.level(size)}, pattern {words.level(pattern)}: the names moved {grain}."


def _absorbed(facts: Facts) -> str:
    found = facts.stress.absorption
    if found is None or not len(found.ratio) or not np.isfinite(found.ratio[-1]):
        return ""
    sources = int(found.eigenvectors[-1])
    many = _NUMBERS[sources] if sources < len(_NUMBERS) else str(sources)
    told = f"{many} {'source absorbs' if sources == 1 else 'sources absorb'} {_whole(found.ratio[-1])}"
    shift = float(found.shift[-1])
    if not np.isfinite(shift):
        return f"{told} of all movement."
    return (
        f"{told} of all movement, {words.level(abs(shift))} σ {'below' if shift < 0 else 'above'} the year."
    )


def _fell(facts: Facts) -> str:
    """The counts of the last row, each with its date where the row has two: those of the table beside."""
    table = facts.stress.table
    if table.empty:
        return ""
    row, told = table.iloc[-1], []
    dates = {side: words.as_date(row[f"{side}_date"]) for side in facts.sides}
    for side, place in facts.sides.items():
        if pd.isna(row[f"{side}_judged"]):
            continue
        when = f" on {words.day(dates[side], year=False)}" if len(set(dates.values())) > 1 else ""
        told.append(f"{place} {row[f'{side}_exceeding']} of {row[f'{side}_judged']}{when}")
    return f"In own worst 5%: {words.join(told)}." if told else ""


def series_title(facts: Facts) -> str:
    """How many of the last rows were turbulent, and where absorption stands."""
    turbulent, judged = facts.recent_turbulent()
    told = [f"{turbulent} of the last {judged} rows were turbulent"] if judged else []
    found = facts.stress.absorption
    if found is not None and len(found.ratio) and np.isfinite(found.ratio[-1]):
        told.append(f"absorption stands at {_whole(found.ratio[-1])}")
    text = ", ".join(told) or "Stress has no figure yet"
    return text[0].upper() + text[1:]


def series_note(facts: Facts) -> str:
    """How to read the panels."""
    order = rows_word(facts)
    return (
        f"{order}; turbulence against {words.count(facts.state.window, 'row')} before it, absorption over "
        f"{facts.state.memory}. Shaded: selloff legs of {words.whole_percent(LAMBDA)}%; ticks: turbulent."
    )


def rows_word(facts: Facts) -> str:
    """What a row is."""
    if len(facts.sides) < 2:
        return f"Rows: sessions of {next(iter(facts.sides.values()), 'nobody')}"
    if facts.state.lead == "us":
        return "Rows: New York’s close and the Asian close after it"
    return "Rows: trading days, Asia’s close and New York’s of the same date"


def follow_title(facts: Facts) -> str:
    """What follows a wide fall on either side."""
    told = []
    for lead, place in (("us", "Asia"), ("asia", "New York")):
        found, _ = tried(lambda lead=lead: facts.next_leg(lead))  # type: ignore[misc]
        if found is not None:
            share, base = wide_shares(found)
            if np.isfinite(share):
                told.append(f"{_whole(share)} in {place} (base {_whole(base)})")
    if not told:
        return "What follows a co-exceedance"
    return f"Four or more in their worst 5% led to four or more on the other side: {words.join(told)}"


def wide_shares(found: NextLeg) -> tuple[float, float]:
    """The share of days with four or more on the next leg: after four or more, and over all days."""
    table = found.table[found.table["next"] == CLASSES[-1]].set_index("today")["share"]
    return float(table[CLASSES[-1]]), float(table[ANY])


def follow_note(facts: Facts) -> str:
    """How to read the tables of the next leg."""
    return (
        f"Names in their own worst 5%, by class; share of next legs, %, since {words.month(facts.since)}. "
        "Orange: more often than over all days, blue: less often; bold: beyond the 95% interval."
    )


def tails_title(facts: Facts) -> str:
    """How far the worst days of one side reach into the other."""
    us, _ = tried(lambda: facts.side_tails("us"))
    asia, _ = tried(lambda: facts.side_tails("asia"))
    if us is None or asia is None or not np.isfinite([us.value, asia.value]).all():
        return "Lower-tail dependence"
    return (
        f"After New York’s worst {facts.state.tail}% Asia’s next day was in its own in {_whole(us.value)}; "
        f"after Asia’s, New York’s same day in {_whole(asia.value)}"
    )


def tails_note(facts: Facts) -> str:
    """How to read the intervals."""
    return (
        f"λ({words.correlation(facts.q)}): share of the first’s worst days that were the second’s too, 95% "
        f"interval; upright: independence, {facts.state.tail}%. Pairs: surest first."
    )


def footnote(facts: Facts) -> str:
    """How the figures are made, and who is left out of them now."""
    parts = [
        "Turbulence: squared distance of a row’s returns from the mean of the window before it, in its "
        "covariance, over the number of names; size leaves correlations out, pattern is the ratio of both. "
        "A return over several sessions of a holiday is taken over their root.",
    ]
    found = facts.stress.turbulence
    if found is not None and len(found.score):
        parts.append(_made_of(facts))
    for name, reasons in facts.out_now().items():
        told = "; ".join(f"{words.join(names)} ({reason})" for reason, names in reasons.items())
        parts.append(f"{name} leaves out now: {told}.")
    absorbed = facts.stress.absorption
    if absorbed is not None and len(absorbed.ratio) and not np.isfinite(absorbed.ratio[-1]):
        parts.append(f"Absorption has no figure: fewer than {MIN_NAMES} names have a whole window.")
    parts += facts.stress.problems
    return " ".join(parts)


def _made_of(facts: Facts) -> str:
    found = facts.stress.turbulence
    if found is None or not found.names[-1]:
        return ""
    told = f"Now: {words.count(int(found.names[-1]), 'name')} over {words.count(int(found.rows[-1]), 'row')}"
    shrinkage = float(found.shrinkage[-1])
    if shrinkage > 0:
        told += f", under {ROWS_A_NAME} rows a name, so correlations are taken down by {_whole(shrinkage)}"
    return f"{told}."


def summary(facts: Facts) -> str:
    """The panels in words."""
    return f"{headline(facts)}. {deck(facts)}"


def _whole(fraction: float) -> str:
    return f"{words.whole_percent(float(fraction))}%"
