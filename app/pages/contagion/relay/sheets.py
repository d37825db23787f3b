"""The tables of the Relay view as files: links, verdicts, breadth by group, and every name of the day."""

from __future__ import annotations

import pandas as pd

from app.kinds.column import keys
from app.kinds.request import PageRequest
from app.market.asof import asked_view
from app.market.market import Market
from app.questions import breadth
from app.questions.relay.facts import Facts, facts_of
from app.questions.relay.legs import links_of
from app.questions.relay.state import parse_relay
from app.render.table_csv import Rows, Table


def address(table: str, facts: Facts) -> str:
    """Where a table's file of this state is had."""
    return f"/table/{table}.csv{facts.state.query()}"


def _facts(market: Market, request: PageRequest) -> Facts:
    state, notices = parse_relay(request.search, market.universe, market.now())
    view, moment = asked_view(market, state.asof, notices)
    return facts_of(view, state, moment)


def _rows(facts: Facts, frame: pd.DataFrame) -> Rows:
    return Rows.of(frame, facts.as_of, simulated=facts.view.simulated)


def _links(market: Market, request: PageRequest) -> Rows:
    facts = _facts(market, request)
    return _rows(facts, links_of(facts.view, facts.state.basket))


def _verdicts(market: Market, request: PageRequest) -> Rows:
    facts = _facts(market, request)
    first, last = facts.window[0].item(), facts.window[-1].item()
    table = breadth.verdicts(facts.view, facts.state.basket, first, last)
    table.insert(0, "from", first)
    table.insert(1, "to", last)
    return _rows(facts, table.replace({"verdict": {"": "none"}}))


def _groups(market: Market, request: PageRequest) -> Rows:
    facts = _facts(market, request)
    kinds = {"layer": breadth.layers, "country": breadth.countries}
    parts = [
        table(facts.view, facts.state.basket, facts.day).assign(kind=kind) for kind, table in kinds.items()
    ]
    whole = pd.concat(parts, ignore_index=True).assign(day=facts.day)
    return _rows(facts, whole[["day", "kind", *keys(breadth.GROUP_COLUMNS)]])


def _names(market: Market, request: PageRequest) -> Rows:
    facts = _facts(market, request)
    return _rows(facts, breadth.names(facts.view, facts.state.basket, facts.day))


TABLES = (
    Table("relay-links", _links),
    Table("relay-verdicts", _verdicts),
    Table("relay-breadth", _groups),
    Table("relay-names", _names),
)
