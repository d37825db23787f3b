"""What a source said beside what stored bars say, on the same basis: agrees, differs, cannot be checked.

A figure is compared as it was quoted: a change of the close, split-adjusted and with dividends left in,
from the close of the name's previous bar. It agrees when the stored figure, rounded to the claim's digits,
is the claim; without a stated basis, when one of the day's figures does. Where it differs, other bases of
the day and the sessions beside it are tried, since most errors of the press are a low taken for a close or a
day taken for the next.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

import numpy as np

from models.analytics.returns import price_path
from models.events import Claim
from models.types import Bars, session64

Verdict = Literal["agrees", "differs", "cannot be checked"]
VERDICTS: tuple[Verdict, ...] = ("agrees", "differs", "cannot be checked")

PRESS_DIGITS = 2
"""Decimals in which the press quotes a move before it rounds again: −8.445, quoted −8.45, given as −8.5."""
CUT_FROM = 2
"""From this many decimals on a figure may have been cut instead of rounded: −7.826 given as −7.82."""
ABOUT = 0.05
"""How far "about" reaches either way, as a share of the figure; a unit of its last digit at least."""
NEARLY = 0.10
"""How far below a figure "nearly" still holds, as a share of it."""
NEAR = 0.005
"""How far from the claim, as a share of it, a figure of another basis or session still counts as fitting."""
MARGINS = (
    ("nearly", r"\b(nearly|almost|just under|close to)\b"),
    ("at least", r"\b(over|more than|above|at least|exceeding|exceeds)\b"),
    ("at most", r"\b(below|under|less than|up to|at most)\b"),
    ("about", r"\b(about|around|approx\w*|roughly|some)\b|~"),
)
"""Words of a claim that widen its rounding."""
LEVELS = ("level", "yield", "price")
MOMENTS = ("intraday", "halt")
OUTSIDE = ("premarket", "afterhours")
TRIED = ("close", "low", "high", "open", "session")
"""The bases that are tried, in this order, when a claim does not fit its own."""

REASONS: dict[str, str] = {
    "words": "it is a statement in words",
    "not a price": "prices cannot tell it",
    "no symbol": "it is about no instrument of the universe",
    "no date": "the source gives no day",
    "unit": "stored prices have no such unit",
    "no bars": "no price of it is stored",
    "no bar": "no bar of that date is stored",
    "first bar": "there is no close before the first stored bar",
    "not final": "the session’s bar is not final yet",
    "no field": "the stored bar lacks that price",
    "outside hours": "daily bars hold the session alone",
    "moment": "daily bars hold no moment of the session",
    "no basis": "the source does not say on what basis",
    "simulated": "the prices are simulated, after figures such as this one",
}
"""Why a claim cannot be checked."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Another basis, or another session, on which the claim would agree, with the stored figure."""

    basis: str
    session: date
    figure: float


@dataclass(frozen=True, slots=True)
class Check:
    """What a claim is worth.

    Attributes
    ----------
    verdict
        ``agrees``, ``differs`` or ``cannot be checked``.
    reason
        A key of ``REASONS`` when it cannot be checked, else empty.
    figure, difference
        The stored figure on the claim's basis and what it is more than the claim, in the claim's
        unit; None where there is none. For a moment outside the day's range, the end it passed.
    session, before
        The session of the figure, and the one it is measured from (None for a level).
    span
        The day's lowest and highest figure, for a claim about a moment of the session.
    contradicted
        The stored figure went the other way.
    fits
        Where else the claim would agree: other bases of its day first, then the sessions beside it. Of a
        claim that agrees without saying on what basis, the bases of its day on which it does.
    suspect
        The stored bar carries a flag.
    """

    verdict: Verdict
    reason: str = ""
    figure: float | None = None
    difference: float | None = None
    session: date | None = None
    before: date | None = None
    span: tuple[float, float] | None = None
    contradicted: bool = False
    fits: tuple[Fit, ...] = ()
    suspect: bool = False


