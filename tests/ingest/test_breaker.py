"""A source in trouble is left alone, one probe at a time; a clock that is wrong stops everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.fetching import Rules
from ingest.sources.base import Answer, FetchFailure
from models.limits import BROKEN, CLOCK_SKEW, RATE_LIMITED
from models.store import Store, attempts, coverage, pauses, run_items
from models.universe import Universe, load_universe
from tests.ingest.series import instrument, walk
from tests.ingest.shelf import NOW, UNIVERSE, Shelf, run

NAMES = tuple(f"N{number}" for number in range(20))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as opened:
        yield opened


@pytest.fixture
def universe(tmp_path: Path) -> Universe:
    path = tmp_path / "universe.toml"
    lines = "".join(f'    {{ symbol = "{name}", name = "{name}" }},\n' for name in NAMES)
    head = UNIVERSE.split("instruments = [")[0]
    path.write_text(f"{head}instruments = [\n{lines}]\n", encoding="utf-8")
    return load_universe(path)


def many() -> Shelf:
    return Shelf({name: walk(60, seed=at, item=instrument(symbol=name)) for at, name in enumerate(NAMES)})


def failing(kind: Any, **facts: Any) -> Shelf:
    source = many()
    source.failures = {name: [FetchFailure(kind, "No.", **facts)] * 99 for name in NAMES}
    return source


def test_names_that_fail_in_a_row_stop_the_batch_and_one_probe_closes_it(
    store: Store, universe: Universe
) -> None:
    source = failing("transient")
    report = run(store, source, universe)
    assert report.limited_for == "transient" and report.limited_until == NOW + RATE_LIMITED
    assert len(set(source.symbols_asked())) == BROKEN and len(source.asked) == BROKEN * 3
    asked = len(source.asked)
    for minutes in (1, 5, 14):
        waiting = run(store, source, universe, NOW + timedelta(minutes=minutes))
        assert (waiting.run_id, waiting.limited_until) == (None, NOW + RATE_LIMITED)
    assert len(source.asked) == asked
    probe = NOW + RATE_LIMITED
    again = run(store, source, universe, probe)
    assert len(set(source.symbols_asked()[asked:])) == 1, "half open: one symbol asks for all"
    assert again.limited_until == probe + RATE_LIMITED and pauses(store)["shelf"].times == 2
    source.failures = {}
    done = run(store, source, universe, probe + RATE_LIMITED)
    assert done.answered == len(NAMES) and not pauses(store)


def test_a_day_of_limits_costs_a_probe_a_quarter_of_an_hour(store: Store, universe: Universe) -> None:
    source = failing("rate_limit")
    for minute in range(0, 6 * 60, 5):
        run(store, source, universe, NOW + timedelta(minutes=minute))
    assert len(source.asked) == 24


def test_a_wish_to_be_left_alone_outlives_the_process(store: Store, universe: Universe) -> None:
    source = failing("rate_limit", retry_after=timedelta(hours=2))
    run(store, source, universe)
    with Store.open(f"sqlite:///{store.path}") as other:
        assert run(other, source, universe, NOW + timedelta(minutes=119)).run_id is None
        assert len(source.asked) == 1
        source.failures = {}
        assert run(other, source, universe, NOW + timedelta(minutes=120)).answered == len(NAMES)


def test_single_failures_among_answers_break_nothing(store: Store, universe: Universe) -> None:
    source = many()
    source.failures = {
        name: [FetchFailure("transient", "No.")] * 3 for at, name in enumerate(NAMES) if at % 2
    }
    report = run(store, source, universe)
    assert (report.status, report.answered, report.limited_until) == ("partial", 10, None)


@dataclass
class Skewed(Shelf):
    """A source whose clock is ahead of ours."""

    ahead: timedelta = timedelta(0)

    def fetch(self, symbol: str, start: Any = None, end: Any = None, *, now: datetime) -> Answer:
        return replace(super().fetch(symbol, start, end, now=now), served_at=now + self.ahead)


def test_no_price_is_taken_by_a_clock_that_is_wrong(store: Store, universe: Universe) -> None:
    source = Skewed(many().bars, ahead=CLOCK_SKEW + timedelta(seconds=1))
    report = run(store, source, universe)
    assert (report.answered, report.skewed, report.status) == (0, source.ahead, "failed")
    assert len(source.asked) == 1 and not coverage(store)["bars"].sum()
    assert report.run_id is not None
    (detail,) = run_items(store, report.run_id)["detail"]
    assert detail.startswith("The source's clock is 5 minutes from ours; set this machine's clock")
    source.ahead = -CLOCK_SKEW
    done = run(store, source, universe, NOW + timedelta(minutes=10))
    assert done.answered == len(NAMES), "right again, and asked soon"


def test_a_clock_that_was_stopped_on_purpose_is_not_compared(store: Store, universe: Universe) -> None:
    source = Skewed(many().bars, ahead=timedelta(days=100))
    assert run(store, source, universe, rules=Rules(workers=1, skew=None)).answered == len(NAMES)


def test_a_symbol_that_is_not_there_breaks_nothing(store: Store, universe: Universe) -> None:
    source = many()
    for name in NAMES[1:]:
        del source.bars[name]
    report = run(store, source, universe)
    assert (report.answered, report.limited_until) == (1, None)
    assert {attempt.failure for attempt in attempts(store).values()} == {None, "not_found"}
