from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.clock import clock_rows
from models.analytics.tails import CHANCE, holm, in_tail, tail_dependence, tail_matrix, tail_pairs
from models.analytics.trailing import per_session, row_mean
from models.errors import MeasureSettingError, TooFewObservationsError
from models.sessions import Calendars
from tests.analytics.market import ASIA, US, Market

NAN = np.nan
GAUSSIAN = {0.3: 0.14269, 0.5: 0.24379, 0.7: 0.39199, 0.9: 0.63736}
"""λ(.05) of the Gaussian copula by its correlation: the bivariate normal distribution at (z, z), over q."""


def pair(rows: int, rho: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x, e = np.random.default_rng(seed).normal(0, 0.01, (2, rows))
    return x, rho * x + np.sqrt(1 - rho**2) * e


def test_a_series_depends_on_itself_wholly_and_on_its_mirror_not_at_all() -> None:
    x, _ = pair(1000, 0)
    whole = tail_dependence(x, x)
    assert (whole.value, whole.high, whole.joint, whole.tail, whole.rows) == (1.0, 1.0, 50, 50, 1000)
    assert tail_dependence(x, -x).value == 0.0


def test_independence_gives_the_tail_itself() -> None:
    """Given X's tail, the joint count is hypergeometric; four of its standard deviations."""
    rows, q = 20_000, 0.05
    x, y = pair(rows, 0, seed=3)
    found = tail_dependence(x, y, q)
    spread = np.sqrt(q * (1 - q) / found.tail * (1 - q) * rows / (rows - 1))
    assert found.value == pytest.approx(q, abs=4 * spread)
    assert found.low < q < found.high


@pytest.mark.parametrize(("rho", "closed"), GAUSSIAN.items())
def test_the_gaussian_copula_has_its_closed_form(rho: float, closed: float) -> None:
    from scipy.stats import multivariate_normal, norm

    z = norm.ppf(0.05)
    both = multivariate_normal.cdf([z, z], cov=[[1, rho], [rho, 1]], abseps=1e-10)
    assert both / 0.05 == pytest.approx(closed, abs=5e-6)
    found = tail_dependence(*pair(200_000, rho, seed=1))
    # The joint count given the tail varies by less than a binomial one.
    assert found.value == pytest.approx(closed, abs=4 * np.sqrt(closed * (1 - closed) / found.tail))
    assert found.low < closed < found.high


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.25]))
def test_ranks_alone_matter(seed: int, q: float) -> None:
    x, y = pair(300, 0.5, seed)
    found = tail_dependence(x, y, q)
    assert tail_dependence(np.exp(40 * x), 1e6 * y**3, q) == found
    back = tail_dependence(y, x, q)
    assert (back.value, back.joint) == (found.value, found.joint), "without ties both tails are equal"
    order = np.random.default_rng(seed).permutation(300)
    assert tail_dependence(x[order], y[order], q) == found
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_tail_is_the_lowest_whole_number_of_rows() -> None:
    values = np.arange(260.0)
    assert in_tail(values).sum() == 13, ".05 · 260 is 13 in spite of floating point"
    assert in_tail(values[:259]).sum() == 12
    assert in_tail(values[:19]).sum() == 0
    assert in_tail(values, 0.5)[:130].all()


def test_ties_are_in_the_tail_together_or_not_at_all() -> None:
    values = np.concatenate([[-0.4], np.full(3, -0.3), np.linspace(-0.2, 0.2, 36)])
    assert in_tail(values, 0.1).sum() == 4, "four of forty fit"
    assert in_tail(values, 0.075).sum() == 1, "of three days at the limit two would fit, so none does"
    assert in_tail(np.zeros(100)).sum() == 0


def test_without_a_tail_there_is_no_figure() -> None:
    found = tail_dependence(np.zeros(300), pair(300, 0)[0])
    assert np.isnan([found.value, found.low, found.high]).all() and found.tail == 0


def test_rows_without_both_are_passed_over() -> None:
    x, y = pair(600, 0.6)
    holed = x.copy()
    holed[::2] = NAN
    assert tail_dependence(holed, y) == tail_dependence(x[1::2], y[1::2])


