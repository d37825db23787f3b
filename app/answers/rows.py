"""What every answer is made of: rows of plain values, the columns that have prices, the instant asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from app.answers.left_out import basket_left_out
from app.data import View
from app.sheets import Note, Sheet
from models.errors import NoPricesError
from models.types import Instant

EVENING = time(23, 59)
"""The minute in UTC that stands for a date: every session of it has closed, and none of the next is open."""


def sheet_of(
    view: View,
    as_of: Instant | date | None,
    params: dict[str, Any],
    columns: tuple[str, ...],
    rows: list[dict[str, Any]],
    notes: list[Note],
) -> Sheet:
    standing = as_of or view.last_session
    if standing is None:
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")
    told = [*notes, *_counted(view, params)]
    return Sheet(standing, view.panel.version, view.simulated, params, columns, rows, told)


def _counted(view: View, params: dict[str, Any]) -> list[Note]:
    """Who of the basket asked for is in no figure, where an answer is about one."""
    basket = params.get("basket")
    if basket is None or basket not in view.universe.baskets:
        return []
    text = str(basket_left_out(view, basket, params.get("currency", "local")))
    return [Note(basket, (), text)] if text else []


def records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of plain values: dates, numbers and text, None where there is none."""
    cells = [[plain(value) for value in frame[name]] for name in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*cells, strict=True)]


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


def priced_columns(view: View, basket: str) -> list[int]:
    """Columns of the basket's names that have a bar."""
    columns = view.columns(view.universe.basket(basket).symbols)
    found = [column for column in columns if view.panel.present[:, column].any()]
    if not found:
        raise NoPricesError(
            f"No name of the basket {basket!r} has a price by then; run `aftershock ingest once`."
        )
    return found


def moment_of(as_of: date | datetime | None, now: Instant) -> Instant | None:
    """The instant of an as-of that was asked for; None means now.

    A date stands for its evening: by then every exchange has closed its session of that date,
    New York's too, and none has opened the next.

    Raises
    ------
    NoPricesError
        If it has not come yet.
    """
    if as_of is None:
        return None
    end = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, EVENING, UTC)
    if end > now and (isinstance(as_of, datetime) or as_of > now.date()):
        raise NoPricesError(f"{as_of} has not come yet; the clock says {now:%Y-%m-%d %H:%M} UTC.")
    return min(end, now)


def wait_until(at: Instant, moment: Instant) -> timedelta | None:
    """How long it is from an instant until another; None from the evening of a date, which nobody chose.

    An evening is known by its minute: the address that pins a view tells no more of it.
    """
    return None if moment.astimezone(UTC).time() == EVENING else at - moment
