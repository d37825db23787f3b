"""The tables of the Drawdowns page as files: every name of the basket, and its selloff legs."""

from __future__ import annotations

from app.kinds.address import DrawdownState, parse_drawdowns
from app.kinds.answer import Answer
from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market, View
from app.questions.drawdowns.falls import drawdowns, episodes
from app.render.table_csv import Rows, Table
from models.types import Instant

STANDINGS, LEGS = part("drawdowns", "standings-file"), part("drawdowns", "legs-file")


def address(table: str, state: DrawdownState) -> str:
    """Where a table's file of this state is."""
    return f"/table/{table}.csv{state.query()}"


def _asked(market: Market, request: PageRequest) -> tuple[DrawdownState, View, Instant]:
    state, notices = parse_drawdowns(request.search, market.universe, market.now())
    return state, *asked_view(market, state.asof, notices)


def _rows(answer: Answer, moment: Instant) -> Rows:
    rows = [*([answer.basket] if answer.basket is not None else []), *answer.rows]
    return Rows(answer.keys, rows, moment, answer.simulated)


def _standings(market: Market, request: PageRequest) -> Rows:
    """The basket's own line and that of each of its names, deepest first; fractions."""
    state, view, moment = _asked(market, request)
    return _rows(drawdowns(view, state.basket, state.currency), moment)


def _legs(market: Market, request: PageRequest) -> Rows:
    """Every selloff leg of the basket; fractions."""
    state, view, moment = _asked(market, request)
    return _rows(episodes(view, "selloff", state.basket, state.currency, state.fall / 100), moment)


TABLES = (Table(STANDINGS, _standings), Table(LEGS, _legs))
