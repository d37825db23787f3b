"""Abnormal returns: what must hold whatever the prices, and who is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.event_study import Study, Window, event_study, residuals_of
from models.errors import MeasureSettingError
from models.types import Bools, Floats, Sessions

T, N = 160, 5
WINDOW = Window(before=3, after=4, estimation=60, gap=5, minimum=30)
DAY0 = np.array([90, 120])
EVENT = slice(90 - 3, 90 + 5)


def calendar(count: int = T) -> Sessions:
    return np.busday_offset("2024-01-01", np.arange(count))


def sample(seed: int, names: int = N) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.01, T)
    return market[:, None] * rng.uniform(0.3, 2, names) + rng.normal(0, 0.02, (T, names)), market


def study(returns: Floats, market: Floats | None, day0: Any = DAY0, **given: Any) -> Study:
    return event_study(returns, market, np.asarray(day0), calendar(len(returns)), window=WINDOW, **given)


seeds = st.integers(0, 10_000)


@given(seed=seeds)
def test_equal_to_a_line_fitted_name_by_name(seed: int) -> None:
    returns, market = sample(seed)
    found = study(returns, market)
    for event, day0 in enumerate(DAY0):
        past = slice(day0 - 3 - 5 - 60, day0 - 3 - 5)
        around = slice(day0 - 3, day0 + 5)
        for name in range(N):
            slope, level = np.polyfit(market[past], returns[past, name], 1)
            left = returns[past, name] - level - slope * market[past]
            expected = returns[around, name] - level - slope * market[around]
            np.testing.assert_allclose(found.abnormal[event, name], expected, rtol=0, atol=1e-10)
            np.testing.assert_allclose(found.beta[event, name], slope, rtol=1e-10)
            np.testing.assert_allclose(found.sigma[event, name], np.sqrt(left @ left / 58), rtol=1e-9)
            np.testing.assert_allclose(residuals_of(found)[0][event, name], left, atol=1e-12)


@pytest.mark.parametrize("model", ["market", "mean"])
@given(seed=seeds, factor=st.floats(0.05, 20))
def test_scale_of_returns_and_benchmark_is_that_of_abnormal_returns(
    model: str, seed: int, factor: float
) -> None:
    returns, market = sample(seed)
    first = study(returns, market if model == "market" else None)
    second = study(returns * factor, market * factor if model == "market" else None)
    np.testing.assert_allclose(second.abnormal, first.abnormal * factor, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(second.sigma, first.sigma * factor, rtol=1e-8)
    np.testing.assert_allclose(second.beta, first.beta, rtol=1e-8, atol=1e-12)


@given(seed=seeds, level=st.floats(-0.05, 0.05), slope=st.floats(-2, 2))
def test_a_constant_and_more_of_the_benchmark_change_nothing(seed: int, level: float, slope: float) -> None:
    returns, market = sample(seed)
    first, second = study(returns, market), study(returns + level + slope * market[:, None], market)
    np.testing.assert_allclose(second.abnormal, first.abnormal, rtol=0, atol=1e-12)
    np.testing.assert_allclose(second.beta, first.beta + slope, rtol=0, atol=1e-9)


@given(seed=seeds, level=st.floats(-0.05, 0.05))
def test_a_constant_changes_no_constant_mean_study(seed: int, level: float) -> None:
    returns, _ = sample(seed)
    np.testing.assert_allclose(study(returns + level, None).car, study(returns, None).car, atol=1e-12)


@given(seed=seeds, order=st.permutations(range(N)))
def test_names_in_another_order_are_the_same_names(seed: int, order: list[int]) -> None:
    returns, market = sample(seed)
    found = study(returns[:, order], market)
    np.testing.assert_allclose(found.car, study(returns, market).car[:, order], rtol=0, atol=1e-13)


@pytest.mark.parametrize("model", ["market", "mean"])
@given(seed=seeds, shock=st.floats(-0.9, 9))
def test_what_comes_after_the_event_window_changes_nothing(model: str, seed: int, shock: float) -> None:
    returns, market = sample(seed)
    later, factor = returns.copy(), market.copy()
    later[EVENT.stop :], factor[EVENT.stop :] = shock, -shock
    pairs = [(returns, market), (later, factor)]
    first, second = (study(own, other if model == "market" else None, DAY0[:1]) for own, other in pairs)
    for name in ("abnormal", "car", "alpha", "beta", "sigma", "shift"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@given(seed=seeds)
def test_what_happens_from_the_gap_on_does_not_touch_the_fit(seed: int) -> None:
    returns, market = sample(seed)
    shocked = returns.copy()
    shocked[90 - 3 - 5 :] -= 0.3
    first, second = study(returns, market, [90]), study(shocked, market, [90])
    np.testing.assert_array_equal(first.sigma, second.sigma)
    np.testing.assert_allclose(second.abnormal, first.abnormal - 0.3, atol=1e-12)


def test_sums_run_from_day_0_on_and_are_0_on_the_session_before() -> None:
    returns, market = sample(1)
    found = study(returns, market)
    assert (found.car[..., 2] == 0).all()
    np.testing.assert_allclose(found.car[..., 3:], found.abnormal[..., 3:].cumsum(axis=-1), atol=1e-15)
    np.testing.assert_allclose(found.car[..., 0], -found.abnormal[..., 1:3].sum(axis=-1), atol=1e-15)
    without = event_study(returns, market, DAY0, calendar(), window=Window(0, 4, 60, 5, 30))
    np.testing.assert_allclose(without.car, without.abnormal.cumsum(axis=-1), atol=1e-15)


def test_a_benchmark_of_its_own_for_each_name() -> None:
    returns, market = sample(2)
    other = sample(3)[1]
    each = np.column_stack([market, other, market, market, other])
    found = study(returns, each)
    np.testing.assert_allclose(found.car[:, [0, 2, 3]], study(returns, market).car[:, [0, 2, 3]], atol=1e-14)
    np.testing.assert_allclose(found.car[:, [1, 4]], study(returns, other).car[:, [1, 4]], atol=1e-14)


def holidays(rows: list[int]) -> Bools:
    opened = np.ones((T, 2), dtype=np.bool_)
    opened[rows, 1] = False
    return opened


def test_offsets_count_sessions_of_the_own_exchange() -> None:
    returns, _ = sample(4, 2)
    opened = holidays([70, 91, 93])
    returns[~opened] = np.nan
    found = study(returns, None, [90], opened=opened)
    left = [90, 92, 94, 95, 96]
    assert found.counted.all()
    np.testing.assert_allclose(found.abnormal[0, 1, 3:], returns[left, 1] - found.alpha[0, 1], atol=1e-15)
    # The fit reaches back one session further: it skips the closed 70.
    past = [row for row in range(21, 82) if row != 70]
    assert found.alpha[0, 1] == pytest.approx(returns[past, 1].mean(), abs=1e-15)


def test_each_name_has_a_day_0_of_its_own() -> None:
    returns, market = sample(5, 2)
    found = study(returns, market, [[90, 91]])
    for name, row in ((0, 90), (1, 91)):
        alone = study(returns, market, [row]).abnormal[0, name]
        np.testing.assert_allclose(found.abnormal[0, name], alone, rtol=0, atol=1e-15)


def reasons(found: Study) -> list[str]:
    return [str(text) for text in found.why[0]]


def test_names_are_left_out_with_the_reason() -> None:
    returns, market = sample(6, 6)
    returns[:60, 0] = np.nan  # 22 sessions of 22..81 are left
    returns[:100, 1] = 0.01
    returns[90, 2] = np.nan
    returns[92, 3] = np.nan
    place = np.array([[90, 90, 90, 90, 90, -1]])
    found = study(returns, market, place)
    assert reasons(found) == [
        "has 22 of the 30 sessions that a fit needs",
        "did not move, or moved as its benchmark alone, in its estimation window",
        "has no return on day 0",
        "lacks 1 of the returns inside its event window",
        "",
        "has no session after the event yet",
    ]
    assert found.counted.tolist() == [[False] * 4 + [True, False]]
    assert np.isnan(found.car[0, [0, 1, 2, 3, 5]]).all()
    assert np.isfinite(found.car[0, 4]).all()


def test_missing_sessions_of_the_fit_are_passed_over_and_counted() -> None:
    returns, market = sample(7, 2)
    returns[40:50, 0] = np.nan
    found = study(returns, market, [90])
    assert found.used.tolist() == [[50, 60]]
    past = np.r_[22:40, 50:82]
    slope = np.polyfit(market[past], returns[past, 0], 1)[0]
    assert found.beta[0, 0] == pytest.approx(slope, rel=1e-10)


def test_a_benchmark_that_stands_still_explains_nothing() -> None:
    returns, _ = sample(8)
    assert set(reasons(study(returns, np.full(T, 0.001)))) == {"has a benchmark that did not move"}


def test_sessions_still_to_come_leave_the_path_open() -> None:
    returns, market = sample(9)
    found = study(returns[:93], market[:93], [90])
    assert found.counted.all()
    assert np.isfinite(found.car[0, :, :6]).all()
    assert np.isnan(found.car[0, :, 6:]).all()


def test_before_the_data_there_is_nothing_to_fit_on() -> None:
    returns, market = sample(10)
    assert reasons(study(returns, market, [2]))[0] == "has 0 of the 30 sessions that a fit needs"
    assert reasons(study(returns, market, [40]))[0] == ""
    assert study(returns, market, [40]).used[0, 0] == 32


def test_a_fit_without_error_keeps_its_digits() -> None:
    returns, market = sample(11, 2)
    returns[:, 0] = 2 * market + 1e-6 * returns[:, 1]
    found = study(returns, market, [90])
    past = slice(22, 82)
    left = returns[past, 0] - np.polyval(np.polyfit(market[past], returns[past, 0], 1), market[past])
    assert found.sigma[0, 0] == pytest.approx(np.sqrt(left @ left / 58), rel=1e-6)


def test_no_event_and_no_name() -> None:
    returns, market = sample(12)
    assert study(returns, market, np.array([], dtype=np.int64)).car.shape == (0, N, 8)
    assert study(np.empty((T, 0)), market).car.shape == (2, 0, 8)


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("before", {"before": -1}),
        ("gap", {"gap": -1}),
        ("minimum", {"minimum": 2}),
        ("estimation", {"estimation": 50}),
    ],
)
def test_lengths_that_cannot_be(setting: str, given: dict[str, int]) -> None:
    with pytest.raises(MeasureSettingError) as caught:
        Window(**given)
    assert caught.value.setting == setting
