"""A folder of CSV files gives the same answers as a source on the net; a bad file is its own failure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.base import FetchFailure, Source
from ingest.sources.csvfolder import CsvFolder, read_bars, symbol_of
from models.errors import SourceError
from models.types import BAR_FIELDS

NOW = datetime(2026, 8, 1, tzinfo=UTC)
HEADER = "date,open,high,low,close,adj_close,volume\n"
ROW = "2026-07-31,1,3,0.5,2,1.9,100\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "NVDA.csv").write_text(HEADER + "2026-07-30,,,,1.5,,\n" + ROW, encoding="utf-8")
    (tmp_path / "_KS11.csv").write_text(HEADER + ROW, encoding="utf-8")
    (tmp_path / "JPY_X.csv").write_text(HEADER + ROW, encoding="utf-8")
    return tmp_path


def failure(folder: Path, symbol: str = "NVDA") -> FetchFailure:
    with pytest.raises(FetchFailure) as caught:
        CsvFolder(folder).fetch(symbol, now=NOW)
    assert caught.value.symbol == symbol
    assert caught.value.detail.endswith(".") and "\n" not in caught.value.detail
    return caught.value


def test_it_lists_the_symbols_of_its_files(folder: Path) -> None:
    source = CsvFolder(folder)
    assert isinstance(source, Source)
    assert set(source.symbols) == {"NVDA", "^KS11", "JPY=X"}


@pytest.mark.parametrize(
    ("stem", "symbol"), [("NVDA", "NVDA"), ("_KS11", "^KS11"), ("KRW_X", "KRW=X"), ("9984.T", "9984.T")]
)
def test_a_file_name_stands_for_its_symbol(stem: str, symbol: str) -> None:
    assert symbol_of(stem) == symbol


def test_a_blank_is_a_value_that_is_not_known(folder: Path) -> None:
    answer = CsvFolder(folder).fetch("NVDA", now=NOW)
    assert answer.bars.sessions.tolist() == [date(2026, 7, 30), date(2026, 7, 31)]
    np.testing.assert_array_equal(answer.bars.close, [1.5, 2])
    np.testing.assert_array_equal(answer.bars.adj_close, [np.nan, 1.9])
    np.testing.assert_array_equal(answer.bars.volume, [np.nan, 100])
    assert (answer.currency, answer.timezone, answer.received_symbol) == (None, None, "NVDA")
    assert np.isnat(answer.stamps).all() and answer.bars.final.all()


def test_a_span_is_inclusive(folder: Path) -> None:
    source, day = CsvFolder(folder), date(2026, 7, 30)
    assert source.fetch("NVDA", day, day, now=NOW).bars.sessions.tolist() == [day]
    assert len(source.fetch("NVDA", date(2026, 8, 1), now=NOW)) == 0


def test_bad_prices_are_passed_on_in_their_order(folder: Path) -> None:
    rows = "2026-07-31,1,0,3,-2,0,-5\n2026-07-30,1,1,1,1,1,1\n2026-07-31,1,1,1,1,1,1\n"
    (folder / "NVDA.csv").write_text(HEADER + rows, encoding="utf-8")
    bars = CsvFolder(folder).fetch("NVDA", now=NOW).bars
    assert bars.sessions.tolist() == [date(2026, 7, day) for day in (31, 30, 31)]
    assert (bars.close[0], bars.volume[0]) == (-2, -5)


def test_columns_may_stand_in_another_order_or_be_absent(folder: Path) -> None:
    (folder / "NVDA.csv").write_text("Close,note,Date\n5,x,2026-07-31\n\n", encoding="utf-8-sig")
    bars = CsvFolder(folder).fetch("NVDA", now=NOW).bars
    assert bars.close.tolist() == [5] and np.isnan(bars.open).all()


def test_a_file_without_rows_is_an_answer_without_rows(folder: Path) -> None:
    (folder / "NVDA.csv").write_text(HEADER, encoding="utf-8")
    assert len(CsvFolder(folder).fetch("NVDA", now=NOW)) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the file is empty; begin it with date,open"),
        ("when,close\n", "line 1: it names no date or no close"),
        ("date,volume\n", "line 1: it names no date or no close"),
        ("date,close,close\n", "line 1: a column stands twice"),
        (HEADER + ROW + "2026-07-31,1,3,x,2,1.9,100\n", "line 3: low is 'x', which is no number"),
        (HEADER + ROW + "2026-07-31,1,3\n", "line 3: 3 fields where the first line names 7"),
        (HEADER + "31/13/2026,1,3,1,2,1.9,100\n", "line 2: date is '31/13/2026', which is no date"),
        (HEADER + "07/06/2026,1,3,1,2,1.9,100\n", "line 2: date is '07/06/2026': month or day first?"),
        (HEADER + "2026-02-30,1,3,1,2,1.9,100\n", "line 2: date is '2026-02-30', which is no date"),
        (HEADER + "2026-07,1,3,1,2,1.9,100\n", "line 2: date is '2026-07', which is no date"),
        (HEADER + "\n" + ",1,3,1,2,1.9,100\n", "line 3: date is '', which is no date"),
        (HEADER + "2026-07-31,1,inf,1,2,1.9,100\n", "line 2: high is 'inf', which is no number"),
    ],
)
def test_a_garbled_file_names_its_line(folder: Path, text: str, says: str) -> None:
    (folder / "NVDA.csv").write_text(text, encoding="utf-8")
    caught = failure(folder)
    assert caught.kind == "malformed" and says in caught.detail and "NVDA.csv" in caught.detail
    assert len(CsvFolder(folder).fetch("^KS11", now=NOW)) == 1


def test_a_file_that_is_no_text_says_so(folder: Path) -> None:
    (folder / "NVDA.csv").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    assert "is not UTF-8 text" in failure(folder).detail


def test_a_file_that_cannot_be_opened_is_a_failure_of_its_own(folder: Path) -> None:
    (folder / "NVDA.csv").unlink()
    (folder / "NVDA.csv").mkdir()
    caught = failure(folder)
    assert caught.kind == "transient" and "cannot be read" in caught.detail


def test_a_symbol_without_a_file_is_not_found(folder: Path) -> None:
    assert failure(folder, "AMD").kind == "not_found"


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no folder"):
        CsvFolder(tmp_path / "none")
    with pytest.raises(SourceError, match="holds no CSV file"):
        CsvFolder(tmp_path)


numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.dates(), *[numbers] * 6), max_size=20))
def test_what_is_written_is_read_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[date, *tuple[float | None, ...]]]
) -> None:
    file = tmp_path_factory.mktemp("prices") / "X.csv"
    lines = [
        ",".join([str(row[0]), *("" if item is None else repr(item) for item in row[1:])]) for row in rows
    ]
    file.write_text(HEADER + "\n".join(lines), encoding="utf-8")
    bars = read_bars("X", file)
    assert bars.sessions.tolist() == [row[0] for row in rows]
    for column, name in enumerate(BAR_FIELDS, start=1):
        expected = np.array([row[column] for row in rows], dtype=np.float64)
        np.testing.assert_array_equal(getattr(bars, name), expected)


def test_the_real_folder_reads_whole(real_prices: Path) -> None:
    source = CsvFolder(real_prices)
    bars = [source.fetch(symbol, now=NOW).bars for symbol in source.symbols]
    assert sum(len(item) for item in bars) > 150_000
    assert all((np.isfinite(item.close) | np.isfinite(item.adj_close)).all() for item in bars)
