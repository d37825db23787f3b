"""Tests of abnormal returns: written out, and how often they reject when nothing happened."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.event_inference import CLUSTERED, TESTS, car_scores, clustering, window_tests
from models.analytics.event_study import Study, Window, event_study
from models.errors import MeasureSettingError
from models.types import Floats

WINDOW = Window(before=2, after=4, estimation=100, gap=0, minimum=60)
SPAN = 107


def study(returns: Floats, market: Floats | None = None, day0: int = 102) -> Study:
    days = np.busday_offset("2024-01-01", np.arange(len(returns)))
    return event_study(returns, market, np.array([day0]), days, window=WINDOW)


def clustered(rng: np.random.Generator, names: int, share: float) -> tuple[Floats, Floats]:
    """A market, and names whose errors have a common part with that share of the variance."""
    market = rng.normal(0, 0.01, SPAN)
    common = rng.normal(0, np.sqrt(share), (SPAN, 1))
    errors = common + rng.normal(0, np.sqrt(1 - share), (SPAN, names))
    return market[:, None] + 0.02 * errors, market


@given(seed=st.integers(0, 1000))
def test_statistics_written_out(seed: int) -> None:
    returns, market = clustered(np.random.default_rng(seed), 6, 0.3)
    found = study(returns, market)
    day = window_tests(found, 0, 2)
    ar, x = found.abnormal[0], market[:100]
    sums, s = ar[:, 2:5].sum(axis=1), found.sigma[0]
    errors = (returns[:100] - found.alpha[0] - np.outer(x, found.beta[0])).T
    shift = (market[102:105] - x.mean()).sum()
    scaled = sums / (s * np.sqrt(3 + 9 / 100 + shift**2 / ((x - x.mean()) ** 2).sum()))
    bmp = scaled.mean() / (scaled.std(ddof=1) / np.sqrt(6))
    r = (np.corrcoef(errors).sum() - 6) / 30
    crude = errors.std(axis=1, ddof=1)
    ranks = np.concatenate([errors, ar], axis=1).argsort(axis=1).argsort(axis=1) + 1
    daily = (ranks / 108 - 0.5).mean(axis=0)
    expected = {
        "t": sums.mean() / (sums.std(ddof=1) / np.sqrt(6)),
        "bw1980": sums.mean() / (np.sqrt(3 * (crude**2).sum()) / 6),
        "bw1985": sums.mean() / (errors.mean(axis=0).std(ddof=1) * np.sqrt(3)),
        "patell": scaled.sum() / np.sqrt(6 * 98 / 96),
        "bmp": bmp,
        "corrado": daily[102:105].sum() / np.sqrt(3) / np.sqrt((daily**2).mean()),
        "kolari_pynnonen": bmp * np.sqrt((1 - max(r, 0)) / (1 + 5 * max(r, 0))),
    }
    assert day.statistic == pytest.approx(expected, rel=1e-9)
    assert list(day.statistic) == list(TESTS)
    assert (day.cases, day.negative) == (6, (sums < 0).mean())
    assert day.correlation == pytest.approx(max(r, 0), abs=1e-12)


def rejected(share: float, seed: int, rounds: int = 250) -> dict[str, float]:
    """How often each test rejects at 5 % when nothing happened."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(rounds):
        returns, market = clustered(rng, 20, share)
        p = window_tests(study(returns, market)).p
        found.append([p[name] < 0.05 for name in TESTS])
    return dict(zip(TESTS, np.mean(found, axis=0), strict=True))


def test_errors_that_move_together_deceive_the_tests_that_take_them_for_independent() -> None:
    rate = rejected(0.4, seed=1)
    assert all(rate[name] < 0.10 for name in CLUSTERED), rate
    assert all(rate[name] > 0.30 for name in TESTS if name not in CLUSTERED), rate


def test_independent_errors_are_rejected_as_often_as_they_should() -> None:
    rate = rejected(0.0, seed=2)
    assert all(0.01 < value < 0.11 for value in rate.values()), rate


def test_a_fall_of_all_names_is_found() -> None:
    returns, market = clustered(np.random.default_rng(3), 12, 0.2)
    returns[102] -= 0.12
    day = window_tests(study(returns, market))
    assert day.mean == pytest.approx(-0.12, abs=0.03)
    assert day.negative == 1.0
    assert all(day.p[name] < 0.02 for name in TESTS)
    assert all(value < 0 for value in day.statistic.values())


