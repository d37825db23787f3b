from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.forbes_rigobon import (
    ForbesRigobon,
    adjusted_correlation,
    conditional_correlation,
    forbes_rigobon,
)
from models.errors import FlatSeriesError, MeasureSettingError, TooFewObservationsError

NAN = np.nan
GOLDEN = Path(__file__).parents[1] / "golden" / "correlation.toml"
CORSETTI = tomllib.loads(GOLDEN.read_text(encoding="utf-8"))["corsetti"]


def fall(seed: int, ratio: float = 4.0, calm: int = 250, crisis: int = 40, draws: int = 400) -> ForbesRigobon:
    """One factor, ρ = .5 throughout; the source's variance is ``ratio`` times larger in the crisis."""
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, calm + crisis)) * 0.01
    x[calm:] *= np.sqrt(ratio)
    quiet = np.arange(calm + crisis) < calm
    return forbes_rigobon(x, x / np.sqrt(3) + noise, quiet, ~quiet, draws=draws, seed=seed)


def test_four_times_the_variance_lifts_a_half_to_three_quarters_and_back() -> None:
    lifted = conditional_correlation(0.5, 3.0)
    assert lifted == pytest.approx(0.755928946, abs=5e-10)
    assert adjusted_correlation(lifted, 3.0) == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize("market", [name for name in CORSETTI if name != "delta"])
def test_hong_kong_1997(market: str) -> None:
    _, crisis, adjusted = CORSETTI[market]
    assert adjusted_correlation(crisis, CORSETTI["delta"]) == pytest.approx(adjusted, abs=6e-4)


@given(st.floats(-0.99, 0.99), st.floats(-0.9, 50))
def test_the_adjustment_undoes_itself_and_draws_towards_zero_in_a_crisis(rho: float, delta: float) -> None:
    assert adjusted_correlation(conditional_correlation(rho, delta), delta) == pytest.approx(rho, abs=1e-9)
    assert (abs(adjusted_correlation(rho, delta)) <= abs(rho) + 1e-15) or delta < 0
    assert adjusted_correlation(-rho, delta) == -adjusted_correlation(rho, delta)


def test_impossible_ratios_have_no_answer() -> None:
    assert np.isnan(adjusted_correlation(np.array([0.5, 0.5]), np.array([-1.0, -2.0]))).all()
    assert adjusted_correlation(1.0, 5.0) == 1.0


def test_a_louder_source_is_told_from_a_tighter_link() -> None:
    """ρ = .5 in both periods: the raw figure rises to .756, the adjusted one stays."""
    found = [fall(seed) for seed in range(60)]
    assert np.mean([each.calm for each in found]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([each.raw for each in found]) == pytest.approx(0.756, abs=0.03)
    assert np.mean([each.adjusted for each in found]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([each.raw_difference.p < 0.05 for each in found]) > 0.4
    assert np.mean([each.adjusted_difference.p < 0.05 for each in found]) < 0.1


def test_the_test_does_not_cry_wolf_where_nothing_changed() -> None:
    """Counting overlapping averages as independent would reject in one case of nine, not of twenty."""
    found = [fall(seed, ratio=1.0, draws=100) for seed in range(400)]
    assert 0.02 < np.mean([each.raw_difference.p < 0.05 for each in found]) < 0.085


def test_intervals_hold_the_truth_about_as_often_as_the_method_page_says() -> None:
    found = [fall(seed, crisis=30) for seed in range(300, 500)]
    held = [each.adjusted_interval.low < 0.5 < each.adjusted_interval.high for each in found]
    assert 0.7 < np.mean(held) < 0.95
    assert np.mean([each.calm_interval.low < 0.5 < each.calm_interval.high for each in found]) > 0.85


def test_averages_stay_within_their_period_and_pass_over_holes() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 140)) * 0.01
    quiet = np.arange(140) < 100
    x[50] = NAN
    found = forbes_rigobon(x, y, quiet, ~quiet)
    assert (found.n_calm, found.n_crisis) == (97, 39)
    assert found.effective_calm == pytest.approx(97 / 1.5)
    halves = [(each[100:-1] + each[101:]) / 2 for each in (x, y)]
    assert found.raw == pytest.approx(np.corrcoef(*halves)[0, 1])
    plain = forbes_rigobon(x, y, quiet, ~quiet, average=1)
    assert (plain.n_calm, plain.n_crisis, plain.effective_crisis) == (99, 40, 40)
    assert plain.delta == pytest.approx(np.var(x[100:], ddof=1) / np.nanvar(x[:100], ddof=1) - 1)


