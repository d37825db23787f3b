"""Definitions: correlation that states its lag, over a window, with fading weights."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, constant, number, percent
from models.analytics import correlation as lagged
from models.analytics import rolling
from models.analytics.correlation import (
    LAGS,
    fisher_interval,
    hac_correlation,
    lagged_matrix,
    lagged_rows,
)
from models.analytics.rolling import (
    ewma_correlation,
    masked_correlation,
    mean_pairwise,
    rolling_correlation,
    rolling_pair,
)


def _rows(value: int) -> str:
    return f"{value} rows"


_MEANS = (
    "two names of one side: days on which every exchange of that side among the names was open",
    "Asia’s close, then New York’s of the same date: what Asia told New York",
    "New York’s close, then the next Asian one: what New York told Asia",
)
_LAGGED = Entry(
    "lagged-correlation",
    "Correlation that states its lag",
    (
        "The row of the matrix leads its column. Within a side both names closed on the same day. Across "
        "the sides the pair stands twice, once for each direction, on rows in clock order: a return that "
        "spans a holiday of one exchange is compounded on both sides of the pair.",
        "A pair is judged on the rows that both names have. With fewer than the minimum, or when one of "
        "the two did not move, there is no number and the reason stands in its place.",
        "Fisher’s interval takes pairs for independent and normal. The HAC interval does not: it is the "
        "spread of the correlation’s own influence, Bartlett weights, on Fisher’s scale.",
    ),
    (
        "Fisher: tanh( atanh ρ ± z / √(n − 3) )",
        "influence[t] = z_x z_y − ρ (z_x² + z_y²) / 2",
    ),
    (
        constant("Common rows that a pair needs", lagged, "MINIMUM", _rows),
        constant("Level of intervals", lagged, "LEVEL", percent),
        constant("Lags of the HAC error", lagged, "HAC_LAGS", _rows),
    ),
    "Fisher (1921); Newey and West (1987). Martens and Poon (2001) on what a join by date misses.",
    "Say that one name moves another: both may follow a third, and the one that trades first shows it first.",
    (lagged_matrix, lagged_rows, masked_correlation, fisher_interval, hac_correlation),
    tuple(zip(LAGS, _MEANS, strict=True)),
)
_ROLLING = Entry(
    "rolling-correlation",
    "Rolling and fading correlation",
    (
        "Over a window every row counts alike and leaves at once; the mean of all pairs takes the names "
        "that have the whole window. With fading weights a row k rows ago weighs λ to the power of k, around "
        "a mean of zero. The recursion needs no first value: it starts at nothing and the first rows are "
        "withheld.",
    ),
    (
        "mean of pairs = (‖Σ z‖² − n) / (n (n − 1)),  ‖z‖ = 1",
        "S[t] = λ S[t−1] + r[t] r[t]′,  ρ = S_xy / √(S_xx S_yy)",
    ),
    (
        constant("Window", rolling, "WINDOW", _rows),
        constant("λ", rolling, "DECAY", number),
        constant("Withheld at the start", rolling, "WITHHELD", _rows),
    ),
    "J.P. Morgan and Reuters (1996), RiskMetrics technical document, section 5.2.",
    "Tell a change of correlation from a change of volatility: set it beside the adjusted one.",
    (rolling_correlation, rolling_pair, mean_pairwise, ewma_correlation),
)
CHAPTER = Chapter("Correlation", (_LAGGED, _ROLLING))
