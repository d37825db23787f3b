"""How a day travelled: bars of five minutes of a few names by the clock, from one instant on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from app.kinds.answer import Answer, Note, answer_of, number
from app.kinds.column import COUNT, INSTANT, MOVE, PRICE, SYMBOL, TEXT, Column, columns, keys
from app.market import words
from app.market.market import View
from models.intraday import STEP, IntradayBars
from models.types import Floats, Instant, Sessions, instant64, session64

BEHIND = timedelta(days=7)
"""How far before the first day bars are read: what a name is measured from may lie before a holiday."""
AUCTION = timedelta(minutes=15)
"""The longest that a closing auction without bars lasts; more than that is missing."""
TRAVELLED_COLUMNS = (
    Column("symbol", SYMBOL),
    Column("city", TEXT),
    Column("base_price", PRICE),
    Column("base_at", INSTANT),
    Column("last_price", PRICE),
    Column("last_at", INSTANT),
    *columns(MOVE, "change", "low_change"),
    Column("low_at", INSTANT),
    Column("bars", COUNT),
)
NO_BARS = (
    "No bar of five minutes is stored. The source has them for the last 60 days: let the ingester run "
    "(`make run` or `aftershock ingest run`) with AFTERSHOCK_MINUTES naming the names."
)
_STEP = np.timedelta64(STEP)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One name: instants (n,) and the change from its base there, NaN where the line breaks.

    Each run of bars begins at its first open, so that what a closed exchange missed shows as a step between
    two runs. ``auction`` is the session's close, from the daily bar, where the last minutes have no bar of
    their own: instant and change; it stands in the line too, by itself. ``low`` is the lowest point from
    the instant on at which every line is 0.
    """

    symbol: str
    name: str
    city: str
    at: Sessions
    change: Floats
    base: float
    base_at: datetime
    bars: int
    auction: tuple[tuple[datetime, float], ...]
    low: tuple[datetime, float]

    @property
    def last(self) -> tuple[datetime, float]:
        """The last instant and the change there; the auction counts."""
        return _utc(self.at[-1]), float(self.change[-1])


@dataclass(frozen=True, slots=True)
class Hours:
    """A session of an exchange: open, close, lunch, and the last minutes that no bar covers."""

    city: str
    opens: datetime
    closes: datetime
    lunch: tuple[datetime, datetime] | None
    quiet: tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True, eq=False)
class Travelled:
    """Tracks over some days, all 0 at one instant."""

    days: tuple[date, ...]
    at: datetime
    tracks: tuple[Track, ...]
    hours: tuple[Hours, ...]
    missing: tuple[tuple[str, str], ...]


def days_of(view: View, last: date, count: int, symbols: Sequence[str]) -> tuple[date, ...]:
    """The last days up to one on which an exchange of the names has a session, in order."""
    found: set[date] = set()
    for calendar in {view.universe[symbol].exchange.calendar for symbol in symbols}:
        sessions = view.calendars[calendar].sessions
        row = int(np.searchsorted(sessions, session64(last), side="right"))
        found |= {day.item() for day in sessions[max(row - count, 0) : row]}
    return tuple(sorted(found)[-count:])


def span_of(days: Sequence[date]) -> tuple[datetime, datetime]:
    """What has to be read for some days: from a week before the first to the end of the last, in UTC."""
    return _midnight(days[0]) - BEHIND, _midnight(days[-1]) + timedelta(days=1)


