"""Exchange sessions: which days trade, when they open and close in UTC, and what is next.

The calendars come from exchange_calendars with our own overrides on top. A calendar is an
expectation, not the truth: a typhoon closes an exchange that every calendar thinks open.
"""

from __future__ import annotations

import hashlib
import threading
import tomllib
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models import private
from models.errors import CalendarError
from models.types import Bools, Instant, Session, Sessions, instant64, session64

PACKAGED_OVERRIDES = Path(__file__).with_name("calendar_overrides.toml")
FIRST_SESSION = date(2015, 1, 1)
GRACE = timedelta(minutes=90)
"""How long after the close a bar still counts as provisional."""

_FIELDS = ("sessions", "opens", "closes", "break_starts", "break_ends")
_ZONES = {
    "XTKS": "Asia/Tokyo",
    "XKRX": "Asia/Seoul",
    "XTAI": "Asia/Taipei",
    "XHKG": "Asia/Hong_Kong",
    "XNYS": "America/New_York",
    "XSHG": "Asia/Shanghai",
    "XASX": "Australia/Sydney",
    "XSES": "Asia/Singapore",
    "XBOM": "Asia/Kolkata",
    "XLON": "Europe/London",
    "XETR": "Europe/Berlin",
    "XPAR": "Europe/Paris",
    "XAMS": "Europe/Amsterdam",
    "XMIL": "Europe/Rome",
    "XSWX": "Europe/Zurich",
    "XSTO": "Europe/Stockholm",
    "XTSE": "America/Toronto",
    "BVMF": "America/Sao_Paulo",
    "weekdays": "Europe/London",
}
CALENDARS = tuple(_ZONES)
"""The calendars an exchange may follow."""

Phase = Literal["open", "lunch", "closed", "holiday"]


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """What an exchange is doing at one instant.

    Attributes
    ----------
    phase
        ``open``; ``lunch``, between its halves; ``closed``, outside the hours of a
        trading day or at the weekend; ``holiday``, on a weekday without a session.
    session
        The session in progress or of that local day, None when the day has none.
    last_session
        The last session that has closed.
    next_open, next_close
        The next instants after now, None past the calendar's horizon.
    """

    phase: Phase
    session: Session | None
    last_session: Session | None
    next_open: Instant | None
    next_close: Instant | None


@dataclass(frozen=True, eq=False)
class Calendar:
    """The sessions of one exchange with their UTC instants.

    ``sessions`` is ``datetime64[D]`` (n,), the instants ``datetime64[s]`` (n,); the lunch
    break is NaT on a session without one.
    """

    id: str
    timezone: str
    sessions: Sessions
    opens: NDArray[np.datetime64]
    closes: NDArray[np.datetime64]
    break_starts: NDArray[np.datetime64]
    break_ends: NDArray[np.datetime64]

    @property
    def horizon(self) -> Session:
        """The last session the calendar knows."""
        return self.sessions[-1].item()

    def position(self, day: Session) -> int:
        """Return the row of a session.

        Raises
        ------
        CalendarError
            If the exchange has no session that day.
        """
        row = int(np.searchsorted(self.sessions, session64(day)))
        if row == len(self.sessions) or self.sessions[row] != session64(day):
            raise CalendarError(f"{self.id} has no session on {day.isoformat()}.")
        return row

    def is_session(self, day: Session) -> bool:
        """Whether the exchange trades that day."""
        row = int(np.searchsorted(self.sessions, session64(day)))
        return row < len(self.sessions) and bool(self.sessions[row] == session64(day))

    def among(self, days: Sessions) -> Bools:
        """Which of the days are sessions; shape as given."""
        rows = np.minimum(np.searchsorted(self.sessions, days), len(self.sessions) - 1)
        return np.asarray(self.sessions[rows] == days)

    def between(self, start: Session, end: Session) -> Sessions:
        """Sessions from start to end, both included."""
        low = np.searchsorted(self.sessions, session64(start), side="left")
        high = np.searchsorted(self.sessions, session64(end), side="right")
        return self.sessions[low:high]

    def last_closed(self, now: Instant, grace: timedelta = timedelta(0)) -> Session | None:
        """The last session whose close, and the grace after it, lie at or before now."""
        row = int(np.searchsorted(self.closes, instant64(now - grace), side="right")) - 1
        return self.sessions[row].item() if row >= 0 else None

    def open_of(self, session: Session) -> Instant:
        """The opening instant of a session, UTC."""
        return _instant(self.opens[self.position(session)])

    def close_of(self, session: Session) -> Instant:
        """The closing instant of a session, UTC."""
        return _instant(self.closes[self.position(session)])

    def closed_by(self, sessions: Sessions, now: Instant, grace: timedelta = timedelta(0)) -> Bools:
        """Which sessions had closed, with their grace, by now; a day without a session had when it ended."""
        last = self.last_closed(now, grace)
        if last is None:
            return np.zeros(len(sessions), dtype=np.bool_)
        return np.asarray(sessions <= session64(last))

    def status(self, now: Instant) -> MarketStatus:
        """What the exchange is doing at that instant."""
        moment = instant64(now)
        row = int(np.searchsorted(self.closes, moment, side="right"))
        local = now.astimezone(ZoneInfo(self.timezone)).date()
        next_close = _at(self.closes, row)
        opened = row < len(self.opens) and self.opens[row] <= moment
        next_open = _at(self.opens, row + 1 if opened else row)
        if opened:
            lunch = self.break_starts[row] <= moment < self.break_ends[row]
            phase: Phase = "lunch" if lunch else "open"
        else:
            phase = "closed" if self.is_session(local) or local.weekday() >= 5 else "holiday"
        return MarketStatus(
            phase=phase,
            session=local if self.is_session(local) else None,
            last_session=self.sessions[row - 1].item() if row else None,
            next_open=next_open,
            next_close=next_close,
        )


