"""The universe: instruments by layer of the AI stack, their exchanges, and the baskets."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from models.errors import UniverseError, UnknownBasketError, UnknownSymbolError
from models.sessions import CALENDARS

Kind = Literal["equity", "index", "etf", "fx", "rate"]
PACKAGED = Path(__file__).with_name("universe.toml")
_LINE_KEYS = {"symbol", "name", "exchange", "kind", "currency", "start", "end", "proxy_of"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A venue: its code, city, region (asia, us, world), currency, zone and calendar.

    ``prefer`` names a source, such as ``csv``, whose closes no other source overwrites; none by default.
    """

    mic: str
    city: str
    region: str
    currency: str
    timezone: str
    calendar: str
    suffix: str = ""
    prefer: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the AI stack; ``basket`` is False for what is only measured against."""

    id: str
    name: str
    basket: bool = True


@dataclass(frozen=True, slots=True)
class Instrument:
    """One line of the universe file.

    ``currency`` is the currency of the price; for a currency pair it is the currency
    quoted per US dollar. ``proxy_of`` names the same company's home listing.
    """

    symbol: str
    name: str
    exchange: Exchange
    layer: Layer
    kind: Kind
    currency: str
    start: date | None = None
    end: date | None = None
    proxy_of: str | None = None

    @property
    def region(self) -> str:
        """The region of its exchange: asia, us or world."""
        return self.exchange.region

    @property
    def in_baskets(self) -> bool:
        """Whether the name counts in baskets and breadth."""
        return self.layer.basket and self.kind == "equity" and self.proxy_of is None

    def active_on(self, session: date) -> bool:
        """Whether the symbol stood for this security on that session."""
        return (self.start is None or session >= self.start) and (self.end is None or session <= self.end)


@dataclass(frozen=True, slots=True)
class Basket:
    """An equal-weight set of names with the label that stands on charts."""

    id: str
    name: str
    symbols: tuple[str, ...]

    @property
    def label(self) -> str:
        """Name and size, as on a chart: ``AI basket, 42``."""
        return f"{self.name}, {len(self.symbols)}"


@dataclass(frozen=True)
class Universe:
    """All instruments in file order, with their layers and exchanges."""

    instruments: tuple[Instrument, ...]
    layers: tuple[Layer, ...]
    exchanges: tuple[Exchange, ...]

    @cached_property
    def _by_symbol(self) -> dict[str, Instrument]:
        return {item.symbol: item for item in self.instruments}

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._by_symbol

    def __getitem__(self, symbol: str) -> Instrument:
        try:
            return self._by_symbol[symbol]
        except KeyError:
            raise UnknownSymbolError(symbol) from None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol, in file order."""
        return tuple(self._by_symbol)

    @cached_property
    def members(self) -> tuple[Instrument, ...]:
        """The names that count in baskets, in file order."""
        return tuple(item for item in self.instruments if item.in_baskets)

    @cached_property
    def symbols_by_layer(self) -> tuple[tuple[str, ...], ...]:
        """The symbols of each layer, in file order."""
        return tuple(
            tuple(item.symbol for item in self.instruments if item.layer == layer) for layer in self.layers
        )

    @cached_property
    def baskets(self) -> dict[str, Basket]:
        """Every basket by id: ``all``, ``asia``, ``us``, then one a layer."""
        named = {"all": ("AI basket", list(self.members))}
        for region, name in (("asia", "Asia AI"), ("us", "US AI")):
            named[region] = (name, [item for item in self.members if item.region == region])
        for layer in self.layers:
            if layer.basket:
                named[layer.id] = (layer.name, [item for item in self.members if item.layer == layer])
        return {
            key: Basket(key, name, tuple(item.symbol for item in items))
            for key, (name, items) in named.items()
        }

    def basket(self, basket_id: str) -> Basket:
        """Return a basket by id.

        Raises
        ------
        UnknownBasketError
            If the id is neither ``all``, a region nor a layer.
        """
        try:
            return self.baskets[basket_id]
        except KeyError:
            raise UnknownBasketError(basket_id, tuple(self.baskets)) from None

    def currency_pair(self, currency: str) -> str | None:
        """Return the symbol that quotes a currency per US dollar, None for the dollar itself."""
        for item in self.instruments:
            if item.kind == "fx" and item.currency == currency:
                return item.symbol
        return None


