"""A universe of one's own with none of the layers that ship: every page and command stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.market.market import Market
from app.questions.correlation.lagged import default_pair
from app.settings import Settings
from app.web.application import create_app
from tests.app.folder import small_market
from tests.lookahead import COMMANDS, Place, filled
from tests.unchanged.crawl import pages

NOW = datetime(2026, 6, 30, 22, tzinfo=UTC)
SHIPPED = ("basket 'memory'", "basket 'accelerators'", "^SOX", "^N225", "aftershock ingest once")
TWO = """
[layer.korea]
name = "Korea"
instruments = [{ symbol = "000660.KS", name = "SK Hynix" }]
[layer.chips]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Place:
    root = tmp_path_factory.mktemp("own")
    universe, prices = small_market(root)
    return _filled(root / "data", prices, universe, filled)


def _filled(data: Path, prices: Path, universe: Path, base: Path) -> Place:
    return filled(data, prices, universe, base / "cache", NOW)


@pytest.fixture(scope="module")
def market(place: Place) -> Iterator[Market]:
    found = Market(Settings(data_dir=place.data, universe=place.universe, now=NOW))
    yield found
    found.close()


def test_every_page_stands(market: Market) -> None:
    client = create_app(market.settings, market=market).server.test_client()
    for path in pages(client):
        if path.startswith(("/method", "/data")):
            continue  # what the method and the store say in general
        answer = client.get(path)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert [word for word in SHIPPED if word in text] == [], path


@pytest.mark.parametrize(
    "words",
    [*COMMANDS, ("forbes-rigobon",), ("connectedness",), ("compare",), ("event-study", "--at", "2026-04-07")],
    ids=" ".join,
)
def test_every_command_answers_without_an_option(place: Place, words: tuple[str, ...]) -> None:
    answer = place.ask(*words)
    assert "refused" not in answer, answer
    assert answer["rows"]


def test_without_the_usual_index_names_are_measured_against_the_others_of_their_side(place: Place) -> None:
    usual = place.ask("event-study", "--at", "2026-04-07")
    rest = place.ask("event-study", "--at", "2026-04-07", "--benchmark", "rest")
    asia = [row["symbol"].endswith((".KS", ".T")) for row in usual["rows"]]
    cars = [{row["symbol"]: row["car"] for row in answer["rows"]} for answer in (usual, rest)]
    for symbol, east in zip([row["symbol"] for row in usual["rows"]], asia, strict=True):
        assert (cars[0][symbol] == cars[1][symbol]) == east, "New York has its ^GSPC, Asia no ^SOX"
    refused = place.ask("event-study", "--at", "2026-04-07", "--benchmark", "home")["refused"]
    assert "^N225 is not in the universe; add it to the file, or choose rest." in refused


def test_a_basket_of_one_name_stands_beside_the_layer_of_most_names(tmp_path: Path, filled: Path) -> None:
    universe, prices = small_market(tmp_path)
    own = universe.read_text(encoding="utf-8").replace(
        '    { symbol = "000660.KS", name = "SK Hynix" },\n', "", 1
    )
    universe.write_text(own.replace("[layer.chips]\n", TWO, 1), encoding="utf-8")
    made = _filled(tmp_path / "data", prices, universe, filled)
    market = Market(Settings(data_dir=made.data, universe=universe, now=NOW))
    assert default_pair(market.view(), "korea") == ("us:chips", "000660.KS")
    market.close()
