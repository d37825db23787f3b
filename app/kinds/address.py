"""What the address of a page says, and back: every control lives in the URL.

A parameter that cannot be used falls back to its default with one sentence for the reader;
nothing typed into an address can fail a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote

from app.market.asof import parse_asof, written
from models.dates import read_day
from models.errors import AftershockError, BadDateError
from models.events import CATEGORIES, SEVERITIES
from models.tickers import read_symbol, read_symbols
from models.types import Instant
from models.universe import Universe

Axis = Literal["sessions", "calendar"]
S = TypeVar("S", bound="PageState")
Reader = Callable[[str], Any]
"""Gives the value of a control for the text in an address, or a part of it as ``Partly``; a text it cannot
use is a ``ValueError``."""
MAX_LINES = 20
MAX_QUERY = 4096
MAX_PARAMETERS = 64
WINDOWS = ("1m", "3m", "6m", "1y", "2024", "2021", "2016", "all")
FALLS = (5, 10, 15, 20)
SHOWN = ("all", "late", "missing", "suspect", "held")
COVERAGE_SORTS = ("universe", "name", "symbol", "first", "last", "bars", "suspect", "held", "revised", "seen")
SORTS = ("name", "day", "low", "now", "trough", "sessions", "worst", "percentile")


@dataclass(frozen=True, slots=True)
class Partly:
    """A control that could be read in part, and a sentence for what was left out."""

    value: Any
    left: str


@dataclass(frozen=True, slots=True)
class PageState:
    """The controls of a page; each page has its own."""

    def query(self, **changes: Any) -> str:
        """The address of this state with some controls changed; defaults are left out."""
        return address(replace(self, **changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagState(PageState):
    """The flags of a time chart, on every page that has one.

    ``flags`` is empty for the page's own choice: events when there are any, else the basket's worst days.
    ``sev`` is the least severity, ``cat`` and ``lay`` a category and a layer, empty for all.
    """

    flags: str = ""
    sev: int = 1
    cat: str = ""
    lay: str = ""


FLAGS = ("events", "days", "none")


@dataclass(frozen=True, slots=True)
class DrawdownState(FlagState):
    """The controls of the Drawdowns page. An empty ``names`` means the page's own choice."""

    basket: str = "all"
    names: tuple[str, ...] = ()
    start: str = "2024"
    axis: str = "sessions"
    currency: Literal["local", "usd"] = "local"
    peak: str = "record"
    align: str = "none"
    show: str = "close"
    fall: int = 10
    rows: str = "lines"
    sort: str = "now"
    asof: str = ""


_KEYS = {"start": "from"}


@dataclass(frozen=True, slots=True)
class DataState(PageState):
    """The controls of the Data page.

    ``symbol`` narrows the held rows and shows a name's revisions, ``known`` as it was known on that
    date or instant; ``run`` opens one run, ``held`` one held row.
    """

    show: str = "all"
    sort: str = "universe"
    symbol: str = ""
    run: int = 0
    held: int = 0
    known: str = ""


def address(state: Any) -> str:
    """A state as a query string; what stands at its default is left out."""
    parts = []
    for item in fields(state):
        value = getattr(state, item.name)
        if value != item.default:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            parts.append(f"{_KEYS.get(item.name, item.name)}={quote(text, safe=',:^=.-')}")
    return "?" + "&".join(parts) if parts else "?"


