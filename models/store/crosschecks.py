"""What a second opinion said of stored closes: kept beside the bars, which are left as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
import sqlalchemy as sa

from models.errors import UnknownSymbolError
from models.store.engine import Store
from models.store.guards import cross_check
from models.store.schema import bar, instrument, run_item
from models.types import Session, Sessions

Row = tuple[Session, str, float | None, float | None]


def keep_findings(store: Store, symbol: str, against: str, rows: Sequence[Row], now: datetime) -> None:
    """Replace what was found of a symbol against one second opinion; no rows say that it agrees.

    Parameters
    ----------
    rows
        Session, finding, stored close and the other one, None where there is none.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    """
    with store.writing() as connection:
        key = connection.scalar(sa.select(instrument.c.id).where(instrument.c.symbol == symbol))
        if key is None:
            raise UnknownSymbolError(symbol)
        mine = (cross_check.c.instrument_id == key) & (cross_check.c.against == against)
        connection.execute(sa.delete(cross_check).where(mine))
        if rows:
            common = {"instrument_id": key, "against": against, "seen_at": now}
            names = ("session", "finding", "stored", "other")
            connection.execute(
                sa.insert(cross_check), [common | dict(zip(names, row, strict=True)) for row in rows]
            )


def kept_findings(store: Store) -> pd.DataFrame:
    """Return every finding kept, newest session first: symbol, session, against, finding, stored,
    other (local currency), seen_at."""
    columns = [
        cross_check.c[name] for name in ("session", "against", "finding", "stored", "other", "seen_at")
    ]
    query = (
        sa.select(instrument.c.symbol, *columns)
        .join(instrument, instrument.c.id == cross_check.c.instrument_id)
        .order_by(cross_check.c.session.desc(), instrument.c.position, cross_check.c.against)
    )
    with store.reading() as connection:
        result = connection.execute(query)
        frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    frame["session"] = pd.to_datetime(frame["session"]).astype("datetime64[s]")
    frame["seen_at"] = pd.to_datetime(frame["seen_at"], utc=True)
    return frame


def sessions_from(store: Store, symbol: str, source: str) -> Sessions:
    """Return the sessions whose stored final bar a source gave, ordered."""
    query = (
        sa.select(bar.c.session)
        .join(instrument, instrument.c.id == bar.c.instrument_id)
        .join(run_item, run_item.c.id == bar.c.item_id)
        .where(instrument.c.symbol == symbol, run_item.c.source == source, bar.c.final)
        .order_by(bar.c.session)
    )
    with store.reading() as connection:
        return np.array(connection.execute(query).scalars().all(), dtype="datetime64[D]")
