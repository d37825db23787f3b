"""Whether dynamic correlations and volatilities are the best fits there are, on many real pairs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from models.analytics.clock import clock_rows
from models.analytics.dcc import fit_dcc
from models.sessions import Calendars
from tests import optima
from tests.analytics.market import load_market
from tests.conftest import REAL_PRICES
from tests.soak.harness import Case, Reached, Size

US = ("NVDA", "MU", "AMAT", "MSFT", "AVGO", "ORCL", "AMD", "INTC")
SINCE = np.datetime64("2021-08-01")
ASIA = ("000660.KS", "005930.KS", "2330.TW", "9984.T", "8035.T")


def pairs(size: Size) -> Reached:
    """The largest gain of a 7 × 7 grid of starts over each fit and its two volatility models, log points."""
    if not REAL_PRICES:
        return Reached(False, "no real prices; name their folder in AFTERSHOCK_REAL_PRICES")
    market, calendars = load_market(Path(REAL_PRICES)), Calendars()
    chosen = list(product(US, ASIA))[: size.of(40)]
    gains = {}
    for pair in chosen:
        own = market.returns(pair), np.array([False, True]), market.exchange_open(pair, calendars)
        rows = clock_rows(market.sessions, *own, lead="us")
        recent = rows.returns[rows.dates >= SINCE]
        fit = fit_dcc(recent, pair)
        volatility = [optima.garch_gain(recent[fit.used, n], fit.garch[n]) for n in (0, 1)]
        gains[pair] = max(optima.dcc_gain(fit), *volatility)
    worst = max(gains, key=lambda pair: gains[pair])
    beaten = sum(gain > optima.ENOUGH for gain in gains.values())
    return Reached(
        not beaten, f"{len(gains)} pairs, {beaten} beaten; at most {gains[worst]:.1e} ({' and '.join(worst)})"
    )


CASES = (Case("dynamic correlations", "no start of a 7 × 7 grid gains more than 1e-4", pairs),)