class _Day:
    """The figures of one session, in a claim's unit; each is worked out when it is asked for."""

    def __init__(self, claim: Claim, kind: str, bars: Bars, row: int) -> None:
        self._bars, self._row = bars, row
        self._level, self._points = kind == "level", claim.unit == "points"
        self.session: date = bars.sessions[row].item()
        self.before: date | None = None if self._level or not row else bars.sessions[row - 1].item()
        self._close, self._previous = _closes(bars, row)

    def figure(self, basis: str) -> float:
        """The figure on a basis, NaN where the bar lacks the price or the basis has no meaning."""
        if self._level:
            return self._price(basis) if basis not in ("gap", "session") else math.nan
        if basis == "session":
            return self._change(self._close, self._price("open"))
        return self._change(self._price("open" if basis == "gap" else basis), self._previous)

    def _price(self, basis: str) -> float:
        if basis in ("close", "level"):
            return self._close
        return float(getattr(self._bars, basis)[self._row])

    def _change(self, later: float, earlier: float) -> float:
        if self._points:
            return later - earlier
        return (later / earlier - 1) * 100 if earlier else math.nan


def check(claim: Claim, bars: Bars | None) -> Check:
    """Compare a claim with the stored bars of its symbol.

    Parameters
    ----------
    claim
        A change (``move``) in percent or points, or a level (``level``, ``yield``, ``price``).
    bars
        The bars of its symbol, local currency; None when there are none. Nothing is filled: a day
        without a bar cannot be checked.

    Returns
    -------
    Check
        Figures in the claim's unit.
    """
    kind = _kind(claim)
    reason = _hopeless(claim, kind)
    if reason or bars is None or not len(bars):
        return Check("cannot be checked", reason or "no bars")
    day = session64(_dated(claim))
    row = int(np.searchsorted(bars.sessions, day))
    there = row < len(bars) and bool(bars.sessions[row] == day)
    if not there:
        return Check("cannot be checked", "no bar", fits=_beside(claim, kind, bars, row, there))
    return _compared(claim, kind, bars, row)


def margin(claim: Claim) -> tuple[float, float]:
    """Return the least and the largest size of a stored figure that agrees with a claim.

    Sizes are without sign, in the claim's unit. Rounding is half a unit of the last digit that the
    claim's text gives; from ``CUT_FROM`` decimals on a figure may as well have been cut; and the words
    of ``MARGINS`` widen it.
    """
    return _margin(claim.value or 0.0, claim.text)


# Each claim is held against some ten figures; its text is read once.
@lru_cache(maxsize=16_384)
def _margin(value: float, text: str) -> tuple[float, float]:
    size, decimals = abs(value), _decimals(value, text)
    unit = 10.0**-decimals
    word = next((name for name, pattern in MARGINS if re.search(pattern, text.lower())), "")
    if word == "nearly":
        return size * (1 - NEARLY), size
    if word == "at least":
        return size, math.inf
    if word == "at most":
        return 0.0, size
    if word == "about":
        width = max(unit, ABOUT * size)
        return size - width, size + width
    if decimals >= CUT_FROM:
        return size - unit / 2, size + unit
    # Halves are rounded away from zero, so that twice rounding only ever makes a figure larger.
    return size - unit / 2 - 10.0**-PRESS_DIGITS / 2, size + unit / 2


def _decimals(value: float, text: str) -> int:
    found = re.search(r"\d[\d,]*(?:\.(\d+))?", text) or re.search(r"\d+(?:\.(\d+))?", f"{value:g}")
    return len(found[1] or "") if found else 0


def _agrees(claim: Claim, figure: float, slack: float = 1e-9) -> bool:
    # A figure of exactly half a unit is rounded either way; the last bits of a division decide nothing.
    low, high = margin(claim)
    towards = figure if _value(claim) >= 0 else -figure
    return math.isfinite(figure) and low - slack <= towards <= high + slack


def _fits(claim: Claim, figure: float) -> bool:
    """Whether a figure is so near the claim that it may be what the source meant."""
    return _agrees(claim, figure, max(NEAR * abs(_value(claim)), 1e-9))


def _kind(claim: Claim) -> str:
    if claim.basis == "level" or claim.metric in LEVELS:
        return "level"
    return "move" if claim.metric == "move" else ""


def _hopeless(claim: Claim, kind: str) -> str:
    """Why a claim cannot be checked whatever is stored; empty when it can."""
    if claim.value is None:
        return "words"
    if not kind:
        return "not a price"
    if claim.symbol is None:
        return "no symbol"
    if claim.date is None:
        return "no date"
    return "" if claim.unit in ("percent", "points", "price")[: 2 if kind == "move" else 3] else "unit"


def _dated(claim: Claim) -> date:
    assert claim.date is not None  # what has no date was told before
    return claim.date


