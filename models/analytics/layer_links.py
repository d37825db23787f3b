"""The baton: which layer's session leads which layer's next leg on the other side of the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from models.analytics.correlation import HAC_LAGS, LEVEL, MINIMUM, hac_correlation
from models.types import Bools, Floats, Sessions

NEWS_DAYS = 250

Link = Literal["us_session_asia_gap", "us_session_asia_session", "asia_session_us_gap"]
LINKS: tuple[Link, ...] = ("us_session_asia_gap", "us_session_asia_session", "asia_session_us_gap")


@dataclass(frozen=True, slots=True, eq=False)
class LayerLegs:
    """The legs of one side's layer baskets.

    Attributes
    ----------
    layers
        K labels.
    gap, session
        Fractions, shape (T, K); NaN where the layer has no leg.
    """

    layers: tuple[str, ...]
    gap: Floats
    session: Floats


def layer_links(
    sessions: Sessions,
    asia: LayerLegs,
    us: LayerLegs,
    *,
    days: int = NEWS_DAYS,
    minimum: int = MINIMUM,
    lags: int = HAC_LAGS,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return the correlation of every layer's session with every layer's next leg across the clock.

    The next leg is by instants: New York's session goes to the first Asian day after it, Asia's session to
    the first New York day from its own date on. A session that another one of its side followed
    before the other side opened is not handed on; its news lies in the later one.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the sides' sessions.
    asia, us
        The layers' legs.
    days
        The last hand-overs of each link.
    minimum
        Hand-overs that both layers must have.
    lags
        Of the HAC error.
    level
        Of the interval.

    Returns
    -------
    DataFrame
        One row a pair of layers and link, as ``link, source, target, n, correlation, low, high, p,
        p_adjusted, first, last, reason``. The interval and p stand on Fisher's scale, on the HAC error
        or Fisher's own, whichever is larger; ``p_adjusted`` is Holm's over all pairs, so that a
        figure shown because it is below .05 is not one of the many that chance throws up. NaN with a
        reason for a pair that cannot be judged.
    """
    asia_days, us_days = _traded(asia), _traded(us)
    to_asia, to_us = _handed(us_days, asia_days, after=True), _handed(asia_days, us_days, after=False)
    parts = [
        _link(link, sessions, source, target, (given[0][-days:], given[1][-days:]), minimum, lags, level)
        for link, source, target, given in (
            (LINKS[0], (us.layers, us.session), (asia.layers, asia.gap), to_asia),
            (LINKS[1], (us.layers, us.session), (asia.layers, asia.session), to_asia),
            (LINKS[2], (asia.layers, asia.session), (us.layers, us.gap), to_us),
        )
    ]
    table = pd.concat(parts, ignore_index=True)
    table.insert(table.columns.get_loc("p") + 1, "p_adjusted", holm(table["p"].to_numpy()))
    return table


def holm(p: Floats) -> Floats:
    """Return p-values adjusted for their number by Holm's step-down rule.

    Parameters
    ----------
    p
        Fractions, shape (K,); NaN is no test and stays.

    Returns
    -------
    Floats
        Shape (K,), at most 1, never below ``p``.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    out = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    grown = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(grown), 1.0)
    return out


def _traded(side: LayerLegs) -> Bools:
    """Days on which any layer of the side has a session leg."""
    return np.asarray(np.isfinite(side.session).any(axis=1))


def _handed(source: Bools, target: Bools, *, after: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the sessions that handed on and of the days that took over, one to one.

    ``after``: the target's day lies strictly after the source's; else it may be the same date.
    """
    given, taken = np.flatnonzero(source), np.flatnonzero(target)
    before = np.searchsorted(given, taken, side="left" if after else "right") - 1
    anew = (before >= 0) & (np.diff(before, prepend=-1) > 0)
    return given[before[anew]], taken[anew]


def _link(
    link: Link,
    sessions: Sessions,
    source: tuple[tuple[str, ...], Floats],
    target: tuple[tuple[str, ...], Floats],
    handed: tuple[np.ndarray, np.ndarray],
    minimum: int,
    lags: int,
    level: float,
) -> pd.DataFrame:
    """Rows of one link."""
    gave, took = handed
    rho, error, n = hac_correlation(source[1][gave], target[1][took], lags, minimum)
    # A HAC error of 250 rows is itself uncertain; where it comes out below that of independent normal
    # pairs it would let chance through.
    error = np.fmax(error, 1 / np.sqrt(np.maximum(n - 3, 1)))
    centre = np.arctanh(np.clip(rho, -1 + 1e-16, 1 - 1e-16))
    width = NormalDist().inv_cdf(0.5 + level / 2) * error
    score = np.abs(centre) / np.where(error > 0, error, np.nan)
    normal = NormalDist()
    p = [2 * normal.cdf(-each) if np.isfinite(each) else np.nan for each in score.ravel().tolist()]
    first, last = (sessions[took[0]], sessions[took[-1]]) if len(took) else (_NAT, _NAT)
    count = rho.size
    return pd.DataFrame(
        {
            "link": pd.array([link] * count, dtype="str"),
            "source": pd.array(np.repeat(np.array(source[0], dtype=object), len(target[0])), dtype="str"),
            "target": pd.array(np.tile(np.array(target[0], dtype=object), len(source[0])), dtype="str"),
            "n": n.ravel(),
            "correlation": rho.ravel(),
            "low": np.tanh(centre - width).ravel(),
            "high": np.tanh(centre + width).ravel(),
            "p": p,
            "first": np.full(count, first, dtype="datetime64[s]"),
            "last": np.full(count, last, dtype="datetime64[s]"),
            "reason": pd.array(_reasons(rho.ravel(), n.ravel(), minimum), dtype="str"),
        }
    )


_NAT = np.datetime64("NaT", "D")


def _reasons(rho: Floats, n: np.ndarray, minimum: int) -> Sequence[str]:
    """Why a pair has no figure; empty where it has one."""
    short = [f"{seen} hand-overs that both layers have, {minimum} needed" for seen in n.tolist()]
    return [
        "" if np.isfinite(each) else short[k] if n[k] < minimum else "one of the two did not move"
        for k, each in enumerate(rho)
    ]