class Calendars:
    """Calendars by id, built when first asked for and then kept.

    Building one costs up to two seconds; with a ``cache_dir`` the result is kept on disk
    under a name that changes with the package's version and the overrides.

    Parameters
    ----------
    overrides
        A TOML file laid out as the packaged one; it replaces it.
    cache_dir
        A writable folder, or None for no cache on disk.
    """

    def __init__(self, *, overrides: Path | None = None, cache_dir: Path | None = None) -> None:
        self._path = overrides or PACKAGED_OVERRIDES
        self._overrides = _read_overrides(self._path)
        self._cache_dir = cache_dir
        self._built: dict[str, Calendar] = {}
        self._lock = threading.Lock()

    def __getitem__(self, calendar_id: str) -> Calendar:
        if calendar_id not in self._built:
            with self._lock:
                if calendar_id not in self._built:
                    self._built[calendar_id] = self._load(calendar_id)
        return self._built[calendar_id]

    def ready(self, calendar_ids: Iterable[str]) -> bool:
        """Whether these calendars are built: asking for one takes no time then."""
        return all(calendar_id in self._built for calendar_id in calendar_ids)

    def _load(self, calendar_id: str) -> Calendar:
        if calendar_id not in _ZONES:
            raise CalendarError(f"There is no calendar {calendar_id!r}; choose one of {', '.join(_ZONES)}.")
        cached = self._cache_file(calendar_id)
        arrays = _read_cache(cached)
        if arrays is None:
            arrays = _weekdays() if calendar_id == "weekdays" else _package_calendar(calendar_id)
            arrays = _override(arrays, self._overrides.get(calendar_id, {}), ZoneInfo(_ZONES[calendar_id]))
            _write_cache(cached, arrays)
        return Calendar(calendar_id, _ZONES[calendar_id], **arrays)

    def _cache_file(self, calendar_id: str) -> Path | None:
        if self._cache_dir is None:
            return None
        from importlib.metadata import version

        facts = f"{version('exchange_calendars')} {self._overrides.get(calendar_id)} {_horizon()}"
        digest = hashlib.sha256(facts.encode()).hexdigest()[:12]
        return self._cache_dir / f"calendar-{calendar_id}-{digest}.npz"


def _horizon() -> date:
    """The end of next year: exchanges publish their holidays no further ahead."""
    return date(datetime.now(UTC).year + 1, 12, 31)


def _package_calendar(calendar_id: str) -> dict[str, NDArray[np.datetime64]]:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 uses calls that pandas 3 deprecates; the answers are right.
        warnings.simplefilter("ignore")
        import exchange_calendars

        end = _horizon()
        try:
            found = exchange_calendars.get_calendar(calendar_id, start=FIRST_SESSION, end=end)
        except ValueError:  # some holidays follow the moon and are known to the end of this year only
            end = date(end.year - 1, 12, 31)
            found = exchange_calendars.get_calendar(calendar_id, start=FIRST_SESSION, end=end)
    return {
        "sessions": found.sessions.to_numpy().astype("datetime64[D]"),
        "opens": _seconds(found.opens),
        "closes": _seconds(found.closes),
        "break_starts": _seconds(found.break_starts),
        "break_ends": _seconds(found.break_ends),
    }


def _seconds(instants: Any) -> NDArray[np.datetime64]:
    return np.asarray(instants.dt.tz_convert(None).to_numpy().astype("datetime64[s]"))