def _closes(bars: Bars, row: int) -> tuple[float, float]:
    """The close of a session and of the one before, completed by adjusted closes where one is missing."""
    found = bars.close
    if not (math.isfinite(found[row]) and math.isfinite(found[max(row - 1, 0)])):
        found = price_path(bars.close, bars.adj_close)
    return float(found[row]), float(found[row - 1]) if row else math.nan


def _compared(claim: Claim, kind: str, bars: Bars, row: int) -> Check:
    day = _Day(claim, kind, bars, row)
    suspect = bool(bars.flags[row])

    def cannot(reason: str, fits: tuple[Fit, ...] = ()) -> Check:
        return Check(
            "cannot be checked", reason, session=day.session, before=day.before, fits=fits, suspect=suspect
        )

    if not bars.final[row]:
        return cannot("not final")
    if kind == "move" and day.before is None:
        return cannot("first bar")

    def same_day() -> tuple[Fit, ...]:
        return _fitting(claim, day, except_=claim.basis)

    if claim.basis == "unstated":
        return _on_any(claim, day, suspect) or cannot("no basis", same_day())
    if claim.basis in OUTSIDE:
        return cannot("outside hours", same_day())
    if claim.basis in MOMENTS:
        return _moment(claim, day, same_day(), suspect)
    figure = day.figure(claim.basis)
    if not math.isfinite(figure):
        return cannot("no field", same_day())
    agrees = _agrees(claim, figure)
    fits = () if agrees else (*same_day(), *_beside(claim, kind, bars, row, True))
    return Check(
        "agrees" if agrees else "differs",
        figure=figure,
        difference=figure - _value(claim),
        session=day.session,
        before=day.before,
        contradicted=not agrees and _other_way(claim, figure),
        fits=fits,
        suspect=suspect,
    )


def _on_any(claim: Claim, day: _Day, suspect: bool) -> Check | None:
    """A claim without a basis agrees when it is the figure of one: whichever was meant, it was right."""
    found = [Fit(basis, day.session, day.figure(basis)) for basis in TRIED]
    agreeing = tuple(fit for fit in found if _agrees(claim, fit.figure))
    if not agreeing:
        return None
    figure = agreeing[0].figure
    return Check(
        "agrees",
        figure=figure,
        difference=figure - _value(claim),
        session=day.session,
        before=day.before,
        fits=agreeing,
        suspect=suspect,
    )


def _moment(claim: Claim, day: _Day, same_day: tuple[Fit, ...], suspect: bool) -> Check:
    """A moment of the session lies between its low and its high: the most that a daily bar can say."""
    low, high = day.figure("low"), day.figure("high")
    found = Check(
        "cannot be checked", "moment", session=day.session, before=day.before, fits=same_day, suspect=suspect
    )
    if not (math.isfinite(low) and math.isfinite(high)):
        return found
    value = _value(claim)
    end = min(max(value, low), high)
    if value == end or _agrees(claim, end):
        return replace(found, span=(low, high))
    return replace(found, verdict="differs", reason="", figure=end, difference=end - value, span=(low, high))


def _beside(claim: Claim, kind: str, bars: Bars, row: int, there: bool) -> tuple[Fit, ...]:
    """Sessions beside the claim's on which its own basis would agree."""
    if claim.basis in (*MOMENTS, *OUTSIDE, "unstated"):
        return ()
    fits = []
    for other in (row - 1, row + 1 if there else row):
        if 0 <= other < len(bars) and (kind == "level" or other > 0):
            day = _Day(claim, kind, bars, other)
            figure = day.figure(claim.basis)
            if _fits(claim, figure):
                fits.append(Fit(claim.basis, day.session, figure))
    return tuple(fits)


def _fitting(claim: Claim, day: _Day, *, except_: str) -> tuple[Fit, ...]:
    own = {"gap": "open", "level": "close"}.get(except_, except_)
    tried = ((basis, day.figure(basis)) for basis in TRIED if basis != own)
    return tuple(Fit(basis, day.session, figure) for basis, figure in tried if _fits(claim, figure))


def _value(claim: Claim) -> float:
    return claim.value or 0.0


def _other_way(claim: Claim, figure: float) -> bool:
    rounding = 10.0 ** -_decimals(_value(claim), claim.text) / 2
    return _value(claim) * figure < 0 and min(abs(_value(claim)), abs(figure)) > rounding
