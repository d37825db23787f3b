from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.connectedness import METHODS, connectedness, variance_shares
from models.errors import (
    MeasureSettingError,
    SingularCovarianceError,
    TooFewNamesError,
    TooFewObservationsError,
)
from tests.analytics.systems import (
    decomposed,
    least_squares,
    result_of,
    simulated,
    statsmodels_table,
    textbook,
)

NAN = np.nan
GOLDEN = tomllib.loads(
    (Path(__file__).parents[1] / "golden" / "connectedness.toml").read_text(encoding="utf-8")
)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("method", ["generalised", "cholesky"])
def test_a_known_system_of_two(method: Any) -> None:
    case = GOLDEN["fixture"]
    phi, sigma = np.array(case["phi"]), np.array(case["sigma"])
    table = variance_shares(phi[None], sigma[None], case["horizon"], method)[0]
    np.testing.assert_allclose(table * 100, case[method]["table"], atol=1e-8)
    found = result_of(table)
    assert found.total * 100 == pytest.approx(case[method]["total"], abs=1e-8)
    assert found.corrected == pytest.approx(found.total * 2)
    if "net" in case[method]:
        np.testing.assert_allclose(found.net * 100, case[method]["net"], atol=1e-8)


def test_the_scale_of_shocks_falls_out_of_the_shares() -> None:
    case = GOLDEN["fixture"]
    phi, sigma = np.array(case["phi"])[None], np.array(case["sigma"])[None]
    for method in METHODS:
        one, other = (variance_shares(phi, sigma * factor, 10, method) for factor in (1.0, 1e-9))
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_every_printed_cell_of_four_markets(golden: Path) -> None:
    case = GOLDEN["dy2012"]
    data = pd.read_csv(golden / "dy2012.csv", index_col=0)
    found = connectedness(data.to_numpy(), case["lags"], case["horizon"], names=list(data))
    assert list(found.names) == case["names"]
    np.testing.assert_allclose(np.round(found.table * 100, 2), case["table"], atol=1e-9)
    for name in ("from_others", "to_others", "net"):
        np.testing.assert_allclose(np.round(getattr(found, name) * 100, 2), case[name], atol=1e-9)
    assert round(found.total * 100, 2) == case["total"]
    assert round(found.corrected * 100, 2) == case["corrected"]
    assert found.observations == len(data) - case["lags"]
    assert not found.explosive and not found.thin
    two = connectedness(data.to_numpy(), 2, case["horizon"])
    assert round(two.total * 100, 2) == case["total_of_two_lags"]


def test_the_printed_rows_of_nineteen_markets(golden: Path) -> None:
    case = GOLDEN["dy2009"]
    data = pd.read_csv(golden / "dy2009.csv", index_col=0)
    found = connectedness(data.to_numpy(), case["lags"], case["horizon"], names=list(data), method="cholesky")
    assert round(found.total * 100, 2) == case["total"]
    for row, column, share in case["cells"]:
        cell = found.table[found.names.index(row), found.names.index(column)]
        assert round(cell * 100, 2) == share, (row, column)


@pytest.mark.parametrize(("names", "lags"), [(2, 1), (5, 2), (12, 1), (4, 4), (23, 1)])
@pytest.mark.parametrize("method", ["generalised", "cholesky"])
def test_as_the_textbook_has_it(names: int, lags: int, method: Any) -> None:
    x = simulated(600, names, seed=names, lags=lags)
    found = connectedness(x, lags, 10, method=method)
    np.testing.assert_allclose(found.table, textbook(x, lags, 10, method), atol=1e-10)


@pytest.mark.parametrize(("names", "lags", "horizon"), [(3, 1, 10), (6, 3, 12), (20, 2, 10), (4, 2, 1)])
def test_as_statsmodels_has_it(names: int, lags: int, horizon: int) -> None:
    x = simulated(700, names, seed=7 * names, lags=lags)
    found = connectedness(x, lags, horizon)
    np.testing.assert_allclose(found.table, statsmodels_table(x, lags, horizon), atol=1e-8)


@pytest.mark.parametrize("level", [0.0, -10.0, 1e6])
@pytest.mark.parametrize("unit", [1.0, 1e-2, 1e-9, 1e7])
def test_neither_level_nor_unit_costs_digits(level: float, unit: float) -> None:
    """Returns of 1e-2, log variances about −10, prices: the same table, though moments cancel."""
    x = simulated(300, 5)
    moved = x * unit + level * unit
    np.testing.assert_allclose(connectedness(moved, 2).table, connectedness(x, 2).table, atol=1e-8)


