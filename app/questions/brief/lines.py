"""The lines of a morning beside its answers: the meeting, events, rates, indices, and what is late."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from app.market import words
from app.questions.brief.forms import PLACE, day_words, level, percent, short_layer
from app.questions.brief.morning import Brief
from app.questions.brief.parts import IndexLine, Rate
from app.questions.relay.legs import legs_withheld, without_open
from models.types import Instant

SHOWN_EVENTS = 3


def since_when(brief: Brief) -> str:
    """When the last meeting was, by its own clock: ``Thu 25 Jun, 08:30 London``."""
    return meeting_words(brief.since.at, brief.meeting.zone)


def meeting_words(at: Instant, zone: str) -> str:
    """An instant by the clock of a place."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {words.day(local.date(), year=False)}, {local:%H:%M} {place_of(zone)}"


def place_of(zone: str) -> str:
    """The city of a zone's name: ``New York`` of America/New_York."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def since(brief: Brief) -> str:
    """What moved since the last meeting: the basket, its sides, the extremes."""
    found = brief.since
    if not found.changes and not found.names:
        return "nothing has traded"
    told = [f"{_called(brief, key)} {percent(change)}" for key, change in found.changes.items()]
    ends = [found.names[0], *found.names[1:][-1:]]
    extremes = [f"{brief.view.universe[symbol].name} {percent(change)}" for symbol, change in ends]
    return "; ".join(part for part in (", ".join(told), ", ".join(extremes)) if part)


def events(brief: Brief) -> str:
    """The events since the last meeting, the severest first."""
    found = brief.since.events
    if not found:
        return "No event noted since"
    told = [f"{event.title} ({words.day(event.day, year=False)})" for event in found[:SHOWN_EVENTS]]
    more = f"; {len(found) - SHOWN_EVENTS} more" if len(found) > SHOWN_EVENTS else ""
    return "; ".join(told) + more


def rates(brief: Brief) -> str:
    """Yields and currencies in one line, with their day where it is not the news day."""
    days = {rate.session for rate in brief.rates}
    if not days:
        return "No yield or currency is stored"
    shared = days.pop() if len(days) == 1 else None
    told = "; ".join(_rate(rate, brief, dated=shared is None) for rate in brief.rates)
    return told if shared in (None, brief.day) else f"of {day_words(shared, brief)}: {told}"


def _rate(rate: Rate, brief: Brief, *, dated: bool) -> str:
    if rate.kind == "rate":
        value = f"{rate.value:.2f}%"
        change = "" if rate.change is None else f"{words.signed(rate.change, 2)} pt"
    else:
        value = words.price(rate.value, "USD")
        change = "" if rate.change is None else percent(rate.change)
    day = day_words(rate.session, brief) if dated and rate.session != brief.day else ""
    inside = ", ".join(part for part in (change, day) if part)
    return f"{rate.name} {value}" + (f" ({inside})" if inside else "")


def index_sentence(line: IndexLine, brief: Brief) -> str:
    """One index in words: its low, its close, and its distance to the halt level."""
    when = "" if line.session == brief.day else f" of {day_words(line.session, brief)}"
    low = "low n/a" if line.low is None else f"low {percent(line.low, 2)}"
    text = f"{line.name}{when}: {low}, close {percent(line.move, 2)}"
    if line.halt is None:
        return text
    return f"{text}; {halt_words(line)}"


def halt_words(line: IndexLine) -> str:
    """How far its low was from the halt levels, and where the first one lies next."""
    assert line.halt is not None
    first = f"the next session’s {level(line.halt.levels[0])} is {words.price(line.halt.next_price, 'KRW')}"
    if not np.isfinite(line.halt.distance):
        return first
    distance = f"{words.level(abs(line.halt.distance) * 100)} pt"
    if line.halt.passed is not None:
        return f"its low passed {level(line.halt.passed)} by {distance}; {first}"
    return f"its low stayed {distance} above {level(line.halt.levels[0])}; {first}"


def halt_note(brief: Brief) -> str:
    """The halt levels in one line, beside the drawing of the indices."""
    held = [line for line in brief.indices if line.halt is not None]
    passed = [line for line in held if line.halt and line.halt.passed is not None]
    if passed:
        line = passed[0]
        assert line.halt is not None and line.halt.passed is not None
        by = f"{words.level(abs(line.halt.distance) * 100)} pt"
        return (
            f"{line.name}’s low passed {level(line.halt.passed)} by {by}; "
            f"next {level(line.halt.levels[0])}: {_price(line)}"
        )
    if not held:
        return "No index with halt levels is stored"
    line = held[0]
    assert line.halt is not None
    return f"Trading halts if {line.name} falls to {_price(line)} ({level(line.halt.levels[0])})"


def halt_title(brief: Brief) -> str:
    """The halt levels as the title of a picture that stands alone."""
    held = [line for line in brief.indices if line.halt is not None]
    for line in held:
        assert line.halt is not None
        if line.halt.passed is not None:
            by, first = f"{words.level(abs(line.halt.distance) * 100)} pt", level(line.halt.levels[0])
            passed = f"{line.name}’s low passed the {level(line.halt.passed)} halt level by {by}"
            return f"{passed}; the next session’s {first} lies at {_price(line)}"
    return "No index came to a halt level" if held else "No index with halt levels is stored"


def late(brief: Brief) -> str:
    """What is late: exchanges without their last session, and names whose bars stopped."""
    behind = [state for state in brief.states if state.state in ("late", "stale", "none")]
    told = [f"{state.city} {state.line()}" for state in behind]
    stopped = [f"{item.name} ({day_words(item.last, brief)})" for item in brief.late[:SHOWN_EVENTS]]
    if stopped:
        more = f" and {len(brief.late) - SHOWN_EVENTS} more" if len(brief.late) > SHOWN_EVENTS else ""
        told.append(f"last bar of {words.join(stopped) if not more else ', '.join(stopped)}{more}")
    if brief.absent:
        names = ", ".join(brief.absent[:SHOWN_EVENTS])
        more = f" and {len(brief.absent) - SHOWN_EVENTS} more" if len(brief.absent) > SHOWN_EVENTS else ""
        told.append(f"no bar of {words.count(len(brief.absent), 'name')}: {names}{more}")
    return "; ".join(told)


def relay_title(brief: Brief) -> str:
    """How the sides opened and went on, in the order of the clock."""
    legs, parts = brief.measured, []
    today = legs[legs["date"] == np.datetime64(brief.day)] if not legs.empty else legs
    withheld = [f"{PLACE[each.side]}’s legs are withheld" for each in brief.splits if each.withheld]
    moved = dict(zip(today["leg"], today["return"], strict=True))
    for side, place in PLACE.items():
        gap, session = (moved.get(f"{side}_{kind}") for kind in ("gap", "session"))
        if gap is not None and session is not None:
            parts.append(f"{place} {_opened(gap)} and {_ran(session)}")
    parts += withheld if not legs.empty else []
    if not parts:
        return "The relay: no leg can be measured"
    return f"The relay: {', '.join(parts)}{', so far' if brief.so_far else ''}"


def relay_rest(brief: Brief) -> str:
    """Who is in the moves of the day and in none of its legs, and why a side has none."""
    out = without_open(brief.splits)
    told = [f"without an open: {out}"] if out else []
    told += [legs_withheld(each) for each in brief.splits if each.withheld]
    text = "; ".join(told)
    return text[:1].upper() + text[1:]


def heat_title(brief: Brief) -> str:
    """How many layers fell, or rose."""
    table = brief.layers[brief.layers["names"] > 0]
    means = table["mean"].round(3)
    along, verb = (means < 0, "fell") if brief.move < 0 else (means > 0, "rose")
    most, rest = table[along], table[~along]
    where = f" in {PLACE[brief.scope]}" if brief.scope and len(brief.sides) > 1 else ""
    if len(most) == len(table):
        return f"Every layer{where} {verb}"
    if len(rest) <= 2 < len(most):
        others = words.join([short_layer(brief, str(name)) for name in rest["group"]])
        return f"Every layer{where} {verb} but {others}"
    return f"{len(most)} of {len(table)} layers{where} {verb}"


def laggards_note(brief: Brief, shown: int) -> str:
    """The layer that holds most of the names that fell most."""
    worst = [item.layer for item in brief.names[:shown]]
    if not worst:
        return ""
    layer = max(dict.fromkeys(worst), key=worst.count)
    if worst.count(layer) < 2:
        return "each of another layer"
    return f"{worst.count(layer)} of {len(worst)} are {short_layer(brief, layer).lower()}"


def leaders_note(brief: Brief) -> str:
    """How many names rose."""
    rose = sum(item.move > 0 for item in brief.names)
    other = mixed_days(brief)
    if other:
        return f"{rose or 'none'} up; {other}"  # the days need the room
    return f"{rose or 'none'} of {len(brief.names)} rose"


def mixed_days(brief: Brief) -> str:
    """Whose figures are of another day than the news day: ``US Wed``; empty for nobody's."""
    late = [side for side in brief.sides if side.day != brief.day]
    return ", ".join(f"{'US' if side.side == 'us' else side.place} {side.day:%a}" for side in late)


def _called(brief: Brief, key: str) -> str:
    if key in PLACE and key != brief.basket:
        return PLACE[key]
    return brief.view.universe.basket(key).name


def _opened(change: float) -> str:
    if round(abs(change), 3) == 0:
        return "opened unchanged"
    return f"opened {words.share(change)} {'lower' if change < 0 else 'higher'}"


def _ran(change: float) -> str:
    if round(abs(change), 3) == 0:
        return "held there"
    return f"{'lost' if change < 0 else 'gained'} {words.share(change)}"


def _price(line: IndexLine) -> str:
    assert line.halt is not None
    return words.price(line.halt.next_price, "KRW")
