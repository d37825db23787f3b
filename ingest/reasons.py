"""Why a row is held: the numbers of the codes, and the row as it is kept for a person to judge."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.reasons import REASONS
from models.types import BAR_FIELDS, PRICE_FIELDS, Bars, HeldRow, Sessions

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
        "beyond_limit": f"bar {values['low']} to {values['high']}, close {values['close']}",
        "close_missing": f"adjusted {values['adj_close']}",
        "absurd": f"close {values['close']}, adjusted {values['adj_close']}, volume {values['volume']}",
    }.get(reason, "")
    text = REASONS[reason]
    return f"{text[0].upper()}{text[1:]}{f' ({figures})' if figures else ''}."
