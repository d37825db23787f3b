"""The sentences of the Connectedness view, each with its figures."""

from __future__ import annotations

from dash import html

from app.market import words
from app.questions.connectedness.facts import Facts
from app.questions.connectedness.table import (
    attempt,
    extremes,
    measure_text,
    remarks,
    sentence,
    settings_text,
    shocks_text,
)
from app.render.html.side import side_table

_KINDS = {"generalised": "Generalised, both ways, %", "clock": "By the clock, %"}


def headline(facts: Facts) -> str:
    """What crossed from side to side, or how much is shared on one; or that it cannot be said."""
    return sentence(facts.found) if not facts.problem else "This system cannot be estimated"


def deck(facts: Facts) -> str:
    """All by the shocks asked for: both indices, the period beside the window, who gave and took the most."""
    if facts.problem:
        return facts.problem
    found = facts.found
    result = found.result
    whole = attempt(lambda: found.period.total)
    told = f"TCI {words.level(result.total * 100)}, cTCI {words.level(result.corrected * 100)}"
    if found.terms.sample == "window" and whole is not None:
        told += f"; {words.level(whole * 100)} since {words.month(found.dates[found.first])}"
    if found.across is None:
        return f"{told}."
    return f"{_by(shocks_text(found))}: {told}; {extremes(found)}."


def _by(shocks: str) -> str:
    """By what shocks, at the head of a sentence: ``By the clock, US first``, ``By generalised shocks``."""
    by_clock = shocks.removeprefix("shocks by the clock")
    return f"By {shocks}" if by_clock == shocks else f"By the clock{by_clock}"


def parameters(facts: Facts) -> str:
    """Everything the estimate depends on; on every chart."""
    return f"{measure_text(facts.found)}; {settings_text(facts.found)}."


def across_table(facts: Facts) -> html.Table | None:
    """What crossed from side to side, as both kinds of shocks have it."""
    across = None if facts.problem else facts.found.across
    if across is None:
        return None
    rows = [
        html.Tr(
            [
                html.Th(name, scope="row"),
                *(html.Td(words.level(across[kind][place] * 100), className="num") for kind in _KINDS),
            ]
        )
        for place, name in enumerate(("New York’s shocks, of Asia’s variance", "Asia’s, of New York’s"))
    ]
    heads = [("", ""), *((text, "num") for text in _KINDS.values())]
    return side_table("Across the clock", heads, rows, "", "across")


def foot(facts: Facts) -> str:
    """Who took no part and why, and what to know of the estimate."""
    if facts.problem:
        return ""
    reasons: dict[str, list[str]] = {}
    for name, why in facts.found.left_out:
        reasons.setdefault(why, []).append(name)
    told = [f"{words.join(names)}: {why}" for why, names in reasons.items()]
    out = f"Left out: {'; '.join(told)}. " if told else ""
    known = [text[0].upper() + text[1:] for text in remarks(facts.found)]
    return out + " ".join(f"{text}." for text in known)
