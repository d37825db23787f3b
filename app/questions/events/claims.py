"""A claim and what stored prices say of it: the checks of a view, and the words for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.market import words
from app.market.market import View
from models.analytics.claims import LEVELS, REASONS, Check, check
from models.errors import UnknownSymbolError
from models.events import Claim, Event
from models.types import Bars

BASIS_WORDS = {
    "close": "close",
    "open": "open",
    "gap": "gap",
    "low": "day low",
    "high": "day high",
    "session": "open to close",
    "level": "level",
    "intraday": "during the session",
    "halt": "at the halt",
    "premarket": "before the open",
    "afterhours": "after the close",
    "unstated": "not stated",
}
SIMULATED = Check("cannot be checked", "simulated")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many claims agree with stored prices, differ from them, and cannot be checked."""

    agree: int = 0
    differ: int = 0
    unchecked: int = 0

    @property
    def claims(self) -> int:
        """All of them."""
        return self.agree + self.differ + self.unchecked

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.agree + other.agree, self.differ + other.differ, self.unchecked + other.unchecked)


def checks(view: View | None, event: Event) -> tuple[Check, ...]:
    """What each claim of an event is worth as of a view; without one, no price is stored.

    Worked out once for the claims of a version that are known: new bars bring a new view.
    """
    if view is None:
        return tuple(check(claim, None) for claim in event.claims)
    if view.simulated:
        return (SIMULATED,) * len(event.claims)
    kept: dict[tuple[Any, ...], tuple[Check, ...]] = view.remember(("checks of events",), dict)
    key = (event.id, event.version, event.claims)
    if key not in kept:
        kept[key] = tuple(check(claim, _bars(view, claim.symbol)) for claim in event.claims)
    return kept[key]


def tally(view: View | None, found: Iterable[Event]) -> Tally:
    """The verdicts of events, counted."""
    counted = Counter(item.verdict for event in found for item in checks(view, event))
    return Tally(counted["agrees"], counted["differs"], counted["cannot be checked"])


def _bars(view: View, symbol: str | None) -> Bars | None:
    if symbol is None:
        return None
    kept: dict[str, Bars | None] = view.remember(("bars of claims",), dict)
    if symbol not in kept:
        try:
            kept[symbol] = view.panel.bars(symbol)
        except UnknownSymbolError:
            kept[symbol] = None
    return kept[symbol]


def given(claim: Claim) -> str:
    """The figure as the source put it, with its unit: ``−12.40%``, ``over 12%``."""
    text = claim.text.replace("-", words.MINUS) if claim.value is not None else claim.text
    if claim.metric == "move" and (claim.value or 0) > 0 and text[:1].isdigit():
        text = f"+{text}"
    return f"{text}%" if claim.unit == "percent" else f"{text} {claim.unit}".strip()


def computed(claim: Claim, found: Check) -> str:
    """The stored figure on the claim's basis; its range for a moment of the session."""
    if found.figure is not None:
        return figure(claim, found.figure)
    return " to ".join(figure(claim, end) for end in found.span or ())


def said(claim: Claim, found: Check) -> str:
    """The verdict in a few words: by how much it differs and what it would fit, or why it is none."""
    if found.verdict == "agrees":
        told = f"Agrees{_on_bases(claim, found)}"
    elif found.verdict == "cannot be checked":
        told = f"Cannot be checked: {REASONS[found.reason]}{_fitting(claim, found, '; would agree with')}"
    else:
        kind = "Contradicted, differs" if found.contradicted else "Differs"
        told = f"{kind} by {_difference(claim, found)}{_fitting(claim, found, '; would fit')}"
    return f"{told}; the stored bar is suspect" if found.suspect else told


def _on_bases(claim: Claim, found: Check) -> str:
    """On what a claim agrees that does not say its basis."""
    if not found.fits:
        return ""
    if len(found.fits) == 1:
        return f" on the basis of the {BASIS_WORDS[found.fits[0].basis]}, which the source does not say"
    which = "either" if len(found.fits) == 2 else "any"
    return f" on {which} basis, {words.join([f'the {BASIS_WORDS[fit.basis]}' for fit in found.fits])}"


def figure(claim: Claim, value: float) -> str:
    """A figure in the claim's unit."""
    if claim.basis == "level" or claim.metric in LEVELS or claim.unit not in ("percent", "points"):
        return words.level(value, 2) + ("%" if claim.unit == "percent" else "")
    return words.signed(value, 2) + ("%" if claim.unit == "percent" else "")


def _difference(claim: Claim, found: Check) -> str:
    size = abs(found.difference or 0.0)
    unit = " points" if claim.unit in ("percent", "points") else ""
    return f"{size:.2f}{unit}" if size >= 0.005 else f"less than 0.01{unit}"


def _fitting(claim: Claim, found: Check, lead: str) -> str:
    parts = []
    for fit in found.fits[:2]:
        day = "" if fit.session == claim.date else f" of {words.day(fit.session)}"
        parts.append(f"the {BASIS_WORDS[fit.basis]}{day} ({figure(claim, fit.figure)})")
    return f"{lead} {words.join(parts)}" if parts else ""
