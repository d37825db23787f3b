from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models.errors import UniverseError, UnknownBasketError, UnknownSymbolError
from models.sessions import Calendars
from models.universe import PACKAGED, Universe, load_universe
from tests.exchanges import NEW_YORK, TOKYO

EXCHANGES = TOKYO + NEW_YORK
MEMORY = '[layer.memory]\nname = "Memory"\ninstruments = [%s]\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "universe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def lines(folder: Path, *instruments: str) -> Path:
    return written(folder, EXCHANGES + MEMORY % ", ".join(instruments))


@pytest.fixture(scope="module")
def packaged() -> Universe:
    return load_universe()


def test_packaged_file_is_complete(packaged: Universe) -> None:
    assert len(packaged.symbols) == len(packaged.instruments) == len(set(packaged.symbols)) >= 60
    assert {"9984.T", "000660.KS", "2330.TW", "NVDA", "^KS11", "^N225", "JPY=X"} <= set(packaged.symbols)
    assert {item.city for item in packaged.exchanges} >= {"Tokyo", "Seoul", "Taipei", "Hong Kong", "New York"}
    assert {item.kind for item in packaged.instruments} <= {"equity", "index", "etf", "fx", "rate"}


def test_baskets_hold_each_name_in_all_its_region_and_its_layer(packaged: Universe) -> None:
    everything = packaged.basket("all").symbols
    asia, us = packaged.basket("asia").symbols, packaged.basket("us").symbols
    assert set(asia) | set(us) == set(everything)
    assert not set(asia) & set(us)
    layered = [
        symbol for layer in packaged.layers if layer.basket for symbol in packaged.basket(layer.id).symbols
    ]
    assert sorted(layered) == sorted(everything)
    assert packaged.basket("all").label == f"AI basket, {len(everything)}"


def test_indices_pairs_funds_and_proxies_are_in_no_basket(packaged: Universe) -> None:
    outside = [item for item in packaged.instruments if item.kind != "equity" or item.proxy_of]
    assert outside
    assert not {item.symbol for item in outside} & set(packaged.basket("all").symbols)


def test_exchange_and_currency_follow_the_suffix(packaged: Universe) -> None:
    expected = {
        "9984.T": ("Tokyo", "JPY", "XTKS", "asia"),
        "000660.KS": ("Seoul", "KRW", "XKRX", "asia"),
        "2330.TW": ("Taipei", "TWD", "XTAI", "asia"),
        "NVDA": ("New York", "USD", "XNYS", "us"),
    }
    for symbol, facts in expected.items():
        item = packaged[symbol]
        assert (item.exchange.city, item.currency, item.exchange.calendar, item.region) == facts


def test_every_foreign_currency_has_its_pair(packaged: Universe) -> None:
    for item in packaged.members:
        pair = packaged.currency_pair(item.currency)
        assert (pair is None) == (item.currency == "USD"), item.symbol
    assert packaged.currency_pair("USD") is None


def test_a_symbol_stands_for_a_security_between_its_dates(packaged: Universe) -> None:
    sandisk = packaged["SNDK"]
    assert sandisk.start == date(2025, 2, 13)
    assert sandisk.active_on(date(2025, 2, 13))
    assert not sandisk.active_on(date(2025, 2, 12))
    assert packaged["NVDA"].active_on(date(1999, 1, 1))


def test_unknown_names_are_refused_with_the_fix(packaged: Universe) -> None:
    assert "XYZ" not in packaged
    with pytest.raises(UnknownSymbolError, match="XYZ is not in the universe; add a line for it"):
        packaged["XYZ"]
    with pytest.raises(UnknownBasketError, match=r"There is no basket 'moon'; choose one of all, asia, us, "):
        packaged.basket("moon")


def test_a_users_line_appears_in_its_baskets(tmp_path: Path) -> None:
    text = PACKAGED.read_text(encoding="utf-8")
    line = '    { symbol = "6976.T", name = "Taiyo Yuden" },\n'
    head = '[layer.memory]\nname = "Memory and storage"\ninstruments = [\n'
    assert head in text
    before, after = load_universe(), load_universe(written(tmp_path, text.replace(head, head + line)))
    for basket in ("all", "asia", "memory"):
        grown = set(after.basket(basket).symbols) - set(before.basket(basket).symbols)
        assert grown == {"6976.T"}, basket
    assert after.basket("us") == before.basket("us")
    item = after["6976.T"]
    assert (item.exchange.city, item.currency, item.kind, item.layer.id) == (
        "Tokyo",
        "JPY",
        "equity",
        "memory",
    )