def _weekdays() -> dict[str, NDArray[np.datetime64]]:
    """Currencies trade round the clock; a day is London's, and ends at New York's 17:00."""
    days = np.arange(session64(FIRST_SESSION), session64(_horizon()) + 1)
    days = days[np.is_busday(days)]
    dates = days.astype(object)
    opens = [_local(day, time(0), ZoneInfo("Europe/London")) for day in dates]
    closes = [_local(day, time(17), ZoneInfo("America/New_York")) for day in dates]
    nothing = np.full(len(days), np.datetime64("NaT", "s"))
    return {
        "sessions": days,
        "opens": np.array(opens),
        "closes": np.array(closes),
        "break_starts": nothing,
        "break_ends": nothing.copy(),
    }


def _override(
    arrays: dict[str, NDArray[np.datetime64]], override: dict[str, Any], zone: ZoneInfo
) -> dict[str, NDArray[np.datetime64]]:
    closed = np.array(override.get("closed", []), dtype="datetime64[D]")
    keep = ~np.isin(arrays["sessions"], closed)
    arrays = {name: values[keep] for name, values in arrays.items()}
    for day in override.get("added", []):
        arrays = _insert(arrays, day, zone)
    for entry in override.get("hours", []):
        row = int(np.searchsorted(arrays["sessions"], session64(entry["session"])))
        if row < len(arrays["sessions"]) and arrays["sessions"][row] == session64(entry["session"]):
            arrays["opens"][row] = _local(entry["session"], time.fromisoformat(entry["open"]), zone)
            arrays["closes"][row] = _local(entry["session"], time.fromisoformat(entry["close"]), zone)
            _drop_break(arrays, row)
    return arrays


def _drop_break(arrays: dict[str, NDArray[np.datetime64]], row: int) -> None:
    """No lunch on a session of one half: a storm's late open comes after it, an early end before."""
    late = arrays["opens"][row] >= arrays["break_ends"][row]
    if late or arrays["closes"][row] <= arrays["break_starts"][row]:
        arrays["break_starts"][row] = arrays["break_ends"][row] = np.datetime64("NaT", "s")


def _insert(
    arrays: dict[str, NDArray[np.datetime64]], day: date, zone: ZoneInfo
) -> dict[str, NDArray[np.datetime64]]:
    """Add a session with the hours of the one before it."""
    row = int(np.searchsorted(arrays["sessions"], session64(day)))
    before = max(row - 1, 0)
    shift = session64(day) - arrays["sessions"][before]
    added = {"sessions": np.asarray(session64(day))}
    for name in _FIELDS[1:]:
        added[name] = arrays[name][before] + shift.astype("timedelta64[s]")
    return {name: np.insert(arrays[name], row, added[name]) for name in _FIELDS}


def _local(day: date, clock: time, zone: ZoneInfo) -> np.datetime64:
    return instant64(datetime.combine(day, clock, zone))


def _instant(value: np.datetime64) -> Instant:
    return datetime.fromtimestamp(int(value.astype("datetime64[s]").astype(np.int64)), UTC)


def _at(instants: NDArray[np.datetime64], row: int) -> Instant | None:
    return _instant(instants[row]) if row < len(instants) else None


def _read_overrides(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        for calendar_id, table in document.items():
            _check_override(calendar_id, table)
    except OSError as error:
        raise CalendarError(
            f"Cannot read the calendar overrides {path}: {error.strerror}; check the path."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CalendarError(
            f"Cannot use the calendar overrides {path}: {error}; compare it with the packaged file."
        ) from error
    return document


def _check_override(calendar_id: str, table: dict[str, Any]) -> None:
    unknown = set(table) - {"closed", "added", "hours"}
    if calendar_id not in _ZONES or unknown:
        raise ValueError(f"[{calendar_id}] {' '.join(sorted(unknown)) or 'is no known calendar'}")
    days = [
        *table.get("closed", []),
        *table.get("added", []),
        *(row["session"] for row in table.get("hours", [])),
    ]
    for day in days:
        if type(day) is not date:
            raise ValueError(f"[{calendar_id}] {day!r} is not a date")
    for row in table.get("hours", []):
        time.fromisoformat(row["open"])
        time.fromisoformat(row["close"])


def _read_cache(path: Path | None) -> dict[str, NDArray[np.datetime64]] | None:
    if path is None or not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file) as kept:
            return {name: kept[name] for name in _FIELDS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # a torn file is rebuilt, not repaired


def _write_cache(path: Path | None, arrays: dict[str, NDArray[np.datetime64]]) -> None:
    if path is None:
        return
    try:
        private.folder(path.parent)
        partial = path.with_suffix(f".{id(arrays)}.tmp.npz")
        private.file(partial)
        np.savez(partial, allow_pickle=False, **arrays)
        partial.replace(path)
    except OSError:
        return  # the cache only saves time; a read-only folder is no failure
