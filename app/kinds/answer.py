"""One answer as rows with their notes, and the two forms in which other programs read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.column import Columns, keys
from app.market.left_out import basket_left_out
from app.market.market import View
from app.market.plain import csv_text, json_text
from models.errors import NoPricesError
from models.types import Instant


@dataclass(frozen=True, slots=True)
class Note:
    """Why values are missing, or what to know of them; without a symbol it is about all rows."""

    symbol: str | None
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: rows of plain values (None where missing) with what they were asked of."""

    as_of: date | datetime
    data_version: int
    simulated: bool
    params: dict[str, Any]
    columns: Columns
    rows: list[dict[str, Any]]
    notes: list[Note] = field(default_factory=list)
    basket: dict[str, Any] | None = None
    """The basket's own line beside those of its names, where an answer has one."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the answer says beside its rows, by the name it has in JSON: ``starter``, ``links``."""
    sentence: str = ""
    """The answer in one sentence, as the page says it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns, in their order."""
        return keys(self.columns)

    def json(self) -> str:
        """The answer as one JSON object: fractions, ISO dates, null where missing."""
        parts = ["as_of", "data_version", "simulated", "params", "rows"]
        parts += ["basket"] if self.basket is not None else []
        told = {"sentence": self.sentence} if self.sentence else {}
        found = {name: getattr(self, name) for name in parts} | self.facts | told
        return json_text(found | {"notes": self.notes})

    def csv(self) -> str:
        """The rows as CSV."""
        return csv_text(self.keys, self.rows)


def answer_of(
    view: View,
    as_of: Instant | date | None,
    params: dict[str, Any],
    columns: Columns,
    rows: list[dict[str, Any]],
    notes: list[Note],
) -> Answer:
    """The answer of what was asked; who of its basket is in no figure is noted.

    Raises
    ------
    NoPricesError
        If no price is stored.
    """
    standing = as_of or view.last_session
    if standing is None:
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")
    told = [*notes, *_counted(view, params)]
    return Answer(standing, view.panel.version, view.simulated, params, columns, rows, told)


def _counted(view: View, params: dict[str, Any]) -> list[Note]:
    """Who of the basket asked for is in no figure, where an answer is about one."""
    basket = params.get("basket")
    if basket is None or basket not in view.universe.baskets:
        return []
    text = str(basket_left_out(view, basket, params.get("currency", "local")))
    return [Note(basket, (), text)] if text else []


def records(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of plain values: dates, numbers and text, None where there is none."""
    cells = [[plain(value) for value in frame[name]] for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*cells, strict=True)]


def plain(value: Any) -> Any:
    if isinstance(value, str | list | bool) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
