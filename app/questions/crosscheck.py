"""Stored closes beside a second opinion: an index, a listing elsewhere, or a folder of the exchange's own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from app.kinds.column import DAY, MOVE, PRICE, SYMBOL, TEXT, Column, columns
from models.analytics.crosscheck import (
    Finding,
    compare_closes,
    implausible_closes,
    implausible_gaps,
    least_seen,
    marked_closes,
)
from models.analytics.ticks import tick_size
from models.errors import AftershockError
from models.store import Store, stored_bars
from models.store.crosschecks import keep_findings
from models.tickers import find_symbol
from models.types import Bars, Instant
from models.universe import Instrument, Universe

COLUMNS = (
    Column("session", DAY),
    Column("symbol", SYMBOL),
    *columns(TEXT, "against", "finding"),
    *columns(PRICE, "stored", "other"),
    Column("off", MOVE),
)
INDEX = "index"
FINDINGS = {
    "differs": "another close",
    "missing": "not stored here",
    "extra": "not in the second source",
    "repeated": "repeats the close before; the benchmark moved, and the next session made up for it",
    "out_of_step": "off its benchmark, and back by the next opening or close",
    "no_volume": "repeats the close before, and nobody traded",
    "stood_still": "repeats the close before, with volume, while its index moved",
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
    sees: dict[str, float] | None = None,
) -> list[dict[str, Any]]:
    """Compare names with a second opinion, keep what was found, and return it as rows, newest first.

    Parameters
    ----------
    symbols
        Names to look at; every name with an index of its own, or a second source, when empty.
    against
        ``index`` for each name's own, a symbol of the universe, several of these with commas, judged
        together, or what the second source is called.
    since
        Only sessions from this one on are told; all are kept.
    theirs
        The second source's bars by symbol; None compares with a benchmark.
    sees
        Filled with the least error of a close that a benchmark can show, by name.

    Raises
    ------
    CrossCheckError
        If ``against`` is none of these, or a name has none.
    """
    rows: list[dict[str, Any]] = []
    if theirs is not None:
        found = _by_closes(store, universe, theirs, against)
    else:
        chosen = [universe[symbol] for symbol in symbols]
        found = _by_benchmark(store, universe, chosen, against, {} if sees is None else sees)
    for symbol, (name, findings) in found.items():
        kept = [(item.session, item.kind, _or_none(item.stored), _or_none(item.other)) for item in findings]
        keep_findings(store, symbol, name, kept, now)
        rows += [_row(symbol, name, item) for item in findings if since is None or item.session >= since]
    return sorted(rows, key=lambda row: (row["session"], row["symbol"]), reverse=True)


Found = dict[str, tuple[str, list[Finding]]]


def _by_closes(store: Store, universe: Universe, theirs: Mapping[str, Bars], called: str) -> Found:
    found: Found = {}
    for symbol, other in theirs.items():
        mine, item = stored_bars(store, symbol), universe[symbol]
        steps = partial(tick_size, item.exchange.calendar) if item.kind in ("equity", "etf") else None
        findings = compare_closes(mine.sessions, mine.close, other.sessions, other.close, steps)
        found[symbol] = (called, findings)
    return found


def _by_benchmark(
    store: Store, universe: Universe, chosen: list[Instrument], against: str, sees: dict[str, float]
) -> Found:
    """Findings by name against its index, or symbols, or all of them together; ``sees`` is filled."""
    parts = [part.strip() for part in against.split(",") if part.strip()]
    witnesses = [INDEX if part.lower() == INDEX else find_symbol(part, universe) for part in parts]
    if not parts or None in witnesses:
        raise CrossCheckError(
            f"{against!r} is neither a symbol of the universe nor a folder; write index, a symbol, both with "
            "a comma between them, or a path."
        )
    names = chosen or [item for item in universe.instruments if item.kind == "equity"]
    found: Found = {}
    stored: dict[str, Bars] = {}

    def bars_of(symbol: str) -> Bars:
        return stored.setdefault(symbol, stored_bars(store, symbol))

    for item in names:
        symbols = [_index_of(universe, item) if part == INDEX else part for part in witnesses]
        beside = [symbol for symbol in symbols if symbol is not None and symbol != item.symbol]
        if not beside:
            if chosen:
                raise CrossCheckError(f"{item.symbol} has no index of its own here; name one by its symbol.")
            continue
        mine, others = stored_bars(store, item.symbol), [bars_of(symbol) for symbol in beside]
        if len(mine) and all(map(len, others)):
            found[item.symbol] = (", ".join(beside), _implausible(universe, item, mine, others, sees))
    if not found:
        raise CrossCheckError("Nothing is stored of these names and their benchmark; bring the prices first.")
    return found


def _implausible(
    universe: Universe, item: Instrument, mine: Bars, others: list[Bars], sees: dict[str, float]
) -> list[Finding]:
    """What markets beside a name make of its closes; the openings tell where one is of its own exchange."""
    first, *rest = others
    more = [(other.sessions, other.close) for other in rest]
    found = implausible_closes(mine.sessions, mine.close, mine.volume, first.sessions, first.close, more)
    at_home = [
        other for other in others if universe[other.symbol].exchange.calendar == item.exchange.calendar
    ]
    if at_home:
        away = [(other.sessions, other.close) for other in others if other is not at_home[0]]
        seen = {finding.session for finding in found}
        gaps = implausible_gaps(mine, at_home[0], away)
        found += [finding for finding in gaps if finding.session not in seen]
        sees[item.symbol] = least_seen(mine, at_home[0], away)
    seen = {finding.session for finding in found}
    found += [finding for finding in marked_closes(mine) if finding.session not in seen]
    return sorted(found, key=lambda finding: finding.session)


def seen_sentence(universe: Universe, against: str, sees: Mapping[str, float], *, closes: bool) -> str:
    """What this second opinion can show, and what it cannot."""
    if closes:
        return (
            "Closes of another source show every difference from half a step of the exchange's prices on; "
            "on another basis, from 0.2% on."
        )
    known = sorted(value for value in sees.values() if np.isfinite(value))
    if not known:
        return (
            f"{against} trades at other hours: it shows a close that is far off and undone the day after, "
            "and no smaller error, beside closes that repeat without volume or while the index moved; a "
            "folder of the exchange's own closes shows the others."
        )
    middle = known[len(known) // 2]
    return (
        f"{against} shows errors of a close from about {middle:.0%} on ({known[0]:.1%} to {known[-1]:.1%} "
        "by name). A repeated close is told when it has no volume or the index moved; smaller errors and "
        "other repeats only a folder of the exchange's own closes can show."
    )


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


__all__ = ["COLUMNS", "FINDINGS", "INDEX", "CrossCheckError", "crosscheck", "seen_sentence"]