def test_the_same_seed_gives_the_same_interval_and_the_unit_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 200)) * 0.01
    quiet = np.arange(200) < 150
    one, two = forbes_rigobon(x, y, quiet, ~quiet, seed=3), forbes_rigobon(x, y, quiet, ~quiet, seed=3)
    assert one == two
    assert one.raw_interval != forbes_rigobon(x, y, quiet, ~quiet, seed=4).raw_interval
    scaled = forbes_rigobon(x * 1e4, y * 1e-3, quiet, ~quiet, seed=3)
    assert scaled.adjusted == pytest.approx(one.adjusted, abs=1e-12)
    assert scaled.adjusted_interval.low == pytest.approx(one.adjusted_interval.low, abs=1e-9)


def test_it_carries_three_figures_and_no_verdict() -> None:
    found = fall(1)
    assert {"calm", "raw", "adjusted"} <= {field.name for field in dataclasses.fields(found)}
    assert not any(isinstance(getattr(found, field.name), bool) for field in dataclasses.fields(found))


def test_bad_input_says_what_would_help() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 100))
    quiet = np.arange(100) < 95
    with pytest.raises(TooFewObservationsError, match="The crisis needs 10 observations and there are 4"):
        forbes_rigobon(x, y, quiet, ~quiet)
    with pytest.raises(TooFewObservationsError, match="The calm period needs 60"):
        forbes_rigobon(x, y, np.arange(100) < 30, np.arange(100) > 60)
    with pytest.raises(MeasureSettingError, match="without a common day"):
        forbes_rigobon(x, y, quiet, quiet)
    with pytest.raises(MeasureSettingError, match="100 draws"):
        forbes_rigobon(x, y, np.arange(100) < 70, np.arange(100) > 75, draws=5)
    with pytest.raises(FlatSeriesError, match="the target did not move"):
        forbes_rigobon(x, np.ones(100), np.arange(100) < 70, np.arange(100) > 75)
    with pytest.raises(TooFewObservationsError):
        forbes_rigobon(x[:1], y[:1], quiet[:1], ~quiet[:1])


@given(
    seed=st.integers(0, 50),
    block=st.integers(1, 14),
    average=st.integers(1, 3),
    crisis=st.integers(13, 40),
    scale=st.sampled_from([1e-6, 0.01, 50.0]),
)
def test_intervals_are_those_of_resamples_laid_out_row_by_row(
    seed: int, block: int, average: int, crisis: int, scale: float
) -> None:
    """The sums of blocks are a short cut: the same draws, taken row by row, have the same quantiles."""
    rng = np.random.default_rng(seed)
    pair = rng.standard_t(4, (90 + crisis, 2)) * scale + scale
    quiet = np.arange(len(pair)) < 90
    found = forbes_rigobon(*pair.T, quiet, ~quiet, block=block, average=average, draws=100, seed=seed)
    again = np.random.default_rng(seed)
    rhos, variances = [], []
    for rows in (pair[:90], pair[90:]):
        means = np.lib.stride_tricks.sliding_window_view(rows, average, axis=0).mean(axis=2)
        length = min(block, len(means))
        first = again.integers(0, len(means) - length + 1, (100, -(-len(means) // length)))
        drawn = [np.concatenate([means[at : at + length] for at in starts])[: len(means)] for starts in first]
        rhos.append(np.array([np.corrcoef(sample.T)[0, 1] for sample in drawn]))
        variances.append(np.array([sample[:, 0].var(ddof=1) for sample in drawn]))
    three = (*rhos, adjusted_correlation(rhos[1], variances[1] / variances[0] - 1))
    intervals = (found.calm_interval, found.raw_interval, found.adjusted_interval)
    for values, interval in zip(three, intervals, strict=True):
        np.testing.assert_allclose(
            np.nanquantile(values, [0.025, 0.975]), (interval.low, interval.high), rtol=0, atol=1e-11
        )


def test_a_resample_that_does_not_move_has_no_correlation() -> None:
    """A name that was halted for most of the crisis: some resamples hold nothing but its still days."""
    rng = np.random.default_rng(3)
    pair = rng.normal(0.01, 0.02, (120, 2))
    pair[90:117, 1] = 0.1 + 0.2
    quiet = np.arange(120) < 90
    found = forbes_rigobon(*pair.T, quiet, ~quiet, average=1, block=5)
    ends = [found.raw_interval.low, found.raw_interval.high, found.adjusted_interval.low]
    assert np.isfinite(ends).all()
    assert all(-1 < end < 1 for end in ends), "rounding is no movement that correlates perfectly"
