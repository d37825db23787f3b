"""How numbers, dates and waits are written: one form for each quantity, on every page."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np

MINUS = "\u2212"
ARROW = "\u2192"
MISSING = "n/a"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_TENTHS = (
    "none",
    "a tenth",
    "a fifth",
    "three-tenths",
    "two-fifths",
    "half",
    "three-fifths",
    "seven-tenths",
    "four-fifths",
    "nine-tenths",
    "all",
)
_WHOLE_CURRENCIES = ("JPY", "KRW", "TWD")


def missing(value: object) -> bool:
    """Whether a value is None, NaN or NaT."""
    if value is None:
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    try:
        return math.isnan(value)  # type: ignore[arg-type]
    except TypeError:
        return bool(value != value)


def signed(value: float | None, decimals: int = 1) -> str:
    """A number with its sign and a real minus; zero has none: ``−12.5``, ``+0.3``, ``0.0``."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def tone(text: str, value: float | None) -> str:
    """Which of the two colours a figure takes as it is written: one that reads as zero takes none."""
    if value is None or math.isnan(value) or value == 0 or not any(digit in text for digit in "123456789"):
        return ""
    return "fall" if value < 0 else "rise"


def swing(z: float | None) -> str:
    """A leg beside its own past in a desk's words: ``4.4× its usual swing``."""
    return f"{times(z)} its usual swing"


def times(z: float | None) -> str:
    """How many of its usual swings a leg was; a second decimal near a line that one would round onto."""
    if z is None or math.isnan(z):
        return MISSING
    near = min(abs(abs(z) - line) for line in (1.0, 1.65)) < 0.05
    return f"{abs(z):.{2 if near else 1}f}\u00d7"


def level(value: float | None, decimals: int = 1) -> str:
    """A number that has no sign, as a ratio or a score: ``8.3``, ``0.9``."""
    return MISSING if value is None or math.isnan(value) else f"{value:,.{decimals}f}".replace("-", MINUS)


def tail(fraction: float | None) -> str:
    """A probability in the tail as a percent figure without the unit: ``12.3``, ``<0.1``."""
    if fraction is not None and 0 <= fraction < 0.001:
        return "<0.1"
    return level(None if fraction is None else fraction * 100)


def percent(fraction: float | None, decimals: int = 1) -> str:
    """A fraction as a signed percent figure without the unit, for columns."""
    return signed(None if fraction is None else fraction * 100, decimals)


def share(fraction: float | None) -> str:
    """A share in sentences, without a sign: ``29.2%``."""
    if fraction is None or math.isnan(fraction):
        return MISSING
    return f"{abs(fraction) * 100:.1f}%"


def whole_percent(fraction: float | None) -> str:
    """A share or a rate as a whole percent figure without the unit: ``66``."""
    if fraction is None or math.isnan(fraction):
        return MISSING
    whole = math.floor(abs(fraction) * 100 + 0.5)
    return f"{MINUS if fraction < 0 and whole else ''}{whole:d}"


def correlation(value: float | None, decimals: int = 2) -> str:
    """A correlation, a slope or its error without its leading zero: ``.67``, ``−.05``, ``1.00``."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{abs(value):.{decimals}f}"
    sign = MINUS if value < 0 and float(text) else ""
    return sign + (text[1:] if text.startswith("0") else text)


def percentile(fraction: float | None) -> str:
    """A percentile as a whole number; ``>99`` short of the record, 100 at it."""
    if fraction is None or math.isnan(fraction):
        return MISSING
    whole = fraction * 100
    return ">99" if 99 < whole < 100 else f"{math.floor(whole + 0.5):d}"


def price(value: float | None, currency: str, *, index: bool = False) -> str:
    """A price as its market writes it: yen, won and NT$ whole, others with cents, levels with one decimal."""
    if value is None or math.isnan(value):
        return MISSING
    decimals = 1 if index else 0 if currency in _WHOLE_CURRENCIES and abs(value) >= 1000 else 2
    if currency in _WHOLE_CURRENCIES and not index and abs(value) < 1000:
        decimals = 1 if abs(value) >= 100 else 2
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def bar_value(value: object) -> str:
    """A value of a bar whose currency does not matter: whole when large, as received when it is no number."""
    if missing(value):
        return MISSING
    if not isinstance(value, int | float):
        return str(value)[:40]
    text = f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
    return text.replace("-", MINUS)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: ``1 session``, ``26 sessions``."""
    return f"{number:,d} {noun if number == 1 else plural or noun + 's'}"


def ordinal(place: int) -> str:
    """A place with a blank after it, nothing for the first: ``16th ``."""
    if place == 1:
        return ""
    teen = 10 <= place % 100 <= 20
    return f"{place:,d}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')} "


def as_date(value: object) -> date | None:
    """A date from a date, a timestamp or a ``datetime64``; None when missing."""
    if missing(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found: date = np.datetime64(value, "D").item()  # type: ignore[call-overload]
    return found


def day(value: object, *, year: bool = True) -> str:
    """A date as ``22 Jun 2026``, never numerals alone."""
    found = as_date(value)
    if found is None:
        return MISSING
    text = f"{found.day} {_MONTHS[found.month - 1]}"
    return f"{text} {found.year}" if year else text


def short_day(value: object) -> str:
    """A date as ``22 Jun 26``, for keys where the column is narrow."""
    found = as_date(value)
    return MISSING if found is None else f"{day(found, year=False)} {found.year % 100:02d}"


def beginning(value: date) -> str:
    """The first day of a span of time; of a whole month its name does: ``Jul 2021``."""
    return month(value) if value.day == 1 else day(value)


def month(value: object) -> str:
    """A month with its year: ``Jul 2021``."""
    found = as_date(value)
    return MISSING if found is None else f"{_MONTHS[found.month - 1]} {found.year}"


def long_month(value: date) -> str:
    """The month's full name, for sentences: ``June``."""
    return _LONG_MONTHS[value.month - 1]


def span(start: object, end: object) -> str:
    """Two dates with the year once where one is enough: ``22 Jun → 29 Jul 26``."""
    first, last = as_date(start), as_date(end)
    if first is None or last is None:
        return MISSING
    head = day(first, year=False) if first.year == last.year else short_day(first)
    return f"{head} {ARROW} {short_day(last)}"


def instant(value: datetime, *, weekday: bool = True) -> str:
    """An instant in UTC: ``Fri 31 Jul 2026, 21:30 UTC``."""
    at = value.astimezone(UTC)
    text = f"{day(at.date())}, {at:%H:%M} UTC"
    return f"{at:%a} {text}" if weekday else text


def wait(length: timedelta) -> str:
    """A wait in its two or three largest units: ``2 d 2 h 30 m``."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if number]
    return " ".join(parts) or "under a minute"


def fraction_word(fraction: float) -> str:
    """A share of a fall regained, in tenths: ``three-tenths``, ``half``."""
    return _TENTHS[min(max(math.floor(fraction * 10 + 0.5), 0), 10)]


def join(items: list[str]) -> str:
    """A list in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
