"""Days and instants as people write them: one reader for addresses, commands, forms and files.

What has one meaning is read; what has two, or none, is refused with a sentence that says why.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from models.errors import BadDateError
from models.types import Instant

Order = Literal["own", "dmy", "mdy", "ymd"]
"""In which order the parts of a date stand; ``own`` is a form that can be read in one way alone."""
LONGEST = 60
"""The longest text that is looked at, in characters."""
_ENGLISH = "january february march april may june july august september october november december"
MONTHS = {name: at for at, name in enumerate(_ENGLISH.split(), 1)}
_SHORT = {name[:3]: at for name, at in MONTHS.items()} | {"sept": 9}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})\s*[.日일]?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})\.?", re.ASCII)
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[-/ .]*([a-z]{3,9})\.?(?:[-/ ,.]+'?(\d{4}|\d{2}))?", re.ASCII
)
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?[- ]*(\d{1,2})(?:st|nd|rd|th)?(?:[-, ]+(\d{4}))?", re.ASCII)
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+(.+)")
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s*(?:am|pm)?|\d{1,2}\s*(?:am|pm)"
_WITH_TIME = re.compile(
    rf"(?P<day>.*[^\s,t])(?:t|,?\s+)(?P<clock>{_CLOCK})\s*(?P<zone>[^\d\s].*|\d\d:\d\d)?", re.ASCII
)
_TIME = re.compile(rf"(?P<clock>{_CLOCK})\s*(?P<zone>\S.*)?", re.ASCII)
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)

_ZONES = {
    **{"z": "UTC", "utc": "UTC", "gmt": "UTC", "kst": "Asia/Seoul", "jst": "Asia/Tokyo"},
    **{"hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore", "et": "America/New_York", "ct": "America/Chicago"},
    **{"pt": "America/Los_Angeles", "aest": "Australia/Sydney", "aedt": "Australia/Sydney"},
    **{"est": "America/New_York", "edt": "America/New_York", "cdt": "America/Chicago"},
    **{"pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "bst": "Europe/London"},
    **{"cet": "Europe/Paris", "cest": "Europe/Paris"},
}
_TWO_ZONES = {"cst": "Taipei’s and Chicago’s", "ist": "India’s, Israel’s and Ireland’s"}


def fold(text: str) -> str:
    """Return a text as it is compared: full-width forms narrow, dashes plain, small letters."""
    plain = unicodedata.normalize("NFKC", text[: 4 * LONGEST]).translate(_DASHES)
    shown = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return " ".join(shown.split()).strip().lower()


def readings(text: str, today: date | None = None) -> Mapping[Order, date]:
    """Return the days that a text can mean, by the order of its parts.

    Parameters
    ----------
    text
        A day alone, without a time.
    today
        What ``today``, ``yesterday`` and a day without a year are counted from; without it they are refused.

    Returns
    -------
    mapping
        One entry when it has one meaning; ``dmy``, ``mdy`` and (of a two-digit year) ``ymd`` apart
        otherwise.

    Raises
    ------
    BadDateError
        If it means no day.
    """
    plain = fold(text)
    if not plain or len(plain) > LONGEST:
        raise BadDateError(text)
    if plain in ("today", "yesterday"):
        if today is None:
            raise BadDateError(text, "write the day itself here")
        return {"own": today - timedelta(days=plain == "yesterday")}
    named = _WEEKDAY.fullmatch(plain)
    if named and named[2][:1].isalnum():
        found = _by_form(text, named[2], today)
        if all(_DAYS[day.weekday()][:3] != named[1] for day in found.values()):
            day = next(iter(found.values()))
            raise BadDateError(text, f"{day} is a {_DAYS[day.weekday()].capitalize()}")
        return {order: day for order, day in found.items() if _DAYS[day.weekday()][:3] == named[1]}
    return _by_form(text, plain, today)


def _by_form(text: str, plain: str, today: date | None) -> Mapping[Order, date]:
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return {"own": _day(text, int(found[1]), int(found[2]), int(found[3]))}
    if found := _YEAR_LAST.fullmatch(plain):
        return _numbers(text, int(found[1]), int(found[3]), found[4], dotted=found[2] == ".")
    if found := _DAY_MONTH.fullmatch(plain):
        return {"own": _named_month(text, int(found[1]), found[2], found[3], today)}
    if found := _MONTH_DAY.fullmatch(plain):
        return {"own": _named_month(text, int(found[2]), found[1], found[3], today)}
    if re.fullmatch(r"\d{4}-?w\d{2}-?\d", plain, re.ASCII):
        try:
            return {"own": date.fromisoformat(plain.upper())}
        except ValueError:
            raise BadDateError(text) from None
    raise BadDateError(text)


def _numbers(text: str, first: int, second: int, year: str, *, dotted: bool) -> Mapping[Order, date]:
    """The meanings of three numbers with the year last, or perhaps first when it has two digits."""
    whole = int(year) + (2000 if len(year) == 2 else 0)
    wanted: dict[Order, tuple[int, int, int]] = {"dmy": (whole, second, first)}
    if not dotted:  # 23.06.2026 is written where the day stands first
        wanted["mdy"] = (whole, first, second)
    if len(year) == 2:
        wanted["ymd"] = (2000 + first, second, int(year))
    found: dict[Order, date] = {}
    for order, parts in wanted.items():
        try:
            found[order] = date(*parts)
        except ValueError:
            continue
    if not found:
        return {"own": _day(text, whole, *((second, first) if second <= 12 else (first, second)))}
    return found


def _named_month(text: str, day: int, name: str, year: str | None, today: date | None) -> date:
    month = MONTHS.get(name) or _SHORT.get(name)
    if month is None:
        raise BadDateError(text)
    if year is not None:
        return _day(text, int(year) + (2000 if len(year) == 2 else 0), month, day)
    most = 29 if month == 2 else monthrange(2000, month)[1]
    if not 1 <= day <= most:
        raise BadDateError(text, f"{_month(month)} has {most} days at most")
    if today is None:
        raise BadDateError(text, "write the year too")
    for found in range(today.year, today.year - 9, -1):
        try:
            if (reached := date(found, month, day)) <= today:
                return reached
        except ValueError:
            continue
    raise BadDateError(text)


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        if not 1 <= month <= 12:
            raise BadDateError(text, f"there is no month {month}") from None
        if not 1 <= year <= 9999:
            raise BadDateError(text) from None
        days = monthrange(year, month)[1]
        raise BadDateError(text, f"{_month(month)} {year} has {days} days") from None


def _month(number: int) -> str:
    return _ENGLISH.split()[number - 1].capitalize()


def read_day(text: str, now: Instant | None = None) -> date:
    """Return the day that a text names, of an instant too the date as it is written.

    Raises
    ------
    BadDateError
        If it names none, or may be two.
    """
    found = read_moment(text, now, whole=False)
    return found.date() if isinstance(found, datetime) else found


def read_moment(
    text: str, now: Instant | None = None, zone: tzinfo | None = UTC, *, whole: bool = True
) -> date | datetime:
    """Return the day or the instant that a text names.

    Parameters
    ----------
    text
        ``2026-06-23``, ``23 jun``, ``23.06.2026``, ``20260623``, ``yesterday``; with a time
        ``2026-06-23 09:00 KST``, ``23 June 2026 9am Asia/Seoul``, ``2026-06-23T00:00Z``.
    now
        What ``today`` and a day without a year are counted from, by its date in UTC.
    zone
        Where a time without a zone stands; None leaves it without one.
    whole
        False keeps an instant at the clock of its place, for who wants its date there.

    Returns
    -------
    date or datetime
        An instant is in UTC.

    Raises
    ------
    BadDateError
        If it names neither, or may be two.
    """
    today = now.astimezone(UTC).date() if now is not None else None
    plain = fold(text)
    if plain == "now" and now is not None:
        return now.astimezone(UTC)
    timed = _iso(text, plain) or _with_time(text, plain, today)
    if timed is None:
        found = readings(text, today)
        if len(set(found.values())) > 1:
            ways = " or ".join(str(day) for day in dict.fromkeys(found.values()))
            raise BadDateError(text, f"it may be {ways}")
        return next(iter(found.values()))
    moment, named = timed
    if named is not None:
        moment = _placed(text, moment, named)
    elif moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    if moment.tzinfo is None or not whole:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadDateError(text) from None


def _iso(text: str, plain: str) -> tuple[datetime, str | None] | None:
    """An instant in the form of computers, where a space may be the plus of an address."""
    if not re.match(r"\d{4}-?\d{2}-?\d{2}t\d", plain, re.ASCII):
        return None
    written = re.sub(r"(?<=\d) (?=\d{2}:?\d{2}$)", "+", plain).upper()
    try:
        return datetime.fromisoformat(written), None
    except ValueError:
        return None


def _with_time(text: str, plain: str, today: date | None) -> tuple[datetime, str | None] | None:
    found = _WITH_TIME.fullmatch(plain) if len(plain) <= LONGEST else None
    if found is None:
        return None
    days = readings(found["day"].strip(" ,"), today)
    if len(set(days.values())) > 1:
        raise BadDateError(text, "its day may be two; write it as 2026-06-23")
    named = found["zone"]
    return datetime.combine(next(iter(days.values())), _clock(text, found["clock"])), named


def _clock(text: str, written: str) -> time:
    half = re.search(r"\s*(am|pm)$", written)
    parts = written[: half.start()] if half else written
    hours, *rest = (float(part) for part in parts.split(":"))
    if half:
        if not 1 <= hours <= 12:
            raise BadDateError(text, f"there is no {written}")
        hours = hours % 12 + 12 * (half[1] == "pm")
    minutes, seconds = [*rest, 0.0, 0.0][:2]
    try:
        micro = round(seconds % 1 * 1_000_000)
        return time(int(hours), int(minutes), int(seconds), min(micro, 999_999))
    except ValueError:
        raise BadDateError(text, f"there is no time {written}") from None


def _placed(text: str, moment: datetime, named: str) -> datetime:
    """A local time in the zone that was named, if the clock there showed it once."""
    named = named.strip(" ,()[]")
    if re.fullmatch(r"\d\d:\d\d", named):
        named = f"+{named}"
    zone = zone_named(named)
    if zone is None:
        why = f"{named.upper()} is {_TWO_ZONES[named]}" if named in _TWO_ZONES else "its zone is not known"
        raise BadDateError(text, f"{why}; write one such as Asia/Seoul, or +09:00")
    try:
        placed = moment.replace(tzinfo=zone)
        if placed.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
            raise BadDateError(text, "the clocks there passed over that time")
        if placed.utcoffset() != placed.replace(fold=1).utcoffset():
            raise BadDateError(text, "the clocks there showed that time twice; write it in UTC")
        if named in ("est", "edt", "cdt", "pst", "pdt", "bst", "cet", "cest", "aest", "aedt"):
            local = placed.tzname() or ""
            if local.lower() != named:
                raise BadDateError(text, f"the clocks there are on {local} then")
    except OverflowError:
        raise BadDateError(text) from None
    return placed


def zone_named(text: str) -> tzinfo | None:
    """Return the zone of an abbreviation, an offset, a name such as Asia/Seoul or a city; None for none."""
    plain = fold(text)
    if plain in _ZONES:
        return ZoneInfo(_ZONES[plain])
    if offset := _OFFSET.fullmatch(plain):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        if minutes > 14 * 60 or int(offset[3] or 0) > 59:
            return None
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    name = _cities().get(plain.replace(" ", "_"))
    return ZoneInfo(name) if name else None


@cache
def _cities() -> dict[str, str]:
    """Zones by their whole name and by their city, in small letters."""
    cities: dict[str, str] = {}
    for name in sorted(available_timezones()):
        if "/" in name and not name.startswith(("Etc/", "posix", "right")):
            cities[name.lower()] = name
            cities.setdefault(name.rsplit("/", 1)[1].lower(), name)
    return cities


def read_time(text: str) -> tuple[time, tzinfo | None] | None:
    """Return a time of day and its zone, None for the zone where none is written; None if it is no time."""
    found = _TIME.fullmatch(fold(text)) if len(text) <= LONGEST else None
    if found is None:
        return None
    clock = _clock(text, found["clock"])
    if found["zone"] is None:
        return clock, None
    zone = zone_named(found["zone"].strip(" ()"))
    return None if zone is None else (clock, zone)
