"""A table on its way out: all of its rows as CSV, by the same words as charts leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.request import PageRequest
from app.market.market import Market
from app.market.plain import csv_file
from app.market.words import missing
from models.types import Instant


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds, in plain values, before any row is left out for the screen."""

    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    as_of: Instant
    simulated: bool = False

    @classmethod
    def of(cls, frame: pd.DataFrame, as_of: Instant, *, simulated: bool = False) -> Rows:
        """The rows of a frame: ISO dates, instants in UTC, None where there is nothing."""
        names = [str(name) for name in frame.columns]
        rows = [
            {name: plain(value) for name, value in zip(names, row, strict=True)}
            for row in frame.astype(object).itertuples(index=False, name=None)
        ]
        return cls(names, rows, as_of, simulated)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can leave: its id and how its rows are had for what was asked."""

    id: str
    tell: Callable[[Market, PageRequest], Rows]


def csv(table: Table, market: Market, request: PageRequest) -> tuple[str, str]:
    """File name and text of a table: an empty cell where there is nothing, no cell a formula."""
    found = table.tell(market, request)
    simulated = "simulated-" if found.simulated else ""
    name = f"aftershock-{simulated}{table.id}-{found.as_of:%Y-%m-%d}.csv"
    return name, csv_file(found.columns, found.rows)


def plain(value: Any) -> Any:
    """A value as CSV has it: a session as 2026-06-23, an instant with its Z, None for NaN."""
    if missing(value):
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.date().isoformat()
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
