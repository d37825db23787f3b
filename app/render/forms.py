"""How the figures of a column are written, by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.market import words

_FRACTIONS = {
    *("close_return", "gap_return", "session_return", "low_return", "return", "move"),
    *("drawdown", "max_drawdown", "depth", "median", "base_median", "excess"),
    *("abnormal", "car", "change", "low_change", "change_5", "change_10", "change_20"),
}


_SIZES = {"dispersion", "excess_se"}


_SHARES = {
    *("breadth", "coexceedance", "largest_share", "factor_share", "share"),
    *("hit_rate", "low", "high", "base_rate", "tci", "ctci", "own", "to", "from", "net", "absorption"),
    *("recovery_5", "recovery_10", "recovery_20"),
}


_CORRELATIONS = {
    *("correlation", "slope", "slope_se", "stress_correlation", "stress_slope", "stress_slope_se"),
    *("correlation_low", "correlation_high", "calm_low", "calm_high", "raw_p", "adjusted_p", "beta"),
    *("calm", "crisis", "adjusted", "adjusted_low", "adjusted_high", "raw_low", "raw_high"),
}


_SCORES = {"z", "shift", "delta", "raw_z", "adjusted_z", "t_abnormal", "t_car"}


_LEVELS = {"turbulence", "threshold", "magnitude", "correlation_surprise"}


def form_of(name: str) -> Callable[[Any], str] | None:
    """How the figures of a column are written, None for a name that says nothing of it."""
    return next((form for names, form in _FORMS if name in names), None)


_FORMS: tuple[tuple[set[str], Callable[[Any], str]], ...] = (
    ({"percentile"}, words.percentile),
    (_FRACTIONS, words.percent),
    (_SIZES, lambda value: f"{value * 100:.1f}"),
    (_SHARES, words.whole_percent),
    (_CORRELATIONS, words.correlation),
    (_SCORES, words.signed),
    (_LEVELS, words.level),
    ({"tail"}, words.tail),
    ({"base_price", "last_price"}, lambda value: f"{value:,.2f}"),
)


_IN_PERCENT = (words.percent, words.whole_percent)