def travelled(
    view: View,
    bars: Mapping[str, IntradayBars],
    symbols: Sequence[str],
    days: Sequence[date],
    at: Instant | None,
    as_of: Instant,
) -> Travelled:
    """What the names did on some days, each from its last price by an instant.

    Parameters
    ----------
    bars
        Stored bars of the names by :func:`span_of`.
    at
        Where every line is 0; the beginning of the first day unless given. A name without a price by then
        is 0 at its first open after it.
    as_of
        Bars that were not over by then are left out.
    """
    first = _midnight(days[0])
    zero = min(max(at or first, first), as_of)
    hours = _hours(view, bars, symbols, days, as_of)
    tracks, missing = [], []
    for symbol in symbols:
        held = bars.get(symbol)
        known = held.take(np.flatnonzero(held.at + _STEP <= instant64(as_of))) if held else None
        inside = known.take(np.flatnonzero(known.at >= instant64(first))) if known else None
        if known is None or inside is None or not len(inside):
            missing.append((symbol, "has no bar of five minutes on these days"))
            continue
        tracks.append(_track(view, symbol, known, inside, zero, hours))
    return Travelled(tuple(days), zero, tuple(tracks), hours, tuple(missing))


def travelled_sheet(found: Travelled, view: View, as_of: date | datetime | None) -> Answer:
    """The same as rows: where each name stands, from what, and how low it was; its paths beside them."""
    rows: list[dict[str, Any]] = [_row(track) for track in found.tracks]
    notes = [Note(symbol, keys(TRAVELLED_COLUMNS[2:]), why) for symbol, why in found.missing]
    notes += [Note(None, ("last_price",), said) for said in quiet_said(found)]
    params = {"days": list(found.days), "at": found.at, "as_of": as_of}
    sheet = answer_of(view, as_of, params, TRAVELLED_COLUMNS, rows, notes)
    paths = {
        track.symbol: [
            {"at": _utc(at), "change": float(change)}
            for at, change in zip(track.at, track.change, strict=True)
            if np.isfinite(change)
        ]
        for track in found.tracks
    }
    return replace(sheet, facts={"paths": paths}, sentence=f"{sentence(found)}.")


def quiet_said(found: Travelled) -> list[str]:
    """For each exchange whose last minutes have no bar, a sentence; KRX's closing auction has none."""
    told: dict[str, tuple[datetime, datetime]] = {
        item.city: item.quiet for item in found.hours if item.quiet is not None
    }
    return [
        f"{city}’s closing auction, {first:%H:%M} to {last:%H:%M} UTC, has no bar of five minutes: "
        "the dot is the daily close"
        for city, (first, last) in told.items()
    ]


def sentence(found: Travelled) -> str:
    """Who stands lowest and highest, and from when."""
    if not found.tracks:
        return NO_BARS.removesuffix(".")
    ends = sorted(found.tracks, key=lambda track: track.last[1])
    low, high = ends[0], ends[-1]
    told = f"{low.name} {words.percent(low.last[1])}%"
    if high is not low:
        told += f", {high.name} {words.percent(high.last[1])}%"
    return f"From {found.at:%H:%M} UTC on {words.day(found.at.date())}: {told}"


def _track(
    view: View,
    symbol: str,
    known: IntradayBars,
    inside: IntradayBars,
    zero: datetime,
    hours: Sequence[Hours],
) -> Track:
    ends = known.at + _STEP
    row = int(np.searchsorted(ends, instant64(zero), side="right")) - 1
    base, base_at = (known.close[row], ends[row]) if row >= 0 else (known.open[0], known.at[0])
    starts = np.flatnonzero(np.diff(inside.at, prepend=inside.at[0] - 2 * _STEP) != _STEP)
    at, price = inside.at + _STEP, inside.close
    # Each run: a break, its first open, then its closes.
    at = np.insert(at, np.repeat(starts, 2), np.repeat(inside.at[starts], 2))
    opens = np.stack([np.full(len(starts), np.nan), inside.open[starts]], axis=1).ravel()
    price = np.insert(price, np.repeat(starts, 2), opens)
    item, auction = view.universe[symbol], _auctions(view, symbol, inside, float(base), hours)
    at, change = at[1:], price[1:] / base - 1
    for moment, value in auction:
        place = int(np.searchsorted(at, instant64(moment), side="right"))
        at, change = np.insert(at, place, [instant64(moment)] * 2), np.insert(change, place, [np.nan, value])
    return Track(
        symbol,
        item.name,
        item.exchange.city,
        at,
        change,
        float(base),
        _utc(base_at),
        len(inside),
        auction,
        _low(at, change, zero),
    )


