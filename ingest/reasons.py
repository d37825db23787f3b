"""Why a row is held: the codes, what each means, and the row as it is kept for a person to judge."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.types import BAR_FIELDS, PRICE_FIELDS, Bars, HeldRow, Sessions

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
    "wrong_symbol": "the answer is for another symbol",
    "wrong_currency": "the answer is in another currency, or names none",
    "wrong_dates": "the rows stand a day early: Mondays on Sundays, and no Friday",
    "wrong_timezone": "the answer is in another time zone, or names none",
}
CODES = {reason: code for code, reason in enumerate(REASONS, start=1)}


def held_row(bars: Bars, row: int, code: int, opens: Sessions) -> HeldRow:
    """Return a row as received with its reason and a sentence.

    Parameters
    ----------
    code
        A value of `CODES`.
    opens
        Opening instant of each row's session, ``datetime64[s]`` (n,), NaT without one.
    """
    reason = tuple(REASONS)[code - 1]
    values = {name: _plain(float(getattr(bars, name)[row])) for name in BAR_FIELDS}
    day = bars.sessions[row]
    session = None if np.isnat(day) else day.item()
    return HeldRow(bars.symbol, session, reason, _sentence(reason, values, opens[row]), values)


def _plain(value: float) -> Any:
    """A value as JSON has it: a missing one is None, an infinite one its name."""
    if np.isnan(value):
        return None
    return value if np.isfinite(value) else str(value)


def _low(value: Any) -> bool:
    return isinstance(value, float) and value <= 0


def _sentence(reason: str, values: dict[str, Any], opens: np.datetime64) -> str:
    figures = {
        "future": f"it opens {opens}Z" if not np.isnat(opens) else "",
        "high_below_low": f"high {values['high']}, low {values['low']}",
        "close_outside_bar": f"close {values['close']}, bar {values['low']} to {values['high']}",
        "open_outside_bar": f"open {values['open']}, bar {values['low']} to {values['high']}",
        "negative_volume": f"volume {values['volume']}",
        "not_positive": ", ".join(f"{name} {values[name]}" for name in PRICE_FIELDS if _low(values[name])),
        "split_jump": f"close {values['close']}, adjusted {values['adj_close']}",
        "scale_100": f"close {values['close']}, adjusted {values['adj_close']}",
        "spike": f"close {values['close']}",
    }.get(reason, "")
    text = REASONS[reason]
    return f"{text[0].upper()}{text[1:]}{f' ({figures})' if figures else ''}."
