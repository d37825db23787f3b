"""No answer as of an instant knows what came later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.sessions import Calendars
from models.universe import load_universe
from tests import lookahead
from tests.app.folder import NOW, small_market
from tests.lookahead import Place, cut, leaks

EVENING = datetime(2026, 2, 11, 23, tzinfo=UTC)
SOME = (("drawdowns",), ("early-warning",))
BETWEEN = datetime(2026, 5, 20, 9, tzinfo=UTC)
"""Asia has closed, New York has not opened."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> tuple[Place, Path]:
    root = tmp_path_factory.mktemp("whole")
    universe, prices = small_market(root)
    return make(root / "data", prices, universe, filled, NOW), prices


def make(data: Path, prices: Path, universe: Path, base: Path, now: datetime) -> Place:
    return lookahead.filled(data, prices, universe, base / "cache", now)


@pytest.mark.parametrize("then", [EVENING, BETWEEN], ids=["evening", "between the sides"])
def test_a_store_that_ends_there_gives_the_same_answers(
    whole: tuple[Place, Path],
    then: datetime,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    calendars: Calendars,
) -> None:
    place, prices = whole
    assert place.universe is not None
    cut(prices, tmp_path / "prices", load_universe(place.universe), calendars, then)
    base = request.getfixturevalue("filled")
    ended = make(tmp_path / "data", tmp_path / "prices", place.universe, base, then)
    assert leaks(place, ended, then) == []
    answers = [ended.ask(*words, "--as-of", f"{then:%Y-%m-%dT%H:%MZ}") for words in SOME]
    assert all(answer.get("rows") for answer in answers), "the questions have answers"
    assert place.ask("drawdowns")["rows"] != answers[0]["rows"], "later prices are there to be known"
