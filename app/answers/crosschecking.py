"""Stored closes beside a second opinion: an index, a listing elsewhere, or a folder of the exchange's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from models.analytics.crosscheck import Finding, compare_closes, implausible_closes
from models.errors import AftershockError
from models.store import Store, stored_bars
from models.store.crosschecks import keep_findings
from models.types import Bars, Instant
from models.universe import Instrument, Universe

COLUMNS = ("session", "symbol", "against", "finding", "stored", "other", "off")
INDEX = "index"
FINDINGS = {
    "differs": "another close",
    "missing": "not stored here",
    "extra": "not in the second source",
    "repeated": "repeats the close before; the benchmark moved, and the next session made up for it",
    "out_of_step": "off its benchmark, and back the session after",
}


class CrossCheckError(AftershockError, ValueError):
    """There is nothing to compare with."""


def crosscheck(
    store: Store,
    universe: Universe,
    symbols: list[str],
    against: str,
    now: Instant,
    *,
    since: date | None = None,
    theirs: Mapping[str, Bars] | None = None,
) -> list[dict[str, Any]]:
    """Compare names with a second opinion, keep what was found, and return it as rows, newest first.

    Parameters
    ----------
    symbols
        Names to look at; every name with an index of its own, or a second source, when empty.
    against
        ``index`` for each name's own, a symbol of the universe, or what the second source is called.
    since
        Only sessions from this one on are told; all are kept.
    theirs
        The second source's bars by symbol; None compares with a benchmark.

    Raises
    ------
    CrossCheckError
        If ``against`` is none of these, or a name has none.
    """
    rows: list[dict[str, Any]] = []
    if theirs is not None:
        found = _by_closes(store, theirs, against)
    else:
        found = _by_benchmark(store, universe, [universe[symbol] for symbol in symbols], against)
    for symbol, (name, findings) in found.items():
        kept = [(item.session, item.kind, _or_none(item.stored), _or_none(item.other)) for item in findings]
        keep_findings(store, symbol, name, kept, now)
        rows += [_row(symbol, name, item) for item in findings if since is None or item.session >= since]
    return sorted(rows, key=lambda row: (row["session"], row["symbol"]), reverse=True)


Found = dict[str, tuple[str, list[Finding]]]


def _by_closes(store: Store, theirs: Mapping[str, Bars], called: str) -> Found:
    found: Found = {}
    for symbol, other in theirs.items():
        mine = stored_bars(store, symbol)
        findings = compare_closes(mine.sessions, mine.close, other.sessions, other.close)
        found[symbol] = (called, findings)
    return found


def _by_benchmark(store: Store, universe: Universe, chosen: list[Instrument], against: str) -> Found:
    if against != INDEX and against not in universe:
        raise CrossCheckError(
            f"{against!r} is neither a symbol of the universe nor a folder; write index, a symbol or a path."
        )
    names = chosen or [item for item in universe.instruments if item.kind == "equity"]
    found: Found = {}
    benchmarks: dict[str, Bars] = {}
    for item in names:
        symbol = _index_of(universe, item) if against == INDEX else against
        if symbol is None or symbol == item.symbol:
            if chosen:
                raise CrossCheckError(f"{item.symbol} has no index of its own here; name one by its symbol.")
            continue
        if symbol not in benchmarks:
            benchmarks[symbol] = stored_bars(store, symbol)
        mine, other = stored_bars(store, item.symbol), benchmarks[symbol]
        if len(mine) and len(other):
            findings = implausible_closes(mine.sessions, mine.close, mine.volume, other.sessions, other.close)
            found[item.symbol] = (symbol, findings)
    if not found:
        raise CrossCheckError("Nothing is stored of these names and their benchmark; bring the prices first.")
    return found


def _index_of(universe: Universe, item: Instrument) -> str | None:
    named = (
        other.symbol
        for other in universe.instruments
        if other.kind == "index" and other.exchange.calendar == item.exchange.calendar
    )
    return next(named, None)


def _row(symbol: str, against: str, item: Finding) -> dict[str, Any]:
    return {
        "session": item.session,
        "symbol": symbol,
        "against": against,
        "finding": item.kind,
        "stored": _or_none(item.stored),
        "other": _or_none(item.other),
        "off": item.off if np.isfinite(item.off) else None,
    }


def _or_none(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None


__all__ = ["COLUMNS", "FINDINGS", "INDEX", "CrossCheckError", "crosscheck"]
