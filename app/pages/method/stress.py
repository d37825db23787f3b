"""Definitions: turbulence, absorption, who takes part in a window; co-exceedance, tails, intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.pages.method.entry import Chapter, Entry, constant, default, number, percent
from models.analytics import absorption as absorbing
from models.analytics import coexceedance as counting
from models.analytics import tails, trailing
from models.analytics import turbulence as unusual
from models.analytics.absorption import absorption, absorption_ratio, counted, standardised_shift
from models.analytics.coexceedance import CLASSES, coexceedance, next_leg, rank_correlation
from models.analytics.intervals import wilson
from models.analytics.tails import holm, in_tail, tail_dependence, tail_matrix, tail_pairs
from models.analytics.trailing import (
    OUT,
    left_out,
    membership,
    per_session,
    row_mean,
    runs,
    trailing_moments,
)
from models.analytics.turbulence import LACKING, chi_square_tail, distance, shrinkage_for, turbulence


def _rows(value: float) -> str:
    return f"{value:,.0f} rows"


def _names(value: int) -> str:
    return f"{value} names"


def _codes(given: Mapping[Any, str]) -> tuple[tuple[str, str], ...]:
    return tuple((code.name.lower(), text) for code, text in given.items())


_MEMBERS = Entry(
    "members",
    "Who takes part in a moving window",
    (
        "Turbulence and absorption stand on a covariance that moves forward a row at a time. A name takes "
        "part on a row when it has a return on it and on nearly all rows of the window; one listed inside "
        "the window, or one that did not move, waits. Nothing is filled: a row of the window on which one "
        "of the names has no return is left out of it for all, and counted.",
        "A clock row over a holiday of one side compounds several sessions of the other. So that a week "
        "does not look like a shock beside days, each return is divided by the root of the number of the "
        "name’s own sessions in it.",
    ),
    ("x[r] = row[r] / √(sessions of the name in row r)",),
    (
        constant("Returns on rows of the window, at least", trailing, "COVERAGE", percent),
        constant("No move: returns the same within", trailing, "ROUNDING", number),
    ),
    cannot="Judge a name in its first year on the market: too little of the window would be its own.",
    functions=(membership, per_session, row_mean, runs, trailing_moments, left_out),
    table=_codes(OUT),
)
_TURBULENCE = Entry(
    "turbulence",
    "Turbulence",
    (
        "How unusual a row of returns was beside the window of rows that ended before it: its squared "
        "distance from the mean, in units of the window’s covariance, over the number of names. About 1 on "
        "an ordinary day. The tail is what normal returns would give; real ones have fatter tails, so that "
        "a day is called turbulent by its own past alone: above the trailing percentile of the score.",
        "Magnitude is the score with every correlation set to 0: how large the moves were. Correlation is "
        "what is left: above 1 the names moved against the grain, below 1 they moved as they often do, if "
        "further.",
        "A row is a trading day, Asia’s close and New York’s of the same date, unless New York is asked to "
        "come first: such a row names both of its dates. No row that holds a sector-wide fall is "
        "called calm.",
        "With fewer rows a name than the limit every correlation is taken down by the same share.",
    ),
    (
        "d = (y − μ)′ Σ⁻¹ (y − μ), score = d / n, tail = P(χ²(n) > d)",
        "magnitude = mean of ((y − μ) / σ)², correlation = score / magnitude",
        "shrinkage = max(0, n / rows − 1 / limit)",
    ),
    (
        constant("Window, ending the row before", unusual, "WINDOW", _rows),
        constant("Shortest window", unusual, "MIN_WINDOW", _rows),
        constant("Turbulent above the trailing percentile", unusual, "TURBULENT", percent),
        constant("No shrinkage from rows a name", unusual, "ROWS_A_NAME", str),
        constant("No figure under rows a name", unusual, "MIN_ROWS_A_NAME", str),
        constant("No figure under", unusual, "MIN_NAMES", _names),
        constant("Singular when a name’s own variance is under", unusual, "SINGULAR", number),
    ),
    "Kritzman and Li (2010), Skulls, financial turbulence, and risk management, eq. 1; Kinlaw and "
    "Turkington (2014), Correlation surprise.",
    "Tell a crash from a rally: the distance has no sign. A crash in which all fall as usual is mild in it.",
    (turbulence, distance, chi_square_tail, shrinkage_for),
    _codes(LACKING),
)
_ABSORPTION = Entry(
    "absorption",
    "Absorption ratio",
    (
        "The share of the variance of standardised returns on the first fifth of eigenvectors: how much of "
        "all movement a few common sources account for. Rows of the window fade by half each half-life. "
        "Every row is worked out, none between is interpolated.",
        "The shift is the mean of the last rows against that of the year, in standard deviations of the "
        "year. It is taken from the linked ratio: when a name joins or leaves, the step it makes is taken "
        "out by comparing the names that were there before and after.",
    ),
    (
        "AR = Σ first k eigenvalues / Σ all eigenvalues, k = n / 5 rounded",
        "ΔAR = (mean of 15 rows − mean of the year) / standard deviation of the year",
    ),
    (
        constant("Window, ending with the row", absorbing, "WINDOW", _rows),
        constant("Shortest window", absorbing, "MIN_WINDOW", _rows),
        constant("Half-life", absorbing, "HALF_LIFE", _rows),
        constant("Eigenvectors counted, of names", absorbing, "FRACTION", percent),
        constant("Short mean of the shift", absorbing, "SHORT_MEAN", _rows),
        constant("Year of the shift", absorbing, "YEAR", _rows),
        constant("No figure under", absorbing, "MIN_NAMES", _names),
    ),
    "Kritzman, Li, Page and Rigobon (2011), Principal components as a measure of systemic risk, eq. 1 and 2.",
    "Say which way the names move, or compare baskets of unlike size: fewer names are absorbed more.",
    (absorption, absorption_ratio, counted, standardised_shift),
)
_COEXCEEDANCE = Entry(
    "coexceedance",
    "Co-exceedance and the next leg",
    (
        "How many names of a side had one of their own worst days at once, in the classes "
        + ", ".join(CLASSES)
        + ". What the other side did next is paired by the clock: New York with the next Asian session, "
        "Asia with New York on the same news day. Only days on which every Asian exchange was open are "
        "paired; when a side traded several days in between, the last of them is.",
        "The table gives, for each class, the share of days on which the next leg had each class. A "
        "multinomial logit on the class alone would fit exactly these shares, and is left out.",
        "The link in one number is Spearman’s rank correlation of the two classes, with an interval from "
        "resampling blocks of consecutive rows.",
    ),
    parameters=(
        constant("No class under names judged", counting, "MIN_JUDGED", str),
        constant("No answer under", counting, "MIN_PAIRS", _rows),
        constant("Block of the bootstrap", counting, "BLOCK", _rows),
        constant("Resamples", counting, "RESAMPLES", lambda value: f"{value:,}"),
        constant("Seed of the draw", counting, "SEED", str),
    ),
    reference="Bae, Karolyi and Stulz (2003), A new approach to measuring financial contagion, section 2.",
    cannot="Compare sides by their counts: of thirty names four fall together more easily than of twelve.",
    functions=(coexceedance, next_leg, rank_correlation),
)
_TAIL = Entry(
    "tail",
    "Lower-tail dependence",
    (
        "Of the rows on which X was among its worst, the share on which Y was among its own worst. By rank, "
        "on the rows both have, in clock order; independence gives about q. The tail holds the lowest "
        "q · n rows, rounded down. Equal values are in it together or not at all.",
        "Of two names the one whose market closed first stands first; within a market both have one close.",
        "Of hundreds of pairs some share bad days by chance. For each pair stands how likely as many common "
        "days are between independent names (hypergeometric), adjusted by Holm’s steps for all pairs across "
        "the sides: with those at or below the limit the chance of a single mistake is no more than it.",
    ),
    ("λ(q) = count(X and Y in their lowest q) / count(X in its lowest q)",),
    (
        constant("q", tails, "TAIL", percent),
        constant("Rows with both, at least", tails, "MINIMUM", _rows),
        constant("A pair stands out at", tails, "CHANCE", percent),
    ),
    "Joe (1997), Multivariate models and dependence concepts, section 2.1.10, before the limit; Holm (1979), "
    "A simple sequentially rejective multiple test procedure.",
    "Say much on few days: a year has a dozen in the tail, and the interval beside it shows that.",
    (tail_dependence, tail_matrix, tail_pairs, in_tail, holm),
)
_INTERVAL = Entry(
    "interval",
    "Interval of a share",
    (
        "Wilson’s score interval at 95%: the shares that the count seen would not contradict. It never "
        "leaves 0 to 1 and holds for few days as well.",
    ),
    ("(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)",),
    (default("z", wilson, "z", lambda value: number(round(value, 2))),),
    "Wilson (1927), Probable inference, the law of succession, and statistical inference.",
    "Know that bad days come together: it counts each as its own, and is too short when they cluster.",
    (wilson,),
)
CHAPTER = Chapter("Stress", (_COEXCEEDANCE, _TAIL, _TURBULENCE, _ABSORPTION, _MEMBERS, _INTERVAL))
