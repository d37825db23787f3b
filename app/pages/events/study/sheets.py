"""The tables of the event study as files: every name, and every test of every group."""

from __future__ import annotations

import pandas as pd

from app.kinds.request import PageRequest
from app.market.market import Market
from app.questions.event_study.facts import Facts, facts_of
from app.questions.event_study.table import event_study
from app.render.table_csv import Rows, Table


def _names(market: Market, request: PageRequest) -> Rows:
    facts, _ = facts_of(market, request)
    state = facts.state
    lengths = state.before, state.after, state.fit, state.gap
    sheet = event_study(facts.view, facts.happening.at, state.basket, state.model, state.benchmark, *lengths)
    return Rows(sheet.keys, sheet.rows, facts.as_of, facts.view.simulated)


def _tests(market: Market, request: PageRequest) -> Rows:
    facts, _ = facts_of(market, request)
    return Rows.of(tests_frame(facts), facts.as_of, simulated=facts.view.simulated)


def tests_frame(facts: Facts) -> pd.DataFrame:
    """One row a group, window and test: mean, statistic and two-sided p."""
    study = facts.study
    rows = [
        {
            "group": group.id,
            "first": test.first,
            "last": test.last,
            "names": test.cases,
            "mean": test.mean,
            "test": name,
            "statistic": test.statistic[name],
            "p": test.p[name],
        }
        for group in ((study.whole, *study.layers) if study else ())
        for test in group.tests
        for name in test.statistic
    ]
    columns = ["group", "first", "last", "names", "mean", "test", "statistic", "p"]
    return pd.DataFrame(rows, columns=columns)


TABLES = (Table("study-names", _names), Table("study-tests", _tests))
