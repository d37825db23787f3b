"""Price files as people have them: each layout gives the same rows, what may be two things is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.sources.base import FetchFailure
from ingest.sources.csvfolder import CsvFolder
from ingest.sources.figures import FigureError, figures_of
from models.errors import SourceError
from models.types import Action
from models.universe import Universe, load_universe
from tests.exchanges import NEW_YORK, SEOUL, TOKYO

NOW = datetime(2026, 8, 1, tzinfo=UTC)
LINES = """
[layer.names]
name = "Names"
instruments = [
    { symbol = "QQA", name = "Quasar" },
    { symbol = "QQB-B", name = "Quince B" },
    { symbol = "123450.KS", name = "Gom Memory" },
    { symbol = "7770.T", name = "Kita Kogyo" },
]
"""
DAYS = [date(2026, 5, 14), date(2026, 5, 15), date(2026, 5, 18)]
CLOSES = [71_250.0, 70_900.0, 72_300.0]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Universe:
    path = tmp_path_factory.mktemp("names") / "universe.toml"
    path.write_text(TOKYO + SEOUL + NEW_YORK + LINES, encoding="utf-8")
    return load_universe(path)


Put = Callable[[str, "str | bytes"], CsvFolder]


@pytest.fixture
def put(tmp_path: Path, lines: Universe) -> Put:
    folder = tmp_path / "files"
    folder.mkdir()

    def written(name: str, text: str | bytes) -> CsvFolder:
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return CsvFolder(folder, lines)

    return written


def refused(folder: CsvFolder, symbol: str) -> FetchFailure:
    with pytest.raises(FetchFailure) as caught:
        folder.fetch(symbol, now=NOW)
    assert caught.value.detail.endswith(".") and "\n" not in caught.value.detail
    return caught.value


def rows(form: str, head: str, days: str = "%Y-%m-%d", *, backwards: bool = False) -> str:
    found = [
        form.format(day=day.strftime(days), close=close, high=close + 100, low=close - 100)
        for day, close in zip(DAYS, CLOSES, strict=True)
    ]
    return "\n".join([head, *(reversed(found) if backwards else found), ""])


KOREAN = rows(
    '"{day}","{close:,.0f}","350","0.49","{low:,.0f}","{high:,.0f}","{low:,.0f}","1,234,567"',
    '"일자","종가","대비","등락률","시가","고가","저가","거래량"',
    "%Y/%m/%d",
    backwards=True,
)
JAPANESE = rows(
    "{day},{low:.0f},{high:.0f},{low:.0f},{close:.0f},1234567,{close:.0f}",
    "日付,始値,高値,安値,終値,出来高,調整後終値*",
    "%Y年%m月%d日",
)
CHINESE = rows(
    "{day},{close:.2f},{low:.2f},{high:.2f},{low:.2f},1.23万", "日期,收盘,开盘,高,低,成交量", "%Y-%m-%d"
)
GERMAN = rows(
    "{day};{low:_.2f};{high:_.2f};{low:_.2f};{close:_.2f};1.234.567",
    "Datum;Erster;Hoch;Tief;Schlusskurs;Stück",
    "%d.%m.%Y",
)


def german(text: str) -> str:
    """Figures with a comma for decimals and points for thousands; the dates keep their points."""
    head, *lines_ = text.strip().split("\n")
    told = []
    for line in lines_:
        day, *figures, volume = line.split(";")
        told.append(";".join([day, *(item.replace(".", ",").replace("_", ".") for item in figures), volume]))
    return "\n".join([head, *told, ""])


INVESTING = "\ufeff" + rows(
    '"{day}","{close:,.2f}","{low:,.2f}","{high:,.2f}","{low:,.2f}","1.23M","0.49%"',
    '"Date","Price","Open","High","Low","Vol.","Change %"',
    "%m/%d/%Y",
    backwards=True,
)
LAYOUTS: dict[str, str | bytes] = {
    "own": rows("{day},{close}", "date,close"),
    "yahoo download": rows(
        "{day},{low},{high},{low},{close},{close},5", "Date,Open,High,Low,Close,Adj Close,Volume"
    ),
    "yahoo page": rows(
        '"{day}","{low:,.2f}","{high:,.2f}","{low:,.2f}","{close:,.2f}","{close:,.2f}","1,234,567"',
        "Date,Open,High,Low,Close*,Adj Close**,Volume",
        "%b %d, %Y",
        backwards=True,
    ),
    "pasted page": rows(
        "{day}\t{low:,.2f}\t{high:,.2f}\t{low:,.2f}\t{close:,.2f}\t{close:,.2f}\t-",
        "Date\tOpen\tHigh\tLow\tClose Close price adjusted for splits.\tAdj Close Adjusted close price "
        "adjusted for splits and dividend and/or capital gain distributions.\tVolume",
        "%b %d, %Y",
    ),
    "nasdaq": rows(
        "{day},${close:.2f},1234567,${low:.2f},${high:.2f},${low:.2f}",
        "Date,Close/Last,Volume,Open,High,Low",
        "%m/%d/%Y",
    ).replace("$", ""),
    "stooq": rows("{day},{low},{high},{low},{close},5", "Date,Open,High,Low,Close,Volume"),
    "stooq text": rows(
        "7770.JP,D,{day},000000,{low},{high},{low},{close},5,0",
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
        "%Y%m%d",
    ),
    "investing": INVESTING,
    "yfinance history": rows(
        "{day} 00:00:00+09:00,{low},{high},{low},{close},5,0.0,0.0",
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
    ),
    "yfinance download": rows(
        "{day},{close},{high},{low},{low},5",
        "Price,Close,High,Low,Open,Volume\nTicker,7770.T,7770.T,7770.T,7770.T,7770.T\nDate,,,,,",
    ),
    "yfinance by ticker": rows("{day},{low},{close}", "Ticker,7770.T,7770.T\nPrice,Low,Close\nDate,,"),
    "pandas": rows("{day},{low},{close}", ",Low,Close"),
    "excel serial": "date;close\n"
    + "".join(
        f"{(day - date(1899, 12, 30)).days};{close:.2f}\n".replace(".", ",")
        for day, close in zip(DAYS, CLOSES, strict=True)
    ),
    "excel sep": "sep=;\n" + rows("{day};{close:.1f}", "date;close", "%d-%b-%y"),
    "utf-16": rows("{day}\t{close:.2f}", "Date\tClose").encode("utf-16"),
    "korean": KOREAN.encode("cp949"),
    "japanese": JAPANESE.encode("cp932"),
    "chinese": CHINESE.encode("gb18030"),
    "german": german(GERMAN).encode("cp1252"),
    "swiss": rows("{day};{close:_.2f}", "Datum;Schluss", "%d.%m.%Y").replace("_", "'"),
    "blanks for thousands": rows("{day};{close:_.2f}", "Date;Dernier", "%d/%m/%Y")
    .replace("_", "\u202f")
    .replace(".", ","),
    "terminal": rows(
        "{day},{close},{low}",
        "Security,7770 JT Equity\nCurrency,JPY\nPeriod,Daily\n\nDate,PX_LAST,PX_LOW",
        "%d/%m/%Y",
    ),
    "long": rows("7770 JT,{day},{close},JPY", "Ticker,Date,Close,Currency"),
    "wide": rows("{day},{close},5.5", "Date,7770.T,QQA"),
    "quantmod": rows(
        "{day},{low},{high},{low},{close},5,{close}",
        '"","7770.T.Open","7770.T.High","7770.T.Low","7770.T.Close","7770.T.Volume","7770.T.Adjusted"',
    ),
    "footer": rows("{day},{close},5", "Date,Close,Volume") + "Source: a site that asks to be named\n",
    "only commas": rows("{day},{close},5", "Date,Close,Volume") + ",,\n,,\n",
    "midnights": "time,close\n"
    + "".join(
        f"{int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())},{close}\n"
        for day, close in zip(DAYS, CLOSES, strict=True)
    ),
    "openings": rows("{day}T09:00:00+09:00,{close}", "datetime,close"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_its_days_and_closes(put: Put, layout: str) -> None:
    folder = put("7770.T.csv", LAYOUTS[layout])
    assert "7770.T" in folder.symbols and not folder.unread
    bars = folder.fetch("7770.T", now=NOW).bars
    order = np.argsort(bars.sessions)
    assert bars.sessions[order].tolist() == DAYS
    assert bars.close[order].tolist() == CLOSES
    lows = bars.low[order]
    assert np.isnan(lows).all() or lows.tolist() == [close - 100 for close in CLOSES]


def test_what_stands_beside_the_closes_is_read_too(put: Put) -> None:
    bars = put("7770.T.csv", LAYOUTS["investing"]).fetch("7770.T", now=NOW).bars
    assert bars.volume.tolist() == [1.23e6] * 3
    bars = put("7770.T.csv", LAYOUTS["chinese"]).fetch("7770.T", now=NOW).bars
    assert bars.volume.tolist() == [12_300.0] * 3
    bars = put("7770.T.csv", LAYOUTS["quantmod"]).fetch("7770.T", now=NOW).bars
    assert bars.adj_close.tolist() == CLOSES
    folder = put("7770.T.csv", LAYOUTS["wide"])
    assert folder.fetch("QQA", now=NOW).bars.close.tolist() == [5.5] * 3
    folder = put("7770.T.csv", LAYOUTS["footer"])
    folder.fetch("7770.T", now=NOW)
    assert folder.notes == ["7770.T.csv: no prices in line 5, passed over."]


def test_dividends_and_splits_of_a_page_are_no_prices(put: Put) -> None:
    text = rows(
        "{day},{low},{high},{low},{close},{close},5", "Date,Open,High,Low,Close,Adj Close,Volume", "%Y-%m-%d"
    )
    text += '2026-05-18,0.25 Dividend\n2026-05-15,4:1 Stock Splits,,,,,\n"2026-05-14",Dividend,,,,,\n'
    folder = put("QQA.csv", text)
    answer = folder.fetch("QQA", now=NOW)
    assert answer.bars.close.tolist() == CLOSES
    assert set(answer.actions) == {Action(DAYS[2], "dividend", 0.25), Action(DAYS[1], "split", 4.0)}
    assert "line 7 tells of a dividend or split" in folder.notes[0]


def test_a_history_adjusted_for_dividends_has_no_closes_before_the_last(put: Put) -> None:
    head = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
    text = head + "2026-05-14,9,9,9,9,5,0,0\n2026-05-15,10,10,10,10,5,0.5,0\n2026-05-18,11,11,11,11,5,0,0\n"
    folder = put("QQA.csv", text)
    bars = folder.fetch("QQA", now=NOW).bars
    np.testing.assert_array_equal(bars.close, [np.nan, 10, 11])
    np.testing.assert_array_equal(bars.low, [np.nan, 10, 11])
    assert bars.adj_close.tolist() == [9, 10, 11]
    assert "before 2026-05-15 are adjusted for dividends" in folder.notes[0]


def test_an_instant_has_its_date_at_the_exchange(put: Put) -> None:
    """Midnight in Seoul is the afternoon before by the clock of the file."""
    text = "Date,Close\n2026-05-13 15:00:00+00:00,5\n2026-05-14 15:00:00+00:00,6\n"
    assert put("123450.KS.csv", text).fetch("123450.KS", now=NOW).bars.sessions.tolist() == DAYS[:2]
    stamps = "time,close\n1778770800,5\n1778857200,6\n"
    assert put("123450.KS.csv", stamps).fetch("123450.KS", now=NOW).bars.sessions.tolist() == [
        date(2026, 5, 15),
        date(2026, 5, 16),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,close\n03/04/2026,5\n06/05/2026,6\n", "line 2: date is '03/04/2026': month or day first?"),
        ("date,close\n13/04/2026,5\n04/14/2026,6\n", "other rows have day and month the other way round"),
        ("date;close\n2026-05-14;70.250\n", "close is '70.250'; its mark may be of thousands or of decimals"),
        ("date;close;volume\n2026-05-14;70,25;1.5\n", "others are written as"),
        ("date,close\n2026-05-14,five\n", "line 2: close is 'five', which is no number"),
        ("date,close\n2026-05-14,1.2.3\n", "which is no number"),
        ("date,close\nsoon,5\n", "line 2: date is 'soon', which is no date"),
        ("date,close\nMon 14 May 2026,5\n", "2026-05-14 is a Thursday"),
        ("Date,Close,Close\n2026-05-14,1,2\n", "a column stands twice"),
        ("when,price\n", "names no date or no close"),
    ],
)
def test_what_may_be_two_things_or_none_is_refused(put: Put, text: str, says: str) -> None:
    caught = refused(put("QQA.csv", text), "QQA")
    assert caught.kind == "malformed" and says in caught.detail


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("date,close\n2026-05-04,5\n2026-05-11,6\n2026-05-18,7\n", "a week apart"),
        ("date,close\n2026-01-01,5\n2026-02-01,6\n2026-03-01,7\n2026-04-01,7\n", "a month apart"),
        ("date,close\n2025-01-31,5\n2025-02-28,6\n2025-03-31,7\n", "a month apart"),
        ("date,close\n2024-03-31,5\n2024-06-30,6\n2024-09-30,7\n", "a quarter apart"),
        ("date,close\n2026-05-18 09:00,5\n2026-05-18 10:00,6\n2026-05-18 11:00,7\n", "several rows a day"),
        ("date,time,close\n2026-05-18,09:00,5\n2026-05-18,10:00,6\n", "several rows a day"),
        ("<TICKER>,<PER>,<DATE>,<CLOSE>\nQQA.US,W,20260518,5\n", "its period is 'W'"),
        ("Ticker,QQA US Equity\nPeriod,Weekly\nDate,PX_LAST\n2026-05-18,5\n", "its period is 'Weekly'"),
        (
            "date,close\n"
            + "".join(f"2025-{month:02d}-01,5\n" for month in range(1, 13))
            + "2026-05-14,5\n2026-05-15,5\n",
            "a month apart",
        ),
    ],
)
def test_rows_that_are_no_day_apart_are_refused(put: Put, text: str, pace: str) -> None:
    caught = refused(put("QQA.csv", text), "QQA")
    assert caught.kind == "not_daily" and pace in caught.detail and "this is no daily file" in caught.detail


def test_a_long_holiday_is_no_week_between_rows(put: Put) -> None:
    days = ["2026-02-12", "2026-02-13", "2026-02-23", "2026-02-24", "2026-03-03", "2026-03-04", "2026-03-12"]
    folder = put("QQA.csv", "date,close\n" + "".join(f"{day},5\n" for day in days))
    assert len(folder.fetch("QQA", now=NOW)) == 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("123450.KS.csv", "Date,Close\n2026-05-14,$51.20\n"),
        ("123450.KS.csv", "Date,Close (USD)\n2026-05-14,51.20\n"),
        ("123450.KS.csv", "Date,Close,Currency\n2026-05-14,51.20,USD\n"),
        ("7770.T.csv", "日付,終値(元)\n2026-05-14,51.20\n".replace("元", "KRW")),
        ("QQA.csv", "Date,Close\n2026-05-14,€51.20\n"),
    ],
)
def test_a_file_that_shows_another_currency_is_refused(put: Put, name: str, text: str) -> None:
    caught = refused(put(name, text), name.removesuffix(".csv"))
    assert caught.kind == "wrong_currency" and "kept in" in caught.detail


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        *(("123450.csv", "123450.KS"), ("A123450.csv", None), ("QQB.B.csv", "QQB-B"), ("qqa.csv", "QQA")),
        *(
            ("QQA Historical Data.csv", "QQA"),
            ("qqa_us_d.csv", "QQA"),
            ("Quasar Stock Price History (1).csv", "QQA"),
        ),
        *(("7770.JP.csv", "7770.T"), ("7770 JT.CSV", "7770.T"), ("ZEBRA.csv", None), ("123450.KQ.csv", None)),
    ],
)
def test_a_file_is_of_the_name_it_is_called_by(put: Put, name: str, symbol: str | None) -> None:
    folder = put(name, LAYOUTS["own"])
    assert folder.symbols == (() if symbol is None else (symbol,))
    assert bool(folder.strangers) == (symbol is None)
    if name == "123450.KQ.csv":
        assert folder.strangers == {"123450.KQ": ("123450.KS",)}


def test_a_file_of_another_company_is_refused(put: Put) -> None:
    for text in (
        "Price,Close\nTicker,7770.T\nDate,\n2026-05-14,5\n",
        "Price,Close\nTicker,ZEBRA\nDate,\n2026-05-14,5\n",
        "Symbol,Date,Close\n7770 JT,2026-05-14,5\n",
    ):
        assert refused(put("QQA.csv", text), "QQA").kind == "wrong_symbol"


def test_one_folder_may_mix_kinds_and_what_is_no_price_is_named(put: Put, tmp_path: Path) -> None:
    put("wide.csv", "Date,QQA,ZEBRA\n2026-05-14,5,6\n")
    put("yield.csv", "date,value\n2026-05-14,4.1\n")
    put("statements.csv", "symbol,period_end,capex,ocf\nQQA,2026-03-31,1,2\n")
    put("positions.csv", "symbol,quantity\nQQA,100\n")
    put("notes.csv", "at,title\n2026-05-14,Fall\n")
    put("book.xlsx", b"PK\x03\x04")
    (tmp_path / "files" / "more").mkdir()
    folder = put("README.md", "Words.")
    assert folder.symbols == ("QQA",) and set(folder.strangers) == {"ZEBRA"} and folder.below == ("more",)
    said = {item.name: item.why for item in folder.unread}
    assert said["yield.csv"] == "it is a series of values by date"
    assert said["statements.csv"] == "it is a table of company statements"
    assert said["positions.csv"] == "it is a book of positions"
    assert "events import" in said["notes.csv"] and "workbook" in said["book.xlsx"] and len(said) == 5


def test_two_files_of_one_name_are_refused(put: Put) -> None:
    put("QQA.csv", LAYOUTS["own"])
    assert "2 files for QQA" in refused(put("quasar.csv", LAYOUTS["own"]), "QQA").detail


def test_a_folder_of_folders_says_that_they_are_not_entered(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(SourceError, match=r"holds no CSV file; the folders in it \(inner\) are not entered"):
        CsvFolder(tmp_path)


@pytest.mark.parametrize(
    ("texts", "delimiter", "comma"),
    [
        (["1.234,50", "12"], ";", True),
        (["1,234.50", "12"], ",", False),
        (["12,5"], ";", True),
        (["70,000", "1,234,567"], ";", False),
        (["0,125"], ";", True),
        (["1.234", "9.99"], ";", False),
        (["70.250"], ",", False),
        (["1380.250"], ";", False),
    ],
)
def test_the_decimal_mark_is_said_by_all_figures_together(
    texts: list[str], delimiter: str, comma: bool
) -> None:
    assert figures_of([texts], delimiter, eastern=False).comma is comma


def test_figures_that_leave_it_open_are_refused() -> None:
    for texts, delimiter in ((["70.250"], ";"), (["70,250"], ";"), (["1,5", "1.5"], ";")):
        with pytest.raises(FigureError):
            figures_of([texts], delimiter, eastern=False)
