"""The headline of a morning and the line under it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.market import words
from app.questions.brief.forms import FLAT, level, named, percent, short_layer, verb
from app.questions.brief.morning import Brief
from app.questions.brief.parts import IndexLine, NameMove, SideMove

LONGEST_HEADLINE, LONGEST_DECK = 110, 182
FLAT_INDEX = 0.001
_WEEK = 7


def headline(brief: Brief) -> str:
    """What the sides did, how many names with them, and the S&P 500; the longest form that fits."""
    moves, wide, market = _moves(brief), _wide(brief), _market(brief)
    forms = [f"{moves}: {wide}{market}", f"{moves}: {wide}", moves]
    return next((form for form in forms if len(form) <= LONGEST_HEADLINE), forms[-1])


def deck(brief: Brief) -> str:
    """Who led, an index near its halt level, who held up; the longest form that fits."""
    halt, best = halted(brief), held_up(brief)
    forms = [
        [led(brief, most, outsider=outsider), halt, best]
        for most, outsider in ((3, True), (2, True), (3, False), (2, False), (1, False))
    ]
    told = [" ".join(part for part in form if part) for form in forms]
    told += [" ".join(part for part in (forms[-1][0], part) if part) for part in (halt, best)]
    return next((form for form in told if len(form) <= LONGEST_DECK), forms[-1][0])


def led(brief: Brief, most: int = 3, *, outsider: bool = True) -> str:
    """The name that moved most, then the layer that did with its names, and another that moved more."""
    down = fell(brief)
    table = brief.layers[brief.layers["names"] >= 2]
    names = brief.moved if down else brief.moved[::-1]
    if table.empty:
        return f"{named(names[0])}." if names else ""
    layer = str(table["group"].iloc[0 if down else -1])
    own = [item for item in names if item.layer == layer and (item.move < 0) == down][:most]
    if not own:
        return ""
    told = ", ".join(map(named, own))
    first, last = (_beyond(names, layer, item, down=down) for item in (own[0], own[-1]))
    if first is not None:
        far = "fell" if down else "rose"
        return f"{named(first)} {far} most; {short_layer(brief, layer).lower()} led: {told}."
    text = f"{short_layer(brief, layer)} led: {told}"
    return f"{text}; {named(last)}." if outsider and last is not None else f"{text}."


def fell(brief: Brief) -> bool:
    """Whether the day is one of falls; on a day that is withheld, by the names that have a move."""
    move = brief.move if np.isfinite(brief.move) else sum(item.move for item in brief.moved)
    return bool(move < 0)


def _beyond(names: Sequence[NameMove], layer: str, than: NameMove, *, down: bool) -> NameMove | None:
    """The first name of another layer, if it moved more than another as far as a reader can see."""
    other = next((item for item in names if item.layer != layer), None)
    if other is None or (other.move < 0) != down:
        return None
    return other if round(abs(other.move), 3) > round(abs(than.move), 3) else None


def halted(brief: Brief) -> str:
    """The index of the day whose low passed a halt level or came within two points of it."""
    near = [
        line
        for line in brief.indices
        if line.session == brief.day and line.halt and line.low is not None and line.halt.distance <= 0.02
    ]
    return " ".join(_halt(line) for line in near[:1])


def held_up(brief: Brief) -> str:
    """The name that did best on a day of falls, or worst on a day of gains."""
    names = brief.moved[::-1] if fell(brief) else brief.moved
    if not names:
        return ""
    item = names[0]
    if verb(item.move) == "held flat":
        return f"{item.name} held flat."
    return f"{item.name} {verb(item.move)} {words.share(item.move)}."


def sides_named(brief: Brief, sides: Sequence[SideMove]) -> str:
    """What the sides did: ``Asia’s AI names fell 5.6% and New York’s 3.3%``."""
    parts: list[str] = []
    for side in sides:
        if not np.isfinite(side.move):
            continue
        did = verb(side.move)
        told = did if did == "held flat" else f"{did} {words.share(side.move)}"
        if not parts:
            parts.append(f"{side.place}’s {_kind(brief)} {told}")
        else:
            same = did == verb(sides[0].move) and did != "held flat"
            parts.append(f"{side.place}’s {words.share(side.move) if same else told}")
    return " and ".join(parts)


def _moves(brief: Brief) -> str:
    told = sides_named(brief, brief.today)
    if not told:
        return f"No basket move of {words.day(brief.day)}: {brief.path.reason[brief.row]}"
    withheld = [f"{side.place}’s move is withheld" for side in brief.today if not np.isfinite(side.move)]
    if withheld:
        told = f"{told}, {words.join(withheld)}"
    return f"{told} so far" if brief.so_far else told + _dated(brief)


def _dated(brief: Brief) -> str:
    """Which day it was, where that is no longer today: on a Sunday the headline is still Friday's."""
    past = (brief.as_of.date() - brief.day).days
    if past <= 0:
        return ""
    return f" on {brief.day:%A}" if past < _WEEK else f" on {words.day(brief.day, year=False)}"


