"""What the columns of price files are called, by sites, exchanges, terminals and spreadsheets."""

from __future__ import annotations

import re
import unicodedata

_WORDS: dict[str, str] = {
    "date": "date day dates datum fecha data tradedate tradingdate tradingday sessiondate session "
    "exchangedate pricedate asofdate tag jour date_ 일자 날짜 거래일 거래일자 기준일 기준일자 "
    "日付 日付け 年月日 取引日 日期 交易日期 交易日",
    "time": "time datetime timestamp 시간 時刻 時間 时间",
    "close": "close closelast closing closeprice closingprice pxlast lastprice last price tradeclose "
    "pxclose schluss schlusskurs schlusskurse kurs cierre chiusura cloture dernier zamkniecie "
    "slotkoers 종가 終値 收盘 收盘价 收盤 收盤價 收市價 收市价 收市",
    "adj_close": "adjclose adjustedclose adjclosing adjustedclosingprice adjustedcloseprice closeadjusted "
    "closeadj adjusted totalreturnclose 수정종가 調整後終値 修正終値 调整后收盘价 "
    "調整後收盤價 bereinigterschlusskurs",
    "open": "open openprice opening openingprice pxopen eroffnung eroffnungskurs erster apertura "
    "ouverture otwarcie 시가 始値 开盘 开盘价 開盤 開盤價 開市",
    "high": "high highprice pxhigh hoch tageshoch maximo massimo plushaut najwyzszy max 고가 高値 "
    "最高 最高价 最高價",
    "low": "low lowprice pxlow tief tagestief minimo plusbas najnizszy min 저가 安値 最低 最低价 最低價",
    "volume": "volume vol volumen volumes umsatz stuck stucke wolumen pxvolume 거래량 出来高 売買高 "
    "成交量 成交股数 成交股數 交易量",
    "symbol": "symbol ticker tickers code security ric instrument 종목코드 단축코드 コード 銘柄コード "
    "证券代码 股票代码 代码 證券代號 代號",
    "currency": "currency ccy wahrung devise 통화 通貨 币种 幣別",
    "period": "per period periodicity interval frequency",
    "dividends": "dividends dividend",
    "splits": "stocksplits splits split",
}
_FIELDS = {word: (field, rank) for field, words in _WORDS.items() for rank, word in enumerate(words.split())}
PRICES = ("open", "high", "low", "close", "adj_close")
VALUES = (*PRICES, "volume")
MONEY = {
    **{"$": "$", "us$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW", "￦": "KRW", "원": "KRW", "円": "JPY"},
    **{"¥": "¥", "￥": "¥", "元": "¥", "nt$": "TWD", "hk$": "HKD", "\\": "", "won": "KRW", "yen": "JPY"},
}
"""Currencies by their signs; ``$`` and ``¥`` are several countries'."""
SIGNS = {
    "$": frozenset({"USD", "HKD", "TWD", "AUD", "CAD", "SGD"}),
    "¥": frozenset({"JPY", "CNY", "CNH"}),
}
_BRACKETS = re.compile(r"[(\[（【](.*?)[)\]）】]")
_CODES = frozenset(
    ("USD", "JPY", "KRW", "TWD", "HKD", "CNY", "CNH", "EUR", "GBP", "GBX", "AUD", "CAD", "SGD", "INR", "CHF")
)


def plain(heading: str) -> str:
    """Return a heading without case, marks, accents, brackets and what stands in them."""
    bare = _BRACKETS.sub("", heading)
    narrow = unicodedata.normalize("NFKC", bare).casefold()
    letters = (letter for letter in unicodedata.normalize("NFKD", narrow) if letter.isalnum())
    # Korean and Japanese letters fall into parts in that form, and are put together again
    return unicodedata.normalize("NFC", "".join(letters))


_NO_PRICE = re.compile(
    r"%|\bindex|\brebas|=\s*100\b|\bpercent|\bpct\b|\bchange|\bthousand|\bmillion|지수|指数", re.I
)


def field_of(heading: str) -> tuple[str, int] | None:
    """Return the field that a heading names and how usual a name it is, the best 0; None for no field.

    A share, an index level or a figure in thousands, as ``Close %`` or ``Close (2020 = 100)``, is none.
    """
    if _NO_PRICE.search(unicodedata.normalize("NFKC", heading)):
        return None
    name = plain(heading)
    if name in _PLAIN:
        return _PLAIN[name]
    # Yahoo's page copies the explanation beside the word
    if name.startswith("adjcloseadjusted"):
        return _PLAIN["adjclose"]
    if name.startswith("closeclosepriceadjusted") or name.startswith("closepriceadjustedforsplits"):
        return _PLAIN["close"]
    return None


_PLAIN = {plain(word): found for word, found in _FIELDS.items()}


_MINOR = {"GBp": "GBp", "GBX": "GBp", "ZAc": "ZAc", "ZAC": "ZAc", "ILA": "ILA", "USX": "USX", "USc": "USX"}
"""Hundredths of a currency that prices are quoted in, as Yahoo writes them: another money than it."""


def money_of(text: str) -> str | None:
    """Return the currency, or the sign of several, that a word names; None for no currency."""
    word = text.strip()
    if word in _MINOR:
        return _MINOR[word]
    if word.upper() in _CODES:
        return word.upper()
    return MONEY.get(word.casefold()) or None


def money_said(text: str) -> str | None:
    """Return what a field of a column of currencies names; a code that is not known is itself."""
    word = text.strip()
    code = re.fullmatch(r"[A-Za-z]{3}", word) and word.lower() not in ("nan", "nil")
    return money_of(word) or (word.upper() if code else None)


def money_in(heading: str) -> str | None:
    """Return the currency that a heading names in brackets: ``Close (USD)``, ``종가(원)``."""
    for inside in _BRACKETS.findall(heading):
        if found := money_of(inside):
            return found
    return None


def fits(money: str, currency: str) -> bool:
    """Return whether a currency or a sign that a file shows can be that of an instrument."""
    return currency in SIGNS.get(money, frozenset({money}))


def is_eastern(headings: list[str]) -> bool:
    """Return whether the headings are Korean, Japanese or Chinese."""
    return any("\u2e80" <= letter <= "\ud7ff" for heading in headings for letter in heading)


_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"periodend"}), "it is a table of company statements"),
    (frozenset({"capex"}), "it is a table of company statements"),
    (frozenset({"filed"}), "it is a table of filed facts"),
    (frozenset({"accession"}), "it is a table of filed facts"),
    (frozenset({"quantity"}), "it is a book of positions"),
    (frozenset({"shares"}), "it is a book of positions"),
    (frozenset({"units"}), "it is a book of positions"),
    (frozenset({"weight"}), "it is a book of positions"),
    (frozenset({"at", "title"}), "it is a file of events; `aftershock events import` takes it"),
    (frozenset({"assets"}), "it is a table of fund assets"),
    (frozenset({"netassets"}), "it is a table of fund assets"),
    (frozenset({"aum"}), "it is a table of fund assets"),
)


def kind_of(headings: list[str]) -> str | None:
    """Return what a file that holds no prices is by its headings, in words; None when they tell nothing."""
    names = {plain(heading) for heading in headings}
    for words, what in _KINDS:
        if words <= names:
            return what
    found = [field_of(heading) for heading in headings]
    dated = any(item is not None and item[0] == "date" for item in found)
    if dated and len(names - {""}) > 1 and all(item is None or item[0] in ("date", "time") for item in found):
        return "it is a series of values by date"
    return None
