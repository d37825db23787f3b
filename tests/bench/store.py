"""Storing and reading 60 names by 2,600 sessions, on an SQLite file and on a Postgres of its own."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.store import Panel, Store, load_panel, start_run, store_answer, sync_instruments
from models.store.schema import bar, instrument
from models.types import BAR_FIELDS, Bars
from models.universe import Universe, load_universe
from tests.bench.harness import Case
from tests.store import postgres

NAMES, SESSIONS = 60, 2600
NOW = datetime(2026, 6, 24, 12, tzinfo=UTC)


@dataclass
class Place:
    """Where stores are made, and what goes into them."""

    bars: list[Bars]
    universe: Universe
    new_url: Callable[[], str]
    filled: str = ""

    def opened(self, url: str) -> tuple[Store, int]:
        store = Store.open(url, migrate=True)
        sync_instruments(store, self.universe)
        return store, start_run(store, trigger="bench", source="bench", now=NOW)


def _bars(universe: Universe) -> list[Bars]:
    rng = np.random.default_rng(20260624)
    days = np.arange("2016-01-01", "2027-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)][:SESSIONS]
    close = 100 * np.exp(np.cumsum(rng.standard_normal((SESSIONS, NAMES)) * 0.02, axis=0))
    noise = rng.uniform(0.98, 1.02, (SESSIONS, NAMES, 4))
    fields = ("open", "high", "low", "adj_close")
    noisy = np.moveaxis(close[..., None] * noise, 2, 0)
    columns = dict(zip(fields, noisy, strict=True))
    columns |= {"close": close, "volume": rng.integers(1, 10**8, close.shape).astype(float)}
    return [
        Bars.of(symbol, days, **{name: values[:, index] for name, values in columns.items()})
        for index, symbol in enumerate(universe.symbols[:NAMES])
    ]


@contextmanager
def sqlite_place() -> Iterator[Place]:
    universe, numbers = load_universe(), count()
    with tempfile.TemporaryDirectory() as folder:
        yield Place(_bars(universe), universe, lambda: f"sqlite:///{folder}/{next(numbers)}.db")


@contextmanager
def postgres_place() -> Iterator[Place]:
    universe = load_universe()
    with postgres.server() as server:
        yield Place(_bars(universe), universe, lambda: server.url(server.database()))


def filled(place: Callable[[], AbstractContextManager[Place]]) -> Callable[[], AbstractContextManager[Place]]:
    """The same place with one store that holds every bar, closed."""

    @contextmanager
    def made() -> Iterator[Place]:
        with place() as given:
            given.filled = given.new_url()
            _store_all(given.opened(given.filled), given.bars)
            yield given

    return made


def _store_all(opened: tuple[Store, int], bars: list[Bars]) -> int:
    store, run = opened
    with store:
        return sum(store_answer(store, run, item, source="bench", now=NOW).inserted for item in bars)


def empty_store(place: Place) -> tuple[Place, tuple[Store, int]]:
    return place, place.opened(place.new_url())


def load(given: tuple[Place, tuple[Store, int]]) -> int:
    """Every answer through the whole door: compared, stored, packed, one transaction each."""
    place, opened = given
    return _store_all(opened, place.bars)


def bare_rows(given: tuple[Place, tuple[Store, int]]) -> int:
    """The same rows with the driver alone into the same table: what SQLite itself needs."""
    place, (store, _) = given
    path = Path(str(store.path))
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA synchronous = NORMAL")
        for key, item in enumerate(place.bars, start=1):
            days = [int(str(day).replace("-", "")) for day in item.sessions]
            columns = [getattr(item, name).tolist() for name in BAR_FIELDS]
            rows = zip([key] * len(item), days, *columns, [1] * len(item), [0] * len(item), strict=True)
            link.execute("BEGIN IMMEDIATE")
            link.executemany("INSERT INTO bar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)", rows)
            link.execute("COMMIT")
        return int(link.execute("SELECT count(*) FROM bar").fetchone()[0])


def cold_panel(place: Place) -> Panel:
    with Store.open(place.filled) as store:
        return load_panel(store)


def rows_to_pivot(place: Place) -> dict[str, pd.DataFrame]:
    """The usual way: rows through SQLAlchemy, a frame, a pivot a field."""
    with Store.open(place.filled) as store, store.reading() as connection:
        query = sa.select(instrument.c.symbol, bar.c.session, *(bar.c[name] for name in BAR_FIELDS))
        rows = connection.execute(query.join(instrument, instrument.c.id == bar.c.instrument_id)).all()
    frame = pd.DataFrame(rows, columns=["symbol", "session", *BAR_FIELDS])
    return {name: frame.pivot(index="session", columns="symbol", values=name) for name in BAR_FIELDS}


def same_panel(panel: Panel, frames: dict[str, pd.DataFrame]) -> None:
    for name, frame in frames.items():
        columns = [panel.column(symbol) for symbol in frame.columns]
        np.testing.assert_array_equal(getattr(panel, name)[:, columns], frame.to_numpy())
        assert [str(day) for day in panel.sessions] == [str(day) for day in frame.index]


def equal(ours: int, peer: int) -> bool:
    return ours == peer == NAMES * SESSIONS


def _cases(dialect: str, place: Callable[[], AbstractContextManager[Place]], rate: str) -> list[Case]:
    alone = dialect == "SQLite"
    return [
        Case(
            f"bulk upsert into {dialect}",
            ours=load,
            peer=bare_rows if alone else None,
            peer_name="the driver alone" if alone else "",
            equal=equal if alone else None,
            unit="rate",
            amount=NAMES * SESSIONS,
            target=rate,
            context=place,
            before=empty_store,
            rounds=5,
        ),
        Case(
            f"panel of {NAMES * SESSIONS:,} bars from a cold {dialect}",
            ours=cold_panel,
            peer=rows_to_pivot,
            peer_name="rows and pivots",
            equal=same_panel,
            unit="ms",
            target="≤ 60 ms",
            context=filled(place),
            rounds=5,
        ),
    ]


CASES = _cases("SQLite", sqlite_place, "≥ 300k/s")
if os.environ.get("AFTERSHOCK_TEST_POSTGRES", "").lower() != "off":
    CASES += _cases("Postgres", postgres_place, "≥ 150k/s")
