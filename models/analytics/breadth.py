"""Breadth: how many names fell, and whose fall it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.types import Bools, Floats, Sessions

MAX_AGE = 10


@dataclass(frozen=True, slots=True)
class Breadth:
    """How a set of names moved together.

    Attributes
    ----------
    names
        Names with a move.
    down
        Names that fell.
    share
        down / names, a fraction; NaN without names.
    largest_symbol
        The name with the largest loss, None when none fell.
    largest_share
        Its loss over the sum of losses, a fraction; NaN when none fell.
    """

    names: int
    down: int
    share: float
    largest_symbol: str | None
    largest_share: float


def breadth(moves: Floats, symbols: Sequence[str]) -> Breadth:
    """Return the breadth of one day or one episode.

    Parameters
    ----------
    moves
        Fractions, shape (N,): a day's returns, or the changes over an episode. A name with
        NaN did not trade and is left out; a move of exactly 0 is not a fall.
    symbols
        N names.

    Returns
    -------
    Breadth
        Counts and shares; equal weights, so a loss is the move itself.
    """
    losses = np.fmax(-moves, 0.0)
    known, total = int(np.isfinite(moves).sum()), float(np.nansum(losses))
    down = int((moves < 0).sum())
    share = down / known if known else np.nan
    if not down:
        return Breadth(known, 0, share, None, np.nan)
    worst = int(np.nanargmax(losses))
    return Breadth(known, down, share, symbols[worst], float(losses[worst]) / total)


def change_between(
    sessions: Sessions,
    prices: Floats,
    start: np.datetime64,
    end: np.datetime64,
    max_age: int = MAX_AGE,
) -> Floats:
    """Return each name's change between two dates, on its last bars on or before them.

    A market that was closed on one of the dates is thus measured at its close before.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    prices
        Positive prices, shape (T, N); NaN where a name has no bar.
    start, end
        Session dates, as the peak and the trough of an episode.
    max_age
        Calendar days; an older bar is no price of that date.

    Returns
    -------
    Floats
        Fractions, shape (N,); NaN for a name without a price on both dates.
    """
    return _price_on(sessions, prices, end, max_age) / _price_on(sessions, prices, start, max_age) - 1


def largest_losers(moves: Floats, symbols: Sequence[str], top: int = 5) -> pd.DataFrame:
    """Return the names that fell most, deepest first.

    Parameters
    ----------
    moves
        Fractions, shape (N,).
    symbols
        N names.
    top
        Names to return; fewer when fewer fell.

    Returns
    -------
    DataFrame
        ``symbol, change, loss_share`` (its loss over the sum of all losses); fractions.
    """
    fell = np.flatnonzero(moves < 0)
    order = fell[np.argsort(moves[fell], kind="stable")][:top]
    return pd.DataFrame(
        {
            "symbol": pd.array([symbols[n] for n in order], dtype="str"),
            "change": moves[order],
            "loss_share": moves[order] / moves[fell].sum(),
        }
    )


def breadth_by_group(
    moves: Floats, groups: Sequence[str], tail: tuple[Bools, Bools] | None = None
) -> pd.DataFrame:
    """Return breadth, mean move and co-exceedance of each group of names, the deepest mean first.

    Parameters
    ----------
    moves
        Fractions, shape (N,); a name with NaN did not trade and is left out.
    groups
        The group of each of the N names: its layer, its country.
    tail
        Which of the moves lie in their name's own worst twentieth and which were judged, each of
        shape (N,), as :func:`~models.analytics.exceedance.exceedances` gives them.

    Returns
    -------
    DataFrame
        ``group, names, down, share, mean, missing, coexceedance``: names with a move, those that
        fell, their share, the mean move, names without one, and the share of the judged in
        their own worst twentieth; fractions, NaN where nobody traded or was judged. A group
        in which nobody traded comes last.
    """
    known = np.isfinite(moves)
    exceeded, judged = (np.zeros_like(known),) * 2 if tail is None else tail
    names = list(dict.fromkeys(groups))
    belongs = np.asarray(groups, dtype="str")[:, None] == np.asarray(names, dtype="str")

    def count(flags: Bools) -> np.ndarray:
        return (belongs & flags[:, None]).sum(axis=0)

    traded, down = count(known), count(moves < 0)
    total = np.where(known, moves, 0.0) @ belongs
    table = pd.DataFrame(
        {
            "group": pd.array(names, dtype="str"),
            "names": traded,
            "down": down,
            "share": _over(down, traded),
            "mean": _over(total, traded),
            "missing": belongs.sum(axis=0) - traded,
            "coexceedance": _over(count(exceeded & known), count(judged & known)),
        }
    )
    return table.sort_values("mean", kind="stable", ignore_index=True)


def held_up(moves: Floats, symbols: Sequence[str], top: int = 5) -> pd.DataFrame:
    """Return the names with the best moves, whether they rose or fell least.

    Parameters
    ----------
    moves
        Fractions, shape (N,); NaN where a name did not trade.
    symbols
        N names.
    top
        Names to return; fewer when fewer traded.

    Returns
    -------
    DataFrame
        ``symbol, change``, best first; fractions.
    """
    known = np.flatnonzero(np.isfinite(moves))
    order = known[np.argsort(-moves[known], kind="stable")][:top]
    names = pd.array([symbols[n] for n in order], dtype="str")
    return pd.DataFrame({"symbol": names, "change": moves[order]})


def _over(part: np.ndarray, whole: np.ndarray) -> Floats:
    """part / whole, NaN where there is no whole."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _price_on(sessions: Sessions, prices: Floats, day: np.datetime64, max_age: int) -> Floats:
    """Last price of each name in the ``max_age`` days up to and including a date."""
    first, end = np.searchsorted(sessions, [day - np.timedelta64(max_age, "D"), day + np.timedelta64(1, "D")])
    window = prices[first:end]
    if not len(window):
        return np.full(prices.shape[1], np.nan)
    last = len(window) - 1 - np.argmax(np.isfinite(window)[::-1], axis=0)
    return window[last, np.arange(prices.shape[1])]
