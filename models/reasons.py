"""Codes and their meaning: why a row is held, why a bar is suspect, why a symbol was not answered.

The codes are what is stored; the words are what commands and pages say.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.types import Flag

REASONS: dict[str, str] = {
    "no_session": "the row has no date",
    "future": "the session had not opened when the row came",
    "other_security": "the symbol stood for another security on that date",
    "before_calendar": "the date lies before the first session of our calendar",
    "not_a_session": "the exchange did not trade that day",
    "null": "the row has neither close nor adjusted close",
    "not_finite": "a value is infinite",
    "not_positive": "a price is zero or negative",
    "negative_volume": "the volume is negative",
    "scale_100": "a price is in another unit, a hundred times too large or too small",
    "high_below_low": "the high is below the low",
    "close_outside_bar": "the close is outside the bar",
    "open_outside_bar": "the open is outside the bar",
    "duplicate": "two different rows for one session",
    "split_jump": "the price jumps by a split ratio and nothing but a split explains it",
    "spike": "the price leaves its level and comes back, and nothing else moved",
    "absurd": "a price or a volume is beyond any there is",
    "close_missing": "the close is missing where one is stored",
    "beyond_limit": "the exchange allows no such move between two sessions",
    "wrong_symbol": "the answer is for another symbol, or names none",
    "wrong_currency": "the answer is in another currency, or names none",
    "wrong_dates": "the rows stand a day off: on Sundays and no Friday, or on Saturdays and no Monday",
    "wrong_timezone": "the answer is in another time zone, or names none",
    "wrong_granularity": "the rows are not those of days",
    "wrong_basis": "the answer is on another basis or in another currency",
    "wrong_security": "the answer may be another company's: no session is shared with what is stored",
}
"""Why a row is held, or an answer refused as a whole."""

REFUSALS = frozenset(code for code in REASONS if code.startswith("wrong_")) | {"scale_100"}
"""Reasons for which an answer is refused as a whole; what is stored stays."""

RELEASABLE = frozenset(
    {"not_a_session", "scale_100", "high_below_low", "close_outside_bar", "open_outside_bar"}
    | {"duplicate", "split_jump", "spike", "beyond_limit", "close_missing"}
)
"""Reasons that a person may overrule: the row then becomes a bar when the source gives it again.

A row held for another one stays no bar (there is no price in it, or no day to put it on);
to release it says that someone has looked.
"""

FAILURES: dict[str, str] = {
    "rate_limit": "the source is limiting us",
    "transient": "the source failed or could not be reached",
    "malformed": "the answer could not be read",
    "not_found": "the source does not know the symbol",
    "clock_skew": "this machine's clock and the source's are apart",
    "not_daily": "the rows are not a day apart",
    "disagrees": "the closes are not those that are stored",
    "adjusted_only": "adjusted closes would take the place of stored closes",
}
"""Why a symbol was not answered; an answer refused as a whole has a code of ``REASONS``."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A flag in words: ``short`` for a table, ``meaning`` for whoever wants to know."""

    short: str
    meaning: str


FLAGS: dict[Flag, Suspicion] = {
    Flag.CLOSE_OUTSIDE_BAR: Suspicion(
        "close outside bar", "the close stands outside its high and low by no more than rounding explains"
    ),
    Flag.STALE_CLOSE: Suspicion(
        "close repeated", "the close repeats the day before, with volume, while the index moved"
    ),
    Flag.JUMP_UNCONFIRMED: Suspicion(
        "jump unconfirmed", "the move fits a split and was believed on thin evidence"
    ),
    Flag.ZERO_VOLUME_REPEAT: Suspicion(
        "no volume", "the close repeats the day before and the volume is zero"
    ),
}
"""Why a stored bar is suspect: it is kept, counted and shown."""


def flags_in(value: int) -> tuple[Flag, ...]:
    """Return the flags that a stored bar carries, in the order of the list.

    Parameters
    ----------
    value
        The number stored with the bar; bits without a name are passed over.
    """
    return tuple(flag for flag in FLAGS if value & flag)


def failure_words(code: str) -> str:
    """Return why a symbol was not answered, or its answer refused, in words; an unknown code as it is.

    Parameters
    ----------
    code
        A code of ``FAILURES`` or ``REASONS``.
    """
    return FAILURES.get(code) or REASONS.get(code) or code.replace("_", " ")


def reason_words(code: str) -> str:
    """Return why a row is held, in words; a code that is not known as it is.

    Parameters
    ----------
    code
        A code of ``REASONS``.
    """
    return REASONS.get(code) or code.replace("_", " ")
