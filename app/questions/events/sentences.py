"""The sentences of the list of events, each with its figures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from app.market import words
from app.questions.events.claims import Tally, checks, computed, given
from app.questions.events.facts import Facts, Line
from models.events import Event, Revision
from models.store.events import CATALOGUE

CATEGORY_WORDS = {
    "selloff": "Selloff",
    "funding": "Funding",
    "results": "Results",
    "policy": "Policy",
    "technology": "Technology",
    "structure": "Market structure",
    "other": "Other",
}
SEVERITY_WORDS = {1: "Passing", 2: "Sector", 3: "Rout"}
_STEP = {"added": "Added", "edited": "Edited", "retired": "Retired", "restored": "Restored"}
_FIELDS = {
    "at": "date",
    "zone": "zone",
    "title": "title",
    "what": "what happened",
    "category": "category",
    "severity": "severity",
    "layers": "layers",
    "symbols": "names",
    "source_url": "link",
    "claims": "figures",
}


def headline(facts: Facts) -> str:
    """How many claims were checked, and how they came out."""
    total, events = facts.tally, sum(not line.later for line in facts.lines)
    if not events:
        return "No event fits these controls" if facts.events else "No event is noted yet"
    noted = words.count(events, "event")
    if not total.claims:
        return f"{noted}, none with a figure that could be checked"
    claims = f"{words.count(total.claims, 'claim')} of {noted}"
    if facts.view.simulated:
        return f"{claims}: none is checked, the prices are simulated"
    return f"{claims}: {verdicts(total, prices=True)}"


def verdicts(total: Tally, *, prices: bool = False) -> str:
    """The three counts in words: ``4 agree, 1 differs, 2 cannot be checked``."""
    agree = "agrees" if total.agree == 1 else "agree"
    with_ = " with stored prices" if prices else ""
    differ = "differs" if total.differ == 1 else "differ"
    return (
        f"{total.agree:,d} {agree}{with_}, {total.differ:,d} {differ}, {total.unchecked:,d} cannot be checked"
    )


def deck(facts: Facts) -> str:
    """The worst day among them, what people added, and who changed something last."""
    lines = [line for line in facts.lines if not line.later]
    parts = []
    fallen = [line for line in lines if line.day.move is not None]
    if fallen:
        worst = min(fallen, key=lambda line: line.day.move or 0.0)
        basket = facts.view.universe.basket(facts.state.basket).name
        parts.append(
            f"Worst day of the {basket} among them: {words.day(worst.day.session)}, "
            f"{words.percent(worst.day.move)}%."
        )
    parts += _largest_difference(facts, lines)
    return " ".join([*parts, *_people(lines)])


def _people(lines: list[Line]) -> list[str]:
    """How many were noted by people, and who changed something last."""
    people = sum(line.event.origin == "people" for line in lines)
    told = [f"{people:,d} noted by people"] if people else []
    edited = [
        (line.event.edited_at, line.event.edited_by)
        for line in lines
        if line.event.edited_at and line.event.edited_by != CATALOGUE
    ]
    if edited:
        at, by = max(edited)
        told.append(f"last change by {by}, {words.day(at.date())}")
    text = "; ".join(told)
    return [f"{text[0].upper()}{text[1:]}."] if text else []


def _largest_difference(facts: Facts, lines: list[Line]) -> list[str]:
    """The claim whose change is farthest from the stored one."""
    found = [
        (abs(item.difference), claim, item)
        for line in lines
        for claim, item in zip(line.event.claims, checks(facts.view, line.event), strict=True)
        if item.verdict == "differs" and item.difference is not None and claim.unit == "percent"
    ]
    if not found:
        return []
    _, claim, item = max(found, key=lambda each: each[0])
    day = words.day(item.session) if item.session else ""
    stored = computed(claim, item)
    return [f"Farthest off: {claim.entity} on {day}, given as {given(claim)}, stored {stored}."]


def later_note(facts: Facts) -> str:
    """That the list holds what the as-of could not know; empty when it does not."""
    later = sum(line.later for line in facts.lines)
    if not later:
        return ""
    verb = "happened" if later > 1 else "event happened"
    some = f"{later:,d} events" if later > 1 else "One"
    moment = words.instant(facts.as_of, weekday=False)
    return f"{some} {verb} after {moment}: listed in grey, on no chart as of then."


def when(event: Event) -> str:
    """The date of an event; with the time and its place when the instant is known."""
    if event.instant is None:
        return words.day(event.day)
    return f"{words.day(event.day)}, {clock(event)}"


def clock(event: Event) -> str:
    """The time of an instant on the clocks of its place: ``09:05 Seoul``; empty for a date."""
    if event.instant is None:
        return ""
    local = event.instant.astimezone(ZoneInfo(event.zone)) if event.zone else event.instant
    return f"{local:%H:%M} {place(event.zone)}"


def place(zone: str | None) -> str:
    """The city of a time zone."""
    return zone.rsplit("/", 1)[-1].replace("_", " ") if zone else "UTC"


def names(facts: Facts, line: Line, most: int = 0) -> str:
    """The names an event is about; the first few and how many more when there are many."""
    universe = facts.view.universe
    found = [universe[symbol].name if symbol in universe else symbol for symbol in line.event.symbols]
    return shortened(found, most)


def layers(facts: Facts, line: Line, most: int = 0) -> str:
    """The layers an event is about."""
    known = {layer.id: layer.name for layer in facts.view.universe.layers}
    return shortened([known.get(item, item) for item in line.event.layers], most)


def shortened(items: list[str], most: int) -> str:
    """A list with the rest counted: ``Nvidia, Broadcom +3``."""
    if not most or len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} +{len(items) - most}"


def step(revision: Revision, after: Event | None) -> str:
    """One change in words: what was done, and to which fields."""
    if revision.step != "edited" or revision.before is None or after is None:
        return _STEP[revision.step]
    before = revision.before
    changed = [word for name, word in _FIELDS.items() if getattr(before, name) != getattr(after, name)]
    return f"Edited: {words.join(changed)}" if changed else "Edited"
