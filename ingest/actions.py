"""Corporate actions that can be true, told from those that cannot; pure.

An action decides what every price before it means, so one of them that is nonsense must cost
itself and nothing else: it is left out with a sentence, and the prices are judged without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ingest.sources.base import Answer
from models.limits import SPLIT_RANGE
from models.types import Action, Bars, Session, session64

_WORDS = {"split": "split", "dividend": "dividend", "capital_gain": "capital gain"}


def sound_actions(
    actions: Sequence[Action], bars: Bars, stored: Bars | None = None
) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """Return the actions that can be true, and a sentence for each of the others.

    Parameters
    ----------
    actions
        As a source reported them, any value.
    bars, stored
        Rows of the answer, any order, and what is stored: a payment is held against the last
        close before its day, of the answer where it has one.

    Returns
    -------
    tuple
        The actions kept, in their order, and sentences about those left out.

    Notes
    -----
    A split is a positive ratio within ``SPLIT_RANGE``; a payment is positive, finite and less
    than the share it is paid on. Without a close to hold it against a payment is kept.
    Two splits of one day that differ are one of their product; the same one twice is a repetition.
    """
    kept: dict[tuple[Session, str], Action] = {}
    notes = []
    for action in dict.fromkeys(actions):
        why = _fault(action, bars, stored)
        before = kept.get((action.session, action.kind))
        if why is not None:
            notes.append(f"Left out: a {_WORDS[action.kind]} on {action.session}, {why}.")
        elif before is not None and action.kind == "split":
            both = replace(action, value=before.value * action.value)
            kept[action.session, action.kind] = both
            notes.append(f"Two splits on {action.session} are taken for one of {both.value:g}.")
        else:
            kept[action.session, action.kind] = action
    return tuple(kept.values()), tuple(notes)


def withdrawn_actions(answer: Answer, known: Sequence[Action]) -> tuple[Action, ...]:
    """Return the stored actions in the span of an answer that it reports no more.

    Parameters
    ----------
    answer
        As received; one that holds an action which cannot be read tells of none that it is gone.
    known
        Actions that are stored from the same source.
    """
    days = answer.bars.sessions[~np.isnat(answer.bars.sessions)]
    if not len(days) or answer.notes:
        return ()
    first = days.min() if answer.start is None else session64(answer.start)
    told = {(action.session, action.kind) for action in answer.actions}
    return tuple(
        action
        for action in known
        if first <= session64(action.session) <= days.max() and (action.session, action.kind) not in told
    )


def withdrawal_words(action: Action) -> str:
    """Return the sentence that says that an action is reported no more."""
    size = f"{action.value:g} new shares for each old one" if action.kind == "split" else f"{action.value:g}"
    return f"Withdrawn: a {_WORDS[action.kind]} on {action.session}, {size}; the source reports it no more."


def _fault(action: Action, bars: Bars, stored: Bars | None) -> str | None:
    value = action.value
    if action.kind == "split":
        low, high = SPLIT_RANGE
        return None if low <= value <= high else f"{value:g} new shares for each old one"
    if not 0 < value < np.inf:
        return f"{value:g} a share"
    before = _close_before(action, bars)
    if before is None and stored is not None:
        before = _close_before(action, stored)
    if before is not None and value >= before:
        return f"{value:g} a share of {before:g}"
    return None


def _close_before(action: Action, bars: Bars) -> float | None:
    """The last close before the day of an action, the day's own when there is none, None without either."""
    known = np.isfinite(bars.close) & (bars.close > 0) & ~np.isnat(bars.sessions)
    days, closes = bars.sessions[known], bars.close[known]
    day = session64(action.session)
    earlier = days < day
    chosen = earlier if earlier.any() else days == day
    if not chosen.any():
        return None
    return float(closes[chosen][np.argmax(days[chosen])])


__all__ = ["sound_actions", "withdrawal_words", "withdrawn_actions"]