def test_a_users_layer_is_a_basket_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        EXCHANGES
        + MEMORY % '{ symbol = "MU", name = "Micron" }'
        + '[layer.mine]\nname = "Mine"\ninstruments = [{ symbol = "X.T", name = "X" }]\n'
        + '[layer.other]\nname = "Other"\nbasket = false\ninstruments = [{ symbol = "Y", name = "Y" }]\n',
    )
    found = load_universe(path)
    assert set(found.baskets) == {"all", "asia", "us", "memory", "mine"}
    assert found.basket("all").symbols == ("MU", "X.T")
    assert found.basket("mine").label == "Mine, 1"


def test_a_line_says_all_it_may(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        '{ symbol = "MU", name = "Micron" }',
        '{ symbol = "MU2", name = "Micron 2", exchange = "XTKS", currency = "EUR", proxy_of = "MU", '
        "start = 2020-01-02, end = 2021-01-04 }",
    )
    item = load_universe(path)["MU2"]
    assert (item.exchange.mic, item.currency, item.proxy_of, item.in_baskets) == ("XTKS", "EUR", "MU", False)
    assert [item.active_on(date(year, 6, 1)) for year in (2019, 2020, 2021)] == [False, True, False]


GOOD = '{ symbol = "MU", name = "Micron" }'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{ name = "Micron" }', "a line of layer memory has no symbol; each needs symbol and name."),
        ('{ symbol = " ", name = "Micron" }', "a line of layer memory has no symbol"),
        ("{ symbol = 5 }", "a line of layer memory has no symbol"),
        ('"MU"', "a line of layer memory has no symbol"),
        ('{ symbol = "X" }', 'X needs a name = "…".'),
        (
            '{ symbol = "X", name = "X", colour = 1, ad = 2 }',
            "X has unknown keys ad, colour; known are currency, ",
        ),
        (
            '{ symbol = "X", name = "X", kind = "bond" }',
            "X has kind 'bond'; choose one of equity, index, etf, fx, rate.",
        ),
        ('{ symbol = "X", name = "X", kind = ["fx"] }', "X has kind ['fx']; choose one of equity"),
        ('{ symbol = "X", name = "X", exchange = "XLON" }', "X names exchange 'XLON'; known are XTKS, XNYS."),
        (
            '{ symbol = "X", name = "X", start = "2026-06-12" }',
            "X has start = '2026-06-12'; write a date such as",
        ),
        ('{ symbol = "X", name = "X", end = 2026-06-12T00:00:00Z }', "X has end = "),
        ('{ symbol = "X", name = "X", proxy_of = "Y" }', "X is a proxy of Y, which is not in the file."),
        (GOOD, "MU stands twice; keep one line."),
    ],
)
def test_a_bad_line_is_named_with_its_fix(tmp_path: Path, line: str, said: str) -> None:
    path = lines(tmp_path, GOOD, line)
    with pytest.raises(UniverseError) as caught:
        load_universe(path)
    assert str(caught.value).startswith(f"Cannot use the universe file {path}: {said}")
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layer = [", "it is not valid TOML: "),
        ("", "it has no [exchange] table; copy it from the packaged file."),
        (EXCHANGES, "it has no [layer.NAME] table; add one with its instruments."),
        (EXCHANGES + "[layer]\n", "it has no [layer.NAME] table"),
        ("layer = 5", "it has no [exchange] table; copy it from the packaged file."),
        (MEMORY % GOOD, "it has no [exchange] table"),
        ("exchange = 1\n" + MEMORY % GOOD, "it has no [exchange] table"),
        (
            '[exchange]\nX = { city = "A" }\n' + MEMORY % GOOD,
            "exchange X needs city, region, currency, timezone",
        ),
        ("[exchange]\nX = 5\n" + MEMORY % GOOD, "exchange X needs city, region"),
        (
            EXCHANGES + '[layer.asia]\nname = "A"\n',
            "a layer cannot be called asia: that is a basket already.",
        ),
        (EXCHANGES + "[layer.x]\ninstruments = []\n", 'layer x needs a name = "…".'),
        (EXCHANGES + "[layer]\nx = 5\n", 'layer x needs a name = "…".'),
        (
            EXCHANGES + '[layer.x]\nname = "X"\ninstruments = 5\n',
            "the instruments of layer x must be a list of lines.",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UniverseError) as caught:
        load_universe(written(tmp_path, text))
    assert caught.value.problem.startswith(said)


@pytest.mark.parametrize("key", ['exchange = ["XTKS"]', 'proxy_of = ["MU"]', "currency = 5"])
def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(UniverseError, match="X "):
        load_universe(lines(tmp_path, GOOD, f'{{ symbol = "X", name = "X", {key} }}'))


def test_a_calendar_that_is_not_known_is_refused(tmp_path: Path) -> None:
    text = EXCHANGES.replace('calendar = "XTKS"', 'calendar = "XTYO"') + MEMORY % GOOD
    with pytest.raises(UniverseError, match="XTYO"):
        load_universe(written(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UniverseError, match="No such file or directory; check the path"):
        load_universe(tmp_path / "none.toml")
    with pytest.raises(UniverseError, match="Is a directory; check the path"):
        load_universe(tmp_path)
    path = tmp_path / "u.toml"
    path.write_bytes('name = "Größe"'.encode("latin-1"))
    with pytest.raises(UniverseError, match="it is not UTF-8 text; save it as UTF-8"):
        load_universe(path)


@pytest.mark.parametrize(
    ("symbol", "says"),
    [
        ("300309.SZ", ('XSHE = { city = "Shenzhen"', 'currency = "CNY"', 'calendar = "XSHG"')),
        ("601139.SS", ('XSHG = { city = "Shanghai"', 'currency = "CNY"')),
        ("058471.KQ", ('XKOS = { city = "Seoul"', 'currency = "KRW"', 'calendar = "XKRX"')),
        ("NXU.AX", ('XASX = { city = "Sydney"', 'currency = "AUD"')),
        ("3661.TWO", ('ROCO = { city = "Taipei"', 'suffix = ".TWO"')),
        ("7203.T", ('XTKS = { city = "Tokyo"', 'currency = "JPY"')),
        ("ABC.QQ", ('add one with suffix = ".QQ" and its currency',)),
    ],
)
def test_a_suffix_of_no_exchange_is_refused_with_the_line_to_add(
    tmp_path: Path, symbol: str, says: tuple[str, ...]
) -> None:
    file = tmp_path / "mine.toml"
    lines = f'\n[layer.names]\nname = "Names"\ninstruments = [{{ symbol = "{symbol}", name = "A" }}]\n'
    file.write_text(NEW_YORK + lines, encoding="utf-8")
    with pytest.raises(UniverseError) as caught:
        load_universe(file)
    said = str(caught.value)
    assert f"{symbol} ends in " in said and all(part in said for part in says)
    if "[exchange]: " in said:
        line = said.split("add under [exchange]: ")[1]
        file.write_text(f"[exchange]\n{line}\n" + NEW_YORK + lines, encoding="utf-8")
        item = load_universe(file)[symbol]
        assert item.exchange.suffix == symbol[-len(item.exchange.suffix) :]
        assert len(Calendars()[item.exchange.calendar].sessions) > 2_000


def test_shares_of_a_class_and_indices_stay_in_new_york(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    lines = '\n[layer.names]\nname = "Names"\ninstruments = [\n{ symbol = "QQB-B", name = "B" },\n'
    file.write_text(
        NEW_YORK + lines + '{ symbol = "^QQ.I", name = "I", kind = "index" },\n]\n', encoding="utf-8"
    )
    assert {item.exchange.mic for item in load_universe(file).instruments} == {"XNYS"}


def test_the_longest_suffix_places_a_symbol(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    other = TOKYO.replace("XTKS]", "XOTHER]").replace('".T"', '"0.T"').replace("Tokyo", "Elsewhere", 1)
    lines = '\n[layer.names]\nname = "Names"\ninstruments = [{ symbol = "7770.T", name = "A" }]\n'
    file.write_text(TOKYO + other + lines, encoding="utf-8")
    assert load_universe(file)["7770.T"].exchange.mic == "XOTHER"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('symbol = "6857.t"', "6857.t is no symbol of Tokyo; write 6857.T."),
        ('symbol = "6857"', "6857 lacks its exchange; add the suffix, one of .T."),
        (
            'symbol = "6857.T", exchange = "XNYS"',
            "6857.T ends in .T, the suffix of XTKS, and names exchange XNYS",
        ),
        ('symbol = "MU "', "'MU ' is no symbol; write it as Yahoo does"),
        ('symbol = "ＭＵ"', "'ＭＵ' is no symbol; write it as Yahoo does"),
        ('symbol = "BF.B"', "a class of shares is written BF-B; else give its line an exchange"),
        ('symbol = "ABC.L"', 'currency = "GBp"'),
        ('symbol = "ABC.JO"', 'currency = "ZAc"'),
        ('symbol = "ABC.TA"', 'currency = "ILA"'),
    ],
)
def test_a_symbol_that_would_be_another_exchanges_is_refused(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    lines = f'\n[layer.names]\nname = "Names"\ninstruments = [{{ {line}, name = "A" }}]\n'
    file.write_text(TOKYO + NEW_YORK + lines, encoding="utf-8")
    with pytest.raises(UniverseError) as caught:
        load_universe(file)
    assert says in str(caught.value)
