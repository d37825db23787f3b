"""The days of a file: one way of writing for all of its rows, decided by them together or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from models.dates import Order, readings
from models.errors import BadDateError
from models.types import Sessions

_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CLOCK = re.compile(
    r"(?P<day>.*?[^\sT,])(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(?:\.0)?", re.ASCII)
_REPUBLIC = re.compile(r"(1\d\d)[/.年-](\d{1,2})[/.月-](\d{1,2})日?", re.ASCII)
"""Taiwan's exchange counts years from 1911: 115/06/26 is 26 June 2026."""
_BEGAN = date(1899, 12, 30)
"""What Excel counts days from."""
_DAY = 86_400


class DayError(ValueError):
    """A text of a column of days cannot be used.

    ``row`` is its place and ``why`` what is wrong with it, where there is more to say; ``doubt`` that it is a
    date, only not which.
    """

    def __init__(self, row: int, why: str = "", *, doubt: bool = False) -> None:
        super().__init__(why)
        self.row = row
        self.why = why
        self.doubt = doubt


@dataclass(frozen=True, slots=True)
class Days:
    """Sessions, shape (n,), and whether several rows of one day stand at different times."""

    sessions: Sessions
    intraday: bool = False


def days_of(
    texts: Sequence[str],
    times: Sequence[str] | None = None,
    *,
    eastern: bool = False,
    zone: str | None = None,
) -> Days:
    """Return the days that the texts of a column name.

    Parameters
    ----------
    texts
        One a row.
    times
        The column of times beside them, if there is one.
    eastern
        Whether a year of two digits stands first.
    zone
        Where the exchange is: an instant has its date there.

    Raises
    ------
    DayError
        If one is no day, or they may be read with the day or the month first.
    """
    if all(len(text) == 10 and _ISO.fullmatch(text) for text in texts):
        try:
            sessions = np.array(texts, dtype="datetime64[D]")
        except ValueError:
            raise DayError(next(row for row, text in enumerate(texts) if not _is_iso(text))) from None
        return Days(sessions, _several(sessions.tolist(), list(times) if times else None))
    clean = [text.strip() for text in texts]
    if eastern and clean and all(map(_REPUBLIC.fullmatch, clean)):
        clean = [_of_republic(text) for text in clean]
    if clean and all(map(_SERIAL.fullmatch, clean)):
        days = [_BEGAN + timedelta(days=int(float(text))) for text in clean]
        parts = [float(text) % 1 for text in clean]
        return Days(np.array(days, dtype="datetime64[D]"), _several(days, parts))
    if clean and all(map(_EPOCH.fullmatch, clean)):
        return _instants(clean, zone)
    return _written(clean, times, eastern, zone)


def _of_republic(text: str) -> str:
    found = _REPUBLIC.fullmatch(text)
    assert found is not None
    year, month, day = map(int, found.groups())
    return f"{year + 1911}-{month:02d}-{day:02d}"


def _is_iso(text: str) -> bool:
    try:
        np.datetime64(text, "D")
    except ValueError:
        return False
    return True


def _instants(texts: Sequence[str], zone: str | None) -> Days:
    """Seconds or milliseconds since 1970: midnights are dates already, others have theirs at the exchange."""
    seconds = [int(float(text)) // (1000 if len(text.split(".")[0]) > 10 else 1) for text in texts]
    if zone is None or all(second % _DAY == 0 for second in seconds):
        zone = "UTC"
    found = [datetime.fromtimestamp(second, ZoneInfo(zone)) for second in seconds]
    days = [moment.date() for moment in found]
    return Days(np.array(days, dtype="datetime64[D]"), _several(days, [moment.time() for moment in found]))


def _written(texts: Sequence[str], times: Sequence[str] | None, eastern: bool, zone: str | None) -> Days:
    parts = [_parted(row, text) for row, text in enumerate(texts)]
    meanings = [_meanings(row, part[0], eastern) for row, part in enumerate(parts)]
    order = _order(meanings)
    days: list[date] = []
    clocks: list[object] = []
    for row, ((_, clock, offset), found) in enumerate(zip(parts, meanings, strict=True)):
        day = found["own"] if "own" in found else found[order]  # type: ignore[index]
        if offset is not None and clock and zone is not None:
            day, clock = _moved(row, day, clock, offset, zone)
        days.append(day)
        clocks.append((clock, times[row] if times else ""))
    return Days(np.array(days, dtype="datetime64[D]"), _several(days, clocks))


def _parted(row: int, text: str) -> tuple[str, int | None, int | None]:
    """The day, the seconds of its time and the offset of that from UTC, None where none stands."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return text, None, None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"][0].lower() == "p")
    clock = (hour * 60 + int(found["minute"])) * 60 + int(found["second"] or 0)
    if clock >= _DAY:
        raise DayError(row)
    zone = found["zone"]
    if zone is None:
        return found["day"], clock, None
    if zone in ("Z", "UTC", "GMT"):
        return found["day"], clock, 0
    digits = zone[1:].replace(":", "")
    offset = (int(digits[:2]) * 60 + int(digits[2:])) * 60
    return found["day"], clock, offset if zone[0] == "+" else -offset


def _moved(row: int, day: date, clock: int, offset: int, zone: str) -> tuple[date, int]:
    """The date and time at the exchange of an instant that is no midnight where it is written."""
    try:
        began = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC"))
        moment = (began + timedelta(seconds=clock - offset)).astimezone(ZoneInfo(zone))
    except OverflowError:
        raise DayError(row) from None
    return moment.date(), (moment.hour * 60 + moment.minute) * 60 + moment.second


def _meanings(row: int, text: str, eastern: bool) -> dict[Order, date]:
    try:
        found = dict(_readings(text))
    except BadDateError as error:
        raise DayError(row, error.why) from None
    if eastern and "ymd" in found:
        return {"ymd": found["ymd"]}
    found.pop("ymd", None)
    if not found:
        raise DayError(row)
    return found


@lru_cache(maxsize=4096)
def _readings(text: str) -> tuple[tuple[Order, date], ...]:
    return tuple(readings(text).items())


def _order(meanings: Sequence[dict[Order, date]]) -> Order | None:
    """The one order in which every row can be read.

    Raises
    ------
    DayError
        If there is none, or more than one that differ.
    """
    left: set[Order] | None = None
    for row, found in enumerate(meanings):
        if "own" in found:
            continue
        narrowed = set(found) if left is None else left & set(found)
        if not narrowed:
            why = "other rows have day and month the other way round; write all as 2026-07-06"
            raise DayError(row, why, doubt=True)
        left = narrowed
    if not left:
        return None
    if len(left) > 1:
        for row, found in enumerate(meanings):
            if "own" not in found and len({found[order] for order in left}) > 1:
                why = "month or day first? No row of the file tells; write its dates as 2026-07-06"
                raise DayError(row, why, doubt=True)
    return next(iter(left))


def _several(days: Sequence[date], clocks: Sequence[object] | None) -> bool:
    """Whether a day has rows at different times."""
    if clocks is None or len(set(days)) == len(days):
        return False
    seen: dict[date, object] = {}
    return any(seen.setdefault(day, clock) != clock for day, clock in zip(days, clocks, strict=True))
