"""Symbols as people write them: one reader for addresses, commands, forms and file names.

``nvda``, ``ＮＶＤＡ``, ``$NVDA``, ``NVDA US``, ``NASDAQ:NVDA``, ``005930``, ``005930 KS``, ``KRX:005930``,
``BRK.B``, ``700 HK``, ``SK Hynix``. What fits one line of the universe is that line; what fits none or two
is named with what it may mean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from models.errors import UnknownSymbolError
from models.universe import Instrument, Universe

LONGEST = 60
"""The longest text that is looked at, in characters."""
_NEAR = 3
_WORDS = 4
_CLOSE, _CLOSE_SHORT = 0.75, 0.65
_SUFFIXES = {
    **dict.fromkeys(("jp", "jt", "t", "tyo", "tse", "tok", "xtks", "jpx"), ".T"),
    **dict.fromkeys(("ks", "kp", "krx", "kse", "xkrx", "kospi"), ".KS"),
    **dict.fromkeys(("kq", "kosdaq", "xkos"), ".KQ"),
    **dict.fromkeys(("tt", "tw", "tpe", "twse", "xtai"), ".TW"),
    **dict.fromkeys(("two", "tpex", "roco"), ".TWO"),
    **dict.fromkeys(("hk", "hkg", "hkex", "sehk", "xhkg"), ".HK"),
    **dict.fromkeys(("ch", "cg", "sh", "ss", "sha", "sse", "xshg"), ".SS"),
    **dict.fromkeys(("cs", "sz", "she", "szse", "xshe"), ".SZ"),
    **dict.fromkeys(("ln", "lse", "lon", "xlon"), ".L"),
    **dict.fromkeys(("gy", "gr", "etr", "xetr", "de"), ".DE"),
    **dict.fromkeys(("na", "ams", "xams"), ".AS"),
    **dict.fromkeys(("fp", "epa", "xpar"), ".PA"),
    **dict.fromkeys(("au", "at", "asx", "xasx"), ".AX"),
    **dict.fromkeys(("sp", "sgx", "xses"), ".SI"),
    **dict.fromkeys(("us", "un", "uw", "uq", "ur", "up", "ua", "uf", "o", "oq", "n"), ""),
    **dict.fromkeys(("nasdaq", "nyse", "amex", "nysearca", "arca", "nms", "nyq", "xnas", "xnys", "arcx"), ""),
}
"""Suffix of the universe by what Bloomberg, Reuters, Google, TradingView, Stooq and exchanges write."""
_LETTER = re.compile(r"[./_\s-]+")
_KINDS = re.compile(r"\s+(equity|index|curncy|comdty|corp)$")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that names no line of the universe, and the symbols it may mean."""

    text: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text} (did you mean {' or '.join(self.near)}?)" if self.near else self.text


@dataclass(frozen=True, slots=True)
class Names:
    """What a list of names says: the symbols, each once in the order given, and what names none."""

    symbols: tuple[str, ...]
    unknown: tuple[Unknown, ...] = ()

    @property
    def sentence(self) -> str:
        """What was left out, in one sentence; empty when nothing was."""
        if not self.unknown:
            return ""
        if len(self.unknown) == 1:
            (only,) = self.unknown
            remedy = f"did you mean {' or '.join(only.near)}?" if only.near else _REMEDY
            return f"not known: {only.text}; {remedy}"
        shown = ", ".join(map(str, self.unknown[:8]))
        more = f" and {len(self.unknown) - 8} more" if len(self.unknown) > 8 else ""
        return f"not known: {shown}{more}; {_REMEDY}"


_REMEDY = "correct it, or add a line for it to the universe file."


def read_symbol(text: str, universe: Universe) -> str:
    """Return the symbol of the universe that a text names.

    Raises
    ------
    UnknownSymbolError
        If it names none, or may be several; the sentence says which.
    """
    book = _book(universe)
    found = book.symbol(text)
    if found is None:
        raise UnknownSymbolError(_shown(text), book.near(text))
    return found


def find_symbol(text: str, universe: Universe) -> str | None:
    """Return the symbol of the universe that a text names, None when it names none or several."""
    return _book(universe).symbol(text)


def near_symbols(text: str, universe: Universe) -> tuple[str, ...]:
    """Return the symbols that a text may mean, the likeliest first."""
    return _book(universe).near(text)


def read_symbols(text: str, universe: Universe) -> Names:
    """Return the symbols that a list names, and what in it names none.

    Commas, semicolons and line ends part names; spaces do where the words between two commas are not
    one name: ``NVDA MU``, ``005930 KS 9984 JT``.
    """
    book = _book(universe)
    symbols: dict[str, None] = {}
    unknown: dict[str, Unknown] = {}
    for part in re.split(r"[,;|\n\r\t、]+", unicodedata.normalize("NFKC", text)):
        if not part.strip():
            continue
        for words, found in book.split(part.strip()):
            if found is not None:
                symbols[found] = None
            else:
                unknown[words] = Unknown(_shown(words), book.near(words))
    return Names(tuple(symbols), tuple(unknown.values()))


