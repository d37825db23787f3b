"""The tool sees a page, its charts and a command whole, and a changed figure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.conftest import NOW
from tests.unchanged import commands, crawl, differences, documents
from tests.unchanged.differences import Names
from tests.unchanged.stores import Situation


@pytest.fixture(scope="module")
def situation(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Situation:
    """A folder that holds simulated prices alone."""
    folder = tmp_path_factory.mktemp("simulated")
    shutil.copy(filled / "aftershock.db", folder / "simulated.db")
    (folder / "cache").symlink_to(filled / "cache")
    return Situation("simulated", folder, NOW)


@pytest.fixture(scope="module")
def saved(situation: Situation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page and one command, twice: what was saved first; the other beside it is called ``again``."""
    folder = tmp_path_factory.mktemp("saved")
    for name in ("first", "again"):
        assert crawl.save(situation, folder / name, 0.02, "drawdowns") >= 2
        assert commands.save(situation, folder / name, 1.0, "moves") == 2
    return folder / "first"


@pytest.fixture
def changed(saved: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of what was saved, with a text of its files put in the place of another."""

    def made(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "changed"
        shutil.copytree(saved, folder, dirs_exist_ok=True)
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return made


def test_the_same_tree_says_the_same_twice(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert differences.report(saved, saved.parent / "again", Names()) == 0
    assert capsys.readouterr().out.startswith("0 differences in ")


def test_every_kind_of_piece_is_there(saved: Path) -> None:
    lines = [json.loads(line) for line in (saved / "pages/drawdowns.jsonl").read_text("utf-8").splitlines()]
    states = {line["address"]: line["pieces"] for line in lines if "pieces" in line}
    values = {line["name"]: line["value"] for line in lines if "value" in line}
    default = {name: values[kept] for name, kept in states[""].items()}
    assert default["status"] == 200
    assert any("Simulated prices" in line for line in default["text"])
    assert any(name.startswith("table ") for name in default)
    assert ["/drawdowns", "Drawdowns", "current"] in default["links"]
    assert any(mark[1:] == ["fall"] for mark in default["marks"])
    for piece in ("words", "figure", "memo", "csv", "half", "wide", "shown"):
        assert default[f"chart drawdowns-underwater {piece}"], piece
    traces = default["chart drawdowns-underwater figure"]["body"]["data"]
    assert any(isinstance(trace["y"], dict) and len(trace["y"]["values"]) > 100 for trace in traces)
    assert "?present=1&slide=1" in states
    moves = (saved / "commands/moves.jsonl").read_text(encoding="utf-8")
    assert '"close_return"' in moves and '"code","value":0' not in moves


@pytest.mark.parametrize(
    ("name", "old", "new", "printed"),
    [
        ("pages/drawdowns.jsonl", '"width":1016', '"width":1017', "figure, body.layout.width: 1016 → 1017"),
        ("pages/drawdowns.jsonl", "Simulated prices:", "Real prices:", ": Simulated prices: no real"),
        ("pages/drawdowns.jsonl", '"address": ""', '"address": "?x=1"', ", state: only before"),
        ("commands/moves.jsonl", '"symbol":"MU"', '"symbol":"MX"', ".symbol: MU → MX"),
    ],
)
def test_a_change_is_found_and_placed(
    saved: Path,
    changed: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    printed: str,
) -> None:
    text = (saved / name).read_text(encoding="utf-8")
    if old.startswith('"') and old not in text:
        old, new = old.replace('":', '": '), new.replace('":', '": ')
    assert differences.report(saved, _renamed_values(changed(name, old, new)), Names()) == 1
    assert printed in capsys.readouterr().out


def _renamed_values(folder: Path) -> Path:
    """Values under names of their own, as another run would have written them."""
    for path in folder.rglob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith('{"name":"'):
                text = text.replace(line[9:25], line[9:24] + "-")
        path.write_text(text, encoding="utf-8")
    return folder


def test_names_that_were_meant_to_change_are_no_difference() -> None:
    names = Names({"/drawdowns": "/falls"}, {"drawdowns-underwater": "falls-depth"}, {"Basket": "Group"})
    assert names.text("/drawdowns?basket=us") == "/falls?basket=us"
    assert names.text("/table/drawdowns.csv") == "/table/drawdowns.csv"
    assert names.text("/drawdowns/more") == "/drawdowns/more"
    assert names.text("chart drawdowns-underwater figure") == "chart falls-depth figure"
    assert names.text("aftershock-drawdowns-underwater-2026-06-24-dd-7K2M4.csv") == (
        "aftershock-falls-depth-2026-06-24-VIEW.csv"
    )
    assert names.text("Basket: all") == "Group: all"
    assert names.file("pages/drawdowns") == "pages/falls"


def test_a_document_is_read_as_a_reader_does() -> None:
    found = documents.read(
        "<title>T</title><body><nav><a href='/b'>B</a></nav><h1>A <b>fall</b></h1>"
        "<script>x</script><p hidden>no</p>"
        "<table><thead><tr><th>Name<th>Day</tr></thead><tr><td>MU<td class='num fall'>−2%</table>"
        "<a href='/table/x.csv' download>CSV</a><div data-plot='c' aria-labelledby='t s'></div>"
        "<h2 id='t'>Title</h2><p id='s'>Sum</p><input id='page-asof-date' placeholder='2026-06-22'>",
        "/a",
    )
    assert found.text == ["title: T", "B", "A fall", "[table Name | Day]", "CSV", "Title", "Sum"]
    assert found.tables == {"Name | Day": {"heads": ["Name", "Day"], "rows": [["MU", "−2%"]]}}
    assert found.marks == [["−2%", "fall"]]
    assert (found.pages, found.files) == (["/b"], ["/table/x.csv"])
    assert found.charts == {"c": ["Title", "Sum"]}
    assert found.typed == {"asof": "2026-06-22"}
