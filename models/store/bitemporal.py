"""What was known when: the bars of a symbol as the store had them at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.errors import UnknownSymbolError
from models.store.engine import Store
from models.store.schema import bar, bar_revision, instrument, run_item
from models.types import BAR_FIELDS, Bars

_FIELDS = ("session", *BAR_FIELDS, "final", "flags")


def bars_known(store: Store, symbol: str, at: datetime) -> Bars:
    """Return the bars of a symbol as they were stored at an instant.

    A bar that came later is left out, one that was changed or removed since is as it was.

    Raises
    ------
    UnknownSymbolError
        If the symbol is no instrument of the store.
    """
    old, new = run_item.alias("old"), run_item.alias("new")
    with store.reading() as connection:
        key = connection.scalar(sa.select(instrument.c.id).where(instrument.c.symbol == symbol))
        if key is None:
            raise UnknownSymbolError(symbol)
        standing = (
            sa.select(*(bar.c[name] for name in _FIELDS))
            .join(old, old.c.id == bar.c.item_id)
            .where(bar.c.instrument_id == key, old.c.at <= at)
        )
        replaced = (
            sa.select(*(bar_revision.c[name] for name in _FIELDS))
            .join(old, old.c.id == bar_revision.c.item_id)
            .join(new, new.c.id == bar_revision.c.replaced_by)
            .where(bar_revision.c.instrument_id == key, old.c.at <= at, new.c.at > at)
            .order_by(bar_revision.c.id)
        )
        rows = [*connection.execute(standing), *connection.execute(replaced)]
    known = {row.session: row for row in rows}
    return _bars(symbol, [known[day] for day in sorted(known)])


def _bars(symbol: str, rows: list[Any]) -> Bars:
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in _FIELDS}
    days = columns.pop("session")
    values = {
        name: [float("nan") if value is None else value for value in found] for name, found in columns.items()
    }
    return Bars.of(symbol, days, **values)
