"""As known on: at every instant of a history the bars are those that were stored then."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.store import Store, bars_known, start_run, store_answer, stored_bars
from models.types import Bars
from tests.store.conftest import NOW
from tests.store.given import same

DAYS = np.datetime64("2026-06-15") + np.arange(5)
answers = st.lists(
    st.tuples(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.booleans()), min_size=1, max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers)
def test_at_every_instant_it_is_what_was_stored_then(
    store: Store, history: list[tuple[list[int], bool]]
) -> None:
    run = start_run(store, trigger="test", source="test", now=NOW)
    with store.reading() as connection:
        from sqlalchemy import text

        lines = int(connection.scalar(text("SELECT count(*) FROM run_item")) or 0)
    stored: list[Bars] = []
    # Each example goes on with the same store: its instants lie after those of the one before.
    began = NOW + timedelta(minutes=lines)
    for minute, (closes, replace) in enumerate(history):
        bars = Bars.of("MU", DAYS[: len(closes)], close=np.array(closes, dtype=float))
        at = began + timedelta(minutes=minute)
        store_answer(store, run, bars, source="test", replace=replace, now=at)
        stored.append(stored_bars(store, "MU"))
    for minute, expected in enumerate(stored):
        for seconds in (0, 59):
            assert same(bars_known(store, "MU", began + timedelta(minutes=minute, seconds=seconds)), expected)
