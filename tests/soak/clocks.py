"""Closes at every half hour of the day in eight zones, 2026 to 2030: each session asked once, none missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ingest.planning import plan
from models.sessions import GRACE, Calendar
from models.store import StoredSessions
from models.types import instant64
from models.universe import Universe, load_universe
from tests.ingest.shelf import UNIVERSE
from tests.soak.harness import Case, Reached, Size

ZONES = (
    *("America/New_York", "Europe/London", "Europe/Amsterdam", "Asia/Tokyo", "Asia/Seoul", "Asia/Taipei"),
    *("Asia/Hong_Kong", "UTC"),
)
FROM, TO = date(2026, 1, 1), date(2030, 12, 31)
TICK = timedelta(minutes=5)
HALF_HOURS = [time(hour, minute) for hour in range(24) for minute in (0, 30)]


class One(dict[str, Calendar]):
    """Calendars that know one, whatever they are asked for."""

    def __missing__(self, key: str) -> Calendar:
        return self["one"]


def calendar_of(zone: str, close: time, days: Any) -> Calendar:
    """Weekdays that close at one local time, six hours and a half after their opening."""
    closes = [instant64(datetime.combine(day, close, ZoneInfo(zone))) for day in days.tolist()]
    ends = np.array(closes, dtype="datetime64[s]")
    nothing = np.full(len(ends), np.datetime64("NaT", "s"))
    return Calendar("one", zone, days, ends - np.timedelta64(23_400, "s"), ends, nothing, nothing.copy())


def live(universe: Universe, zone: str, close: time, days: Any) -> tuple[int, int, int]:
    """Sessions, those never asked for within a tick of their grace, and asks beyond one."""
    calendar = calendar_of(zone, close, days)
    known: Any = One(one=calendar)
    symbol = universe.symbols[0]
    missed = doubled = 0
    for row in range(1, len(days)):
        due = datetime.fromtimestamp(int(calendar.closes[row].astype(np.int64)), UTC) + GRACE
        tick = datetime.fromtimestamp(-(-due.timestamp() // TICK.total_seconds()) * TICK.total_seconds(), UTC)
        # Before its time, at its time, and after it was answered: asked at the second alone.
        asked = []
        for at, have, seen in ((tick - TICK, row, -1), (tick, row, -1), (tick + TICK, row + 1, 0)):
            since = tick if seen == 0 else due - timedelta(hours=3)
            stored = StoredSessions(symbol, days[:have], np.ones(have, dtype=np.bool_), since)
            found = plan(universe, known, {symbol: stored}, {}, now=at, grace=GRACE, symbols={symbol})
            asked.append(len(found.asks))
        early = asked[0] if tick - TICK < due else 0
        missed += asked[1] != 1
        doubled += early + asked[2]
    return len(days) - 1, missed, doubled


def every_half_hour(size: Size) -> Reached:
    """All zones and half hours; a part of the full size takes the weeks around the changes of the clock."""
    days = np.arange(np.datetime64(FROM), np.datetime64(TO) + 1)
    days = days[np.is_busday(days)]
    if size.share < 1:
        weeks = [
            np.abs(days - np.datetime64(f"{year}-{edge}")) < 12
            for year in (2026, 2027)
            for edge in ("03-15", "03-29", "10-25", "11-01")
        ]
        days = days[np.logical_or.reduce(weeks)]
    times = HALF_HOURS[:: max(1, round(0.3 / size.share))] if size.share < 0.3 else HALF_HOURS
    sessions = missed = doubled = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "universe.toml"
        path.write_text(UNIVERSE, encoding="utf-8")
        universe = load_universe(path)
    for zone in ZONES:
        for close in times:
            found = live(universe, zone, close, days)
            sessions, missed, doubled = sessions + found[0], missed + found[1], doubled + found[2]
    text = (
        f"{len(ZONES)} zones × {len(times)} times, {sessions:,} sessions: {missed} missed, {doubled} doubled"
    )
    return Reached(not (missed or doubled), text)


CASES = [Case("half hours × 8 zones, 2026–2030", "0 missed, 0 doubled", every_half_hour)]
