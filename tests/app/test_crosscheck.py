"""A second opinion by command and on the page, and a source that an exchange prefers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.cli import run
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages import data as page
from app.render.html.markup import markup
from app.settings import Settings
from models.store import Store, stored_bars
from tests.app.conftest import Ran
from tests.app.folder import NOW, small_market
from tests.standin import StandIn
from tests.standin.prices import Folder

SYMBOL = "000660.KS"


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Path]:
    return small_market(tmp_path)


@pytest.fixture
def command(
    place: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AFTERSHOCK_UNIVERSE", str(place[0]))
    monkeypatch.setenv("AFTERSHOCK_NOW", NOW.isoformat())

    def ran(*arguments: str) -> Ran:
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


def stale(place: tuple[Path, Path], folder: Path, row: int = -9) -> float:
    """A folder of one name whose close of a day repeats the one before, within its bar; the true close."""
    table = pd.read_csv(place[1] / f"{SYMBOL}.csv")
    at = len(table) + row
    true = float(table.loc[at, "close"])
    for name in ("close", "adj_close"):
        table.loc[at, name] = table.loc[at - 1, name]
    table.loc[at, "high"] = max(table.loc[at, "high"], table.loc[at, "close"])
    table.loc[at, "low"] = min(table.loc[at, "low"], table.loc[at, "close"])
    folder.mkdir()
    table.to_csv(folder / f"{SYMBOL}.csv", index=False)
    return true


def close_of(tmp_path: Path, row: int = -9) -> float:
    with Store.open(f"sqlite:///{tmp_path}/data/aftershock.db") as store:
        return float(stored_bars(store, SYMBOL).close[row])


def test_a_folder_of_the_exchanges_own_closes_names_the_stale_one(
    command: Callable[..., Ran], place: tuple[Path, Path], tmp_path: Path
) -> None:
    true = stale(place, tmp_path / "yahoo")
    assert command("import", str(tmp_path / "yahoo")).code == 0
    before = close_of(tmp_path)
    found = json.loads(command("crosscheck", "--against", str(place[1]), "--format", "json").out)
    (row,) = [row for row in found["rows"] if row["symbol"] == SYMBOL]
    assert (row["finding"], row["against"]) == ("differs", "folder prices")
    assert row["other"] == pytest.approx(true) and row["off"] == pytest.approx(before / true - 1)
    assert close_of(tmp_path) == before, "nothing is changed"
    assert "half a step of the exchange's prices" in found["sentence"]
    market = Market(Settings(data_dir=tmp_path / "data", universe=place[0], now=NOW), poll=0.0)
    text = markup(page.layout(market, PageRequest.of({"path": "/data"})))
    market.close()
    assert "1 close that a second opinion disagrees with" in text and "folder prices" in text
    assert command("import", str(place[1])).code == 0
    again = json.loads(command("crosscheck", "--against", str(place[1]), "--format", "json").out)
    assert again["rows"] == [] and close_of(tmp_path) == pytest.approx(true)
    told = json.loads(command("crosscheck", "000660.ks", "--against", "index", "--format", "json").out)
    assert (
        0 < told["least_error_seen"][SYMBOL] < 0.5
        and "shows errors of a close from about" in told["sentence"]
    )
    assert told["params"]["symbols"] == [SYMBOL]
    both = json.loads(command("crosscheck", SYMBOL, "--against", "index,NVDA", "--format", "json").out)
    assert all(row["against"] == "^KS11, NVDA" for row in both["rows"])


def test_repeated_closes_are_told_beside_an_index_by_their_own_marks(
    command: Callable[..., Ran], place: tuple[Path, Path]
) -> None:
    file = place[1] / f"{SYMBOL}.csv"
    table = pd.read_csv(file)
    day = len(table) - 12
    for name in ("open", "high", "low", "close"):
        table.loc[day, name] = table.loc[day - 1, "close"]
    table.loc[day, ["adj_close", "volume"]] = table.loc[day - 1, "adj_close"], 0
    table.to_csv(file, index=False)
    assert command("import", str(place[1])).code == 0
    found = json.loads(command("crosscheck", SYMBOL, "--against", "index", "--format", "json").out)
    told = {row["session"]: row for row in found["rows"]}
    row = told[table.loc[day, "date"]]
    assert (row["finding"], row["other"], row["off"]) == ("no_volume", None, None)
    assert row["stored"] == pytest.approx(table.loc[day - 1, "close"])
    assert "A repeated close is told when it has no volume or the index moved" in found["sentence"]
    since = command("crosscheck", SYMBOL, "--since", table.loc[day + 1, "date"], "--format", "json")
    assert table.loc[day, "date"] not in {row["session"] for row in json.loads(since.out)["rows"]}


def test_what_there_is_nothing_to_compare_with_is_said(command: Callable[..., Ran], tmp_path: Path) -> None:
    def refused(*words: str) -> str:
        ran = command("crosscheck", *words)
        assert ran.code == 2
        return ran.err

    assert "neither a symbol of the universe nor a folder" in refused("--against", "nowhere")
    (tmp_path / "empty").mkdir()
    assert "holds no CSV" in refused("--against", str(tmp_path / "empty"))
    assert "bring the prices first" in refused()
    assert "has no index of its own" in refused("9984.T")


def test_what_the_preferred_source_gave_is_not_overwritten(
    command: Callable[..., Ran], place: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    universe, prices = place
    text = universe.read_text("utf-8")
    universe.write_text(text.replace('suffix = ".KS"\n', 'suffix = ".KS"\nprefer = "csv"\n'), "utf-8")
    assert command("import", str(prices)).code == 0
    true = close_of(tmp_path)
    stale(place, tmp_path / "yahoo")
    for file in prices.iterdir():
        target = tmp_path / "yahoo" / file.name
        if not target.exists():
            target.write_bytes(file.read_bytes())
    with StandIn(Folder(tmp_path / "yahoo"), now=NOW) as yahoo:
        monkeypatch.setenv("AFTERSHOCK_YAHOO_URL", yahoo.url)
        assert command("ingest", "once", "--force").code == 0
        assert close_of(tmp_path) == true
        universe.write_text(text, "utf-8")
        assert command("ingest", "once", "--force").code == 0
    assert close_of(tmp_path) != true, "without the rule the last word counts"
    assert np.isfinite(close_of(tmp_path))
