"""Definitions: correlation that states its lag, over a window, with fading weights."""

from __future__ import annotations

from app.pages.method.entry import Chapter, Entry, constant, number, percent
from models.analytics import correlation as lagged
from models.analytics import forbes_rigobon as adjusted
from models.analytics import garch, layer_links, rolling
from models.analytics.correlation import (
    LAGS,
    fisher_interval,
    hac_correlation,
    lagged_matrix,
    lagged_rows,
)
from models.analytics.dcc import dcc_correlation, dcc_log_likelihood, fit_dcc
from models.analytics.forbes_rigobon import (
    adjusted_correlation,
    conditional_correlation,
    forbes_rigobon,
)
from models.analytics.garch import fit_garch, garch_log_likelihood, garch_variance, recursion
from models.analytics.layer_links import holm
from models.analytics.layer_links import layer_links as link_layers
from models.analytics.rolling import (
    ewma_correlation,
    masked_correlation,
    mean_across,
    mean_pairwise,
    rolling_correlation,
    rolling_pair,
)
from models.analytics.searching import basins, least


def _rows(value: int) -> str:
    return f"{value} rows"


def _count(value: int) -> str:
    return f"{value:,}"


def _news_days(value: int) -> str:
    return f"the last {value} news days"


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
        "mean across = Σ z_asia · Σ z_us / (n_asia n_us)",
        "S[t] = λ S[t−1] + r[t] r[t]′,  ρ = S_xy / √(S_xx S_yy)",
    ),
    (
        constant("Window", rolling, "WINDOW", _rows),
        constant("λ", rolling, "DECAY", number),
        constant("Withheld at the start", rolling, "WITHHELD", _rows),
    ),
    "J.P. Morgan and Reuters (1996), RiskMetrics technical document, section 5.2.",
    "Tell a change of correlation from a change of volatility: set it beside the adjusted one.",
    (rolling_correlation, rolling_pair, mean_pairwise, mean_across, ewma_correlation),
)
_DCC = Entry(
    "dcc",
    "Dynamic correlation, DCC(1,1)",
    (
        "In two steps. Each name’s volatility is taken out by a GARCH(1,1) with a constant mean, on returns "
        "in percent; what is left moves the correlation by a after a surprise, and b of it stays. "
        "Both steps look at the Gaussian likelihood on a grid, follow its lowest hollows with the exact "
        "gradient and keep the best, so that the fit is the likeliest there is, not the nearest; a, b, "
        "their sum, each name’s α and β and whether the search ended at an optimum stand beside the chart.",
        "Beside the likelihood stands that of a constant correlation. Where the two are close, the "
        "movement on the chart is noise.",
        "Variance starts at the sample’s, Q at the mean of z z′. The published benchmark of GARCH(1,1), the "
        "mark against the pound, starts at ω + (α + β) · mean ε² instead: α .153134, log-likelihood "
        "−1106.608, where the sample’s start gives .153406 and −1106.585. That is what one day is worth.",
    ),
    (
        "h[t] = ω + α ε[t−1]² + β h[t−1],  z = ε / √h",
        "Q[t] = (1 − a − b) Q̄ + a z[t−1] z[t−1]′ + b Q[t−1]",
        "R[t] = diag(Q)^−½ Q diag(Q)^−½",
    ),
    (
        constant("Common rows needed", garch, "OBSERVATIONS", _rows),
        constant("Largest α + β and a + b", garch, "PERSISTENCE", number),
    ),
    "Bollerslev (1986); Engle (2002), eq. 24 and 26–32.",
    "Be fitted to a new listing: below the rows needed the fading correlation stands in its place.",
    (
        fit_dcc,
        dcc_correlation,
        dcc_log_likelihood,
        fit_garch,
        garch_variance,
        garch_log_likelihood,
        recursion,
        least,
        basins,
    ),
)
_ADJUSTED = Entry(
    "forbes-rigobon",
    "Raw beside adjusted correlation",
    (
        "A correlation rises when the market that the shock comes from swings more, even if nothing "
        "about the link has changed. The adjusted one takes the source’s higher variance out. Calm, raw and "
        "adjusted stand side by side with their intervals; none of them is a verdict.",
        "Returns are averaged within each period because hours differ. Averages overlap, so Fisher’s z "
        "counts n / (1 + 2 Σ (1 − k/m)²) of them. Intervals are percentiles of a moving-block bootstrap of "
        "both periods: with a month of crisis days they hold the truth in about four cases of five.",
    ),
    (
        "ρ* = ρ / √(1 + δ (1 − ρ²))",
        "δ = Var(source | crisis) / Var(source | calm) − 1",
    ),
    (
        constant("Returns are averaged over", adjusted, "AVERAGE", _rows),
        constant("Bootstrap block", adjusted, "BLOCK", _rows),
        constant("Bootstrap draws", adjusted, "DRAWS", _count),
        constant("Level of the interval", adjusted, "LEVEL", percent),
        constant("Calm rows needed", adjusted, "CALM_MINIMUM", _rows),
        constant("Crisis rows needed", adjusted, "CRISIS_MINIMUM", _rows),
    ),
    "Forbes and Rigobon (2002), eq. 10 and 11; Künsch (1989). Corsetti and others (2005) on its bias.",
    "Rule contagion out: with a common cause or feedback the adjusted figure is too low.",
    (forbes_rigobon, adjusted_correlation, conditional_correlation),
)
_BATON = Entry(
    "baton",
    "Who hands on to whom",
    (
        "The session of each layer’s basket on one side, beside each layer’s next leg on the other: New "
        "York’s session and the gap and session of the first Asian day after it; Asia’s session and the gap "
        "of New York’s first day from the same date on. A session that another of its side followed before "
        "the other side opened hands nothing on.",
        "The error is the HAC one or Fisher’s, whichever is larger. Among many pairs some look strong by "
        "chance: p is adjusted for their number by Holm’s rule, and what is drawn has passed it.",
    ),
    ("p adjusted = max over smaller p of (K − rank + 1) · p",),
    (constant("Hand-overs", layer_links, "NEWS_DAYS", _news_days),),
    "Holm (1979).",
    "Show the channel: two layers may both answer to a third, or to the same news.",
    (link_layers, holm),
)
CHAPTER = Chapter("Correlation", (_LAGGED, _ROLLING, _DCC, _ADJUSTED, _BATON))
