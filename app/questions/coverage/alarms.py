"""What a person should act on: names that may be gone, closes that moved far, clocks and calendars."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.auth.doors import may
from app.market import words
from app.market.market import Market
from models.gone import suspect_delisted
from models.limits import CALENDAR_AHEAD, REVISED_FAR, nearly_full
from models.reasons import REFUSALS
from models.store import Store, days_not_found, moved_since
from models.store.changing import Moved
from models.store.reads import Attempt

LATELY = timedelta(days=7)
EXAMPLES = 3
"""Names whose furthest move is told in figures; of more only how many."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """``gone`` are names by the days on which the source did not know them, ``moved`` what it
    changed far within a week by name, ``refused`` the names whose last answer was refused whole and why,
    ``ending`` calendars by their last session, ``clock`` what was said of
    the two clocks when they were found apart last, ``disk`` where there is little room left."""

    gone: Mapping[str, int] = field(default_factory=dict)
    moved: Mapping[str, Moved] = field(default_factory=dict)
    ending: Mapping[str, date] = field(default_factory=dict)
    refused: Mapping[str, Attempt] = field(default_factory=dict)
    clock: str = ""
    disk: str = ""


NO_ALARMS = Alarms()


def alarms_of(market: Market, store: Store, tried: Mapping[str, Attempt]) -> Alarms:
    """Look at everything that was asked and stored."""
    now = market.now()
    found = {symbol for symbol, attempt in tried.items() if attempt.failure is None}
    newest = max(tried.values(), key=lambda tried: (tried.at, tried.failure == "clock_skew"), default=None)
    apart = newest is not None and newest.failure == "clock_skew"
    return Alarms(
        gone=suspect_delisted(market.universe, days_not_found(store), found),
        moved=moved_since(store, now - LATELY),
        ending=_ending(market, now.date() + CALENDAR_AHEAD),
        refused={symbol: attempt for symbol, attempt in tried.items() if attempt.failure in REFUSALS},
        clock=(newest.detail or "") if apart and newest is not None else "",
        disk=_disk(store),
    )


def _disk(store: Store) -> str:
    """How much room is left beside a file, when it is little; of a server's disk nothing is known."""
    if store.path is None:
        return ""
    usage = shutil.disk_usage(store.path.parent)
    low = nearly_full(usage.free, usage.total)
    return f"{usage.free / 1e9:,.1f} GB free at {store.path.parent}" if low else ""


def _ending(market: Market, enough: date) -> dict[str, date]:
    """Calendars that end too soon; those that are not built yet are not waited for."""
    used = sorted({exchange.calendar for exchange in market.universe.exchanges})
    if not market.calendars_ready:
        return {}
    horizons = {name: market.calendars[name].horizon for name in used}
    return {name: horizon for name, horizon in horizons.items() if horizon < enough}


def sentences(market_names: Mapping[str, str], last: Mapping[str, date], alarms: Alarms) -> list[str]:
    """What to act on, one sentence each: what was seen, and what to do.

    Parameters
    ----------
    market_names, last
        Names as they stand on charts, and the last session of each that has one.
    """
    found = []
    if alarms.clock:
        found.append(f"{alarms.clock} Until then no price is taken.")
    if alarms.disk:
        # Where it is, is for those who can make room.
        room = alarms.disk if may("admin") else alarms.disk.partition(" at ")[0]
        found.append(
            f"The disk is nearly full, {room}: make room, or no new price can be stored. "
            "What is stored is safe and stays readable."
        )
    for symbol, days in alarms.gone.items():
        name = market_names.get(symbol, symbol)
        since = f"no data since {words.day(last[symbol])}" if symbol in last else "no data ever"
        end = f" (end = {last[symbol].isoformat()})" if symbol in last else ""
        found.append(
            f"{name}: {since}; the source has not known {symbol} on {words.count(days, 'day')}. "
            f"Renamed or delisted? Correct its line in the universe file{end}; what is stored stays."
        )
    for symbol, attempt in list(alarms.refused.items())[:EXAMPLES]:
        name = market_names.get(symbol, symbol)
        found.append(f"{name}: the source’s answer was refused as a whole. {attempt.detail or ''}".rstrip())
    if len(alarms.refused) > EXAMPLES:
        others = [market_names.get(symbol, symbol) for symbol in list(alarms.refused)[EXAMPLES:]]
        found.append(f"Refused as a whole too: {', '.join(others)}; the lines of the last run say why.")
    if alarms.moved:
        named = [
            f"{market_names.get(symbol, symbol)} {moved.count}{_example(moved) if at < EXAMPLES else ''}"
            for at, (symbol, moved) in enumerate(alarms.moved.items())
        ]
        found.append(
            f"Closes that the source moved by more than {REVISED_FAR:.1%} within a week: {', '.join(named)}. "
            "Chosen in Held rows of, a name shows what they said before."
        )
    for name, horizon in alarms.ending.items():
        found.append(
            f"The calendar {name} is known only up to {words.day(horizon)}; update exchange_calendars."
        )
    return found


def _example(moved: Moved) -> str:
    """The close that moved furthest, and when."""
    prices = f"was {moved.was:,.2f}, is {moved.now:,.2f}"
    return f" ({words.day(moved.session)} revised on {words.instant(moved.at, weekday=False)}, {prices})"
