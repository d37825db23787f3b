"""What an answer changes: stored and answered records compared, without a database."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.store.blocks import RECORD, Records, year_of_days
from models.types import BAR_FIELDS, Bars, Bools

JITTER = 1e-6
"""Relative distance up to which an adjusted close counts as unchanged.

A source works it out anew for each answer, from factors it keeps in single precision: the last
digits move by some 1e-7 between two readings of one day, and nothing happened. The smallest
dividend there is, a cent on a share of 200, moves it by 5e-5. What was traded (the other prices
and the volume) is given, not worked out, and is compared exactly. The stored value stays, so
that jitter cannot add up.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a transaction has to write for one symbol.

    Attributes
    ----------
    merged
        Everything stored afterwards, ordered by session.
    upserts
        Records to insert or overwrite: the new, the revised, and those of which only the
        final mark or the flags changed.
    superseded, removed
        Sessions (days since 1970) whose former values go to the revisions; whose row goes.
    inserted, revised, marked, unchanged
        Counts over the answer's rows. A row with equal prices that became final, or whose
        flags changed, is ``marked``: no revision, but written.
    """

    merged: Records
    upserts: Records
    superseded: NDArray[np.int64]
    removed: NDArray[np.int64]
    inserted: int
    revised: int
    marked: int
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether nothing has to be written."""
        return not len(self.upserts) and not len(self.removed)

    def packed_years(self) -> dict[int, Records]:
        """Return the years whose packed copy has to be written, with what they then hold."""
        touched = np.concatenate([self.upserts["session"].astype(np.int64), self.removed])
        years, first = np.unique(year_of_days(self.merged["session"]), return_index=True)
        ends = [*first[1:].tolist(), len(self.merged)]
        spans = zip(years.tolist(), first.tolist(), ends, strict=True)
        now = {year: self.merged[start:end] for year, start, end in spans}
        return {year: now.get(year, self.merged[:0]) for year in np.unique(year_of_days(touched)).tolist()}


def compare(stored: Records, answered: Records, *, replace: bool) -> Change:
    """Work out what an answer changes in what is stored, both ordered by session.

    Equal means equal in every field, the adjusted close to within ``JITTER``.

    A stored final bar is kept against a provisional one, except with ``replace``: then the
    answer is the whole history, on a basis of its own, and what it does not hold is removed.
    """
    hit, at = _match(stored, answered)
    old = stored[at[hit]]
    new = answered[hit]
    moved = ~_same_prices(old, new)
    differs = moved | (old["final"] != new["final"]) | (old["flags"] != new["flags"])
    if not replace:
        differs &= ~((old["final"] == 1) & (new["final"] == 0))
    moved &= differs
    write = np.ones(len(answered), dtype=np.bool_)
    write[hit] = differs
    gone = ~np.isin(stored["session"], answered["session"]) if replace else np.zeros(len(stored), np.bool_)
    removed = _sessions(stored[gone])
    upserts = answered[write]
    return Change(
        merged=_merged(stored, upserts, removed),
        upserts=upserts,
        superseded=np.concatenate([_sessions(old[moved]), removed]),
        removed=removed,
        inserted=int((~hit).sum()),
        revised=int(moved.sum()),
        marked=int((differs & ~moved).sum()),
        unchanged=int((~differs).sum()),
    )


def _match(stored: Records, answered: Records) -> tuple[Bools, NDArray[np.intp]]:
    at = np.searchsorted(stored["session"], answered["session"])
    at = np.minimum(at, max(len(stored) - 1, 0))
    hit = stored["session"][at] == answered["session"] if len(stored) else np.zeros(len(answered), np.bool_)
    return hit, at


def _same_prices(old: Records, new: Records) -> Bools:
    same = np.ones(len(old), dtype=np.bool_)
    for name in BAR_FIELDS:
        a, b = old[name], new[name]
        near = np.abs(a - b) <= JITTER * np.abs(a) if name == "adj_close" else a == b
        same &= near | (np.isnan(a) & np.isnan(b))
    return same


def _sessions(records: Records) -> NDArray[np.int64]:
    return records["session"].astype(np.int64)


def _merged(stored: Records, upserts: Records, removed: NDArray[np.int64]) -> Records:
    if not len(upserts) and not len(removed):
        return stored
    if not len(stored):
        return upserts
    gone = np.concatenate([upserts["session"].astype(np.int64), removed])
    kept = stored[~np.isin(stored["session"], gone)]
    merged = np.concatenate([kept, upserts]).astype(RECORD, copy=False)
    return merged[np.argsort(merged["session"], kind="stable")]


def check_bars(bars: Bars) -> None:
    """Refuse bars that no check should have let through: a mistake of the caller, not of a source.

    Raises
    ------
    ValueError
        If sessions are not strictly increasing, a price is infinite, a volume negative, or a
        bar has neither close nor adjusted close.
    """
    if len(bars) > 1 and not (np.diff(bars.sessions.astype(np.int64)) > 0).all():
        raise ValueError(f"{bars.symbol}: sessions must increase, each once")
    if np.isnat(bars.sessions).any():
        raise ValueError(f"{bars.symbol}: a session is missing")
    for name in BAR_FIELDS:
        if np.isinf(getattr(bars, name)).any():
            raise ValueError(f"{bars.symbol}: {name} is infinite")
    if (np.isnan(bars.close) & np.isnan(bars.adj_close)).any():
        raise ValueError(f"{bars.symbol}: a bar has neither close nor adj_close")
    if (bars.volume < 0).any():
        raise ValueError(f"{bars.symbol}: a volume is negative")
