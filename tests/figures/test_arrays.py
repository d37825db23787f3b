from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.arrays import extremes, packed

values = st.lists(st.floats(-100, 0, allow_nan=False, width=32), min_size=1, max_size=400).map(np.array)


@given(values, st.integers(1, 60))
def test_extremes_keep_first_last_and_each_buckets_low_and_high(points: np.ndarray, buckets: int) -> None:
    keep = extremes(points, buckets)
    assert keep.shape == points.shape
    assert keep.dtype == np.bool_
    assert keep[0]
    assert keep[-1]
    size = -(-len(points) // buckets)
    for start in range(0, len(points), size):
        bucket, kept = points[start : start + size], keep[start : start + size]
        assert bucket[kept].min() == bucket.min()
        assert bucket[kept].max() == bucket.max()
    assert keep.sum() <= max(2 * buckets + 2, 2)


@given(values, st.integers(1, 500))
def test_few_points_are_all_kept(points: np.ndarray, buckets: int) -> None:
    if len(points) <= 2 * buckets:
        assert extremes(points, buckets).all()


def test_without_buckets_and_without_points_nothing_breaks() -> None:
    assert extremes(np.arange(5.0), 0).all()
    assert extremes(np.array([]), 10).shape == (0,)


@pytest.mark.parametrize(("dtype", "size"), [("i2", 2), ("f4", 4), ("f8", 8)])
def test_packed_arrays_unpack_to_themselves(dtype: str, size: int) -> None:
    given_ = np.array([0, 1, 2, 300])
    found = packed(given_, dtype)
    raw = base64.b64decode(found["bdata"])
    assert len(raw) == size * 4
    assert np.frombuffer(raw, found["dtype"]).tolist() == given_.tolist()


def test_packed_numbers_carry_a_missing_value() -> None:
    raw = base64.b64decode(packed([1.5, np.nan], "f4")["bdata"])
    np.testing.assert_array_equal(np.frombuffer(raw, "f4"), np.array([1.5, np.nan], "f4"))
