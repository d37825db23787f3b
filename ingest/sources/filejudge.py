"""Whether a file may go into a store: what would damage a daily history is refused whole, before any row.

Pure: what a file holds of one name and what is stored of it go in, a refusal comes out. The checks of
single rows come afterwards, as for any other source.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from ingest.sources.headings import fits
from ingest.sources.lines import FileFault
from ingest.sources.pricefile import Sheaf
from models.types import Action, Bars, Floats, Sessions
from models.universe import Instrument

NEAR = 0.01
"""Log distance within which a file's close is the stored one."""
FAR = 0.05
"""Log distance past which it is no revision of it."""
FEW = 3
"""Shared sessions from which a constant factor or adjusted closes can be told."""
FAR_OF_ONE = 0.30
"""A single close may be put right by a file; by so much it is another price."""
APART = 0.20
"""The share of far closes from which a file is refused."""
SPREAD = 0.002
STEP = np.log(4.0)
"""A step of the level past what is stored, without a split to explain it."""
STEP_DAYS = 30
_PACES = (
    ("a week", 5, 9),
    ("a month", 26, 35),
    ("a quarter", 80, 100),
    ("a year", 350, 380),
)
_RUN = 5


def judge(
    sheaf: Sheaf,
    called: str,
    instrument: Instrument | None,
    stored: Bars | None,
    known: Sequence[Action] = (),
    *,
    accepted: bool = False,
) -> Sheaf:
    """Return what of a file's rows may be stored, all of them unless closes would be lost.

    Parameters
    ----------
    called
        The file, as its sentences name it.
    instrument
        Whose rows they should be, None where no universe is known.
    stored, known
        Bars and actions that are stored of it.
    accepted
        A person has said that its closes are right, whatever is stored.

    Raises
    ------
    FileFault
        If they are no daily rows, are in another currency, are of another company, or would take
        the place of stored closes without being closes.
    """
    _check_pace(sheaf, called)
    if instrument is not None:
        _check_money(sheaf, called, instrument)
    if stored is None or not len(stored) or not len(sheaf.bars):
        return sheaf
    kept = _with_closes(sheaf, called, stored)
    try:
        _check_closes(kept, called, stored, (*known, *sheaf.actions))
    except FileFault as fault:
        if not accepted or fault.kind != "disagrees":
            raise
    return kept


def _check_pace(sheaf: Sheaf, called: str) -> None:
    if sheaf.intraday:
        raise FileFault(
            f"{called} has several rows a day: this is no daily file; import one row a day.", "not_daily"
        )
    days = np.unique(sheaf.bars.sessions[~np.isnat(sheaf.bars.sessions)])
    gaps = np.diff(days).astype(np.int64)
    run = min(_RUN, len(gaps))
    if run < 2:
        return
    for pace, least, most in _PACES:
        slow = (gaps >= least) & (gaps <= most)
        runs = np.convolve(slow, np.ones(run, dtype=np.int64), "valid") == run
        if runs.any():
            first = int(np.flatnonzero(runs)[0])
            raise FileFault(
                f"{called}: rows from {days[first]} on are {pace} apart: this is no daily file; "
                "import daily rows.",
                "not_daily",
            )


def _check_money(sheaf: Sheaf, called: str, instrument: Instrument) -> None:
    other = sorted(money for money in sheaf.money if not fits(money, instrument.currency))
    if other and instrument.kind not in ("index", "fx", "rate"):
        raise FileFault(
            f"{called} is in {other[0]}, and {instrument.symbol} is kept in {instrument.currency}; "
            "import it in that currency.",
            "wrong_currency",
        )


def _shared(bars: Bars, stored: Bars) -> tuple[Floats, Floats, Floats]:
    """Close and stored close and stored adjusted close of the sessions that both hold."""
    rows = np.minimum(np.searchsorted(stored.sessions, bars.sessions), len(stored) - 1)
    same = (stored.sessions[rows] == bars.sessions) & stored.final[rows]
    return bars.close[same], stored.close[rows[same]], stored.adj_close[rows[same]]


