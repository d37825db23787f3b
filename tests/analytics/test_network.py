from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analytics.network import network
from models.errors import MeasureSettingError
from tests.analytics.systems import result_of

seeds = st.integers(0, 2**32 - 1)


def test_the_strongest_links_and_none_below_the_mean() -> None:
    table = np.array([[0.70, 0.20, 0.10], [0.05, 0.90, 0.05], [0.30, 0.02, 0.68]])
    found = network(result_of(table))
    assert found.threshold == pytest.approx((0.3 + 0.1 + 0.32) / 6)
    assert found.possible == 6
    assert list(found.edges["source"]) == ["A", "B"]
    assert list(found.edges["target"]) == ["C", "A"]
    np.testing.assert_allclose(found.edges["weight"], [0.30, 0.20])
    np.testing.assert_allclose(found.edges["net"], [0.20, 0.15])
    np.testing.assert_allclose(found.nodes["net"], [0.05, 0.12, -0.17])
    np.testing.assert_allclose(found.nodes["to"] - found.nodes["from"], found.nodes["net"])


@given(seeds, st.integers(2, 20), st.integers(1, 3))
def test_never_more_than_asked_for_and_no_name_to_itself(seed: int, names: int, each: int) -> None:
    table = np.random.default_rng(seed).dirichlet(np.ones(names), size=names)
    found = network(result_of(table), each)
    edges = found.edges
    assert 1 <= len(edges) <= each * names
    assert (edges["source"] != edges["target"]).all()
    assert (edges["weight"].to_numpy()[:-1] >= edges["weight"].to_numpy()[1:]).all()
    assert edges["weight"].min() >= found.threshold * (1 - 1e-9)
    assert not edges.duplicated(["source", "target"]).any()


def test_more_names_than_a_drawing_holds() -> None:
    with pytest.raises(MeasureSettingError, match="21"):
        network(result_of(np.full((21, 21), 1 / 21)))


def test_names_without_a_link_and_links_all_alike() -> None:
    assert network(result_of(np.eye(3))).edges.empty
    assert len(network(result_of(np.full((7, 7), 1 / 7)), 6).edges) == 42
