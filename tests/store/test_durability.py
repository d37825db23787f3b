"""A writer that is killed: what it acknowledged is there, and nothing half-done is."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import sqlalchemy as sa

from models.store import Store, load_panel, revisions, store_answer, stored_bars, verify
from tests.store.conftest import NOW
from tests.store.given import some_bars

WRITER = """
import sys
from datetime import UTC, datetime
import numpy as np
from models.store import Store, store_answer
from models.types import Bars
url, run, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
now = datetime(2026, 6, 24, tzinfo=UTC)
days = np.datetime64("2025-06-01") + np.arange(400)
with Store.open(url) as store:
    for number in range(first, first + 100_000):
        # Every answer re-bases the whole history: one close on all sessions, or it is torn.
        bars = Bars.of("MU", days, close=np.full(400, float(number)))
        store_answer(store, run, bars, source="test", replace=True, now=now)
        print(number, flush=True)
"""
KILLS = 5


def test_a_killed_writer_loses_nothing_it_acknowledged(
    url: str, store: Store, run: int, open_store: Callable[..., Store]
) -> None:
    chance = random.Random(20260624)
    acknowledged = 0
    for _ in range(KILLS):
        command = [sys.executable, "-c", WRITER, url, str(run), str(acknowledged + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(chance.randint(1, 12))]
            writer.kill()
            lines += writer.stdout.readlines()
        acknowledged = int([line for line in lines if line.endswith("\n")][-1])
        stored = assert_whole(open_store(url))
        # The kill may fall between the commit and its acknowledgement.
        assert stored in (acknowledged, acknowledged + 1)
        acknowledged = stored
    store_answer(store, run, some_bars(start="2026-08-01"), source="test", now=NOW)
    assert len(stored_bars(store, "MU")) == 400 + 3


def assert_whole(store: Store) -> int:
    with store.reading() as connection:
        items = connection.scalar(sa.text("SELECT count(*) FROM run_item"))
    assert verify(store) == []
    close = stored_bars(store, "MU").close
    assert len(close) == 400
    assert len(np.unique(close)) == 1
    assert np.array_equal(load_panel(store).bars("MU").close, close)
    assert len(revisions(store, "MU")) == (items - 1) * 400
    return int(close[0])
