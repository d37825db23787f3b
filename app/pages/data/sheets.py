"""The tables of the Data page as rows for other programs: codes and words, nothing left out."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from app.kinds.address import parse_data
from app.kinds.column import keys
from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages.data.doubts import doubted_of
from app.pages.data.revisions import known_frame
from app.pages.data.tables import held_of
from app.questions.coverage.bars import kept
from app.questions.coverage.facts import Facts, facts_of
from app.questions.quarantine import CASE_COLUMNS, compared
from app.render.table_csv import Rows, Table
from models.reasons import failure_words, reason_words

_EXCHANGE = ("exchange", "state", "session", "expected", "names", "current", "late", "missing", "due_at")


def _sheet(make: Callable[[Facts], pd.DataFrame], *, prices: bool) -> Callable[[Market, PageRequest], Rows]:
    """A table of the page as asked; ``prices`` says that its rows are of simulated prices when those show."""

    def tell(market: Market, request: PageRequest) -> Rows:
        facts = facts_of(market, *parse_data(request.search, market.universe, market.now()))
        return Rows.of(make(facts), facts.now, simulated=prices and facts.simulated)

    return tell


def exchanges(facts: Facts) -> pd.DataFrame:
    """One row an exchange; late and missing names by symbol."""
    rows = [
        (
            *(group.title, group.freshness.state, group.freshness.session, group.expected),
            *(len(group.names), len(group.current)),
            " ".join(item.symbol for item, _ in group.late),
            " ".join(item.symbol for item in group.missing),
            group.due_at,
        )
        for group in facts.groups
    ]
    return pd.DataFrame(rows, columns=list(_EXCHANGE), dtype=object)


def coverage(facts: Facts) -> pd.DataFrame:
    """The coverage table as filtered; suspect bars by flag."""
    frame = facts.coverage[kept(facts.coverage, facts.state.show)]
    flags = ["; ".join(f"{count} {word}" for word, count in found.items()) for found in frame["flags"]]
    rebased = [f"{found[0]} {found[1].date()}" if found else "" for found in frame["rebased"]]
    names = ["symbol", "name", "market", "layer", "first", "last", "late", "bars", "provisional", "suspect"]
    return frame[[*names, "held", "revised", "seen_at", "failure"]].assign(flags=flags, rebased=rebased)


def held(facts: Facts) -> pd.DataFrame:
    """The held rows, of the chosen name or all; the row as received is JSON."""
    frame = held_of(facts)
    if frame.empty:
        return pd.DataFrame(
            columns=["symbol", "session", "reason", "meaning", "detail", "row", "seen_at", "run"]
        )
    meaning = [reason_words(code) for code in frame["reason"]]
    named = frame.assign(meaning=meaning)
    return named[["symbol", "session", "reason", "meaning", "detail", "row", "seen_at", "run"]]


def items(facts: Facts) -> pd.DataFrame:
    """The lines of the chosen run; no rows when none is chosen."""
    if facts.items is None:
        return pd.DataFrame(columns=["run", "symbol"])
    meaning = [failure_words(code) if isinstance(code, str) else None for code in facts.items["failure"]]
    return facts.items.assign(run=facts.state.run, meaning=meaning)


def revised(facts: Facts) -> pd.DataFrame:
    """Former values of the chosen name; no rows when none is chosen."""
    if facts.revised is None:
        return pd.DataFrame(columns=["symbol", "session"])
    return facts.revised.assign(symbol=facts.state.symbol)


def case(facts: Facts) -> pd.DataFrame:
    """The chosen held row among the stored bars around it; no rows when none is chosen."""
    return pd.DataFrame(
        compared(facts.case) if facts.case is not None else [], columns=list(keys(CASE_COLUMNS))
    )


TABLES = (
    Table("data-exchanges", _sheet(exchanges, prices=True)),
    Table("data-coverage", _sheet(coverage, prices=True)),
    Table("data-runs", _sheet(lambda facts: facts.runs, prices=False)),
    Table("data-run", _sheet(items, prices=False)),
    Table("data-revisions", _sheet(revised, prices=False)),
    Table("data-held", _sheet(held, prices=False)),
    Table("data-doubts", _sheet(doubted_of, prices=False)),
    Table("data-case", _sheet(case, prices=False)),
    Table("data-known", _sheet(known_frame, prices=False)),
)