@given(seeds, st.integers(2, 6), st.integers(1, 3), st.sampled_from(METHODS))
def test_rows_sum_to_one_and_net_to_nothing(seed: int, names: int, lags: int, method: Any) -> None:
    found = connectedness(simulated(250, names, seed), lags, method=method)
    np.testing.assert_allclose(found.table.sum(axis=1), 1.0, atol=1e-12)
    assert (found.table >= 0).all()
    assert found.net.sum() == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(found.net_pairwise, -found.net_pairwise.T, atol=1e-15)
    np.testing.assert_allclose(found.net_pairwise.sum(axis=1), found.net, atol=1e-12)
    assert found.total == pytest.approx(found.to_others.mean())
    assert found.corrected * (names - 1) == pytest.approx(found.total * names)


@given(seeds, st.permutations(range(5)))
def test_permuted_columns_permute_the_generalised_table(seed: int, order: list[int]) -> None:
    x = simulated(250, 5, seed)
    one, other = connectedness(x), connectedness(x[:, order])
    np.testing.assert_allclose(other.table, one.table[np.ix_(order, order)], atol=1e-10)


@given(seeds, st.lists(st.floats(-9, 9).map(lambda power: 10.0**power), min_size=4, max_size=4))
def test_units_of_the_names_change_nothing(seed: int, units: list[float]) -> None:
    x = simulated(200, 4, seed)
    for method in METHODS:
        one, other = (connectedness(values, 2, method=method) for values in (x, x * units))
        np.testing.assert_allclose(one.table, other.table, atol=1e-10)


@given(seeds)
def test_the_first_in_order_owes_its_next_step_to_itself_alone(seed: int) -> None:
    x = simulated(200, 4, seed)
    step = connectedness(x, horizon=1, method="cholesky")
    np.testing.assert_allclose(step.table[0], [1, 0, 0, 0], atol=1e-12)
    assert (np.triu(step.table, 1) < 1e-12).all(), "nobody owes its next step to one behind it"


class TestByTheClock:
    """Generalised within a side; what both sides did in a row belongs to the one that closed first."""

    def test_of_two_names_it_is_cholesky_and_of_one_side_generalised(self) -> None:
        x = simulated(300, 2)
        first = np.array([True, False])
        clock = connectedness(x, method="clock", leading=first)
        np.testing.assert_allclose(clock.table, connectedness(x, method="cholesky").table, atol=1e-12)
        for leading in (None, np.array([True, True]), np.array([False, False])):
            alone = connectedness(x, method="clock", leading=leading)
            np.testing.assert_allclose(alone.table, connectedness(x).table, atol=1e-14)

    def test_as_it_is_written_down(self) -> None:
        x = simulated(400, 4, seed=3)
        (phi,), sigma = least_squares(x, 1)
        late = [0, 2]
        early = [1, 3]
        slope = sigma[np.ix_(late, early)] @ np.linalg.inv(sigma[np.ix_(early, early)])
        given_ = sigma[np.ix_(late, late)] - slope @ sigma[np.ix_(early, late)]
        impact = np.zeros((4, 4))
        impact[:, early] = sigma[:, early] / np.sqrt(np.diag(sigma)[early])
        impact[np.ix_(late, late)] = given_ / np.sqrt(np.diag(given_))
        shares = sum(np.square(np.linalg.matrix_power(phi, step) @ impact) for step in range(10))
        found = connectedness(x, method="clock", leading=np.isin(range(4), early))
        np.testing.assert_allclose(found.table, shares / shares.sum(axis=1, keepdims=True), atol=1e-10)

    @given(seeds, st.permutations(range(5)))
    def test_order_does_not_matter_and_the_first_side_owes_its_next_step_to_itself(
        self, seed: int, order: list[int]
    ) -> None:
        x, leading = simulated(250, 5, seed), np.array([False, True, False, True, True])
        one = connectedness(x, method="clock", leading=leading)
        other = connectedness(x[:, order], method="clock", leading=leading[order])
        np.testing.assert_allclose(other.table, one.table[np.ix_(order, order)], atol=1e-10)
        step = connectedness(x, horizon=1, method="clock", leading=leading)
        assert (step.table[np.ix_(leading, ~leading)] == 0).all()

    def test_who_closes_first_may_be_left_out(self) -> None:
        x = simulated(300, 4)
        x[:, 1] = 7.0
        found = connectedness(x, method="clock", leading=np.array([True, True, False, False]))
        rest = connectedness(x[:, [0, 2, 3]], method="clock", leading=np.array([True, False, False]))
        np.testing.assert_allclose(found.table, rest.table, atol=1e-14)


