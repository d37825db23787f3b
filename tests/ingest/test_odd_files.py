"""Price files that are read wrong at first sight: refused or read right, and never an exit without a word."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.commands.ingesting import _import_code
from ingest.reconcile import import_folder
from ingest.report import RunReport
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.lines import FileFault
from ingest.sources.pricefile import read_prices
from models.errors import SourceError
from models.store import Store, stored_bars
from models.universe import Universe
from tests.ingest.series import calendars, changed
from tests.ingest.shelf import NOW, same, shelf, upto, write_csv


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "csv"
    found.mkdir()
    return found


def bring(store: Store, universe: Universe, folder: Path) -> RunReport:
    return import_folder(store, CsvFolder(folder), universe, calendars(), now=NOW)


def closes(file: Path) -> list[float]:
    (sheaf,) = read_prices(file)
    return sheaf.bars.close.tolist()


def test_points_part_thousands_where_another_column_says_so(folder: Path) -> None:
    file = folder / "a.csv"
    file.write_text("Date;Close;Volume\n2026-06-25;71.300;9.120.455\n2026-06-26;70.950;11.004.870\n", "utf-8")
    assert closes(file) == [71300.0, 70950.0]
    file.write_text("Date;Close;Volume\n2026-06-25;71,30;9.120.455\n2026-06-26;70,95;11.004.870\n", "utf-8")
    assert closes(file) == [71.3, 70.95]


@pytest.mark.parametrize("figure", ["1_50.2", "0x1p4", "1e999", "infinity"])
def test_what_only_a_program_writes_is_no_figure(folder: Path, figure: str) -> None:
    file = folder / "a.csv"
    file.write_text(f"Date,Close\n2026-06-25,150\n2026-06-26,{figure}\n", "utf-8")
    with pytest.raises(FileFault, match="which is no number"):
        read_prices(file)


def test_years_of_taiwan_are_counted_from_1911(folder: Path) -> None:
    file = folder / "a.csv"
    file.write_text("日期,收盤價\n115/06/25,1015\n115/06/26,1020\n", "utf-8")
    (sheaf,) = read_prices(file)
    assert sheaf.bars.sessions.tolist() == [date(2026, 6, 25), date(2026, 6, 26)]
    file.write_text("date,close\n115/06/25,1015\n", "utf-8")
    with pytest.raises(FileFault, match="which is no date"):
        read_prices(file)


@pytest.mark.parametrize("letters", ["utf-32", "utf-16", "utf-8-sig"])
def test_a_file_with_a_mark_of_its_letters_is_read(folder: Path, letters: str) -> None:
    file = folder / "a.csv"
    file.write_bytes("date,close\n2026-06-25,12.5\n".encode(letters))
    assert closes(file) == [12.5]


@pytest.mark.parametrize(
    ("said", "named"),
    [("GBp", "GBp"), ("GBX", "GBp"), ("ZAC", "ZAc"), ("ILA", "ILA"), ("USX", "USX"), ("brl", "BRL")],
)
def test_hundredths_and_currencies_that_are_not_ours_are_refused(
    store: Store, universe: Universe, folder: Path, said: str, named: str
) -> None:
    (folder / "NVDA.csv").write_text(f"date,close,currency\n2026-06-26,150,{said}\n", "utf-8")
    kind, detail = bring(store, universe, folder).failures["NVDA"]
    assert kind == "wrong_currency" and f"is in {named}, and NVDA is kept in USD" in detail


def dated(shift: int, count: int = 12) -> str:
    rows = upto(shelf().bars["NVDA"], "2026-06-26").take(slice(-count, None))
    days = [day + timedelta(days=shift) for day in rows.sessions.tolist()]
    return "date,close\n" + "".join(
        f"{day},{close}\n" for day, close in zip(days, rows.close.tolist(), strict=True)
    )


@pytest.mark.parametrize(("shift", "words"), [(-1, "a day early"), (1, "a day late"), (-1462, "a day late")])
def test_days_off_by_one_are_refused_in_a_first_file_too(
    store: Store, universe: Universe, folder: Path, shift: int, words: str
) -> None:
    (folder / "NVDA.csv").write_text(dated(shift), "utf-8")
    kind, detail = bring(store, universe, folder).failures["NVDA"]
    assert kind == "wrong_dates" and words in detail
    assert len(stored_bars(store, "NVDA")) == 0


def test_a_file_that_brings_nothing_says_so(store: Store, universe: Universe, folder: Path) -> None:
    file = folder / "NVDA.csv"
    file.write_text("Date,Open,High,Low,Close,Volume\n", "utf-8")
    report = bring(store, universe, folder)
    assert "holds headings and no row" in report.failures["NVDA"][1] and _import_code(report) == 2
    file.write_text("date,close\n1998-03-02,4.5\n1998-03-03,4.6\n", "utf-8")
    report = bring(store, universe, folder)
    assert "none of its 2 rows is of 2015-01-01 or later" in report.failures["NVDA"][1]
    file.write_text("date,close\n2026-06-25,-4.5\n2026-06-26,-4.6\n", "utf-8")
    report = bring(store, universe, folder)
    assert report.barred == ["NVDA"] and report.held == 2 and _import_code(report) == 1


def test_rows_before_the_first_session_are_counted(store: Store, universe: Universe, folder: Path) -> None:
    (folder / "NVDA.csv").write_text("date,close\n2014-12-30,5\n2014-12-31,5.1\n" + dated(0)[11:], "utf-8")
    report = bring(store, universe, folder)
    assert report.remarks == ("NVDA.csv: 2 of 14 rows are before 2015-01-01, left out.",)
    assert report.inserted == 12


def test_a_folder_of_a_workbook_alone_says_what_to_do(folder: Path) -> None:
    (folder / "NVDA.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(SourceError, match=r"holds no CSV file: NVDA.xlsx: it is a workbook; save it as CSV"):
        CsvFolder(folder)


def test_a_close_put_right_is_no_other_basis(store: Store, universe: Universe, folder: Path) -> None:
    bars = upto(shelf().bars["NVDA"], "2026-06-26")
    write_csv(folder, "NVDA", bars)
    bring(store, universe, folder)
    write_csv(folder, "NVDA", changed(bars, slice(None), prices=1.01).take(slice(-1, None)))
    assert bring(store, universe, folder).revised == 1
    stored = stored_bars(store, "NVDA")
    assert stored.close[-1] == pytest.approx(bars.close[-1] * 1.01)
    assert np.array_equal(stored.close[:-1], bars.close[:-1]) and not same(store, "NVDA", bars)


@pytest.mark.parametrize(
    "heading", ["Close %", "Close (indexed)", "Close (2020 = 100)", "종가 (지수)", "Close ％"]
)
def test_a_share_or_an_index_level_is_no_close(
    store: Store, universe: Universe, folder: Path, heading: str
) -> None:
    file = folder / "NVDA.csv"
    file.write_text(f"Date,{heading}\n2026-06-25,1.2\n2026-06-26,1.3\n", "utf-8")
    with pytest.raises(SourceError, match=r"No file of .* is of a name of the universe"):
        bring(store, universe, folder)
    file.write_text(f"Date,{heading},Close\n2026-06-25,1.2,150\n2026-06-26,1.3,151\n", "utf-8")
    assert bring(store, universe, folder).inserted == 2
    assert stored_bars(store, "NVDA").close.tolist() == [150.0, 151.0]


def test_a_payment_that_cannot_be_is_told_of(store: Store, universe: Universe, folder: Path) -> None:
    (folder / "NVDA.csv").write_text(
        "date,close,adj_close,dividends,splits\n2026-06-25,150,150,0,0\n2026-06-26,151,151,-2,0\n", "utf-8"
    )
    assert bring(store, universe, folder).notes["NVDA"] == (
        "Left out: a dividend on 2026-06-26, -2 a share.",
    )
