"""Stores for the tests: the same contract on an SQLite file and on a real Postgres."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.store import Store, start_run, sync_instruments
from models.universe import Universe, load_universe
from tests.conftest import TEST_POSTGRES
from tests.exchanges import NEW_YORK, TOKYO
from tests.store import postgres

NOW = datetime(2026, 6, 24, 12, tzinfo=UTC)
LAYERS = """
[layer.memory]
name = "Memory"
instruments = [
    { symbol = "MU", name = "Micron" },
    { symbol = "285A.T", name = "Kioxia", start = 2024-12-18 },
    { symbol = "^SOX", name = "Semiconductors", kind = "index" },
]
"""
UNIVERSE = TOKYO + NEW_YORK + LAYERS


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    if (TEST_POSTGRES or "").lower() == "off":
        pytest.skip("left out: the store on Postgres; unset AFTERSHOCK_TEST_POSTGRES to check it")
    with postgres.server() as running:
        yield running


@pytest.fixture(scope="session")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Universe:
    path = tmp_path_factory.mktemp("universe") / "universe.toml"
    path.write_text(UNIVERSE, encoding="utf-8")
    return load_universe(path)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, universe: Universe) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    _fill_template(f"sqlite:///{path}", universe)
    return path


@pytest.fixture(scope="session")
def postgres_template(server: postgres.Server, universe: Universe) -> str:
    name = server.database(name="template_store")
    _fill_template(server.url(name), universe)
    return name


def _fill_template(url: str, universe: Universe) -> None:
    with Store.open(url, migrate=True) as store:
        sync_instruments(store, universe)


DIALECTS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.external_service)]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: postgres.Server = request.getfixturevalue("server")
    name = server.database()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store with the universe's instruments and nothing else."""
    if dialect == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: postgres.Server = request.getfixturevalue("server")
    name = server.database(template=request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def open_store() -> Iterator[Callable[..., Store]]:
    """Open stores that are closed at the end, none of their connections in use."""
    with ExitStack() as stack:

        def opened(url: str, **options: bool) -> Store:
            store = Store.open(url, **options)
            stack.callback(_close, store)
            return store

        yield opened


def _close(store: Store) -> None:
    left = store.engine.pool.checkedout()  # type: ignore[attr-defined]
    store.close()
    assert left == 0, f"{left} connections of {store} were not given back"


@pytest.fixture
def store(url: str, open_store: Callable[..., Store]) -> Store:
    return open_store(url)


@pytest.fixture
def run(store: Store) -> int:
    return start_run(store, trigger="test", source="test", now=NOW)
