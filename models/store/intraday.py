"""Bars of five minutes in the store: a name's last weeks, written as they come, read by span."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from models.errors import UnknownSymbolError
from models.intraday import IntradayBars
from models.store.engine import Store
from models.store.holding import insert_for
from models.store.schema import instrument, intraday_bar
from models.types import instant64

_VALUES = ("open", "high", "low", "close", "volume")
_CHUNK = 2_000


def store_intraday(store: Store, symbol: str, bars: IntradayBars, now: datetime) -> int:
    """Keep the bars that have a close, and return how many are new or say something else than before.

    Raises
    ------
    UnknownSymbolError
        If no such name is followed.
    """
    bars = bars.take(np.isfinite(bars.close) & ~np.isnat(bars.at))
    if not len(bars):
        return 0
    with store.writing() as connection:
        key = connection.scalar(sa.select(instrument.c.id).where(instrument.c.symbol == symbol))
        if key is None:
            raise UnknownSymbolError(symbol)
        span = intraday_bar.c.at.between(_moment(bars.at.min()), _moment(bars.at.max()))
        query = sa.select(intraday_bar.c.at, *(intraday_bar.c[name] for name in _VALUES)).where(
            intraday_bar.c.instrument_id == key, span
        )
        held = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
        rows = [row for row in _rows(bars) if held.get(row["at"]) != tuple(row[name] for name in _VALUES)]
        insert = insert_for(connection)(intraday_bar)
        changed = {name: insert.excluded[name] for name in (*_VALUES, "seen_at")}
        statement = insert.on_conflict_do_update(index_elements=["instrument_id", "at"], set_=changed)
        for place in range(0, len(rows), _CHUNK):
            part = [{**row, "instrument_id": key, "seen_at": now} for row in rows[place : place + _CHUNK]]
            connection.execute(statement, part)
    return len(rows)


def intraday(
    store: Store, symbols: Sequence[str], since: datetime, until: datetime
) -> dict[str, IntradayBars]:
    """The bars of each name that begin from one instant up to, not at, another; names without any are left
    out."""
    query = (
        sa.select(instrument.c.symbol, intraday_bar.c.at, *(intraday_bar.c[name] for name in _VALUES))
        .join(instrument, instrument.c.id == intraday_bar.c.instrument_id)
        .where(instrument.c.symbol.in_(symbols), intraday_bar.c.at >= since, intraday_bar.c.at < until)
        .order_by(instrument.c.symbol, intraday_bar.c.at)
    )
    found: dict[str, list[tuple[object, ...]]] = {}
    with store.reading() as connection:
        for symbol, *row in connection.execute(query):
            found.setdefault(symbol, []).append(tuple(row))
    return {symbol: _bars(found[symbol]) for symbol in symbols if symbol in found}


def intraday_spans(store: Store) -> dict[str, tuple[datetime, datetime, int]]:
    """For each name with such bars the first and the last instant, and how many there are."""
    at = intraday_bar.c.at
    query = (
        sa.select(instrument.c.symbol, sa.func.min(at), sa.func.max(at), sa.func.count())
        .join(instrument, instrument.c.id == intraday_bar.c.instrument_id)
        .group_by(instrument.c.symbol)
    )
    with store.reading() as connection:
        return {symbol: (first, last, count) for symbol, first, last, count in connection.execute(query)}


def _rows(bars: IntradayBars) -> list[dict[str, object]]:
    columns = [[_plain(value) for value in getattr(bars, name)] for name in _VALUES]
    # The last of several rows for the same minutes is what the source says now.
    unique = {
        _moment(at): dict(zip(_VALUES, values, strict=True))
        for at, values in zip(bars.at, zip(*columns, strict=True), strict=True)
    }
    return [{"at": at, **values} for at, values in unique.items()]


def _moment(stamp: np.datetime64) -> datetime:
    found: datetime = stamp.astype("datetime64[s]").item()
    return found.replace(tzinfo=UTC)


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _bars(rows: list[tuple[object, ...]]) -> IntradayBars:
    at, *columns = zip(*rows, strict=True)
    stamps = np.array([instant64(moment) for moment in at], dtype="datetime64[s]")
    return IntradayBars(stamps, *(np.array(column, dtype=np.float64) for column in columns))
