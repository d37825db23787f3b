"""What the Travelled view states: stored bars of five minutes on the days that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.kinds.request import PageRequest
from app.market.asof import asked_view, parse_asof
from app.market.market import Market, View
from app.questions.travelled.state import TravelledState, parse_travelled
from app.questions.travelled.tracks import Travelled, days_of, span_of, travelled
from models.dates import read_time
from models.errors import AftershockError
from models.store import intraday, intraday_spans
from models.types import Instant


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of the view; ``held`` says of each name with bars their first and last instant."""

    view: View
    state: TravelledState
    as_of: Instant
    held: dict[str, tuple[datetime, datetime, int]]
    found: Travelled | None

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names shown."""
        return self.state.names or tuple(self.held)


def facts_of(market: Market, request: PageRequest) -> tuple[Facts, list[str]]:
    """The facts for what was asked, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    state, notices = parse_travelled(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    return facts_for(market, view, moment, state, notices), notices


def facts_for(
    market: Market, view: View, moment: Instant, state: TravelledState, notices: list[str]
) -> Facts:
    """The facts of one view and one set of controls, for the page and for the command."""
    held = _held(market, view)
    symbols = state.names or tuple(held)
    if not held or min(span[0] for span in held.values()) > moment:
        return Facts(view, state, moment, held, None)
    days = _days(view, state, moment, held, symbols, notices)
    span = span_of(days)
    try:
        bars = market.ask(lambda store: intraday(store, symbols, *span), simulated=view.simulated)
    except AftershockError as error:
        notices.append(str(error))
        return Facts(view, state, moment, held, None)
    at = _zero(state, days, notices)
    return Facts(view, state, moment, held, travelled(view, bars, symbols, days, at, moment))


def _held(market: Market, view: View) -> dict[str, tuple[datetime, datetime, int]]:
    """Names with bars, in the order of the universe; none while the store is away."""
    try:
        found = market.ask(intraday_spans, simulated=view.simulated)
    except AftershockError:
        return {}
    return {symbol: found[symbol] for symbol in view.universe.symbols if symbol in found}


def _days(
    view: View,
    state: TravelledState,
    moment: Instant,
    held: dict[str, tuple[datetime, datetime, int]],
    symbols: Sequence[str],
    notices: list[str],
) -> tuple[date, ...]:
    """The days shown; one that lies outside the stored bars is told."""
    spans = [held[symbol] for symbol in symbols if symbol in held] or list(held.values())
    first, last = min(span[0] for span in spans).date(), max(span[1] for span in spans)
    newest = min(last, moment).date()
    day = date.fromisoformat(state.day) if state.day else newest
    if not first <= day <= newest:
        notices.append(f"Ignored day: bars of five minutes reach from {first} to {newest}.")
        day = newest
    return days_of(view, day, state.days, symbols)


def _zero(state: TravelledState, days: Sequence[date], notices: list[str]) -> Instant | None:
    if not state.at:
        return None
    timed = read_time(state.at)
    if timed is not None:
        clock, zone = timed
        return datetime.combine(days[0], clock, zone or UTC).astimezone(UTC)
    found = parse_asof(state.at)
    if isinstance(found, datetime):
        return found
    notices.append("Ignored at: write a time in UTC such as 06:30, or an instant.")
    return None
