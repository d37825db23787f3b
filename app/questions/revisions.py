"""As known on: what the bars of a name said at an instant, beside what they say now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.kinds.answer import Answer
from app.kinds.column import COUNT, DAY, FLAG, MOVE, PRICE, Column, Columns, columns, keys
from app.market.asof import moment_of, parse_asof
from app.market.market import Market
from models.errors import BadDateError
from models.limits import REVISED_FAR
from models.store import Store, bars_known, dataset_version, stored_bars
from models.types import Bars, Instant

COLUMNS: Columns = (
    Column("session", DAY),
    *columns(PRICE, "close_then", "close_now"),
    Column("moved", MOVE),
    Column("far", FLAG),
)
WHOLE: Columns = (
    Column("session", DAY),
    *columns(PRICE, "open", "high", "low", "close", "adj_close"),
    Column("volume", COUNT),
    Column("final", FLAG),
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownThen:
    """A name's bars as they stood at an instant, and the sessions that say something else now."""

    at: Instant
    then: Bars
    now: Bars
    changed: list[dict[str, Any]]

    @property
    def last(self) -> date | None:
        """The last session that was stored then."""
        return self.then.sessions[-1].item() if len(self.then) else None

    @property
    def since(self) -> int:
        """Sessions stored now that were not then."""
        return len(set(self.now.sessions.tolist()) - set(self.then.sessions.tolist()))


def known_then(store: Store, symbol: str, known: str, market: Market) -> KnownThen | None:
    """A name as it was known on a date (its end in UTC) or at an instant; None when neither is given."""
    now = market.now()
    at = moment_of(parse_asof(known, now), now) if known else None
    return compared(store, symbol, at) if at is not None else None


def compared(store: Store, symbol: str, at: Instant) -> KnownThen:
    """A name's bars at an instant beside those of now, newest difference first.

    Raises
    ------
    UnknownSymbolError
        If the store does not know the symbol.
    """
    then, now = bars_known(store, symbol, at), stored_bars(store, symbol)
    present = dict(zip(now.sessions.tolist(), now.close.tolist(), strict=True))
    changed = []
    for day, before in zip(then.sessions.tolist(), then.close.tolist(), strict=True):
        after = present.get(day)
        if after is None or (before != after and not (before != before and after != after)):
            moved = after / before - 1 if after is not None and before else None
            moved = None if moved is None or moved != moved else moved
            far = moved is None or abs(moved) > REVISED_FAR
            changed.append(
                {"session": day, "close_then": before, "close_now": after, "moved": moved, "far": far}
            )
    return KnownThen(at, then, now, changed[::-1])


def known_sheet(store: Store, symbol: str, known: str, now: Instant, *, every: bool) -> Answer:
    """The same as rows: sessions whose close says something else now, or every bar as it was known.

    Raises
    ------
    BadDateError
        If no date or instant was given.
    UnknownSymbolError
        If the store does not know the symbol.
    """
    at = moment_of(parse_asof(known, now), now)
    if at is None:
        raise BadDateError(known)
    found = compared(store, symbol, at)
    facts = {"symbol": symbol, "known": at, "bars_then": len(found.then), "last_then": found.last}
    facts |= {"changed_since": len(found.changed), "added_since": found.since}
    sentence = (
        f"{symbol} as known on {at:%Y-%m-%d %H:%M} UTC: {len(found.then):,d} bars to {found.last or 'none'}; "
        f"{len(found.changed):,d} of them say something else now, {found.since:,d} came since."
    )
    params = {"symbol": symbol, "known": known, "all": every}
    chosen = WHOLE if every else COLUMNS
    rows = _rows(found.then, keys(chosen)) if every else found.changed
    return Answer(now, dataset_version(store), False, params, chosen, rows, facts=facts, sentence=sentence)


def _rows(bars: Bars, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    values = {name: getattr(bars, name).tolist() for name in columns if name != "session"}
    values["session"] = bars.sessions.tolist()
    return [
        {name: None if (value := values[name][at]) != value else value for name in columns}
        for at in range(len(bars))
    ]