def _low(at: Sessions, change: Floats, zero: datetime) -> tuple[datetime, float]:
    """The lowest point from an instant on; of the whole line when it ends before."""
    later = np.isfinite(change) & (at >= instant64(zero))
    rows = np.flatnonzero(later if later.any() else np.isfinite(change))
    row = rows[int(np.argmin(change[rows]))]
    return _utc(at[row]), float(change[row])


def _auctions(
    view: View, symbol: str, inside: IntradayBars, base: float, hours: Sequence[Hours]
) -> tuple[tuple[datetime, float], ...]:
    """The daily close of each session whose last minutes have no bar."""
    item, found = view.universe[symbol], []
    columns = view.columns((symbol,))
    for span in hours:
        if span.city != item.exchange.city or span.quiet is None or not columns:
            continue
        held = (inside.at >= instant64(span.opens)) & (inside.at < instant64(span.closes))
        day = view.calendars[item.exchange.calendar]
        session = day.sessions[int(np.searchsorted(day.closes, instant64(span.closes)))]
        row = int(np.searchsorted(view.panel.sessions, session))
        if not held.any() or row >= len(view.panel.sessions) or view.panel.sessions[row] != session:
            continue
        close = float(view.panel.close[row, columns[0]])
        if np.isfinite(close) and view.panel.final[row, columns[0]]:
            found.append((span.closes, close / base - 1))
    return tuple(found)


def _hours(
    view: View,
    bars: Mapping[str, IntradayBars],
    symbols: Sequence[str],
    days: Sequence[date],
    as_of: Instant,
) -> tuple[Hours, ...]:
    """The sessions of the names' exchanges on the days, exchange by exchange, by their opening."""
    found: list[Hours] = []
    places = {view.universe[symbol].exchange.city: view.universe[symbol].exchange for symbol in symbols}
    order = [exchange.city for exchange in view.universe.exchanges]
    for city in sorted(places, key=order.index):
        calendar = view.calendars[places[city].calendar]
        own = [bars[symbol] for symbol in symbols if symbol in bars and places[city] == _place(view, symbol)]
        for day in days:
            if not calendar.is_session(day):
                continue
            row = calendar.position(day)
            opens, closes = _utc(calendar.opens[row]), _utc(calendar.closes[row])
            lunch = calendar.break_starts[row], calendar.break_ends[row]
            free = None if np.isnat(lunch[0]) else (_utc(lunch[0]), _utc(lunch[1]))
            quiet = _quiet(own, opens, closes) if closes <= as_of else None
            found.append(Hours(city, opens, closes, free, quiet))
    return tuple(found)


def _quiet(
    own: Sequence[IntradayBars], opens: datetime, closes: datetime
) -> tuple[datetime, datetime] | None:
    """The closing auction: the last minutes, at most 15, that no bar of any name covers; None without."""
    ends = [
        held[-1] + _STEP
        for bars in own
        if len(held := bars.at[(bars.at >= instant64(opens)) & (bars.at < instant64(closes))])
    ]
    if not ends or not instant64(closes) - np.timedelta64(AUCTION) <= max(ends) < instant64(closes):
        return None
    return _utc(max(ends)), closes


def _row(track: Track) -> dict[str, Any]:
    last, low = track.last, track.low
    return {
        "symbol": track.symbol,
        "city": track.city,
        "base_price": track.base,
        "base_at": track.base_at,
        "last_price": track.base * (1 + last[1]),
        "last_at": last[0],
        "change": number(last[1]),
        "low_change": number(low[1]),
        "low_at": low[0],
        "bars": track.bars,
    }


def _place(view: View, symbol: str) -> object:
    return view.universe[symbol].exchange


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _utc(stamp: np.datetime64) -> datetime:
    found: datetime = stamp.astype("datetime64[s]").item()
    return found.replace(tzinfo=UTC)