def parse_drawdowns(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[DrawdownState, list[str]]:
    """Read the controls from a query string; ``now`` is what ``today`` is counted from.

    Returns
    -------
    tuple
        The state, and a sentence for each parameter that was not used.
    """
    own = _DRAWDOWNS | {"align": lambda text: text if text in ("none", "peak") else day_of(text, now)}
    return read_state(DrawdownState(), search, universe, own, now)


def parse_data(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[DataState, list[str]]:
    """Read the controls of the Data page; the same answer as :func:`parse_drawdowns`."""
    own: dict[str, Reader] = {
        "show": one_of(SHOWN),
        "sort": one_of(COVERAGE_SORTS),
        "symbol": lambda text: read_symbol(text, universe),
        "run": lambda text: _number(text, "run"),
        "held": lambda text: _number(text, "row"),
        "known": lambda text: asof_of(text, now),
    }
    return read_state(DataState(), search, universe, own, now)


def read_state(
    state: S,
    search: str | None,
    universe: Universe,
    own: Mapping[str, Reader],
    now: Instant | None = None,
) -> tuple[S, list[str]]:
    """A state with what the address says, and a sentence for each parameter that was not used.

    ``own`` reads the controls that only this page has; flags, basket, names, window and as-of mean the
    same on every page that has them. ``now`` is what ``today`` and a day without a year are counted from.
    """
    given, notices = _parameters(search)
    readers = _shared(universe, now) | dict(own)
    known = {item.name for item in fields(state)}
    for key, text in given.items():
        name = "start" if key == "from" else key
        if name not in known:
            notices.append(f"Ignored the unknown parameter {key[:40]!r}.")
            continue
        try:
            found = readers[name](text)
            if isinstance(found, Partly):
                notices.append(f"Ignored {key}: {found.left}")
                found = found.value
            state = replace(state, **{name: found})
        except (AftershockError, ValueError) as error:
            notices.append(f"Ignored {key}: {error}")
    return state, notices


def _shared(universe: Universe, now: Instant | None) -> dict[str, Reader]:
    return {
        "flags": one_of(FLAGS),
        "sev": one_of(SEVERITIES),
        "cat": one_of(CATEGORIES),
        "lay": one_of(layer.id for layer in universe.layers),
        "basket": lambda text: universe.basket(text).id,
        "names": lambda text: names_of(text, universe),
        "start": lambda text: window_of(text, now),
        "asof": lambda text: asof_of(text, now),
    }


def _number(text: str, of: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text[:40]!r} is not the number of a {of}.")
    return int(text)


def asked_as_of(search: str | None) -> str:
    """The as-of of an address, whatever page it is of; empty when it has none."""
    return _parameters(search)[0].get("asof", "")


def window_start(text: str, last: date, now: Instant | None = None) -> date | None:
    """The first day of a window that ends on ``last``; None for all there is.

    Raises
    ------
    BadDateError
        If the text is neither a year, a date, ``all`` nor a length such as 6m or 3y.
    """
    if text == "all":
        return None
    length = re.fullmatch(r"([0-9]{1,3})([my])", text)
    if length:
        months = int(length[1]) * (12 if length[2] == "y" else 1)
        index = last.year * 12 + last.month - 1 - months
        return date(max(index // 12, 1), index % 12 + 1, min(last.day, 28)) if index > 12 else None
    if re.fullmatch(r"[0-9]{4}", text):
        try:
            return date(int(text), 1, 1)
        except ValueError:
            raise BadDateError(text) from None
    return read_day(text, now)


def _parameters(search: str | None) -> tuple[dict[str, str], list[str]]:
    text = (search or "").lstrip("?")
    if len(text) > MAX_QUERY:
        return {}, [f"Ignored the address: it is {len(text):,} characters long, of at most {MAX_QUERY:,}."]
    try:
        pairs = parse_qsl(text, max_num_fields=MAX_PARAMETERS, errors="replace")
    except ValueError:
        return {}, [f"Ignored the address: it holds more than {MAX_PARAMETERS} parameters."]
    return dict(pairs), []


def day_of(text: str, now: Instant | None = None) -> str:
    """A date, of an instant too, as it is written everywhere."""
    return read_day(text, now).isoformat()


def one_of(known: Iterable[str | int]) -> Reader:
    """The reader of a control with choices: it gives the one that was written."""
    choices = {str(choice): choice for choice in known}

    def read(text: str) -> str | int:
        if text not in choices:
            raise ValueError(f"{text[:40]!r} is not one of {', '.join(choices)}.")
        return choices[text]

    return read


def asof_of(text: str, now: Instant | None = None) -> str:
    """An as-of as addresses write it, however it was typed: a date, or an instant in UTC."""
    found = parse_asof(text, now)
    if isinstance(found, datetime):
        whole = found.second or found.microsecond
        return found.isoformat().replace("+00:00", "Z") if whole else written(found)
    return found.isoformat() if found is not None else ""


def window_of(text: str, now: Instant | None = None) -> str:
    """The beginning of a window as addresses write it, however it was typed."""
    text = text.strip().lower()
    if text == "all" or re.fullmatch(r"[0-9]{4}|[0-9]{1,3}[my]", text):
        window_start(text, date(2026, 1, 1))
        return text
    return day_of(text, now)


def names_of(text: str, universe: Universe) -> tuple[str, ...] | Partly:
    """Symbols of the universe, each once, in the order given; ``Partly`` when some of them are not known.

    Raises
    ------
    ValueError
        If none is known, or there are more than a chart holds.
    """
    found = read_symbols(text, universe)
    if found.unknown and not found.symbols:
        raise ValueError(found.sentence)
    if len(found.symbols) > MAX_LINES:
        raise ValueError(f"{len(found.symbols)} names; a chart holds at most {MAX_LINES}.")
    return Partly(found.symbols, found.sentence) if found.unknown else found.symbols


_DRAWDOWNS: dict[str, Reader] = {
    "axis": one_of(("sessions", "calendar")),
    "currency": one_of(("local", "usd")),
    "peak": one_of(("record", "year", "window")),
    "show": one_of(("close", "low")),
    "fall": one_of(FALLS),
    "rows": one_of(("lines", "all")),
    "sort": one_of(SORTS),
}
