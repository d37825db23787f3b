"""Ranks of rows, against scipy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata

from models.analytics.ranks import average_ranks

_VALUES = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e9, 1e9), st.just(np.inf))


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=_VALUES))
def test_ranks_are_those_of_scipy_ties_shared(values: np.ndarray) -> None:
    assert np.array_equal(average_ranks(values), rankdata(values, axis=1))


def test_no_value_has_no_rank() -> None:
    assert average_ranks(np.empty((0, 4))).shape == (0, 4)
    assert average_ranks(np.empty((3, 0))).shape == (3, 0)
