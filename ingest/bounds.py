"""Rows beyond what their exchange lets a price do in one session; pure.

A rule of the exchange is no statistic: in Seoul no share closes 31% below the day before. But it
binds only where its base is known: the close of the very session before, of a share that traded
then, on a day without a corporate action, and not in the free trading of a new listing or of one
that returns from a suspension.
"""

from __future__ import annotations

import numpy as np

from ingest.jumps import Setting
from models.halts import TOKYO_BROADENED, daily_limits
from models.limits import LIMIT_SLACK
from models.types import Bars, Bools, Floats, session64

LISTED = 10
"""Rows that must stand before one that is judged: a new listing trades without limits at first."""
SUSPENDED = 5
"""Sessions without a row that are taken for a suspension, whose end has no limit either."""
PAST = 60
"""Stored rows that show whether prices are those of their days."""
LOT = 100
"""Shares that are traded together in Tokyo."""
UNTOLD = {"XTAI": 0.2}
"""Share of a close that a stock dividend, which a file does not tell of, may take from it."""
AT_LIMIT = 0.98
"""Share of the limit from which a close stood at it: ticks end a little before."""


def beyond_limits(bars: Bars, setting: Setting, alive: Bools) -> Bools:
    """Return the rows whose prices the exchange's daily limit rules out, shape (n,).

    Parameters
    ----------
    bars
        Ordered rows of one symbol, the stored ones first.
    setting
        Kind, exchange, places in the calendar, actions, rows that a person has confirmed.
    alive
        Rows that stand so far, shape (n,): another is no base, and is not judged.

    Notes
    -----
    Open, high, low and close are each held against the last close, with a percent to spare.

    A row that goes on from what is stored (`Setting.fresh`) is judged exactly: a split or a payment
    would have been told with it, and Tokyo's yen are those of its price. After one beyond its limit
    the level it leapt to stays impossible until the price is back within reach of the last close
    that stood. In a history that comes for the first time, or from a file, actions may be missing:
    Taipei's falls may hold an untold stock dividend, Tokyo's prices may have been divided by a split
    since, so the widest share of any price above counts, and one row is held, not what follows.

    Where an adjusted close steps by less than its close, the day went ex: that step counts. Two
    closes at Tokyo's limit in a row widen it four times.
    """
    beyond = np.zeros(len(bars), dtype=np.bool_)
    if setting.kind != "equity" or len(bars) <= LISTED:
        return beyond
    shares = _shares(bars, setting)
    if np.isnan(shares).all():
        return beyond
    with np.errstate(invalid="ignore"):
        suspects = np.flatnonzero(np.abs(_moves(bars, bars.close[:-1])) > shares)
    if not len(suspects):
        return beyond
    last = -1
    for row in range(max(int(suspects[0]) - 1, 0), len(bars)):
        if not alive[row] or np.isnan(bars.close[row]):
            continue
        if last >= 0 and _is_beyond(row, last, bars, setting, shares, beyond):
            beyond[row] = True
        else:
            last = row
    return beyond


def _shares(bars: Bars, setting: Setting) -> Floats:
    """The limit into each row from the close before it, fractions, NaN where there is none; shape (n,)."""
    shares = np.full(len(bars), np.nan)
    days = bars.sessions[1:]
    shares[1:] = daily_limits(setting.mic, bars.close[:-1], days, rescaled=True)
    if setting.fresh is None:
        return shares
    exact = daily_limits(setting.mic, bars.close[:-1], days)
    if setting.mic != "XTKS" or _as_traded(bars, exact, setting):
        first = max(setting.fresh - 2, 1)  # the two before it say whether it was locked
        shares[first:] = exact[first - 1 :]
    return shares


def _as_traded(bars: Bars, exact: Floats, setting: Setting) -> bool:
    """Whether the stored prices are those of their days and not divided by a split since.

    They then stand on Tokyo's ticks and within its limits, and volumes are whole lots, with no
    larger measure in common.
    """
    assert setting.fresh is not None
    past = slice(max(1, setting.fresh - PAST), setting.fresh)
    volumes = bars.volume[past]
    if past.stop - past.start < LISTED or not np.isfinite(volumes).all():
        return False
    if int(np.gcd.reduce(volumes.astype(np.int64))) > LOT:
        return False
    prices = np.concatenate([getattr(bars, name)[past] for name in ("open", "high", "low", "close")])
    on_tick = np.abs(prices * 10 - np.round(prices * 10)) < 1e-6 * prices
    moves = np.abs(_moves(bars, bars.close[:-1])[past])
    limits = exact[past.start - 1 : past.stop - 1]
    return bool(on_tick.all() and (moves <= limits + LIMIT_SLACK).all())


def _moves(bars: Bars, base: Floats) -> Floats:
    """The furthest that a price of each row but the first stands from its base, as a fraction; shape (n,)."""
    found = np.zeros(len(bars))
    for name in ("open", "high", "low", "close"):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            move = np.nan_to_num(getattr(bars, name)[1:] / base - 1)
        found[1:] = np.where(np.abs(move) > np.abs(found[1:]), move, found[1:])
    return found


def _is_beyond(row: int, last: int, bars: Bars, setting: Setting, shares: Floats, beyond: Bools) -> bool:
    """Whether a row is ruled out by the last close that stood."""
    between = beyond[last + 1 : row]
    if not _applies(row, last, bars, setting, run=bool(len(between) and between.all())):
        return False
    limit = float(shares[last + 1])
    if np.isnan(limit):
        return False
    exact = setting.fresh is not None and row >= setting.fresh
    if _locked(last, bars, shares):
        limit *= TOKYO_BROADENED
    prices = [float(getattr(bars, name)[row]) for name in ("open", "high", "low", "close")]
    moves = [price / float(bars.close[last]) - 1 for price in prices if not np.isnan(price)]
    least = -limit if exact else (1 - limit) * (1 - UNTOLD.get(setting.mic, 0.0)) - 1
    if min(moves) >= least - LIMIT_SLACK and max(moves) <= limit + LIMIT_SLACK:
        return False
    adjusted = float(bars.adj_close[row] / bars.adj_close[last] - 1)
    close = float(bars.close[row] / bars.close[last] - 1)
    went_ex = abs(adjusted - close) > 1e-3 and abs(adjusted) <= limit + LIMIT_SLACK
    return not went_ex


def _applies(row: int, last: int, bars: Bars, setting: Setting, *, run: bool) -> bool:
    """Whether the last close that stood is the base of a row's limit."""
    if last + 1 < LISTED or setting.confirmed(row, last):
        return False
    run = run and setting.fresh is not None and row > setting.fresh
    if setting.positions[row] - setting.positions[row - 1] != 1 or not (row == last + 1 or run):
        return False
    days = bars.sessions[last + 1 : row + 1]
    if any((days == session64(act.session)).any() for act in setting.actions):
        return False
    past = slice(last - LISTED + 1, last + 1)
    # Zero volume is a suspension; its end, and the free trading before a delisting, know no limit.
    if bool((bars.volume[past] == 0).any()):
        return False
    return bool((np.diff(setting.positions[past]) <= SUSPENDED).all())


def _locked(last: int, bars: Bars, shares: Floats) -> bool:
    """Whether the two closes up to a row stood at Tokyo's limit, both on the same side."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = bars.close[last - 1 : last + 1] / bars.close[last - 2 : last] - 1
    limits = shares[last - 1 : last + 1]
    return bool((np.abs(moves) >= AT_LIMIT * limits).all() and moves[0] * moves[1] > 0)
