"""The facts of the morning for what an address asks."""

from __future__ import annotations

from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market
from app.questions.brief.morning import Brief, brief_of
from app.questions.brief.state import BriefState, meeting_of, parse_brief


def asked(market: Market, request: PageRequest) -> tuple[Brief, BriefState, list[str]]:
    """The facts, the controls, and a sentence for each parameter that was not used.

    Raises
    ------
    NoPricesError
        If no price is stored by then.
    """
    state, notices = parse_brief(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    meeting = meeting_of(state, request.meeting, market.settings.meeting_parts)
    found = brief_of(view, market.events(view).events, state.basket, moment, meeting)
    _ = found.sides  # without a move it raises here, before any part of the page is made
    return found, state, notices
