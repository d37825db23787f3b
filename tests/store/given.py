"""Bars made for a test: plain where only their number matters, any where everything does."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from models.store.blocks import pack
from models.types import BAR_FIELDS, Bars


def some_bars(symbol: str = "MU", start: str = "2026-06-15", n: int = 3, **columns: Any) -> Bars:
    """Return bars on consecutive days, close 100, 101, …; any column may be given instead."""
    days = np.datetime64(start, "D") + np.arange(n)
    close = 100.0 + np.arange(n)
    given = {"close": close, "adj_close": close / 2, "open": close - 1, "volume": np.full(n, 1e6)}
    return Bars.of(symbol, days, **(given | columns))


def same(a: Bars, b: Bars) -> bool:
    """Whether two sets of bars agree in every field, NaN equal to NaN."""
    if a.symbol != b.symbol or len(a) != len(b):
        return False
    columns = [(getattr(a, name), getattr(b, name)) for name in BAR_FIELDS]
    prices = all(np.array_equal(x, y, equal_nan=True) for x, y in columns)
    rest = ("sessions", "final", "flags")
    return prices and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in rest)


_price = st.one_of(st.just(np.nan), st.floats(-1e12, 1e12, allow_nan=False, width=64))
_row = st.tuples(
    *[_price] * 5,
    st.one_of(st.just(np.nan), st.floats(0, 1e15, allow_nan=False)),
    st.booleans(),
    st.integers(0, 65535),
).filter(lambda row: not (np.isnan(row[3]) and np.isnan(row[4])))
_days = st.integers(-3_000, 25_000)  # 1961 to 2038: a year before 1970 too


@st.composite
def any_bars(draw: st.DrawFn, symbol: str = "MU", max_size: int = 30) -> Bars:
    """Bars a store must take: sessions increasing, any value missing but both closes."""
    rows = draw(st.dictionaries(_days, _row, max_size=max_size))
    days = sorted(rows)
    columns = list(zip(*(rows[day] for day in days), strict=True)) or [()] * 8
    names = (*BAR_FIELDS, "final", "flags")
    return Bars.of(symbol, np.array(days, dtype="datetime64[D]"), **dict(zip(names, columns, strict=True)))


def packed(bars: Bars) -> bytes:
    """Return bars as the bytes a year of them is stored in."""
    return pack(bars).tobytes()