def _wide(brief: Brief) -> str:
    """How many names went the basket's way, and the other side when it did not trade."""
    down = fell(brief)
    did = "lost ground" if down else "gained"

    def count(names: Sequence[NameMove]) -> tuple[int, int]:
        return sum((item.move < 0) if down else (item.move > 0) for item in names), len(names)

    many, of = count(brief.moved)
    asia = count([item for item in brief.moved if item.side == "asia"])
    told = f"{many} of {of} {did}"
    if many == of and of > 1:
        told = f"all {of} {did}"
    elif asia[0] == asia[1] > 1 and len(brief.today) > 1:
        told = f"all {asia[1]} in Asia {did}"
    other = [side for side in brief.sides if side.day != brief.day]
    return told + "".join(_absent(brief, side) for side in other)


def _absent(brief: Brief, side: SideMove) -> str:
    why = brief.absence(side.side)
    if why == "to come" and np.isfinite(side.move):
        if verb(side.move) == "held flat":
            return f" after {side.place} held flat on {side.day:%A}"
        joined = "after" if side.move * brief.move > 0 else "though"
        return f" {joined} {side.place} {verb(side.move)} {words.share(side.move)} on {side.day:%A}"
    return f"; {side.place}{' was closed' if why == 'closed' else '’s prices are late'}"


def _market(brief: Brief) -> str:
    """What the S&P 500 did that day beside the basket."""
    line = next((item for item in brief.indices if item.symbol == "^GSPC"), None)
    if line is None or line.session != brief.day or line.move is None or not np.isfinite(brief.move):
        return ""
    stands = "stands" if brief.so_far else "closed"
    if abs(line.move) < FLAT_INDEX:
        return f" while the {line.name} {stands} flat"
    joined = "and" if (line.move < 0) == (brief.move < 0) else "while"
    return f" {joined} the {line.name} {verb(line.move)} {words.share(line.move)}"


def _halt(line: IndexLine) -> str:
    assert line.halt is not None and line.low is not None
    if line.halt.passed is not None and line.move is not None and abs(line.low - line.move) < FLAT:
        close = percent(line.move)
        return f"{line.name} closed at its low, {close}, past the {level(line.halt.passed)} halt level."
    low = f"{line.name} fell {words.share(line.low)} at its low"
    if line.halt.passed is not None:
        low += f", past the {level(line.halt.passed)} halt level,"
    else:
        low += (
            f", {words.level(line.halt.distance * 100)} pt from the {level(line.halt.levels[0])} halt level,"
        )
    return low if line.move is None else f"{low} and closed at {percent(line.move)}."


def _kind(brief: Brief) -> str:
    """What the names of a basket are called after the name of a place."""
    if brief.basket in ("all", "asia", "us"):
        return "AI names"
    name = brief.view.universe.basket(brief.basket).name
    return name if name.startswith("AI ") else name[0].lower() + name[1:]