def test_independent_names_are_hardly_connected() -> None:
    x = np.random.default_rng(5).normal(size=(5000, 4))
    assert connectedness(x).total < 0.01


def test_a_missing_row_takes_with_it_the_rows_that_need_it() -> None:
    x = simulated(300, 3)
    x[100, 1] = NAN
    x[200] = NAN
    x[299, 2] = np.inf
    found = connectedness(x, 2)
    assert found.observations == 298 - 3 - 3 - 1
    assert found.rows_left_out == 7
    clean = np.where(np.isfinite(x), x, NAN)
    np.testing.assert_allclose(found.table, textbook(clean, 2, 10), atol=1e-10)
    filled = clean.copy()
    filled[100, 1] = 0.0
    assert abs(connectedness(filled, 2).table - found.table).max() > 1e-6


def test_a_new_listing_and_a_flat_name_take_no_part_and_are_named() -> None:
    x = np.column_stack([simulated(400, 4), np.full(400, 3.2)])
    x[:280, 2] = NAN
    found = connectedness(x, names=["a", "b", "new", "d", "flat"])
    assert found.names == ("a", "b", "d")
    assert found.left_out == (("new", "has values in 120 of 400 rows"), ("flat", "did not move"))
    assert found.observations == 399
    np.testing.assert_allclose(found.table, connectedness(x[:, [0, 1, 3]]).table, atol=1e-14)


def test_too_few_rows_say_how_many_there_must_be() -> None:
    with pytest.raises(TooFewObservationsError) as caught:
        connectedness(simulated(120, 20), 2)
    assert (caught.value.found, caught.value.needed) == (118, 3 * 41)
    assert "20 names with 2 lags" in str(caught.value)
    x = simulated(100, 10)
    x[::14, 4] = NAN
    with pytest.raises(TooFewObservationsError, match="b5 alone is missing in 8 rows") as caught:
        connectedness(x, 3, names=[f"b{n + 1}" for n in range(10)])
    assert caught.value.found < caught.value.needed


def test_few_observations_a_coefficient_are_called_thin() -> None:
    assert connectedness(simulated(201, 20), 2).thin
    assert not connectedness(simulated(201, 20), 1).thin


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_rows(rows: int) -> None:
    with pytest.raises((TooFewNamesError, TooFewObservationsError)):
        connectedness(simulated(50, 3)[:rows])


def test_one_name_is_not_connected_with_anything() -> None:
    x = np.column_stack([simulated(200, 1), np.zeros(200)])
    with pytest.raises(TooFewNamesError, match="flat did not move") as caught:
        connectedness(x, names=["a", "flat"])
    assert caught.value.left == ("a",)


def test_names_that_are_one_are_told_by_name() -> None:
    x = simulated(300, 5)
    x[:, 3] = 2 * x[:, 1] + 7
    with pytest.raises(SingularCovarianceError) as caught:
        connectedness(x, names=list("abcde"))
    assert caught.value.names == ("b", "d")
    x[:, 3] = x[:, 0] + x[:, 1]
    with pytest.raises(SingularCovarianceError) as caught:
        connectedness(x, 2, names=list("abcde"))
    assert caught.value.names == ("a", "b", "d")


def test_a_name_that_follows_exactly_from_yesterday_is_no_random_series() -> None:
    x = simulated(300, 3)
    x[1:, 2] = x[:-1, 0]
    with pytest.raises(SingularCovarianceError):
        connectedness(x)


