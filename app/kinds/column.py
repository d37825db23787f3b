"""A column of an answer: its key, its head, and how its values are written everywhere.

How a value reads is said once, where the rows are made. The page's table, the command's, slides and alert
sentences write it by its format; JSON and CSV carry it plain (fractions, ISO dates).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.market import words

Kind = Literal["number", "text", "time"]


@dataclass(frozen=True, slots=True)
class Format:
    """How the values of a column are written.

    ``write`` gives the text of a value that is there; ``unit`` is what a head says after its label, when
    the column says no unit of its own. ``signed`` figures take the colours of a fall and a rise.
    """

    name: str
    write: Callable[[Any], str]
    kind: Kind = "number"
    unit: str = ""
    signed: bool = False

    def text(self, value: Any) -> str:
        """A value as it reads; ``n/a`` for one that is missing."""
        return words.MISSING if words.missing(value) else self.write(value)


def _yes_or_no(value: Any) -> str:
    return "yes" if value else "no"


def _day(value: Any) -> str:
    return words.short_day(value)


def _instant(value: datetime) -> str:
    return f"{words.short_day(value)} {value:%H:%M}"


def _moves(value: Iterable[Any]) -> str:
    return ", ".join(f"{item['symbol']} {words.percent(item['change'])}" for item in value)


def _texts(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _count(value: Any) -> str:
    return f"{int(value):,d}".replace("-", words.MINUS)


MOVE = Format("move", words.percent, unit="%", signed=True)
"""A fraction that rises or falls, in percent with its sign: ``−12.5``."""
SHARE = Format("share", words.whole_percent, unit="%")
"""A share or a rate of days, in whole percent: ``66``."""
SIZE = Format("size", lambda value: words.level(float(value) * 100), unit="%")
"""A fraction without a sign, in percent: ``2.1``."""
CORRELATION = Format("correlation", words.correlation)
SCORE = Format("score", words.signed, signed=True)
LEVEL = Format("level", words.level)
TAIL_SHARE = Format("tail", words.tail, unit="%")
PERCENTILE = Format("percentile", words.percentile)
PRICE = Format("price", words.bar_value)
COUNT = Format("count", _count)
NUMBER = Format("number", str)
"""A number as it is: a version, an identifier, a year."""
FLAG = Format("flag", _yes_or_no, kind="text")
TEXT = Format("text", _texts, kind="text")
SYMBOL = Format("symbol", str, kind="text")
"""A symbol of the universe; on a page its name, with the way to it."""
DAY = Format("day", _day, kind="time")
INSTANT = Format("instant", _instant, kind="time")
MOVES = Format("moves", _moves, kind="text")
"""Several names with the move of each: ``[{"symbol": …, "change": …}]``."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` is its name in JSON, CSV and addresses, ``label`` its head on pages.

    A ``wide`` column stands on a screen with room alone. ``alert`` columns may carry a rule.
    """

    key: str
    format: Format
    label: str = ""
    unit: str = ""
    wide: bool = False
    alert: bool = False

    @property
    def head(self) -> str:
        """Its head with its unit: ``Now, %``."""
        label = self.label or self.key.replace("_", " ")
        unit = self.unit or self.format.unit
        return f"{label}, {unit}" if unit else label


Columns = tuple[Column, ...]


def columns(format_: Format, *keys: str) -> Columns:
    """Several columns of one format, each called by its key."""
    return tuple(Column(key, format_) for key in keys)


def keys(given: Iterable[Column]) -> tuple[str, ...]:
    """The keys of columns, in their order."""
    return tuple(column.key for column in given)
