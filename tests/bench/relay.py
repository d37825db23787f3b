"""Links, early warning and verdicts of 42 names by 2,900 sessions, beside pandas and statsmodels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.analytics.early_warning import early_warning
from models.analytics.exceedance import trailing_quantile
from models.analytics.links import LINKS, controlled_links, leg_links
from models.analytics.relay import LEGS, Leg, basket_legs
from models.analytics.sector import factor_share, sector_path
from models.types import Bools, Floats, Sessions
from tests.bench.harness import Case

ASIA, NAMES, SESSIONS = 12, 42, 2900


@dataclass(frozen=True)
class Market:
    """Legs and returns of a one-factor model with fat tails and holidays on either side."""

    sessions: Sessions
    legs: dict[Leg, Floats]
    returns: Floats
    opened: Bools


@contextmanager
def market() -> Iterator[Market]:
    rng = np.random.default_rng(20260731)
    sessions = pd.bdate_range("2015-01-02", periods=SESSIONS).to_numpy().astype("datetime64[D]")
    common = rng.standard_t(4, (SESSIONS, 1)) * 0.006
    gap = common + rng.standard_t(4, (SESSIONS, NAMES)) * 0.006
    session = 0.5 * common + rng.standard_t(4, (SESSIONS, NAMES)) * 0.009
    opened = np.ones((SESSIONS, NAMES), dtype=np.bool_)
    opened[rng.random(SESSIONS) < 0.04, :ASIA] = False
    opened[rng.random(SESSIONS) < 0.03, ASIA:] = False
    gap[~opened] = session[~opened] = np.nan
    legs: dict[str, Floats] = {}
    for side, own in (("asia", slice(ASIA)), ("us", slice(ASIA, None))):
        everyone = opened[:, own]
        pair = basket_legs(sessions, gap[:, own], session[:, own], everyone, everyone)
        legs |= {f"{side}_gap": pair[0], f"{side}_session": pair[1]}
    yield Market(sessions, {leg: legs[leg] for leg in LEGS}, (1 + gap) * (1 + session) - 1, opened)


def our_links(given: Market) -> pd.DataFrame:
    return leg_links(given.sessions, given.legs)


def their_links(given: Market) -> pd.DataFrame:
    """merge_asof by the clock, then statsmodels."""
    import statsmodels.api as sm

    frames = {}
    for hour, leg in enumerate(LEGS):
        own = pd.DataFrame({"at": pd.DatetimeIndex(given.sessions) + pd.Timedelta(hours=hour)})
        frames[leg] = own.assign(**{leg: given.legs[leg], "when": own["at"]}).dropna()
    rows = []
    for first, then in LINKS:
        pairs = pd.merge_asof(frames[first], frames[then], on="at", direction="forward").dropna()
        pairs = pairs.groupby("when_y", as_index=False).tail(1)
        row: dict[str, Any] = {"from_leg": first, "to_leg": then}
        limit = pairs[first].quantile(0.1)
        for name, part in (("", pairs), ("stress_", pairs[pairs[first] <= limit])):
            fit = sm.OLS(part[then].to_numpy(), sm.add_constant(part[first].to_numpy())).fit(
                cov_type="HAC", cov_kwds={"maxlags": 5}
            )
            row |= {f"{name}n": len(part), f"{name}correlation": part[first].corr(part[then])}
            row |= {f"{name}slope": fit.params[1], f"{name}slope_se": fit.bse[1]}
        rows.append(row)
    return pd.DataFrame(rows)


def same_links(ours: pd.DataFrame, peer: pd.DataFrame) -> None:
    numbers = list(peer.columns[2:])
    np.testing.assert_allclose(ours[numbers].astype(float), peer[numbers].astype(float), rtol=1e-10)


def our_warning(given: Market) -> pd.DataFrame:
    return early_warning(given.sessions, given.legs)


def their_warning(given: Market) -> pd.DataFrame:
    """Day by day, with a quantile of the days before each."""
    closes = {
        side: (1 + given.legs[f"{side}_gap"]) * (1 + given.legs[f"{side}_session"]) - 1  # type: ignore[index]
        for side in ("asia", "us")
    }
    rows = []
    for side, other in (("asia", "us"), ("us", "asia")):
        own, theirs = closes[side], closes[other]
        traded = np.flatnonzero(np.isfinite(own))
        answered: dict[int, bool] = {}
        for place, day in enumerate(traded):
            if place < 250:
                continue
            limit = np.quantile(own[traded[max(place - 750, 0) : place]], 0.05)
            step = day if side == "asia" else day + 1
            while step < SESSIONS and np.isnan(theirs[step]):
                step += 1
            if step < SESSIONS:
                answered[step] = bool(own[day] <= limit)
        after, event = np.array(list(answered)), np.array(list(answered.values()))
        for moves in (given.legs[f"{other}_gap"], given.legs[f"{other}_session"], theirs):  # type: ignore[index]
            fell = moves[after] < 0
            rows.append((event.sum(), fell[event].sum(), fell.mean(), np.median(moves[after][event])))
    return pd.DataFrame(rows, columns=["cases", "hits", "base_rate", "median"])


def same_warning(ours: pd.DataFrame, peer: pd.DataFrame) -> None:
    np.testing.assert_allclose(ours[list(peer.columns)].astype(float), peer.astype(float), rtol=1e-10)


def our_path(given: Market) -> Any:
    return sector_path(given.sessions, given.returns, given.opened, given.opened)


def their_path(given: Market) -> pd.DataFrame:
    """The figures of each day with pandas, row by row where people write it so."""
    frame = pd.DataFrame(given.returns)
    limits = pd.DataFrame(
        {
            name: own.dropna().rolling(750, min_periods=250).quantile(0.05).shift(1)
            for name, own in frame.items()
        }
    ).reindex(frame.index)

    def day(moves: pd.Series) -> pd.Series:
        known = moves.dropna()
        limit = limits.loc[moves.name, known.index]
        losses = -known[known < 0]
        judged = limit.notna().sum()
        return pd.Series(
            {
                "breadth": (known < 0).mean() if len(known) else np.nan,
                "coexceedance": (known <= limit).sum() / judged if judged else np.nan,
                "largest_share": losses.max() / losses.sum() if len(losses) else np.nan,
                "dispersion": known.std(),
            }
        )

    return frame.apply(day, axis=1)


def same_path(ours: Any, peer: pd.DataFrame) -> None:
    for name in peer:
        np.testing.assert_allclose(getattr(ours, name), peer[name], rtol=1e-9, err_msg=name)


def same_quantile(ours: Floats, peer: Floats) -> None:
    np.testing.assert_allclose(ours, peer, rtol=0, atol=1e-12)


def quantile_by_day(given: Market) -> Floats:
    """np.quantile over each day's window of each name."""
    found = np.full(given.returns.shape, np.nan)
    for column in range(0, NAMES, 6):  # a seventh of the names: the loop is slow
        days = np.flatnonzero(np.isfinite(given.returns[:, column]))
        own = given.returns[days, column]
        for place in range(250, len(own)):
            found[days[place], column] = np.quantile(own[max(place - 750, 0) : place], 0.05)
    return found[:, ::6]


