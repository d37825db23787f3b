"""Returns on a name's own sessions: close to close, gap and session legs, in dollars.

Two bases, never mixed. A *drawdown* is measured on the close (split-adjusted, not
dividend-adjusted): the fall from a name's own record close, as the press quotes it. A *return*
is measured on ``adj_close`` where both ends have it, else on the close, and is then a "price
return" that leaves dividends out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from models.analytics.baskets import BasketPath, basket_path
from models.types import Bools, Floats, Sessions, session64

__all__ = [
    "BasketPath",
    "basket_path",
    "compound_fx",
    "day_factor",
    "day_moves",
    "moves",
    "price_path",
    "price_return_only",
    "return_path",
    "session_legs",
    "to_usd",
    "usd_rate",
]


def price_path(close: Floats, adj_close: Floats) -> Floats:
    """Return the path that drawdowns are measured on: the close, completed by ``adj_close``.

    Where only ``adj_close`` is known it is chained onto the close: scaled by close / adj_close
    of the next session that has both (of the last one before, after the final such session).
    The join then has exactly the return of ``adj_close``. A column that never has both keeps
    whichever single column it has.

    Parameters
    ----------
    close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Same shape; NaN where neither price is known.
    """
    scale = _nearest_scale(close, adj_close)
    return np.where(np.isfinite(close), close, adj_close * scale)


def _nearest_scale(close: Floats, adj_close: Floats) -> Floats:
    """close / adj_close of the nearest later session that has both, else earlier, else 1."""
    ratio = close / adj_close
    if not np.isnan(close).any():
        return ratio  # nothing will be filled: the common case costs one division
    rows = _rows(ratio)
    both = np.isfinite(ratio)
    later = np.flip(np.minimum.accumulate(np.flip(np.where(both, rows, len(ratio)), 0), axis=0), 0)
    earlier = np.maximum.accumulate(np.where(both, rows, -1), axis=0)
    pick = np.where(later < len(ratio), later, earlier)
    scale = np.take_along_axis(ratio, np.maximum(pick, 0), axis=0)
    return np.where(pick >= 0, scale, 1.0)


def return_path(close: Floats, adj_close: Floats) -> Floats:
    """Return simple returns from each session to the one before it, on own sessions.

    ``adj_close[t] / adj_close[t-1] - 1`` where both ends have it, else the ratio of closes.
    ``t-1`` is the name's previous bar, however long ago: nothing is filled in between.

    Parameters
    ----------
    close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Fractions, same shape; NaN on the first bar, where the name has no bar, and where the
        two ends share no price column.
    """
    present = np.isfinite(close) | np.isfinite(adj_close)
    adjusted = adj_close / _at_previous(adj_close, present) - 1
    plain = close / _at_previous(close, present) - 1
    return np.where(np.isfinite(adjusted), adjusted, plain)


def price_return_only(close: Floats, adj_close: Floats) -> Bools:
    """Return which returns leave dividends out: measured on closes for want of ``adj_close``.

    Parameters
    ----------
    close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    Bools
        Same shape, one flag a return; ``.any(axis=0)`` is the flag of a name.
    """
    present = np.isfinite(close) | np.isfinite(adj_close)
    adjusted = adj_close / _at_previous(adj_close, present)
    plain = close / _at_previous(close, present)
    return np.isfinite(plain) & ~np.isfinite(adjusted)


def day_factor(close: Floats, adj_close: Floats) -> Floats:
    """Return k, the dividend and split factor of each day: (1 + return) · close[t-1] / close[t].

    1 on an ordinary day and where ``adj_close`` is missing at either end; above 1 on an
    ex-dividend day.

    Parameters
    ----------
    close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    Floats
        Same shape; NaN where the close or the one before is missing.
    """
    present = np.isfinite(close) | np.isfinite(adj_close)
    plain = close / _at_previous(close, present)
    adjusted = adj_close / _at_previous(adj_close, present)
    return np.where(np.isfinite(adjusted), adjusted, plain) / plain


def session_legs(open_: Floats, close: Floats, adj_close: Floats) -> tuple[Floats, Floats]:
    """Split each return exactly into the gap and the session: 1 + r = (1 + gap)(1 + session).

    ``gap = open[t] · k / close[t-1] - 1`` and ``session = close[t] / open[t] - 1``, with k of
    :func:`day_factor`, so that a dividend or a split lies in the gap, where it belongs.

    Parameters
    ----------
    open_, close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    tuple
        gap and session, fractions, same shape; both NaN where the open, the close or the
        close before is missing.
    """
    present = np.isfinite(close) | np.isfinite(adj_close)
    gap = open_ * day_factor(close, adj_close) / _at_previous(close, present) - 1
    session = np.where(np.isfinite(gap), close / open_ - 1, np.nan)
    return gap, session


def day_moves(open_: Floats, low: Floats, close: Floats, adj_close: Floats) -> dict[str, Floats]:
    """Return every move of every session: close, gap, session and low, from the close before.

    Parameters
    ----------
    open_, low, close, adj_close
        Prices, shape (T,) or (T, N).

    Returns
    -------
    dict
        ``close_return``, ``gap_return``, ``session_return`` and ``low_return`` =
        ``low[t] · k / close[t-1] - 1``; fractions, same shape, NaN where a price is missing.
    """
    present = np.isfinite(close) | np.isfinite(adj_close)
    gap, session = session_legs(open_, close, adj_close)
    return {
        "close_return": return_path(close, adj_close),
        "gap_return": gap,
        "session_return": session,
        "low_return": low * day_factor(close, adj_close) / _at_previous(close, present) - 1,
    }


def moves(
    sessions: Sessions,
    symbols: Sequence[str],
    *,
    open_: Floats,
    low: Floats,
    close: Floats,
    adj_close: Floats,
    on: date,
) -> pd.DataFrame:
    """Return each name's moves of one session date.

    Parameters
    ----------
    sessions
        Shape (T,), ascending.
    symbols
        N names.
    open_, low, close, adj_close
        Prices, shape (T, N).
    on
        The session date.

    Returns
    -------
    DataFrame
        One row a name, in order: ``symbol, session, close_return, gap_return,
        session_return, low_return, price_return``. A name without a bar that day has NaN
        moves; so has every name when the date is no session of the array.
    """
    day = session64(on)
    end = int(np.searchsorted(sessions, day, side="right"))
    known = end > 0 and sessions[end - 1] == day
    frame = pd.DataFrame({"symbol": list(symbols), "session": day.astype("datetime64[s]")})
    if not known:
        missing = dict.fromkeys(("close_return", "gap_return", "session_return", "low_return"), np.nan)
        return frame.assign(**missing, price_return=False)
    upto = [prices[:end] for prices in (open_, low, close, adj_close)]
    last = {name: values[-1] for name, values in day_moves(*upto).items()}
    return frame.assign(**last, price_return=price_return_only(upto[2], upto[3])[-1])


def usd_rate(sessions: Sessions, fx_sessions: Sessions, fx_rate: Floats, max_age: int = 7) -> Floats:
    """Return the currency per dollar that stood on each session: the last close on or before it.

    The source's daily currency close is struck late in the London day, hours after Asia's
    close and near New York's: the nearest the daily data allow, and said on screen.

    Parameters
    ----------
    sessions
        Shape (T,).
    fx_sessions, fx_rate
        Shape (M,), ascending; units of the currency per US dollar.
    max_age
        Calendar days after which an old rate is no rate.

    Returns
    -------
    Floats
        Shape (T,); NaN before the first rate and where the last is older than ``max_age``.
    """
    known = np.isfinite(fx_rate)
    days, rates = fx_sessions[known], fx_rate[known]
    if not len(days):
        return np.full(len(sessions), np.nan)
    at = np.searchsorted(days, sessions, side="right") - 1
    age = (sessions - days[np.maximum(at, 0)]).astype(np.int64)
    return np.where((at >= 0) & (age <= max_age), rates[np.maximum(at, 0)], np.nan)


def to_usd(prices: Floats, rate: Floats) -> Floats:
    """Return prices in dollars: price / (currency per dollar).

    Converting the prices and then taking returns is exactly (1 + local)(1 + fx) - 1 between
    the same two sessions, however far apart (:func:`compound_fx` is the identity).

    Parameters
    ----------
    prices
        Local currency, shape (T,) or (T, N).
    rate
        Currency per dollar, shape (T,) or the shape of ``prices``; 1 for the dollar.

    Returns
    -------
    Floats
        Shape of ``prices``; NaN where either is missing.
    """
    return prices / (rate[:, None] if prices.ndim == 2 and rate.ndim == 1 else rate)


def compound_fx(local: Floats, fx: Floats) -> Floats:
    """Return the dollar return (1 + local)(1 + fx) - 1, exact; fx is the currency's own return.

    Parameters
    ----------
    local, fx
        Fractions of one shape; fx = rate[t-1] / rate[t] - 1 for a rate per dollar.

    Returns
    -------
    Floats
        Fractions; NaN where either is.
    """
    return (1 + local) * (1 + fx) - 1


def _rows(values: Floats) -> np.ndarray:
    """Row numbers, shaped to broadcast against (T,) or (T, N)."""
    return np.arange(len(values)).reshape(-1, *(1,) * (values.ndim - 1))


def _at_previous(values: Floats, present: Bools) -> Floats:
    """The value on the previous row where the name has a bar; NaN on its first."""
    before = np.full(values.shape, np.nan)
    if present.all():
        before[1:] = values[:-1]
        return before
    last = np.maximum.accumulate(np.where(present, _rows(values), -1), axis=0)
    rows = last[:-1]
    before[1:] = np.where(rows >= 0, np.take_along_axis(values, np.maximum(rows, 0), axis=0), np.nan)
    return before
