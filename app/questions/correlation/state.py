"""The controls of the Correlation view."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.kinds.address import WINDOWS, FlagState, Reader, day_of, one_of, read_state
from app.questions.correlation.pairs import node_id
from models.types import Instant
from models.universe import Universe

SHOWS = ("layers", "names")
ROWS = ("60", "120", "250", "500", "1250", "0")
ROLLING = ("20", "60", "120", "250")
FROM = tuple(window for window in WINDOWS if window not in ("1m", "3m"))


@dataclass(frozen=True, slots=True)
class CorrelationState(FlagState):
    """What the address says. ``lead`` and ``follow`` are the pair (empty: the page's own), ``show`` and
    ``names`` what the matrix is of, ``rows`` how many of the last count in it, ``window`` those of the
    rolling figure, ``peak`` the fall that is set beside the calm."""

    basket: str = "all"
    lead: str = ""
    follow: str = ""
    show: str = "layers"
    names: tuple[str, ...] = ()
    rows: str = "250"
    window: str = "60"
    start: str = "2021"
    peak: str = ""
    asof: str = ""


def parse_correlation(
    search: str | None, universe: Universe, now: Instant | None = None
) -> tuple[CorrelationState, list[str]]:
    """Read the controls; and a sentence for each parameter that was not used."""
    own: dict[str, Reader] = {
        "show": one_of(SHOWS),
        "rows": one_of(ROWS),
        "window": one_of(ROLLING),
        "lead": lambda text: node_id(universe, text),
        "follow": lambda text: node_id(universe, text),
        "peak": lambda text: day_of(text, now),
    }
    state, notices = read_state(CorrelationState(), search, universe, own, now)
    if bool(state.lead) != bool(state.follow):
        notices.append("Ignored half a pair: name both lead and follow.")
        state = replace(state, lead="", follow="")
    if state.lead and state.lead == state.follow:
        notices.append(f"Ignored the pair: {state.lead} with itself says nothing.")
        state = replace(state, lead="", follow="")
    return state, notices