def test_nearly_alike_names_still_have_their_digits() -> None:
    x = simulated(600, 4)
    x[:, 3] = x[:, 2] + 1e-3 * np.random.default_rng(3).normal(size=600)
    np.testing.assert_allclose(connectedness(x).table, textbook(x, 1, 10), atol=1e-8)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"lags": 0}, "Lags cannot be 0"),
        ({"horizon": 0}, "horizon cannot be 0"),
        ({"method": "wold"}, "generalised or cholesky"),
        ({"shrink": 1.5}, "0 to 1"),
        ({"shrink": "much"}, "0 to 1"),
        ({"shrink": NAN}, "0 to 1"),
    ],
)
def test_settings_that_cannot_be(setting: dict[str, Any], words: str) -> None:
    with pytest.raises(MeasureSettingError, match=words):
        connectedness(simulated(200, 3), **setting)


def test_the_radius_of_a_known_system_and_an_explosive_one() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20000, 2))
    for t in range(2, len(x)):
        x[t] += 0.5 * x[t - 1] + 0.3 * x[t - 2]
    root = np.roots([1, -0.5, -0.3]).max()
    found = connectedness(x, 2)
    assert found.radius == pytest.approx(root, abs=0.02)
    assert not found.explosive
    for t in range(1, 300):
        x[t] = 1.03 * x[t - 1] + rng.normal(size=2)
    bubble = connectedness(x[:300])
    assert bubble.radius > 1.0
    assert bubble.explosive
    np.testing.assert_allclose(bubble.table.sum(axis=1), 1.0)


class TestShrinkage:
    def test_none_is_least_squares_and_all_leaves_no_link(self) -> None:
        x = simulated(300, 6)
        np.testing.assert_allclose(connectedness(x, shrink=1e-12).table, connectedness(x).table, atol=1e-9)
        alone = connectedness(x, shrink=1.0)
        np.testing.assert_allclose(alone.table, np.eye(6), atol=1e-12)
        assert alone.total == pytest.approx(0.0, abs=1e-12)

    def test_the_intensity_is_that_of_schaefer_and_strimmer(self) -> None:
        x = simulated(150, 4, lags=2)
        z = np.hstack([x[2:], x[1:-1], x[:-2]])
        n, size = z.shape
        y = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1)
        noise = strength = 0.0
        for i in range(size):
            for j in range(size):
                if i != j:
                    w = y[:, i] * y[:, j]
                    noise += n / (n - 1) ** 3 * np.square(w - w.mean()).sum()
                    strength += (n / (n - 1) * w.mean()) ** 2
        assert connectedness(x, 2, shrink="auto").shrinkage == pytest.approx(noise / strength)

    def test_the_system_is_that_of_the_shrunk_correlations(self) -> None:
        x = simulated(200, 3)
        z = np.hstack([x[1:], x[:-1]])
        moments = np.cov(z.T)
        kept = np.diag(moments)
        moments = 0.7 * moments
        np.fill_diagonal(moments, kept)
        phi = moments[:3, 3:] @ np.linalg.inv(moments[3:, 3:])
        expected = decomposed([phi], moments[:3, :3] - phi @ moments[3:, :3], 10, "generalised")
        np.testing.assert_allclose(connectedness(x, shrink=0.3).table, expected, atol=1e-10)

    def test_it_estimates_many_names_from_few_rows_better(self) -> None:
        """Twenty names whose true table is known, 200 rows: the error with shrinkage is smaller."""
        gains = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            phi = 0.3 * np.eye(20) + np.where(rng.random((20, 20)) < 0.05, 0.15, 0.0)
            truth = decomposed([phi], np.eye(20), 10, "generalised")
            x = rng.normal(size=(260, 20))
            for t in range(1, len(x)):
                x[t] += phi @ x[t - 1]
            plain, shrunk_ = (connectedness(x[60:], shrink=how).table for how in (0.0, "auto"))
            gains.append(np.square(shrunk_ - truth).sum() / np.square(plain - truth).sum())
        assert max(gains) < 0.6

    def test_it_needs_one_observation_a_coefficient(self) -> None:
        x = simulated(90, 20, lags=4)
        with pytest.raises(TooFewObservationsError):
            connectedness(x, 4)
        found = connectedness(x, 4, shrink="auto")
        assert found.observations == 86
        np.testing.assert_allclose(found.table.sum(axis=1), 1.0)
        with pytest.raises(TooFewObservationsError):
            connectedness(x[:60], 4, shrink="auto")

    def test_it_parts_names_that_are_one(self) -> None:
        x = simulated(200, 3)
        x[:, 2] = x[:, 1]
        found = connectedness(x, shrink=0.1)
        assert found.table[1, 1] == pytest.approx(found.table[2, 2])
