"""The sentences of the Travelled view, each with its figures."""

from __future__ import annotations

from datetime import datetime

from app.market import words
from app.questions.travelled.facts import Facts
from app.questions.travelled.tracks import NO_BARS, Track, quiet_said


def headline(facts: Facts) -> str:
    """Who stands lowest and highest, and since when."""
    found = facts.found
    if found is None or not found.tracks:
        return "How it travelled: no bars of five minutes"
    ends = sorted(found.tracks, key=lambda track: track.last[1])
    since = f"Since {found.at:%H:%M} UTC"
    if found.at.date() != found.days[-1]:
        since += f" on {words.day(found.at.date(), year=False)}"
    if len(ends) == 1:
        return f"{since} {_stood(ends[0])}"
    return f"{since} {_stood(ends[0])} is lowest of {len(ends)}, {_stood(ends[-1])} highest"


def deck(facts: Facts) -> str:
    """The lowest point of each side, in the order of the clock."""
    found = facts.found
    if found is None or not found.tracks:
        return why(facts)
    lows = sorted(
        ((track.low[0], track) for track in found.tracks if track.low[1] < 0), key=lambda item: item[0]
    )
    told = [f"{track.name} {words.percent(track.low[1])}% at {clock(facts, at)}" for at, track in lows[:4]]
    return f"Lows by the clock: {words.join(told)}." if told else "No name was below its start."


def why(facts: Facts) -> str:
    """Why there is nothing to draw, and what to do."""
    if not facts.held:
        return NO_BARS
    first = min(span[0] for span in facts.held.values())
    if first > facts.as_of:
        return f"Bars of five minutes begin on {words.day(first.date())}; choose a later instant."
    found = facts.found
    if found is None:
        return "The bars cannot be read now; the page tries again by itself."
    names = [facts.view.universe[symbol].name for symbol, _ in found.missing]
    return f"No bar of five minutes of {words.join(names)} on these days; choose another day or other names."


def title(facts: Facts) -> str:
    """The days and the instant."""
    found = facts.found
    if found is None:
        return "Five minutes by five minutes"
    days = words.day(found.days[0]) if len(found.days) == 1 else words.span(found.days[0], found.days[-1])
    return f"{days}, from {clock(facts, found.at)}"


def note(facts: Facts) -> str:
    """How to read the lines."""
    return (
        "Change from each name’s last price by that instant, %, 5-minute bars, local money, hours in UTC. "
        "Lines break where the exchange is shut; under them the sessions, hollow: no bars."
    )


def footnote(facts: Facts) -> str:
    """What has no bars, and how far they reach."""
    found = facts.found
    if found is None:
        return ""
    parts = [f"{text}." for text in quiet_said(found)]
    parts += [f"{facts.view.universe[symbol].name} {text}." for symbol, text in found.missing]
    ends = [span for symbol, span in facts.held.items() if symbol in facts.symbols]
    if ends:
        first, last = min(span[0] for span in ends), max(span[1] for span in ends)
        parts.append(
            f"Bars are stored from {words.day(first.date())} to {words.instant(last, weekday=False)}; the "
            "source has them for 60 days, and what is stored is kept."
        )
    return " ".join(parts)


def summary(facts: Facts) -> str:
    """The lines in words."""
    found = facts.found
    if found is None or not found.tracks:
        return why(facts)
    return "; ".join(f"{_stood(track)} at {clock(facts, track.last[0])}" for track in found.tracks) + "."


def clock(facts: Facts, at: datetime) -> str:
    """A time in UTC, with its day where several are shown."""
    several = facts.found is not None and len(facts.found.days) > 1
    return f"{at:%H:%M} UTC" + (f" on {words.day(at.date(), year=False)}" if several else "")


def _stood(track: Track) -> str:
    return f"{track.name} {words.percent(track.last[1])}%"
