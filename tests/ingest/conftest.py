"""The names on the shelf, and a store that has none of their prices yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store
from models.universe import Universe, load_universe
from tests.ingest.shelf import UNIVERSE


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Universe:
    path = tmp_path_factory.mktemp("universe") / "universe.toml"
    path.write_text(UNIVERSE, encoding="utf-8")
    return load_universe(path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/prices.db") as opened:
        yield opened
