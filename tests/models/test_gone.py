from __future__ import annotations

import numpy as np
import pytest

from models.gone import sessions_without_bars, suspect_delisted
from models.universe import load_universe

SEOUL = ("000660.KS", "005930.KS", "042700.KS", "402340.KS", "^KS11")


@pytest.mark.parametrize(
    ("days", "found", "suspected"),
    [
        (2, SEOUL[1:], False),  # two days are not enough
        (3, SEOUL[1:], True),
        (9, SEOUL[1:3], True),  # half of the others
        (9, SEOUL[1:2], False),  # the whole exchange is in trouble
        (9, (), False),
    ],
)
def test_a_name_is_suspected_after_days_and_only_when_others_are_found(
    days: int, found: tuple[str, ...], suspected: bool
) -> None:
    universe = load_universe()
    assert ("000660.KS" in suspect_delisted(universe, {"000660.KS": days}, found)) is suspected


def test_a_day_without_any_bar_is_named_and_one_with_some_is_not() -> None:
    days = np.datetime64("2026-06-01") + np.arange(7)
    shares = np.array([np.nan, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0])
    # Before the first bar nothing was listed; after the last one the source is late.
    assert sessions_without_bars(days, shares, 5) == [days[3].item()]
    assert sessions_without_bars(days, shares, 1) == []
    assert sessions_without_bars(days, np.zeros(7), 5) == []
