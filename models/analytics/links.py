"""What each leg says about the next: correlation and slope between legs that follow each other.

A pair is a leg and the next leg of the other kind that was walked after it, by the clock: if the
target's side was closed the pair runs on to its next open leg. When several source legs precede
one target, as on a one-sided holiday, only the last of them counts: the others were old news by
then, and one target counted twice would be evidence counted twice. A side whose day was withheld
has no leg either, and its pair is passed over in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.analytics.hac import ols_hac
from models.analytics.relay import LEGS, Leg, Side
from models.types import Floats, Sessions

LINKS: tuple[tuple[Leg, Leg], ...] = (
    ("us_session", "asia_gap"),
    ("us_session", "asia_session"),
    ("asia_gap", "asia_session"),
    ("asia_session", "us_gap"),
    ("asia_session", "us_session"),
    ("us_gap", "us_session"),
)
STRESS = 0.1
MIN_PAIRS = 20


@dataclass(frozen=True, slots=True, eq=False)
class LegPairs:
    """Legs that follow each other. Arrays of shape (n,), in order of the clock.

    Attributes
    ----------
    from_rows, to_rows
        Rows of the sessions on which the two legs lie.
    source, target
        The legs, fractions.
    left_out
        Source legs without a pair: a later one came before the target, or none has come yet.
    """

    from_rows: np.ndarray
    to_rows: np.ndarray
    source: Floats
    target: Floats
    left_out: int


def leg_pairs(source: Floats, target: Floats, *, same_day: bool) -> LegPairs:
    """Return each source leg with the next target leg that was walked after it.

    Parameters
    ----------
    source, target
        Fractions, shape (T,); NaN where a leg was not walked.
    same_day
        Whether the target's leg of a date comes after the source's leg of that date; else the
        earliest target is of a later date.

    Returns
    -------
    LegPairs
        At most one pair a target leg.
    """
    first, then = np.flatnonzero(np.isfinite(source)), np.flatnonzero(np.isfinite(target))
    place = np.searchsorted(then, first, side="left" if same_day else "right")
    last = (place < len(then)) & (np.diff(place, append=len(then) + 1) > 0)
    from_rows, to_rows = first[last], then[place[last]]
    return LegPairs(from_rows, to_rows, source[from_rows], target[to_rows], int((~last).sum()))


def follows(source: Leg, target: Leg) -> bool:
    """Return whether the target's leg of a date comes after the source's leg of that date.

    Parameters
    ----------
    source, target
        Two of the four legs.
    """
    return LEGS.index(target) > LEGS.index(source)


def leg_links(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    *,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
) -> pd.DataFrame:
    """Return the six links between legs: correlation and slope, and the same on stress days.

    Parameters
    ----------
    sessions
        Shape (T,), ascending: the union of the sides' sessions.
    legs
        The four legs, fractions, shape (T,); NaN where a side was closed.
    since, until
        First and last session date of the target legs, both in it; all when not given.

    Returns
    -------
    DataFrame
        ``from_leg, to_leg, n, correlation, slope, slope_se, stress_n, stress_correlation,
        stress_slope, stress_slope_se, left_out``: slope of the target on the source, with the
        standard error of :func:`~models.analytics.hac.ols_hac`. Stress days are the pairs whose
        source leg lies at or below its 10 % quantile among the pairs; in their regression they
        stand as neighbours (equal spacing, Datta and Du 2012). Figures of fewer than 20 pairs, or of
        a leg that never moved, are NaN. ``left_out``: source legs of the period without a pair in it.
    """
    rows = [_link(sessions, legs, *link, since, until) for link in LINKS]
    return pd.DataFrame(rows).astype({"from_leg": "str", "to_leg": "str"})


def controlled_links(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    *,
    moves: Mapping[Side, Floats] | None = None,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
) -> pd.DataFrame:
    """Return the six links with the other side's last day as control.

    The target is regressed on the source leg and on the close-to-close move of the side that is
    not the source's, of its last day that had closed before the source leg began. What New York only
    passes back of its own day before is thus not counted as Asia's, and the reverse.

    Parameters
    ----------
    sessions, legs, since, until
        As in :func:`leg_links`.
    moves
        Each side's day as :func:`side_moves` takes it: the control is a side's day, not its legs.

    Returns
    -------
    DataFrame
        ``from_leg, to_leg, n, slope, slope_se, control_slope, control_slope_se``; NaN below 20
        pairs or when the control is the source once more.
    """
    days = side_moves(legs, moves)
    rows = [_controlled(sessions, legs, days, *link, since, until) for link in LINKS]
    return pd.DataFrame(rows).astype({"from_leg": "str", "to_leg": "str"})


def side_moves(
    legs: Mapping[Leg, Floats], moves: Mapping[Side, Floats] | None = None
) -> Mapping[Side, Floats]:
    """Return what each side did in a day, from close to close.

    Parameters
    ----------
    legs
        The four legs, fractions, shape (T,).
    moves
        The figure of each side's day: the basket's close-to-close move of all members with a close,
        fractions, shape (T,). It is there on days whose legs are withheld too, and it differs from them
        where a member has no open. None stands for members that all have one: what the legs compound to.

    Returns
    -------
    Mapping
        By side; NaN where it was closed or withheld.
    """
    return moves if moves is not None else {side: side_close(legs, side) for side in _SIDES}


def side_close(legs: Mapping[Leg, Floats], side: Side) -> Floats:
    """Return what a side's legs compound to: (1 + gap)(1 + session) - 1, of the members with an open.

    The figure of a side's day is not this but the move of all members with a close: see
    :func:`side_moves`.

    Parameters
    ----------
    legs
        The four legs, fractions, shape (T,).
    side
        ``asia`` or ``us``.

    Returns
    -------
    Floats
        Fractions, shape (T,); NaN where the side was closed.
    """
    gap, session = _legs_of(legs, side)
    return (1 + gap) * (1 + session) - 1


_SIDES: tuple[Side, ...] = ("asia", "us")


def _legs_of(legs: Mapping[Leg, Floats], side: Side) -> tuple[Floats, Floats]:
    gap, session = (LEGS[0], LEGS[1]) if side == "asia" else (LEGS[2], LEGS[3])
    return legs[gap], legs[session]


def _link(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    source: Leg,
    target: Leg,
    since: np.datetime64 | None,
    until: np.datetime64 | None,
) -> dict[str, object]:
    pairs, left_out = _pairs_within(sessions, legs, source, target, since, until)
    x, y = pairs.source, pairs.target
    stress = x <= np.quantile(x, STRESS) if len(x) else np.zeros(0, dtype=np.bool_)
    figures = _figures(x, y) | {
        f"stress_{name}": value for name, value in _figures(x[stress], y[stress]).items()
    }
    return {"from_leg": source, "to_leg": target, **figures, "left_out": left_out}


def _pairs_within(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    source: Leg,
    target: Leg,
    since: np.datetime64 | None,
    until: np.datetime64 | None,
) -> tuple[LegPairs, int]:
    """The pairs whose target lies in the period, and the source legs in it that have no such pair."""
    pairs = leg_pairs(legs[source], legs[target], same_day=follows(source, target))
    within = np.ones(len(sessions), dtype=np.bool_)
    if since is not None:
        within &= sessions >= since
    if until is not None:
        within &= sessions <= until
    keep = within[pairs.to_rows]
    walked = int((within & np.isfinite(legs[source])).sum())
    paired = int(within[pairs.from_rows[keep]].sum())
    kept = (pairs.from_rows[keep], pairs.to_rows[keep], pairs.source[keep], pairs.target[keep])
    return LegPairs(*kept, pairs.left_out), walked - paired


def _figures(x: Floats, y: Floats) -> dict[str, float]:
    """n, correlation, slope and its standard error of one link."""
    names = ("correlation", "slope", "slope_se")
    if len(x) < MIN_PAIRS or np.ptp(x) == 0:
        return {"n": len(x), **dict.fromkeys(names, np.nan)}
    beta, error = ols_hac(y, x)
    correlation = np.nan if np.ptp(y) == 0 else float(np.corrcoef(x, y)[0, 1])
    return {"n": len(x), **dict(zip(names, (correlation, float(beta[1]), float(error[1])), strict=True))}


def _controlled(
    sessions: Sessions,
    legs: Mapping[Leg, Floats],
    days: Mapping[Side, Floats],
    source: Leg,
    target: Leg,
    since: np.datetime64 | None,
    until: np.datetime64 | None,
) -> dict[str, object]:
    pairs, _ = _pairs_within(sessions, legs, source, target, since, until)
    asian = source.startswith("asia")
    control = _last_before(days["us" if asian else "asia"], pairs.from_rows, same_day=not asian)
    use = np.flatnonzero(np.isfinite(control))
    found = [np.nan] * 4
    if len(use) >= MIN_PAIRS:
        beta, error = ols_hac(pairs.target[use], np.column_stack([pairs.source[use], control[use]]))
        found = [float(beta[1]), float(error[1]), float(beta[2]), float(error[2])]
    names: Sequence[str] = ("slope", "slope_se", "control_slope", "control_slope_se")
    return {"from_leg": source, "to_leg": target, "n": len(use), **dict(zip(names, found, strict=True))}


def _last_before(moves: Floats, rows: np.ndarray, *, same_day: bool) -> Floats:
    """The last move that was known before each row's own day began for the other side.

    Before New York's legs of a date lies Asia's close of that date; before Asia's legs lies New
    York's close of an earlier one.
    """
    known = np.flatnonzero(np.isfinite(moves))
    place = np.searchsorted(known, rows, side="right" if same_day else "left") - 1
    found = np.full(len(rows), np.nan)
    found[place >= 0] = moves[known[place[place >= 0]]]
    return found