class _Book:
    """The lines of a universe by all that may be written for them."""

    def __init__(self, universe: Universe) -> None:
        self._lines = universe.instruments
        self._symbols = {_plain(item.symbol): item.symbol for item in self._lines}
        self._keys: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._codes: dict[str, set[str]] = {}
        for item in self._lines:
            for key in _keys(item):
                self._keys.setdefault(key, set()).add(item.symbol)
            self._names.setdefault(_name(item.name), set()).add(item.symbol)
            self._codes.setdefault(_code(item), set()).add(item.symbol)

    def symbol(self, text: str) -> str | None:
        """The one symbol that a text names, None for none or several."""
        plain = _plain(text)
        if not plain or len(plain) > LONGEST:
            return None
        if plain in self._symbols:
            return self._symbols[plain]
        return _only(self._meant(plain))

    def _meant(self, plain: str) -> set[str]:
        """Every symbol that a text names by the first rule that fits."""
        plain = plain.lstrip("$#")
        bare = _KINDS.sub("", plain)
        for found in (self._names.get(_name(plain)), self._placed(bare), self._keys.get(_key(bare))):
            if found:
                return found
        if re.fullmatch(r"\d{1,6}", bare, re.ASCII):
            whole = self._codes.get(bare, set())
            hong_kong = self._codes.get(bare.zfill(4), set()) if len(bare) < 4 else set()
            return whole | {symbol for symbol in hong_kong if symbol.endswith(".HK")}
        return set()

    def _placed(self, plain: str) -> set[str] | None:
        """The symbols of a code with its exchange, before or after it; None where no exchange is named."""
        for code, place in _placings(plain):
            suffix = _SUFFIXES.get(place)
            if suffix is None:
                continue
            wanted = {
                item.symbol
                for item in self._lines
                if _suffix(item) == suffix and item.kind not in ("index", "fx") and _same(item, code)
            }
            if wanted:
                return wanted
        return None

    def split(self, part: str) -> Iterator[tuple[str, str | None]]:
        """The names in a text between commas, each with its symbol, or with None."""
        whole = self.symbol(part)
        words = part.split()
        if whole is not None or len(words) < 2:
            yield part, whole
            return
        found: list[tuple[str, str | None]] = []
        at = 0
        while at < len(words):
            for end in range(min(len(words), at + _WORDS), at, -1):
                text = " ".join(words[at:end])
                symbol = self.symbol(text)
                if symbol is not None:
                    break
            found.append((text, symbol))
            at = end
        yield from found if any(symbol for _, symbol in found) else [(part, None)]

    def near(self, text: str) -> tuple[str, ...]:
        """Symbols that a text may mean: the same code elsewhere, a name that begins so, a near spelling."""
        plain = _plain(text).lstrip("$#")
        if not plain or len(plain) > LONGEST:
            return ()
        found = dict.fromkeys(sorted(self._meant(plain)))
        code = re.split(r"[.:\s]", plain)[0]
        for item in self._lines:
            stem = _code(item)
            digits = code.isdigit() and stem.isdigit() and code.lstrip("0") == stem.lstrip("0")
            begins = len(plain) >= 3 and _name(item.name).startswith(_name(plain))
            if stem == code or digits or begins or (len(plain) >= 4 and plain in item.name.lower()):
                found[item.symbol] = None
        if not found and len(plain) > 2:
            close = get_close_matches(
                plain, [*self._symbols, *self._names], _NEAR, _CLOSE if len(plain) > 3 else _CLOSE_SHORT
            )
            for word in close:
                if word in self._symbols:
                    found[self._symbols[word]] = None
                else:
                    found |= dict.fromkeys(sorted(self._names[word]))
        return tuple(found)[:_NEAR]


@lru_cache(maxsize=8)
def _book(universe: Universe) -> _Book:
    return _Book(universe)


def _plain(text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text[: 4 * LONGEST])
    shown = "".join(letter for letter in narrow if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return " ".join(shown.split()).strip("'\"“”‘’` ").casefold()


def _shown(text: str) -> str:
    letters = unicodedata.normalize("NFKC", text)[:80]
    plain = " ".join("".join(letter for letter in letters if letter.isprintable()).split())
    return plain[:40] or repr(text[:10])


def _name(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _key(plain: str) -> str:
    """A symbol with every parting mark alike: BRK.B, BRK-B and BRK/B are one."""
    return _LETTER.sub("-", plain).strip("-")


def _suffix(item: Instrument) -> str:
    suffix = item.exchange.suffix
    return suffix if suffix and item.symbol.endswith(suffix) else ""


def _code(item: Instrument) -> str:
    """The symbol without caret, suffix and the mark of a currency pair, in small letters."""
    return item.symbol.removesuffix(_suffix(item)).removeprefix("^").removesuffix("=X").casefold()


def _keys(item: Instrument) -> Iterator[str]:
    """What stands for a line besides its symbol: an index without its caret, a pair by its currencies."""
    yield _key(item.symbol.casefold())
    if item.symbol.startswith("^"):
        yield _key(_code(item))
    if item.kind == "fx":
        code = _code(item)
        if len(code) == 3:
            yield from (code, f"usd{code}", f"usd-{code}")


def _same(item: Instrument, code: str) -> bool:
    own = _key(_code(item))
    return own == _key(code) or (code.isdigit() and own.isdigit() and own.lstrip("0") == code.lstrip("0"))


def _placings(plain: str) -> Iterator[tuple[str, str]]:
    """Code and exchange as a text may hold them: ``KRX:005930``, ``NVDA:US``, ``700 HK``, ``9984.JP``."""
    for mark in (":", " ", "."):
        before, found, after = plain.rpartition(mark)
        if found and before and after:
            yield before.strip(), after.strip()
            if mark == ":":
                yield after.strip(), before.strip()


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None
