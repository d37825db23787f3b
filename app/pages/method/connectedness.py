"""Definitions: connectedness, full sample and rolling, who takes part, shrinkage, range volatility."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, constant, default, number, percent
from models.analytics import autoregression, network, range_volatility
from models.analytics import connectedness as decomposing
from models.analytics import rolling_connectedness as rolling
from models.analytics.autoregression import (
    coefficients,
    companion,
    explosive,
    lagged,
    observations_needed,
    rolling_moments,
    spectral_radius,
    window_members,
)
from models.analytics.connectedness import checked, connectedness, labelled, remedy, variance_shares
from models.analytics.network import network as strongest_links
from models.analytics.range_volatility import range_volatility as volatility
from models.analytics.range_volatility import row_means
from models.analytics.rolling_connectedness import REASONS, rolling_connectedness
from models.analytics.shrinkage import shrinkage, shrinkage_intensity, shrunk


def _rows(value: int) -> str:
    return f"{value:,} rows"


def _steps(value: int) -> str:
    return f"{value} steps"


def _plain(value: float) -> str:
    return f"{value:,.10g}"


_CONNECTEDNESS = Entry(
    "connectedness",
    "Connectedness",
    (
        "A vector autoregression is fitted to the names. The error of its forecast H steps ahead is split "
        "by the shock it came from: row i of the table holds the shares of name i, and sums to 1. "
        "Generalised shocks need no order of the names and credit what happened together both ways. "
        "Cholesky shocks are made orthogonal in the order given: the first name’s next step owes nothing to "
        "the others. By the clock is ours, and lies between: generalised within a side, while what both "
        "sides did in one row is credited to the side that had closed before the other opened.",
        "TCI is the mean of FROM and divides by N; cTCI divides by N − 1. Both stand side by side, since "
        "either is quoted as “the” index. TO may exceed 1; NET is TO less FROM and sums to 0. With a root on "
        "or outside the unit circle the system is called explosive: its shares go on changing with H.",
    ),
    (
        "x[t] = c + Φ₁ x[t−1] + … + Φp x[t−p] + ε[t],  Σ = cov ε",
        "A[0] = I,  A[h] = Φ₁ A[h−1] + … + Φp A[h−p]",
        "θ[i,j] = Σ over h < H of (A[h] Σ)[i,j]² / σ[j,j]",
        "Cholesky: (A[h] L)[i,j]², L L′ = Σ",
        "by the clock: Σ with 0 for the later side in the first, and the later side’s own given the first",
        "C[i←j] = θ[i,j] / Σ over j of θ[i,j]",
        "FROM[i] = 1 − C[i←i],  TO[j] = Σ over i ≠ j of C[i←j],  NET = TO − FROM",
        "TCI = Σ FROM / N,  cTCI = TCI · N / (N − 1)",
    ),
    (
        constant("Lags p", decomposing, "LAGS"),
        constant("Horizon H", decomposing, "HORIZON", _steps),
        default("Shocks", connectedness, "method"),
        constant("Rolling window", rolling, "WINDOW", _rows),
    ),
    "Diebold and Yilmaz (2009), eq. 4, and (2012), eq. 2 to 8; Pesaran and Shin (1998), eq. 10. The printed "
    "tables of both papers are tests, to the last digit.",
    "Be compared between other names, lags, horizons or windows: its level depends on all four, so they are "
    "printed on every chart. Nor does it tell a cause: a name that closes later looks like a follower, which "
    "is why returns enter in clock order.",
    (
        connectedness,
        rolling_connectedness,
        variance_shares,
        lagged,
        coefficients,
        companion,
        checked,
        labelled,
    ),
)
_SAMPLE = Entry(
    "connectedness-sample",
    "Who takes part, and how many rows there must be",
    (
        "A name takes part in a sample, or in a window, when it has a value in nearly all of its rows and "
        "moved. One listed inside a window waits until the window has it whole; who took part is counted for "
        "each day. A row on which a name is missing is left out with the rows that need it as a lag. Nothing "
        "is filled.",
        "Each equation has N p + 1 coefficients. Below three observations a coefficient the answer is "
        "refused with both numbers; below five it is called thin. A name that is a combination of the others "
        "is refused by name.",
    ),
    ("observations ≥ max(30, 3 (N p + 1)),  shrunk: max(30, N p + 1)",),
    (
        constant("Rows with a value, at least", autoregression, "COVERAGE", percent),
        constant("Observations a coefficient", autoregression, "PER_COEFFICIENT"),
        constant("Shrunk: observations a coefficient", autoregression, "PER_COEFFICIENT_SHRUNK"),
        constant("Called thin below, a coefficient", autoregression, "PER_COEFFICIENT_THIN"),
        constant("Observations, at least", autoregression, "MINIMUM", _rows),
        constant("A combination: variance inflation from", autoregression, "MAX_INFLATION", _plain),
    ),
    cannot="Keep its level when a name joins: a step in the index on that day may be the new name alone.",
    functions=(
        window_members,
        observations_needed,
        remedy,
        rolling_moments,
        spectral_radius,
        explosive,
    ),
    table=tuple((code.name.lower().replace("_", " "), text) for code, text in REASONS.items()),
)
_SHRINKAGE = Entry(
    "connectedness-shrinkage",
    "Shrinkage for many names",
    (
        "With many names and few rows, chance links add up. Shrinkage takes the same share off every "
        "correlation between today’s values and their lags, and leaves the variances. The automatic share "
        "weighs the noise of the correlations against their size.",
    ),
    ("λ = Σ var(r[i,j]) / Σ r[i,j]²,  i ≠ j,  between 0 and 1", "r shrunk = (1 − λ) r"),
    (default("λ unless asked for", connectedness, "shrink", number),),
    "Schäfer and Strimmer (2005); Opgen-Rhein and Strimmer (2007), for a VAR.",
    "See that rows hang together: in persistent series, such as volatilities, the share comes out too small.",
    (shrinkage, shrinkage_intensity, shrunk),
)
_NETWORK = Entry(
    "connectedness-network",
    "Links that are drawn",
    (
        "A link runs from the name whose shocks arrive to the name whose variance they make up, its width "
        "the share. Drawn are the strongest, none below the mean of all shares between two names. The weight "
        "of a name is its NET.",
    ),
    parameters=(
        constant("Links a name, on average, at most", network, "EDGES_PER_NAME"),
        constant("Names in a drawing, at most", network, "MAX_NODES"),
    ),
    cannot="Show the weak links: the table has them all.",
    functions=(strongest_links,),
)
_RANGE = Entry(
    "range-volatility",
    "Range volatility",
    (
        "The variance of a session from its high and low, annualised, as a natural logarithm: nearly normal, "
        "and free of what happened while the exchange was closed.",
        "A row of the clock that covers several sessions of a side has their mean. A layer has the mean of "
        "its names, each about its own mean, so that a wilder name that joins does not lift the level.",
    ),
    ("ln σ² = ln( .361 · (ln high − ln low)² · sessions a year )",),
    (
        constant("Parkinson’s factor, 1 / (4 ln 2)", range_volatility, "PARKINSON"),
        constant("Sessions a year", range_volatility, "YEAR"),
    ),
    "Parkinson (1980); Diebold and Yilmaz (2012), section 3.1.",
    "Measure a day without a range: one locked at its price limit is missing, with the reason, not calm.",
    (volatility, row_means),
    tuple((code.name.lower().replace("_", " "), text) for code, text in range_volatility.REASONS.items()),
)
CHAPTER = Chapter("Connectedness", (_CONNECTEDNESS, _SAMPLE, _SHRINKAGE, _NETWORK, _RANGE))
