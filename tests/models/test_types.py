from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.types import BAR_FIELDS, Bars, Flag, instant64, session64, utc

DAYS = np.array(["2026-06-22", "2026-06-23"], dtype="datetime64[D]")


def test_bars_fill_what_was_not_given() -> None:
    bars = Bars.of("MU", ["2026-06-22", "2026-06-23"], close=[1, 2])
    assert len(bars) == 2
    assert bars.sessions.dtype == "datetime64[D]"
    np.testing.assert_array_equal(bars.close, [1.0, 2.0])
    assert all(np.isnan(getattr(bars, name)).all() for name in BAR_FIELDS if name != "close")
    assert all(getattr(bars, name).dtype == np.float64 for name in BAR_FIELDS)
    assert bars.final.tolist() == [True, True]
    assert bars.flags.dtype == np.uint16
    assert bars.flags.tolist() == [0, 0]


def test_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="unknown columns: adjusted, vwap"):
        Bars.of("MU", DAYS, close=[1, 2], vwap=[1, 2], adjusted=[1, 2])


@pytest.mark.parametrize(
    ("index", "closes"),
    [(slice(1, None), [2]), (np.array([True, False]), [1]), ([1, 0], [2, 1]), (slice(0, 0), [])],
)
def test_rows_are_taken_into_a_new_object(index: object, closes: list[float]) -> None:
    flags = [int(Flag.STALE_CLOSE), 0]
    bars = Bars.of("MU", DAYS, close=[1, 2], final=[True, False], flags=flags)
    taken = bars.take(index)
    assert taken.close.tolist() == closes
    assert len(taken.sessions) == len(taken.final) == len(taken.flags) == len(closes)
    assert bars.close.tolist() == [1, 2]


def test_flags_are_bits_of_their_own_and_fit_the_column() -> None:
    bits = [int(flag) for flag in Flag if flag]
    assert sum(bits) == int(np.bitwise_or.reduce(bits))
    assert max(bits) < 2**16
    assert Flag(5) == Flag.CLOSE_OUTSIDE_BAR | Flag.JUMP_UNCONFIRMED


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone; an instant is always UTC"):
        utc(datetime(2026, 6, 23, 7))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        instant64(datetime(2026, 6, 23, 7))  # noqa: DTZ001


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_is_the_same_in_any_zone(at: datetime, offset: int) -> None:
    here = at.replace(tzinfo=UTC)
    there = here.astimezone(timezone(timedelta(minutes=offset)))
    assert utc(there) == here
    assert utc(there).tzinfo is UTC
    assert instant64(there) == instant64(here) == np.datetime64(at, "s")


def test_a_session_is_a_plain_date() -> None:
    assert session64(date(2026, 6, 23)) == DAYS[1]
    assert session64(date(2026, 6, 23)).dtype == "datetime64[D]"
