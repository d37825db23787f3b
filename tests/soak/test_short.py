"""The long proofs, cut short: each does a hundredth of its work in `make test`."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.universe import load_universe
from tests.app.folder import small_market
from tests.conftest import TEST_POSTGRES
from tests.soak import away, clocks, kills, month, writers
from tests.soak.__main__ import collect
from tests.soak.harness import Reached, Size

HUNDREDTH = Size(0.01)


def reached(found: Reached) -> None:
    assert found.ok, found.text


def test_kills_on_sqlite() -> None:
    reached(kills.on_sqlite(HUNDREDTH))


@pytest.mark.external_service
def test_kills_on_postgres() -> None:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: kills on Postgres; unset AFTERSHOCK_TEST_POSTGRES to check them")
    reached(kills.on_postgres(Size(0.02)))


@pytest.mark.external_service
def test_a_server_stopped_in_the_middle_of_a_run() -> None:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: Postgres stopped in a run; unset AFTERSHOCK_TEST_POSTGRES to check it")
    reached(away.server_stopped(HUNDREDTH))


def test_writers_lose_nothing() -> None:
    reached(writers.read_modify_write(Size(0.02)))


def test_every_half_hour_around_the_changes_of_the_clock() -> None:
    reached(clocks.every_half_hour(HUNDREDTH))


def test_two_days_of_faults(tmp_path: Path) -> None:
    """Ten names of three exchanges, a third of their requests at fault."""
    (tmp_path / "few").mkdir()
    universe = load_universe(small_market(tmp_path / "few")[0])
    found = month.live(universe, 2, month.faults_of(2), tmp_path / "faulty")
    assert (found.late, found.wrong, found.missed, found.false_holds) == (0, 0, [], 0), found
    assert found.faulty and found.per_run <= 3


def test_every_proof_has_a_name_of_its_own() -> None:
    names = [case.name for case in collect([])]
    assert len(names) == len(set(names)) >= 7
