"""A chart of five minutes as received, turned into the bars that can be kept."""

from __future__ import annotations

import numpy as np

from ingest.sources.base import FetchFailure, IntradayAnswer
from ingest.sources.chart import Chart
from models.intraday import STEP, IntradayBars
from models.types import Instant, instant64

_SECONDS = int(STEP.total_seconds())


def intraday_answer(symbol: str, chart: Chart, now: Instant, requests: int) -> IntradayAnswer:
    """Return the bars of a chart that are whole.

    A row that does not begin on a step is the running session's last price, put at its own instant; one
    that is not over yet will say something else in a minute; one without a price says nothing.

    Raises
    ------
    FetchFailure
        If the answer is about another symbol.
    """
    if chart.symbol is not None and chart.symbol != symbol:
        raise FetchFailure("wrong_symbol", f"Asked for {symbol}, answered for {chart.symbol}.", symbol=symbol)
    bars = chart.bars
    found = IntradayBars(
        chart.stamps.astype("datetime64[s]"), bars.open, bars.high, bars.low, bars.close, bars.volume
    )
    stamps = found.at.astype(np.int64)
    whole = (stamps % _SECONDS == 0) & (stamps + _SECONDS <= instant64(now).astype(np.int64))
    # Five minutes without a trade have no price at all; a price that lacks others is for the checks.
    prices = np.array([found.open, found.high, found.low, found.close])
    whole &= ~np.isnan(prices).all(axis=0)
    kept = found.take(np.flatnonzero(whole))
    return IntradayAnswer(
        symbol, kept, chart.currency, chart.symbol, requests, chart.timezone, chart.granularity
    )
