from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.errors import UnknownSymbolError
from models.store import Store, confirm, held_case, release, store_answer
from models.store.crosschecks import keep_findings, kept_findings, sessions_from
from models.types import HeldRow
from tests.store.conftest import NOW
from tests.store.given import some_bars

DAY = date(2026, 6, 16)


def test_findings_are_replaced_as_a_whole(store: Store) -> None:
    first = [(DAY, "differs", 101.0, 103.5), (date(2026, 6, 17), "missing", None, 99.0)]
    keep_findings(store, "MU", "folder krx", first, NOW)
    keep_findings(store, "MU", "^SOX", [(DAY, "repeated", 101.0, 102.0)], NOW)
    found = kept_findings(store)
    assert list(zip(found["against"], found["finding"], strict=True)) == [
        ("folder krx", "missing"),
        ("^SOX", "repeated"),
        ("folder krx", "differs"),
    ]
    keep_findings(store, "MU", "folder krx", [], NOW)
    assert list(kept_findings(store)["against"]) == ["^SOX"]
    with pytest.raises(UnknownSymbolError):
        keep_findings(store, "NOBODY", "^SOX", [], NOW)


def test_sessions_are_known_by_the_source_of_their_bar(store: Store, run: int) -> None:
    store_answer(store, run, some_bars(), source="csv", now=NOW)
    assert list(sessions_from(store, "MU", "csv")) == list(some_bars().sessions)
    store_answer(store, run, some_bars(close=[100.0, 105.0, 102.0]), source="yahoo", now=NOW)
    assert list(sessions_from(store, "MU", "yahoo")) == [np.datetime64(DAY)]
    assert len(sessions_from(store, "MU", "nobody")) == 0


def test_a_held_row_stands_among_its_neighbours_and_is_settled_once(store: Store, run: int) -> None:
    held = HeldRow("MU", DAY, "scale_100", "In another unit.", {"close": 10_100.0})
    bars = some_bars(n=5)
    store_answer(store, run, bars.take(bars.sessions != np.datetime64(DAY)), held=[held], source="x", now=NOW)
    case = held_case(store, 1, neighbours=2)
    assert case is not None and (case.state, case.held.row) == ("open", {"close": 10_100.0})
    assert [str(day) for day in case.around.sessions] == ["2026-06-15", "2026-06-17", "2026-06-18"]
    assert confirm(store, 1, by="ann", why="unit", now=NOW)
    assert not confirm(store, 1, by="bob", why="late", now=NOW)
    case = held_case(store, 1)
    assert case is not None and (case.state, case.by, case.why, case.at) == ("confirmed", "ann", "unit", NOW)
    assert release(store, 1, by="bob", why="the exchange says so", now=NOW), (
        "a confirmed row may be right after all"
    )
    assert held_case(store, 9) is None