def test_names_may_be_chosen_and_must_have_every_session() -> None:
    returns, market = clustered(np.random.default_rng(4), 6, 0.2)
    returns[105:, 5] = np.nan  # its last two sessions have not come yet
    found = study(returns, market)
    assert window_tests(found, 0, 4).cases == 5
    assert window_tests(found, 0, 2).cases == 6
    two = window_tests(found, 0, 2, np.array([True, True, False, False, False, False]))
    assert two.cases == 2
    assert two.mean == pytest.approx(found.abnormal[0, :2, 2:5].sum(axis=1).mean(), abs=1e-15)


def test_one_name_has_no_cross_section() -> None:
    returns, market = clustered(np.random.default_rng(5), 1, 0.0)
    day = window_tests(study(returns, market))
    missing = [name for name, value in day.statistic.items() if np.isnan(value)]
    assert missing == ["t", "bmp", "kolari_pynnonen"]
    assert day.statistic["bw1985"] == pytest.approx(day.statistic["bw1980"])


def test_no_name_at_all() -> None:
    returns, market = clustered(np.random.default_rng(6), 3, 0.0)
    day = window_tests(study(returns, market, 20))
    assert (day.cases, np.isnan(day.mean), set(map(np.isnan, day.p.values()))) == (0, True, {True})


@given(seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_statistics_have_no_scale(seed: int, factor: float) -> None:
    returns, market = clustered(np.random.default_rng(seed), 5, 0.3)
    first = window_tests(study(returns, market)).statistic
    second = window_tests(study(returns * factor, market * factor)).statistic
    assert second == pytest.approx(first, rel=1e-7)


def test_a_holiday_of_one_exchange_does_not_part_names_that_moved_together() -> None:
    """Counted in sessions their errors would be a day apart before the holiday; counted in weekdays not."""
    rng = np.random.default_rng(7)
    returns = rng.normal(0, 0.01, (SPAN, 1)) + rng.normal(0, 0.001, (SPAN, 2))
    opened = np.ones((SPAN, 2), dtype=np.bool_)
    opened[80, 1] = False
    returns[~opened] = np.nan
    days = np.busday_offset("2024-01-01", np.arange(SPAN))
    found = event_study(returns, None, np.array([102]), days, window=WINDOW, opened=opened)
    assert found.counted.all()
    assert window_tests(found).correlation > 0.95


def test_how_much_of_the_calendar_is_shared() -> None:
    rng = np.random.default_rng(8)
    days = np.busday_offset("2022-01-03", np.arange(400))
    returns = rng.normal(0, 0.01, (400, 3))
    found = event_study(returns, None, np.array([150, 152, 300]), days, window=WINDOW)
    shared = clustering(found)
    # Nine cases, 72 ordered pairs: six of the first two events overlap all (30), three of the last (6).
    assert (shared.cases, shared.events, shared.dates) == (9, 3, 3)
    assert shared.overlapping == pytest.approx(36 / 72)
    assert np.isnan(clustering(found, np.zeros(3, dtype=np.bool_)).overlapping)


@pytest.mark.parametrize(("first", "last"), [(-3, 0), (0, 5), (2, 1)])
def test_a_test_lies_inside_the_event_window(first: int, last: int) -> None:
    returns, market = clustered(np.random.default_rng(9), 3, 0.0)
    with pytest.raises(MeasureSettingError, match="sessions from -2 to 4"):
        window_tests(study(returns, market), first, last)


def test_the_t_of_one_name_written_out() -> None:
    returns, market = clustered(np.random.default_rng(4), 3, 0.3)
    returns[:, 2] = 0.001  # does not move: left out
    found = study(returns, market)
    scores, x = car_scores(found)[0], market[:100]
    assert scores.shape == (3, 7)
    assert np.isnan(scores[:, :2]).all() and np.isnan(scores[2]).all()
    for name in (0, 1):
        for last in range(5):
            length, shift = last + 1, (market[102 : 103 + last] - x.mean()).sum()
            error = length + length**2 / 100 + shift**2 / ((x - x.mean()) ** 2).sum()
            summed = found.abnormal[0, name, 2 : 3 + last].sum()
            assert scores[name, 2 + last] == pytest.approx(summed / (found.sigma[0, name] * np.sqrt(error)))


def test_the_t_of_one_name_is_standard_when_nothing_happened() -> None:
    rng = np.random.default_rng(5)
    returns, market = clustered(rng, 600, 0.0)
    scores = car_scores(study(returns, market))[0, :, 2:]
    assert np.abs(scores.mean(axis=0)).max() < 0.15
    assert scores.std(axis=0) == pytest.approx(np.ones(5), abs=0.1)
