"""An event study of 60 names and 30 events, beside a line fitted for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.analytics.event_inference import WindowTests, window_tests
from models.analytics.event_study import Study, Window, event_study
from models.types import Bools, Floats, Sessions
from tests.bench.harness import Case

NAMES, EVENTS, SESSIONS, ASIA = 60, 30, 2900, 20
WINDOW = Window()


@dataclass(frozen=True)
class Market:
    """Returns of a one-factor model with fat tails, and of the same market with holidays of either side."""

    sessions: Sessions
    index: Floats
    returns: Floats
    day0: np.ndarray
    holidays: Floats
    opened: Bools
    both_open: np.ndarray


@contextmanager
def market() -> Iterator[Market]:
    rng = np.random.default_rng(20260731)
    sessions = pd.bdate_range("2015-01-02", periods=SESSIONS).to_numpy().astype("datetime64[D]")
    index = rng.standard_t(4, SESSIONS) * 0.01
    returns = index[:, None] * 1.3 + rng.standard_t(4, (SESSIONS, NAMES)) * 0.02
    opened = np.ones(returns.shape, dtype=np.bool_)
    opened[rng.random(SESSIONS) < 0.04, :ASIA] = False
    opened[rng.random(SESSIONS) < 0.03, ASIA:] = False
    everyone = np.flatnonzero(opened.all(axis=1))
    inside = everyone[(everyone > 350) & (everyone < SESSIONS - 30)]
    both = np.sort(rng.choice(inside, EVENTS, replace=False))
    yield Market(sessions, index, returns, both, np.where(opened, returns, np.nan), opened, both)


def ours(given: Market) -> Study:
    return event_study(given.returns, given.index, given.day0, given.sessions, window=WINDOW)


def theirs(given: Market) -> Floats:
    """np.polyfit, name by name and event by event."""
    found = np.empty((EVENTS, NAMES, len(WINDOW.offsets)))
    for event, row in enumerate(given.day0):
        end = row - WINDOW.before - WINDOW.gap
        past, around = slice(end - WINDOW.estimation, end), slice(row - WINDOW.before, row + WINDOW.after + 1)
        for name in range(NAMES):
            slope, level = np.polyfit(given.index[past], given.returns[past, name], 1)
            found[event, name] = given.returns[around, name] - level - slope * given.index[around]
    return found


def same(found: Study, peer: Floats) -> None:
    np.testing.assert_allclose(found.abnormal, peer, rtol=0, atol=1e-10)


def with_holidays(given: Market) -> Study:
    day0 = given.both_open
    return event_study(given.holidays, given.index, day0, given.sessions, window=WINDOW, opened=given.opened)


def with_tests(given: Market) -> WindowTests:
    return window_tests(with_holidays(given), 0, 5)


CASES = [
    Case(
        "event study of 60 names × 30 events",
        ours=ours,
        peer=theirs,
        peer_name="np.polyfit in a loop",
        target="≥ 30×",
        equal=same,
        context=market,
    ),
    Case(
        "the same on two exchanges with holidays of their own",
        ours=with_holidays,
        target="≤ 10 ms",
        unit="ms",
        context=market,
    ),
    Case(
        "and its seven tests of a six-session window over all 1,800",
        ours=with_tests,
        target="≤ 300 ms",
        unit="ms",
        context=market,
        rounds=5,
    ),
]
