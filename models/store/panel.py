"""All bars at once: aligned arrays per data version, filled by one columnar read."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from models.errors import UnknownSymbolError
from models.store.blocks import Records, joined, read_years
from models.store.engine import Store
from models.store.schema import dataset, instrument
from models.types import BAR_FIELDS, Bars, Bools, Floats, Sessions, session64

MATRICES = (*BAR_FIELDS, "present", "final", "flags")


@dataclass(frozen=True, eq=False)
class Panel:
    """Every listed symbol's bars on the union of their sessions.

    Attributes
    ----------
    version
        The data version it was read at.
    symbols
        The N listed symbols in the order of the universe; one without bars has a column too.
    sessions
        The T sessions on which any symbol has a bar, increasing, ``datetime64[D]``.
    open, high, low, close, adj_close, volume
        Shape (T, N), float64, local currency; NaN where a symbol has no bar or the source
        gave nothing. Nothing is filled.
    present, final
        Shape (T, N): whether there is a bar; whether it is final.
    flags
        Shape (T, N), uint16: the bits of ``models.types.Flag``.
    """

    version: int
    symbols: tuple[str, ...]
    sessions: Sessions
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: Floats
    present: Bools
    final: Bools
    flags: NDArray[np.uint16]

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {symbol: index for index, symbol in enumerate(self.symbols)}

    def column(self, symbol: str) -> int:
        """Return the column of a symbol.

        Raises
        ------
        UnknownSymbolError
            If it is not among the symbols.
        """
        try:
            return self._columns[symbol]
        except KeyError:
            raise UnknownSymbolError(symbol) from None

    def bars(self, symbol: str) -> Bars:
        """Return a symbol's bars on its own sessions.

        Raises
        ------
        UnknownSymbolError
            If it is not among the symbols.
        """
        index = self.column(symbol)
        own = self.present[:, index]
        values = {name: getattr(self, name)[own, index] for name in (*BAR_FIELDS, "final", "flags")}
        return Bars(symbol, self.sessions[own], **values)

    def until(self, as_of: date) -> Panel:
        """Return the panel with the sessions up to a date only, as views of the same arrays."""
        end = int(np.searchsorted(self.sessions, session64(as_of), side="right"))
        names = [item.name for item in fields(self) if item.name not in {"version", "symbols"}]
        return replace(self, **{name: getattr(self, name)[:end] for name in names})


class _Cut(Panel):
    """A panel as it was known at an instant, of the arrays of the whole one.

    Sessions off the end are a matter of slices; where a last session was over in one place and not in
    another, each matrix is copied when it is first asked for, and most never are.
    """

    def __init__(self, whole: Panel, rows: slice | NDArray[np.intp], head: int, gone: Bools) -> None:
        own = {"version": whole.version, "symbols": whole.symbols, "sessions": whole.sessions[rows]}
        for name, value in {**own, "_whole": whole, "_rows": rows, "_head": head, "_gone": gone}.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in MATRICES:
            raise AttributeError(name)
        values = getattr(self._whole, name)[self._rows]
        if self._gone.any():
            values = values.copy() if isinstance(self._rows, slice) else values
            values[self._head :][self._gone] = np.nan if name in BAR_FIELDS else 0
            values.flags.writeable = False
        object.__setattr__(self, name, values)
        return values


def known_until(panel: Panel, closed: Sessions, begun: Sessions) -> Panel:
    """Return the panel with what was known once each symbol's sessions had closed, and begun, up to a day.

    Parameters
    ----------
    panel
        The whole panel; the result shares its arrays.
    closed, begun
        Shape (N,): each symbol's last closed session, and its last begun one, whose bar counts while it
        is provisional.
    """
    if not len(panel.sessions):
        return panel
    head = int(np.searchsorted(panel.sessions, closed.min(initial=panel.sessions[-1]), side="right"))
    days = panel.sessions[head:, None]
    keep = panel.present[head:] & ((days <= closed) | (~panel.final[head:] & (days <= begun)))
    if np.array_equal(keep, panel.present[head:]):
        return panel
    kept = np.flatnonzero(keep.any(axis=1))
    gone = ~keep[kept] & panel.present[head:][kept]
    if np.array_equal(kept, np.arange(len(kept))):
        return _Cut(panel, slice(0, head + len(kept)), head, gone)
    return _Cut(panel, np.concatenate([np.arange(head), head + kept]), head, gone)


def load_panel(store: Store) -> Panel:
    """Read every listed symbol's bars, in one consistent snapshot.

    Raises
    ------
    StoreError
        If the database cannot be read.
    """
    with store.reading() as connection:
        version = connection.scalar(sa.select(dataset.c.version)) or 0
        listed = connection.execute(
            sa.select(instrument.c.id, instrument.c.symbol)
            .where(instrument.c.listed)
            .order_by(instrument.c.position)
        ).all()
        columns = {key: index for index, (key, _) in enumerate(listed)}
        blocks = [(columns[key], data) for key, _, data in read_years(connection) if key in columns]
    records = joined([data for _, data in blocks])
    sizes = [len(data) // records.dtype.itemsize for _, data in blocks]
    owner = np.repeat(np.array([column for column, _ in blocks], dtype=np.intp), sizes)
    return _scatter(int(version), tuple(symbol for _, symbol in listed), records, owner)


def _scatter(version: int, symbols: tuple[str, ...], records: Records, owner: NDArray[np.intp]) -> Panel:
    days, row = _rows_of(records["session"])
    shape = (len(days), len(symbols))
    cell = row * len(symbols) + owner

    def placed(values: Any, empty: NDArray[Any]) -> NDArray[Any]:
        empty.reshape(-1)[cell] = values
        empty.flags.writeable = False  # every view of the prices shares it
        return empty

    values = {name: placed(records[name], np.full(shape, np.nan)) for name in BAR_FIELDS}
    return Panel(
        version,
        symbols,
        days,
        **values,
        present=placed(True, np.zeros(shape, np.bool_)),
        final=placed(records["final"], np.zeros(shape, np.bool_)),
        flags=placed(records["flags"], np.zeros(shape, np.uint16)),
    )


def _rows_of(session: NDArray[np.int32]) -> tuple[Sessions, NDArray[np.intp]]:
    # A table over the span of days: three times quicker than sorting what is nearly sorted.
    if not len(session):
        return np.zeros(0, "datetime64[D]"), np.zeros(0, np.intp)
    first = int(session.min())
    seen = np.zeros(int(session.max()) - first + 1, np.bool_)
    seen[session - first] = True
    days = np.flatnonzero(seen)
    row = np.cumsum(seen) - 1
    return (days + first).astype("datetime64[D]"), row[session - first]