def test_too_few_rows_and_tails_that_cannot_be() -> None:
    x, y = pair(249, 0.5)
    with pytest.raises(TooFewObservationsError, match="needs 250 observations and there are 249"):
        tail_dependence(x, y)
    for q in (0.0, 0.6, -1.0):
        with pytest.raises(MeasureSettingError):
            tail_dependence(x, y, q)
        with pytest.raises(MeasureSettingError):
            tail_matrix(np.column_stack([x, y]), q)


def test_the_matrix_is_every_pair_on_its_own_rows() -> None:
    rng = np.random.default_rng(4)
    returns = rng.normal(0, 0.01, (700, 1)) + rng.normal(0, 0.01, (700, 5))
    returns[:300, 1] = NAN
    returns[:500, 2] = NAN
    returns[rng.integers(0, 700, 9), 3] = NAN
    returns[100:160, 4] = -0.3  # tied at a limit
    value, size, rows = tail_matrix(returns, 0.1, minimum=150)
    for i in range(5):
        for j in range(5):
            expected = tail_dependence(returns[:, i], returns[:, j], 0.1, minimum=150)
            assert (rows[i, j], size[i, j]) == (expected.rows, expected.tail)
            assert value[i, j] == pytest.approx(expected.value, nan_ok=True)
    assert np.isnan(tail_matrix(returns, 0.1, minimum=250)[0][1, 2])


def test_pairs_come_strongest_first_with_their_intervals() -> None:
    x, y = pair(400, 0.9)
    other = np.random.default_rng(9).normal(0, 0.01, 400)
    young = np.where(np.arange(400) < 300, NAN, x)
    table = tail_pairs(np.column_stack([other, x, y, young]), ["O", "X", "Y", "Z"])
    assert table[["x", "y"]].iloc[0].tolist() == ["X", "Y"]
    expected = tail_dependence(x, y)
    first = table.iloc[0]
    assert (first["value"], first["low"], first["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert len(table) == 6
    young_rows = table[table["y"] == "Z"]
    assert young_rows[["value", "low", "high"]].isna().all().all() and (young_rows["rows"] == 100).all()


def test_new_york_reaches_further_into_asias_next_day_than_asia_into_new_york(
    market: Market, calendars: Calendars
) -> None:
    names = ASIA + US
    returns, opened = market.returns(names), market.exchange_open(names, calendars)
    asia = np.array([name in ASIA for name in names])
    found = {}
    for lead in ("us", "asia"):
        rows = clock_rows(market.sessions, returns, asia, opened, lead=lead)  # type: ignore[arg-type]
        scaled = per_session(market.sessions, returns, rows, asia)
        sides = row_mean(scaled[:, ~asia]), row_mean(scaled[:, asia])
        found[lead] = tail_dependence(*(sides if lead == "us" else sides[::-1]))
    assert found["us"].value > found["asia"].value > 0.05
    assert found["us"].low > 0.2


def test_holm_is_the_one_of_statsmodels() -> None:
    many = pytest.importorskip("statsmodels.stats.multitest")
    p = np.random.default_rng(4).random(200) ** 3
    assert holm(p) == pytest.approx(many.multipletests(p, method="holm")[1])
    gaps = np.insert(p, [0, 100], np.nan)
    assert (
        np.isnan(holm(gaps)[[0, 101]]).all()
        and np.nanmax(np.abs(np.sort(holm(gaps))[:200] - np.sort(holm(p)))) == 0
    )


def test_among_hundreds_of_independent_pairs_none_stands_out_and_a_true_one_does() -> None:
    rng = np.random.default_rng(12)
    returns = rng.standard_normal((1000, 25))
    noise = tail_pairs(returns, [f"N{name}" for name in range(25)])
    assert (noise["p"] < 0.05).sum() > 3, "each alone, some look like more than chance"
    assert (holm(noise["p"].to_numpy()) > CHANCE).all()
    returns[:, 1] = returns[:, 0] + rng.standard_normal(1000)
    pairs = tail_pairs(returns, [f"N{name}" for name in range(25)])
    clear = pairs[holm(pairs["p"].to_numpy()) <= CHANCE]
    assert clear[["x", "y"]].to_numpy().tolist() == [["N0", "N1"]]