CASES = [
    Case(
        "six links with Newey-West errors, 2,900 sessions",
        ours=our_links,
        peer=their_links,
        peer_name="pandas and statsmodels",
        target="≥ 5×",
        equal=same_links,
        context=market,
    ),
    Case(
        "early warning both ways, 2,900 sessions",
        ours=our_warning,
        peer=their_warning,
        peer_name="a loop over days",
        target="≥ 20×",
        equal=same_warning,
        context=market,
        rounds=5,
    ),
    Case(
        "verdict and its figures of every day, 42 × 2,900",
        ours=our_path,
        peer=their_path,
        peer_name="pandas by row",
        target="≥ 20×",
        equal=same_path,
        context=market,
        rounds=3,
    ),
    Case(
        "trailing quantile of 7 × 2,900",
        ours=lambda given: trailing_quantile(given.returns[:, ::6]),
        peer=quantile_by_day,
        peer_name="np.quantile by day",
        target="≥ 50×",
        equal=same_quantile,
        context=market,
        rounds=3,
    ),
    Case(
        "the same links with the other side controlled for",
        ours=lambda given: controlled_links(given.sessions, given.legs),
        target="≤ 15 ms",
        unit="ms",
        context=market,
    ),
    Case(
        "first-factor share of one day, 42 names",
        ours=lambda given: factor_share(given.returns, [SESSIONS - 1]),
        target="≤ 10 ms",
        unit="ms",
        context=market,
    ),
]
