"""Every file of rows that leaves begins with the mark by which Excel knows UTF-8; each import reads both."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.market.event_files import read_rows, written
from app.market.market import Market
from app.market.plain import BYTE_ORDER_MARK, csv_file, csv_text
from app.settings import Settings
from app.web.application import create_app
from models.noting import FIELDS, event_of
from models.universe import load_universe
from tests.app.conftest import NOW, Ran

EVENT = event_of({"at": "2026-05-14", "title": "’Gom’ 삼성 falls", "what": "=1+1", "symbols": ["123450.KS"]})


def test_a_file_begins_with_the_mark_and_a_pipe_does_not() -> None:
    rows = [{"name": "삼성", "move": -0.5}]
    assert csv_file(("name", "move"), rows) == BYTE_ORDER_MARK + csv_text(("name", "move"), rows)
    assert csv_text(("name", "move"), rows).startswith("name,move")


def test_events_leave_with_the_mark_and_come_back() -> None:
    event = EVENT
    text = written([event], "csv")
    assert text.encode().startswith(b"\xef\xbb\xbf")
    head = next(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert head[0] == "id"
    for form in (text, text.removeprefix(BYTE_ORDER_MARK)):
        (row,) = read_rows(form, "csv").found
        again = event_of({name: row.raw[name] for name in FIELDS if name in row.raw})
        assert (again.title, again.what, again.symbols) == (event.title, event.what, event.symbols)
    assert not written([event], "json").startswith(BYTE_ORDER_MARK)


@pytest.fixture
def client(filled: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    shutil.copy(filled / "aftershock.db", tmp_path)
    (tmp_path / "cache").symlink_to(filled / "cache")
    market = Market(Settings(data_dir=tmp_path, now=NOW), poll=0)
    yield create_app(market.settings, market=market).server.test_client()
    market.close()


@pytest.mark.parametrize(
    "path", ["/events/file.csv", "/table/relay-links.csv", "/chart/drawdowns-underwater.csv"]
)
def test_every_csv_of_a_page_has_the_mark(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf") and not answer.data[3:].startswith(b"\xef\xbb\xbf")


def test_a_file_of_events_may_be_exported_and_imported_again(
    command: Callable[..., Ran], tmp_path: Path
) -> None:
    file = tmp_path / "out.csv"
    assert command("events", "export", str(file)).code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    ran = command("events", "import", str(file), "--by", "Ann")
    assert "29 as they were" in ran.out, "its clock stands before the last three"


def test_a_universe_saved_by_an_editor_with_a_mark_is_read(tmp_path: Path) -> None:
    from models.universe import PACKAGED

    file = tmp_path / "universe.toml"
    file.write_text(PACKAGED.read_text("utf-8"), encoding="utf-8-sig")
    assert load_universe(file).symbols == load_universe().symbols
