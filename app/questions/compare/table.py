"""Events and falls side by side as rows: where each stood from day 0, and what came back beside the past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, number, plain
from app.kinds.column import COUNT, DAY, MOVE, SHARE, TEXT, Column, columns, keys
from app.market import words
from app.market.market import View
from app.questions.compare.aligned import (
    LEAST,
    MOST,
    THRESHOLD,
    WORST,
    Beside,
    Start,
    past_recoveries,
    recovered,
    side_by_side,
    start_of,
    unlike,
    usual,
)
from models.analytics.event_recovery import STEPS
from models.errors import MeasureSettingError
from models.events import Event

COMPARE_COLUMNS = (
    *columns(TEXT, "ref", "label", "kind"),
    *columns(DAY, "day0", "low_date"),
    *columns(MOVE, "depth", "change_5"),
    Column("recovery_5", SHARE),
    *columns(COUNT, "less_5", "earlier_5", "deeper_5", "lasted_5"),
    Column("change_10", MOVE),
    Column("recovery_10", SHARE),
    *columns(COUNT, "less_10", "earlier_10", "deeper_10", "lasted_10"),
    Column("change_20", MOVE),
    Column("recovery_20", SHARE),
    *columns(COUNT, "less_20", "earlier_20", "deeper_20", "lasted_20"),
)


def compare(
    view: View,
    events: Sequence[Event],
    refs: Sequence[str] = (),
    basket: str = "all",
    before: int = 5,
    after: int = 20,
    beside: Beside = "falls",
    threshold: float = THRESHOLD,
    as_of: date | datetime | None = None,
) -> Answer:
    """Events and falls of a basket from their day 0 on, one row each, in the order given.

    ``change_k`` is the basket's move from the session before day 0 to day k, ``recovery_k`` the share of
    the fall regained k sessions after its low, ``less_k`` how many of the ``earlier_k`` past falls with an
    earlier low had regained less by then: of an event only beside the worst days, whose lows are like its
    own. ``deeper_k`` of the ``lasted_k`` falls that lasted as long stood deeper k sessions in.

    Raises
    ------
    MeasureSettingError
        If there are more than eight, or a length is negative.
    UnknownEventError, NoPricesError
        As :func:`~app.questions.compare.aligned.start_of`.
    """
    for name, value in (("before", before), ("after", after)):
        if value < 0:
            raise MeasureSettingError(name, value, "0 sessions or more")
    wanted = tuple(dict.fromkeys(refs)) or usual(view, events, basket, threshold)
    if len(wanted) > MOST:
        raise MeasureSettingError("The number of events", len(wanted), f"{MOST} or fewer")
    starts = [start_of(view, events, ref, basket, threshold) for ref in wanted]
    table = recovered(view, starts, basket, beside, threshold)
    paths = side_by_side(view, starts, basket, before, max(after, *STEPS))
    rows = [_row(start, row, paths[start.ref], beside) for start, row in _pairs(starts, table)]
    params = {"refs": list(wanted), "basket": basket, "before": before, "after": after, "beside": beside}
    params |= {"threshold": threshold, "as_of": as_of}
    shown = paths.loc[: max(after, 0)]
    facts = {
        "sessions": shown.index.tolist(),
        "paths": {name: [number(value) for value in shown[name]] for name in shown.columns},
        "past": past_said(beside, threshold),
        "past_recoveries": _past(view, basket, beside, threshold),
    }
    notes = [Note(start.ref, ("day0",), start.said) for start in starts]
    notes += _missing(rows, beside)
    notes.append(Note(None, ("less", "earlier"), caveat(beside)))
    sheet = answer_of(view, as_of, params, COMPARE_COLUMNS, rows, notes)
    return replace(sheet, facts=facts, sentence=sentence(starts, table, beside))


def sentence(starts: Sequence[Start], table: pd.DataFrame, beside: Beside) -> str:
    """What each regained by the last step it has reached, among how many it stands; the last one first."""
    reached = [
        (max(known), start, row)
        for start, row in _pairs(starts, table)[::-1]
        if (known := [step for step in STEPS if math.isfinite(row[f"recovery_{step}"])])
    ]
    if not reached:
        return "Nothing can have come back yet: that takes five sessions after a low of 2% or more."
    most = max(step for step, _, _ in reached)
    told = [
        f"{start.short} {_stands(start, row, step, beside)}{'' if step == most else f', {step} after'}"
        for step, start, row in reached
    ]
    return f"{most} sessions after the low: {'; '.join(told)}."


def _stands(start: Start, row: dict[str, Any], step: int, beside: Beside) -> str:
    """What a line regained and where it stands: an event beside falls by its depth at the same session."""
    if not unlike(start, beside):
        return standing(row, step, beside)
    place = place_words(row, step)
    back = regained(row[f"recovery_{step}"])
    return f"{back} ({place})" if place else back


def place_words(row: dict[str, Any], step: int) -> str:
    """A place at the same session: ``20 sessions in: 4th deepest of the 9 falls that lasted this long``."""
    if math.isnan(row[f"lasted_{step}"]):
        return ""
    deeper, lasted = int(row[f"deeper_{step}"]), int(row[f"lasted_{step}"])
    since = f"{words.count(step, 'session')} in"
    if lasted == 1:
        return f"{since}: no fall before it lasted this long"
    place = "shallowest" if deeper + 1 == lasted else f"{words.ordinal(deeper + 1)}deepest"
    return f"{since}: {place} of the {lasted} falls that lasted this long"


def standing(row: dict[str, Any], step: int, beside: Beside) -> str:
    """One share regained with where it stands: ``61% back, more than 12 of 14 falls before it``."""
    earlier, back = int(row[f"earlier_{step}"]), regained(row[f"recovery_{step}"])
    if not earlier:
        return f"{back}, with none before it"
    less = round(row[f"rank_{step}"] * earlier)
    many = words.count(earlier, {"falls": "fall", "days": "worst day"}[beside])
    among = (
        f"less than all {many}"
        if not less
        else f"more than {'all' if less == earlier else f'{less} of'} {many}"
    )
    return f"{back}, {among} before it"


def regained(share: float) -> str:
    """A share regained in words: below 0 the fall went on."""
    if math.isnan(share):
        return words.MISSING
    told = f"{words.whole_percent(abs(share))}%"
    return f"{told} further down" if share < 0 else f"{told} back"


def past_said(beside: Beside, threshold: float) -> str:
    """What a recovery is set beside."""
    if beside == "falls":
        return f"falls of {words.whole_percent(threshold)}% or more"
    return f"the basket’s worst {words.whole_percent(WORST)}% of days"


def caveat(beside: Beside) -> str:
    """What the comparison cannot say."""
    if beside == "falls":
        return (
            "a fall’s low is known only once prices have risen from it, so falls come back by construction; "
            "an event’s low is that of its own day 0: beside falls it stands by its depth at the same "
            "session, its recovery beside the worst days"
        )
    return "a worst day is its own low, as an event’s day 0 is; whether the fall went on after it counts"


def _pairs(starts: Sequence[Start], table: pd.DataFrame) -> list[tuple[Start, dict[str, Any]]]:
    return list(zip(starts, table.to_dict("records"), strict=True))


def _row(start: Start, found: dict[str, Any], path: pd.Series, beside: Beside) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ref": start.ref,
        "label": start.label,
        "kind": start.kind,
        "day0": start.day0,
        "low_date": start.low,
        "depth": number(found["depth"]),
    }
    for step in STEPS:
        share, earlier = number(found[f"recovery_{step}"]), int(found[f"earlier_{step}"])
        row[f"change_{step}"] = number(path.loc[step])
        row[f"recovery_{step}"] = share
        like = not unlike(start, beside)
        row[f"less_{step}"] = round(found[f"rank_{step}"] * earlier) if earlier and like else None
        row[f"earlier_{step}"] = earlier if share is not None and like else None
        for name in (f"deeper_{step}", f"lasted_{step}"):
            row[name] = None if math.isnan(found[name]) else int(found[name])
    return row


def _missing(rows: Sequence[dict[str, Any]], beside: Beside) -> list[Note]:
    notes = []
    for row in rows:
        small = row["depth"] is None or row["depth"] > -LEAST
        why = (
            f"the basket fell less than {words.whole_percent(LEAST)}%: a share of that says nothing"
            if small
            else "the session has not come yet"
        )
        absent = [name for name in keys(COMPARE_COLUMNS[6:]) if row[name] is None]
        ranks = [name for name in absent if name.startswith(("less", "earlier"))]
        places = [name for name in absent if name.startswith(("deeper", "lasted"))]
        other = tuple(name for name in absent if name not in (*ranks, *places))
        if other:
            notes.append(Note(row["ref"], other, why))
        if ranks and row["kind"] == "event" and beside == "falls":
            told = "its low is not of the kind of a fall’s trough: see its depth at the same session"
            notes.append(Note(row["ref"], tuple(ranks), told))
        elif ranks:
            notes.append(Note(row["ref"], tuple(ranks), why if other else "no fall lies before it"))
        if places:
            told = "the session has not come yet, or it was not below where it began"
            notes.append(Note(row["ref"], tuple(places), told))
    return notes


def _past(view: View, basket: str, beside: Beside, threshold: float) -> list[dict[str, Any]]:
    table = past_recoveries(view, basket, beside, threshold)
    names = ("peak", "trough", "depth", *(f"recovery_{step}" for step in STEPS))
    return [{name: plain(row[name]) for name in names} for row in table.to_dict("records")]