def load_universe(path: Path | str | None = None) -> Universe:
    """Read and check a universe file; without a path, the one the product ships.

    Raises
    ------
    UniverseError
        If the file is missing, is not TOML, or an entry is unknown, double or
        incomplete; the message names the entry and the fix.
    """
    source = Path(path) if path else PACKAGED
    try:
        document = tomllib.loads(source.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UniverseError(source, f"{error.strerror or error}; check the path.") from error
    except UnicodeDecodeError as error:
        raise UniverseError(source, "it is not UTF-8 text; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise UniverseError(source, f"it is not valid TOML: {error}.") from error
    return _parse(document, source)


def _parse(document: dict[str, Any], source: Path) -> Universe:
    exchanges = _exchanges(document.get("exchange"), source)
    layers: list[Layer] = []
    instruments: list[Instrument] = []
    seen: set[str] = set()
    tables = document.get("layer")
    if not isinstance(tables, dict) or not tables:
        raise UniverseError(source, "it has no [layer.NAME] table; add one with its instruments.")
    for layer_id, table in tables.items():
        layer, lines = _layer(layer_id, table, source)
        layers.append(layer)
        for line in lines:
            item = _instrument(line, layer, exchanges, source)
            if item.symbol in seen:
                raise UniverseError(source, f"{item.symbol} stands twice; keep one line.")
            seen.add(item.symbol)
            instruments.append(item)
    for item in instruments:
        if item.proxy_of is not None and item.proxy_of not in seen:
            raise UniverseError(
                source, f"{item.symbol} is a proxy of {item.proxy_of}, which is not in the file."
            )
    return Universe(tuple(instruments), tuple(layers), tuple(exchanges.values()))


def _exchanges(tables: Any, source: Path) -> dict[str, Exchange]:
    if not isinstance(tables, dict) or not tables:
        raise UniverseError(source, "it has no [exchange] table; copy it from the packaged file.")
    found = {}
    for mic, table in tables.items():
        try:
            found[mic] = Exchange(mic=mic, **table)
            if found[mic].calendar not in CALENDARS:
                known = ", ".join(CALENDARS)
                raise UniverseError(
                    source, f"exchange {mic} has no calendar {found[mic].calendar!r}; known are {known}."
                )
        except TypeError:
            raise UniverseError(
                source,
                f"exchange {mic} needs city, region, currency, timezone and calendar, "
                "and no other key but suffix and prefer.",
            ) from None
    return found


def _layer(layer_id: str, table: Any, source: Path) -> tuple[Layer, list[Any]]:
    if layer_id in ("all", "asia", "us"):
        raise UniverseError(source, f"a layer cannot be called {layer_id}: that is a basket already.")
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise UniverseError(source, f'layer {layer_id} needs a name = "…".')
    lines = table.get("instruments", [])
    if not isinstance(lines, list):
        raise UniverseError(source, f"the instruments of layer {layer_id} must be a list of lines.")
    return Layer(layer_id, table["name"], bool(table.get("basket", True))), lines


def _instrument(line: Any, layer: Layer, exchanges: dict[str, Exchange], source: Path) -> Instrument:
    symbol = line.get("symbol") if isinstance(line, dict) else None
    if not isinstance(symbol, str) or not symbol.strip():
        raise UniverseError(source, f"a line of layer {layer.id} has no symbol; each needs symbol and name.")
    unknown = set(line) - _LINE_KEYS
    if unknown:
        named, known = ", ".join(sorted(unknown)), ", ".join(sorted(_LINE_KEYS))
        raise UniverseError(source, f"{symbol} has unknown keys {named}; known are {known}.")
    if not isinstance(line.get("name"), str):
        raise UniverseError(source, f'{symbol} needs a name = "…".')
    kind = line.get("kind", "equity")
    if kind not in get_args(Kind):
        raise UniverseError(source, f"{symbol} has kind {kind!r}; choose one of {', '.join(get_args(Kind))}.")
    for key in ("currency", "exchange", "proxy_of"):
        if key in line and not isinstance(line[key], str):
            raise UniverseError(source, f"{symbol} has {key} = {line[key]!r}; write it as text in quotes.")
    for key in ("start", "end"):
        if key in line and type(line[key]) is not date:
            raise UniverseError(
                source, f"{symbol} has {key} = {line[key]!r}; write a date such as 2026-06-12."
            )
    exchange = _exchange_of(symbol, line.get("exchange"), exchanges, source)
    return Instrument(
        symbol=symbol,
        name=line["name"],
        exchange=exchange,
        layer=layer,
        kind=kind,
        currency=line.get("currency", exchange.currency),
        start=line.get("start"),
        end=line.get("end"),
        proxy_of=line.get("proxy_of"),
    )


_ELSEWHERE: dict[str, tuple[str, str, str, str, str, str]] = {
    ".SS": ("XSHG", "Shanghai", "asia", "CNY", "Asia/Shanghai", "XSHG"),
    ".SZ": ("XSHE", "Shenzhen", "asia", "CNY", "Asia/Shanghai", "XSHG"),
    ".KQ": ("XKOS", "Seoul", "asia", "KRW", "Asia/Seoul", "XKRX"),
    ".KS": ("XKRX", "Seoul", "asia", "KRW", "Asia/Seoul", "XKRX"),
    ".T": ("XTKS", "Tokyo", "asia", "JPY", "Asia/Tokyo", "XTKS"),
    ".TW": ("XTAI", "Taipei", "asia", "TWD", "Asia/Taipei", "XTAI"),
    ".TWO": ("ROCO", "Taipei", "asia", "TWD", "Asia/Taipei", "XTAI"),
    ".HK": ("XHKG", "Hong Kong", "asia", "HKD", "Asia/Hong_Kong", "XHKG"),
    ".AX": ("XASX", "Sydney", "asia", "AUD", "Australia/Sydney", "XASX"),
    ".SI": ("XSES", "Singapore", "asia", "SGD", "Asia/Singapore", "XSES"),
    ".NS": ("XNSE", "Mumbai", "asia", "INR", "Asia/Kolkata", "XBOM"),
    ".BO": ("XBOM", "Mumbai", "asia", "INR", "Asia/Kolkata", "XBOM"),
    ".L": ("XLON", "London", "world", "GBp", "Europe/London", "XLON"),
    ".DE": ("XETR", "Frankfurt", "world", "EUR", "Europe/Berlin", "XETR"),
    ".F": ("XFRA", "Frankfurt", "world", "EUR", "Europe/Berlin", "XFRA"),
    ".PA": ("XPAR", "Paris", "world", "EUR", "Europe/Paris", "XPAR"),
    ".AS": ("XAMS", "Amsterdam", "world", "EUR", "Europe/Amsterdam", "XAMS"),
    ".MI": ("XMIL", "Milan", "world", "EUR", "Europe/Rome", "XMIL"),
    ".SW": ("XSWX", "Zurich", "world", "CHF", "Europe/Zurich", "XSWX"),
    ".ST": ("XSTO", "Stockholm", "world", "SEK", "Europe/Stockholm", "XSTO"),
    ".TO": ("XTSE", "Toronto", "world", "CAD", "America/Toronto", "XTSE"),
    ".JO": ("XJSE", "Johannesburg", "world", "ZAc", "Africa/Johannesburg", "XJSE"),
    ".TA": ("XTAE", "Tel Aviv", "world", "ILA", "Asia/Jerusalem", "XTAE"),
    ".SA": ("BVMF", "Sao Paulo", "world", "BRL", "America/Sao_Paulo", "BVMF"),
}
"""Exchanges by the suffix that Yahoo gives them: code, city, region, currency, zone and calendar.

London, Johannesburg and Tel Aviv quote in hundredths: GBp, ZAc and ILA are what their prices are in.
"""


def _foreign_suffix(symbol: str) -> str | None:
    """The suffix of a symbol that no exchange of the file has; None where it stands for New York.

    A class of shares is written with a hyphen, BRK-B: whatever stands after a point is an exchange.
    """
    if symbol.startswith("^"):
        return None
    head, point, tail = symbol.rpartition(".")
    return f".{tail}" if point and head else None


def _to_add(symbol: str, suffix: str) -> str:
    """Why a symbol cannot be placed, and the line that places it."""
    said = f"{symbol} ends in {suffix}, which no [exchange] of the file has; "
    known = _ELSEWHERE.get(suffix.upper())
    if known is None and len(suffix) == 2:
        said += f"a class of shares is written {symbol.replace('.', '-')}; else "
    if known is None:
        return said + f'give its line an exchange, or add one with suffix = "{suffix}" and its currency.'
    mic, city, region, currency, timezone, calendar = known
    fields = (
        f'city = "{city}", region = "{region}", currency = "{currency}", timezone = "{timezone}", '
        f'calendar = "{calendar}", suffix = "{suffix}"'
    )
    return said + f"add under [exchange]: {mic} = {{ {fields} }}"


_SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=&-]*", re.ASCII)


def _exchange_of(symbol: str, named: Any, exchanges: dict[str, Exchange], source: Path) -> Exchange:
    if not _SYMBOL.fullmatch(symbol):
        raise UniverseError(
            source, f"{symbol!r} is no symbol; write it as Yahoo does, in plain letters without blanks."
        )
    # the longest suffix counts: 1234.TWO is not of an exchange whose suffix is .O
    fits = [
        item for item in exchanges.values() if item.suffix and symbol.upper().endswith(item.suffix.upper())
    ]
    mine = max(fits, key=lambda item: len(item.suffix), default=None)
    if mine is not None and not symbol.endswith(mine.suffix):
        right = symbol[: -len(mine.suffix)] + mine.suffix
        raise UniverseError(source, f"{symbol} is no symbol of {mine.city}; write {right}.")
    if mine is not None and named in exchanges and exchanges[named].suffix != mine.suffix:
        raise UniverseError(
            source,
            f"{symbol} ends in {mine.suffix}, the suffix of {mine.mic}, and names exchange {named}; take "
            "the exchange out of its line.",
        )
    if named is None:
        if mine is not None:
            return mine
        if symbol.isdigit():
            ends = ", ".join(
                item.suffix for item in exchanges.values() if item.suffix and item.region == "asia"
            )
            raise UniverseError(
                source, f"{symbol} lacks its exchange; add the suffix{f', one of {ends}' if ends else ''}."
            )
        if (suffix := _foreign_suffix(symbol)) is not None:
            raise UniverseError(source, _to_add(symbol, suffix))
        named = "XNYS"
    if named not in exchanges:
        raise UniverseError(source, f"{symbol} names exchange {named!r}; known are {', '.join(exchanges)}.")
    return exchanges[named]
