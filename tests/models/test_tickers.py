"""Symbols as people write them: what fits one line of the universe is that line, the rest is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UnknownSymbolError
from models.tickers import find_symbol, read_symbol, read_symbols
from models.universe import Universe, load_universe
from tests.exchanges import NEW_YORK, SEOUL, TOKYO

HONG_KONG = (
    TOKYO.replace("XTKS", "XHKG").replace("Tokyo", "Hong Kong").replace(".T", ".HK").replace("JPY", "HKD")
)
LINES = """
[layer.names]
name = "Names"
instruments = [
    { symbol = "QQA", name = "Quasar" },
    { symbol = "QQB-B", name = "Quince B" },
    { symbol = "QQC", name = "Quartz Chips" },
    { symbol = "123450.KS", name = "Gom Memory" },
    { symbol = "7770.T", name = "Kita Kogyo" },
    { symbol = "4440.T", name = "Minami" },
    { symbol = "4440.HK", name = "Nam" },
    { symbol = "0055.HK", name = "Bak" },
    { symbol = "^QQI", name = "Q Index", kind = "index" },
    { symbol = "QWN=X", name = "Qwon per dollar", kind = "fx", currency = "QWN" },
]
"""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Universe:
    path: Path = tmp_path_factory.mktemp("names") / "universe.toml"
    path.write_text(TOKYO + SEOUL + HONG_KONG + NEW_YORK + LINES, encoding="utf-8")
    return load_universe(path)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        *(("qqa", "QQA"), (" $QQA ", "QQA"), ("ＱＱＡ", "QQA"), ("QQA US", "QQA"), ("QQA US Equity", "QQA")),
        *(("NASDAQ:QQA", "QQA"), ("QQA:US", "QQA"), ("QQA.O", "QQA"), ("qqa.us", "QQA"), ("quasar", "QQA")),
        *(("QQB.B", "QQB-B"), ("qqb/b", "QQB-B"), ("QQB B", "QQB-B"), ("quartz-chips", "QQC")),
        *(("123450", "123450.KS"), ("１２３４５０．ＫＳ", "123450.KS"), ("123450 KS", "123450.KS")),
        *(("KRX:123450", "123450.KS"), ("A123450", None), ("7770", "7770.T"), ("7770 JT", "7770.T")),
        *(("TYO:7770", "7770.T"), ("7770.jp", "7770.T"), ("55 HK", "0055.HK"), ("55", "0055.HK")),
        *(("4440", None), ("4440 JT", "4440.T"), ("4440 HK", "4440.HK"), ("4440.KS", None)),
        *(("QQI", "^QQI"), ("QQI Index", "^QQI"), ("USD/QWN", "QWN=X"), ("qwn", "QWN=X")),
        *(("123450.KQ", None), ("QQ", None), ("", None), ("?" * 500, None)),
    ],
)
def test_a_name_is_read_however_it_is_written(lines: Universe, text: str, symbol: str | None) -> None:
    assert find_symbol(text, lines) == symbol


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("4440", "did you mean 4440.HK or 4440.T?"),
        ("123450.KQ", "did you mean 123450.KS?"),
        ("quart", "did you mean QQC?"),
        ("QQX", "did you mean"),
        ("ZEBRA", "add a line for it to the universe file."),
    ],
)
def test_what_is_not_known_says_what_it_may_mean(lines: Universe, text: str, says: str) -> None:
    with pytest.raises(UnknownSymbolError) as caught:
        read_symbol(text, lines)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "symbols", "unknown"),
    [
        ("qqa,QQC", ("QQA", "QQC"), ()),
        ("QQA QQC", ("QQA", "QQC"), ()),
        ("123450 KS 7770 JT", ("123450.KS", "7770.T"), ()),
        ("quartz chips; Quasar", ("QQC", "QQA"), ()),
        ("ｑｑａ，QQC、qqa", ("QQA", "QQC"), ()),
        ("ZEBRA,qqa,4440", ("QQA",), ("ZEBRA", "4440")),
        ("Some Holdings", (), ("Some Holdings",)),
        (" , ;", (), ()),
    ],
)
def test_a_list_gives_what_it_names_and_says_the_rest(
    lines: Universe, text: str, symbols: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    found = read_symbols(text, lines)
    assert found.symbols == symbols
    assert tuple(item.text for item in found.unknown) == unknown
    assert bool(found.sentence) == bool(unknown)
    assert all(text in found.sentence for text in unknown)


@given(st.text(max_size=120))
def test_any_text_is_a_list(text: str) -> None:
    universe = load_universe()
    found = read_symbols(text, universe)
    assert set(found.symbols) <= set(universe.symbols)


def test_every_line_of_the_shipped_universe_is_read_back() -> None:
    universe = load_universe()
    for item in universe.instruments:
        assert read_symbol(item.symbol.lower(), universe) == item.symbol
        assert find_symbol(item.name, universe) in (item.symbol, None) or item.name in universe
