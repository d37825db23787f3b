"""The sentences of the event study, each with its figures."""

from __future__ import annotations

import math

from app.market import words
from app.questions.event_study.abnormal import Studied
from app.questions.event_study.facts import Facts
from app.questions.event_study.table import SURE, benchmark_said, chance, clustered, tests_to
from models.analytics.event_clock import Reaction
from models.analytics.event_inference import WindowTests

HEADLINE = 110
FIRST_PRICES: dict[Reaction, str] = {"open": "open", "close": "close", "date": "date only"}
"""The first daily price after the event, in a word."""


def headline(facts: Facts) -> str:
    """What the names did beyond the expected, on day 0 and by the last session that all have reached."""
    title = facts.happening.label
    day, last = _day(facts), _last(facts)
    if day is None or last is None:
        return _held(title, " cannot be studied")
    told = f"{words.percent(day.mean)}% beyond the expected on day 0"
    if last.last > 0:
        told += f", {words.percent(last.mean)}% by +{last.last}"
    return _held(title, f": {told}")


def deck(facts: Facts) -> str:
    """Who lost most and least on day 0, and whether chance would do it."""
    day, last = _day(facts), _last(facts)
    if day is None or last is None:
        return facts.why
    layers = facts.by_day()
    who = f"{words.count(day.cases, 'name')}, {words.whole_percent(day.negative)}% of them down"
    if len(layers) > 1:
        (most, low), (least, high) = layers[0], layers[-1]
        who += f": {inside(most.name)} {words.percent(low)}%, {inside(least.name)} {words.percent(high)}%"
    return f"{who}. {verdict(day, last)}"


def inside(name: str) -> str:
    """A layer's name inside a sentence: ``memory and storage``, but ``AI investor``."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def verdict(day: WindowTests, last: WindowTests) -> str:
    """Whether chance alone would leave the means of day 0 and of the whole window."""
    found = [(test, _judged(test)) for test in ((day, last) if last.last else (day,))]
    kind = found[0][1][1]
    told = [f"p {chance(p)} {_span(test)}" for test, (p, _) in found]
    sure = [p < SURE for _, (p, _) in found]
    says = "rarely does it" if all(sure) else "may do it"
    if len(sure) > 1 and sure[0] != sure[1]:
        says = f"rarely does it {_span(day if sure[0] else last)}, may {_span(last if sure[0] else day)}"
    return f"Chance alone {says} ({kind}: {', '.join(told)})."


def _judged(test: WindowTests) -> tuple[float, str]:
    p = test.p["kolari_pynnonen"]
    # One name has no cross-section: its own series is what is left.
    return (test.p["bw1985"], "Brown–Warner 1985") if math.isnan(p) else (p, "Kolari–Pynnönen")


def _span(test: WindowTests) -> str:
    return "on day 0" if test.last == 0 else f"by +{test.last}"


def paths_title(facts: Facts) -> str:
    """The layer that stood lowest at the end, and how many fell."""
    study = facts.study
    if study is None:
        return "Paths beyond the expected"
    whole = len(study.layers)
    last = study.reached or 0
    ends = [(group.car[study.place(last)], group) for group in study.layers]
    below = sum(value < 0 for value, _ in ends)
    low, group = min(ends, key=lambda item: item[0])
    when = f"At +{last}" if last else "On day 0"
    if whole == 1:
        return f"{when} {group.name} stood {words.percent(low)}% from the expected"
    lowest = f"{inside(group.name)} lowest: {words.percent(low)}%"
    return f"{when} {below} of {whole} layers stood below the expected, {lowest}"


def paths_note(facts: Facts) -> str:
    """How to read the panels."""
    study = facts.study
    if study is None:
        return facts.why
    model = "market model" if study.model == "market" else "constant mean"
    fit = f"fitted on {study.window.estimation} sessions, {study.window.gap} before the window"
    return (
        f"Sums of moves beyond the expected, %, by own sessions; {model} {fit}. Thin: names; "
        "shaded: chance, 95%."
    )


def memo_deck(facts: Facts) -> str:
    """The verdict and how to read the panels, in two lines of a memo."""
    day, last = _day(facts), _last(facts)
    if facts.study is None or day is None or last is None:
        return facts.why
    model = "market model" if facts.study.model == "market" else "constant mean"
    return f"{verdict(day, last)} Sums beyond the expected ({model}), %; shaded: what chance leaves, 95%."


def clustering_note(facts: Facts) -> str:
    """How far the names share the calendar."""
    return clustered(facts.study) if facts.study else ""


def footnote(facts: Facts) -> list[str]:
    """How the moment came to be known, what was expected against what, and who is left out, why."""
    said = facts.happening.said
    parts = [f"{said[0].upper()}{said[1:]}."]
    if facts.study is None:
        return parts
    return [*parts, benchmark_said(facts.study), left_out(facts.study, facts)]


def left_out(study: Studied, facts: Facts) -> str:
    """Names that do not count, by reason; empty when all do."""
    reasons: dict[str, list[str]] = {}
    for symbol, why in study.left_out:
        reasons.setdefault(why, []).append(facts.view.universe[symbol].name)
    if not reasons:
        return "No name is left out."
    told = "; ".join(f"{words.join(names)} ({why})" for why, names in reasons.items())
    return f"Left out: {told}."


def summary(facts: Facts) -> str:
    """The panels in words."""
    study = facts.study
    if study is None:
        return facts.why
    place = study.place(study.reached or 0)
    told = [f"{group.name} {words.percent(group.car[place])}%" for group in (study.whole, *study.layers)]
    return f"By +{study.reached or 0}: {'; '.join(told)}."


def _held(title: str, told: str) -> str:
    """A title and what is told of it within a headline: the title gives way."""
    ends = title[-1:] in "?!."
    told = told.removeprefix(":") if ends else told
    room = HEADLINE - len(told)
    if len(title) <= room:
        return title + told
    kept = title.split(" ")
    while len(kept) > 1 and len(" ".join(kept)) >= room:
        kept.pop()
    return f"{' '.join(kept).rstrip(',;:')}…{told if ends is False else ':' + told}"


def _day(facts: Facts) -> WindowTests | None:
    return tests_to(facts.study.whole, 0) if facts.study else None


def _last(facts: Facts) -> WindowTests | None:
    return tests_to(facts.study.whole, facts.study.reached) if facts.study else None