def _with_closes(sheaf: Sheaf, called: str, stored: Bars) -> Sheaf:
    """The rows without those that have no close where one is stored."""
    rows = np.minimum(np.searchsorted(stored.sessions, sheaf.bars.sessions), len(stored) - 1)
    kept = np.isfinite(stored.close[rows]) & (stored.sessions[rows] == sheaf.bars.sessions)
    over = kept & np.isnan(sheaf.bars.close) & np.isfinite(sheaf.bars.adj_close)
    if not over.any():
        return sheaf
    if not np.isfinite(sheaf.bars.close).any():
        raise FileFault(
            f"{called} holds adjusted closes alone, and closes are stored of {int(over.sum()):,} of its "
            "sessions: they were kept; import a file with closes.",
            "adjusted_only",
        )
    note = f"{called}: {int(over.sum()):,} rows have no close, and one is stored: left out."
    return Sheaf(
        sheaf.symbol, sheaf.bars.take(~over), sheaf.actions, sheaf.money, sheaf.intraday, (*sheaf.notes, note)
    )


def _check_closes(sheaf: Sheaf, called: str, stored: Bars, actions: Sequence[Action]) -> None:
    """Refuse closes that are not those that are stored, unless a reported split says why."""
    bars = sheaf.bars
    mine, theirs, adjusted = _shared(bars, stored)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.log(mine / theirs)
        from_adjusted = np.log(mine / adjusted)
    usable = np.isfinite(apart)
    apart, from_adjusted = apart[usable], from_adjusted[usable]
    count = len(apart)
    if count:
        middle = float(np.median(apart))
        constant = float((np.abs(apart - middle) <= SPREAD).mean()) >= 0.9 and count >= FEW
        limit = FAR if count > 1 else FAR_OF_ONE
        far = np.abs(apart) > limit
        off = np.abs(apart) > 2 * SPREAD
        of_adjusted = off & (np.abs(from_adjusted) < SPREAD / 2)
        if off.sum() >= FEW and of_adjusted.sum() >= 0.8 * off.sum():
            raise FileFault(
                f"{called}: its closes are the adjusted ones ({int(off.sum()):,} of {count:,} differ from "
                "the closes stored); import a file with closes that are not adjusted for dividends.",
                "adjusted_only",
            )
        if constant and abs(middle) > SPREAD and abs(middle) > NEAR:
            if not _explained(middle, actions):
                raise FileFault(
                    f"{called}: every close is {np.exp(middle):,.4g} times the stored one; is the file in "
                    "another currency or unit, or from before a split?",
                    "disagrees",
                )
        elif far.all() or (count >= FEW and far.mean() > APART):
            agree = int((np.abs(apart) <= NEAR).sum())
            said = "no close agrees" if not agree else f"only {agree:,} of {count:,} closes agree"
            raise FileFault(
                f"{called}: {said} with what is stored of {_span(bars.sessions)}; is the file in another "
                "currency, or another company's?",
                "disagrees",
            )
    else:
        _check_step(bars, called, stored, actions)


def _check_step(bars: Bars, called: str, stored: Bars, actions: Sequence[Action]) -> None:
    """Of a file beside the stored history: its level where the two meet."""
    order = np.argsort(bars.sessions, kind="stable")
    usable = [row for row in order if np.isfinite(bars.close[row]) and bars.close[row] > 0]
    ours = np.flatnonzero(np.isfinite(stored.close) & (stored.close > 0))
    if not usable or not len(ours):
        return
    pairs = []
    for row in (usable[0], usable[-1]):
        at = int(np.searchsorted(stored.sessions[ours], bars.sessions[row]))
        pairs += [(row, ours[near]) for near in (at - 1, at) if 0 <= near < len(ours)]
    for row, beside in pairs:
        days = abs(int((bars.sessions[row] - stored.sessions[beside]).astype(np.int64)))
        step = float(np.log(bars.close[row] / stored.close[beside]))
        if days <= STEP_DAYS and abs(step) > STEP and not _explained(step, actions):
            raise FileFault(
                f"{called}: its close of {bars.sessions[row]} is {np.exp(step):,.4g} times the one stored of "
                f"{stored.sessions[beside]}; is the file in another currency, or another company's?",
                "disagrees",
            )


def _explained(step: float, actions: Sequence[Action]) -> bool:
    """Whether the reported splits, all or some, make a level differ by so much."""
    steps = {0.0}
    for action in actions[-12:]:
        if action.kind == "split" and action.value > 0:
            steps |= {found + sign * float(np.log(action.value)) for found in steps for sign in (-1, 1)}
    return any(abs(step - found) <= 0.1 for found in steps if found)


def _span(sessions: Sessions) -> str:
    days: list[date] = [sessions.min().item(), sessions.max().item()]
    return f"{days[0]} to {days[1]}" if days[0] != days[1] else str(days[0])
