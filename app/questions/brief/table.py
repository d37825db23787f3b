"""The morning as rows: what `aftershock brief` prints, sentence by sentence, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from app.kinds.answer import Answer, Note, answer_of, number, records
from app.kinds.column import TEXT, columns
from app.market import words
from app.market.left_out import basket_left_out, membership
from app.market.market import View
from app.questions.brief import lines as lines
from app.questions.brief.forms import named
from app.questions.brief.headline import deck, headline
from app.questions.brief.morning import Brief, brief_of
from app.questions.brief.parts import IndexLine, NameMove
from app.questions.brief.sentences import answers, starter_reason
from app.questions.relay.legs import starter_z
from models.analytics.relay import Z_STARTS
from models.events import Event
from models.meetings import Meeting
from models.types import Instant

BRIEF_COLUMNS = (*columns(TEXT, "topic", "sentence"),)
LISTED = 5
_SIDE = ("side", "day", "move", "z", "down", "traded")


def brief(
    view: View,
    events: Sequence[Event],
    basket: str,
    moment: Instant,
    meeting: Meeting,
    as_of: date | datetime | None = None,
) -> Answer:
    """The morning as of an instant: one row a sentence, and every figure beside them.

    Raises
    ------
    NoPricesError
        If no name of the basket has a move by then.
    """
    found = brief_of(view, events, basket, moment, meeting)
    rows = [{"topic": topic, "sentence": sentence} for topic, sentence in sentences(found)]
    params = {"basket": basket, "meeting": str(meeting), "as_of": as_of}
    sheet = answer_of(view, as_of or moment, params, BRIEF_COLUMNS, rows, _notes(found))
    return replace(sheet, facts=facts(found))


def sentences(found: Brief) -> list[tuple[str, str]]:
    """Every sentence of the morning with its topic, in the order in which they are read."""
    told = [("headline", f"{headline(found)}."), ("deck", deck(found))]
    told += [(answer.question.lower(), answer.sentence) for answer in answers(found)]
    told += [
        ("relay", f"{lines.relay_title(found).removeprefix('The relay: ')}."),
        *((("without an open", f"{text}."),) if (text := lines.relay_rest(found)) else ()),
        ("layers", f"{lines.heat_title(found)}."),
        ("laggards", f"{', '.join(map(named, found.names[:LISTED]))}."),
        ("leaders", f"{', '.join(map(named, found.names[::-1][:LISTED]))}."),
        *(("index", f"{lines.index_sentence(line, found)}.") for line in found.indices),
        ("rates", f"{lines.rates(found)}."),
        ("since your last meeting", f"{lines.since_when(found)}: {lines.since(found)}."),
        ("events", f"{lines.events(found)}."),
    ]
    late = lines.late(found)
    return told + ([("late", f"{late}.")] if late else [])


def facts(found: Brief) -> dict[str, Any]:
    """The figures behind the sentences, fractions."""
    path, row, age, rank, then = found.path, found.row, found.age, found.rank, found.followed
    past = membership(found.view, found.basket)
    return {
        "day": found.day,
        "so_far": found.so_far,
        "side": found.scope,
        "move": number(found.move),
        "z": number(found.z),
        "rank": None if rank is None else asdict(rank),
        "basket_move": number(found.whole_move),
        "sides": [{name: _plain(getattr(side, name)) for name in _SIDE} for side in found.sides],
        "verdict": str(path.verdict[row]) or None,
        "breadth": number(path.breadth[row]),
        "coexceedance": number(path.coexceedance[row]),
        "largest_share": number(path.largest_share[row]),
        "starter": None if found.verdict is None else found.verdict.starter,
        "starter_leg": None if found.verdict is None else found.verdict.leg,
        "starter_date": None if found.verdict is None else words.as_date(found.verdict.date),
        "starter_z": None if found.verdict is None else starter_z(found.legs, found.verdict),
        "threshold_z": Z_STARTS,
        "starter_reason": starter_reason(found),
        "splits": [asdict(each) for each in found.splits],
        "drawdown": number(found.standing.drawdown),
        "peak": found.standing.peak,
        "sessions": found.standing.sessions,
        "percentile": number(found.standing.percentile),
        "membership": asdict(past) if past is not None else None,
        "at_this_age": None if age is None else asdict(age),
        "next_open": [{"city": item.city, "at": item.at} for item in found.openings],
        "after_days_like_this": None
        if then is None
        else asdict(then) | {"rate": then.rate, "low": then.interval[0], "high": then.interval[1]},
        "legs": records(found.legs, ("date", "leg", "return", "z")),
        "layers": records(found.heat, ("layer", "side", "mean", "names")),
        "names": [_name(item) for item in found.names],
        "indices": [_index(line) for line in found.indices],
        "rates": [asdict(rate) for rate in found.rates],
        "since": {
            "meeting": found.since.at,
            "changes": dict(found.since.changes),
            "names": [{"symbol": symbol, "change": change} for symbol, change in found.since.names],
            "events": [event.id for event in found.since.events],
        },
        "late": [asdict(item) for item in found.late],
    }


def _name(item: NameMove) -> dict[str, Any]:
    fields = ("symbol", "name", "side", "country", "day", "move", "drawdown")
    return {name: getattr(item, name) for name in fields} | {"layer": item.layer}


def _index(line: IndexLine) -> dict[str, Any]:
    halt = line.halt
    reach = {
        "halt_levels": list(halt.levels) if halt else None,
        "halt_passed": halt.passed if halt else None,
        "halt_distance": number(halt.distance) if halt else None,
        "next_halt_price": halt.next_price if halt else None,
    }
    fields = ("symbol", "name", "session", "low", "move", "close")
    return {name: getattr(line, name) for name in fields} | reach


def _plain(value: Any) -> Any:
    return number(value) if isinstance(value, float) else value


def _notes(found: Brief) -> list[Note]:
    """What is missing and why."""
    notes = []
    if found.move != found.move:
        notes.append(Note(None, ("move", "z", "rank"), str(found.path.reason[found.row])))
    lacking = basket_left_out(found.view, found.basket, day=found.day)
    if lacking.reasons:
        notes.append(Note(found.basket, ("breadth",), f"of {found.day}: {lacking}"))
    then = membership(found.view, found.basket)
    if then is not None and then.told:
        notes.append(Note(found.basket, ("percentile",), then.told))
    if found.followed is None:
        notes.append(
            Note(None, ("after_days_like_this",), "the next to open is no side that follows the last")
        )
    if found.so_far:
        waiting = f"{', '.join(found.waiting)} to close" if found.waiting else "bars are provisional"
        notes.append(Note(None, ("move",), f"so far: {waiting}"))
    return notes + [
        Note(line.symbol, ("low",), f"the source has no low of {line.session}")
        for line in found.indices
        if line.low is None
    ]
