"""Bars of five minutes, written by hand."""

from __future__ import annotations

import numpy as np

from models.intraday import IntradayBars


def run(first: str, *closes: float, opened: float | None = None) -> IntradayBars:
    """Bars that begin at an instant, five minutes apart; each opens where the one before closed."""
    at = np.datetime64(first, "s") + 300 * np.arange(len(closes))
    close = np.array(closes)
    opens = np.concatenate([[closes[0] if opened is None else opened], close[:-1]])
    return IntradayBars(at, opens, np.maximum(opens, close), np.minimum(opens, close), close, close * 0)
