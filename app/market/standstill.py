"""Which stored bars are no prices, those of an exchange that stood still, and when one was closed.

What an exchange's bars say of a session is worked out once for the prices; an instant only decides how
far a run of repeats had come by then, and whether trading had gone on after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np

from models.analytics.holes import closed_sessions, idle, repeated, repeating, still_runs
from models.analytics.returns import price_path
from models.store import Panel
from models.store.panel import MATRICES
from models.types import BAR_FIELDS, Bools, Sessions
from models.universe import Universe

Days = Mapping[str, Sessions]


@dataclass(frozen=True, slots=True, eq=False)
class _Exchange:
    """What the bars of one calendar's names say of each session; shape (T,), or (T, n) of its columns.

    ``same`` marks repeated closes, ``flat`` sessions on which every name repeats, ``idle`` those on which
    none has volume either, ``seen`` how many closes repeat with them, ``traded`` whether any name has a bar,
    ``index`` whether an index has one.
    """

    columns: np.ndarray
    same: Bools
    flat: Bools
    idle: Bools
    seen: np.ndarray
    traded: Bools
    index: Bools

    def by(self, end: int) -> tuple[Bools, Bools]:
        """On which sessions it stood still and was closed, shape (T,), as the first ``end`` rows tell."""
        still, shut = np.zeros((2, len(self.flat)), dtype=np.bool_)
        cut = slice(0, end)
        none = self.idle[cut]
        found = none | still_runs(self.flat[cut], self.seen[cut], self.traded[cut])
        shut[cut] = closed_sessions(none, self.traded[cut], self.index[cut])
        still[cut] = found & ~shut[cut]
        return still, shut


@dataclass(eq=False)
class _Told:
    """The exchanges of a panel under one universe, and the panel without bars that are no prices.

    ``clean`` is None while there are none. ``out`` marks their sessions by calendar.
    """

    universe: Universe
    exchanges: dict[str, _Exchange]
    clean: Panel | None = None
    out: dict[str, Bools] = field(default_factory=dict)


_TOLD: WeakKeyDictionary[Panel, _Told] = WeakKeyDictionary()


def priced(panel: Panel, universe: Universe, ends: Mapping[str, int]) -> tuple[Panel, Days, Days]:
    """Return the panel without bars that are no prices, and when exchanges stood still or were closed.

    Parameters
    ----------
    panel
        The whole panel.
    universe
        Says which of its symbols are names and which indices.
    ends
        By calendar, how many rows of the panel were known of it.

    Returns
    -------
    tuple
        The panel, shared between all instants that know the same; then by calendar the sessions on which
        its exchange stood still, and those on which it was closed, those alone that have any. A bar of a
        closed day stays, as on a holiday that the calendar has: it repeats the price that stood.
    """
    told = _told(panel, universe)
    still: dict[str, Sessions] = {}
    shut: dict[str, Sessions] = {}
    out, known = {}, True
    for calendar_id, exchange in told.exchanges.items():
        end = ends[calendar_id]
        stood, closed = exchange.by(end)
        out[calendar_id] = stood
        known &= bool((told.out[calendar_id][:end] == out[calendar_id][:end]).all())
        for found, rows in ((still, stood), (shut, closed)):
            if rows.any():
                found[calendar_id] = panel.sessions[rows]
    return (told.clean or panel) if known else _without(panel, told.exchanges, out), still, shut


def _told(panel: Panel, universe: Universe) -> _Told:
    found = _TOLD.get(panel)
    if found is None or found.universe is not universe:
        found = _Told(universe, _exchanges(panel, universe))
        end = len(panel.sessions)
        found.out = {name: each.by(end)[0] for name, each in found.exchanges.items()}
        clean = _without(panel, found.exchanges, found.out)
        # Nothing kept here may hold its own key.
        found.clean = None if clean is panel else clean
        _TOLD[panel] = found
    return found


def _exchanges(panel: Panel, universe: Universe) -> dict[str, _Exchange]:
    """An index is no name, and its volume is 0 by nature: alone it neither proves nor denies anything."""
    groups: dict[str, list[int]] = {}
    for column, symbol in enumerate(panel.symbols):
        if universe[symbol].kind not in ("fx", "rate"):
            groups.setdefault(universe[symbol].exchange.calendar, []).append(column)
    found = {}
    for calendar_id, group in groups.items():
        columns = np.array(group)
        bars = panel.present[:, columns]
        closes = price_path(panel.close[:, columns], panel.adj_close[:, columns])
        own = np.array([universe[panel.symbols[column]].kind != "index" for column in group])
        same, volume = repeated(closes, bars), panel.volume[:, columns[own]]
        flat, seen = repeating(same[:, own], bars[:, own], same[:, ~own].sum(axis=1))
        none = flat & idle(same[:, own], volume, bars[:, own])
        if flat.any():
            traded = np.asarray(bars[:, own].any(axis=1))
            found[calendar_id] = _Exchange(columns, same, flat, none, seen, traded, bars[:, ~own])
    return found


def _without(panel: Panel, exchanges: Mapping[str, _Exchange], out: Mapping[str, Bools]) -> Panel:
    """The panel without the repeated bars of the sessions marked, and without sessions that have no other."""
    gone = np.zeros(panel.present.shape, dtype=np.bool_)
    for calendar_id, rows in out.items():
        exchange = exchanges[calendar_id]
        gone[:, exchange.columns] = exchange.same & rows[:, None]
    if not gone.any():
        return panel
    kept = (panel.present & ~gone).any(axis=1)
    matrices = {name: getattr(panel, name)[kept] for name in MATRICES}
    for name, values in matrices.items():
        values[gone[kept]] = np.nan if name in BAR_FIELDS else 0
        values.flags.writeable = False
    return replace(panel, sessions=panel.sessions[kept], **matrices)
