"""The ledger as rows for other programs."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from app.kinds.request import PageRequest
from app.market.market import Market
from app.questions.events.facts import facts_of
from app.render.table_csv import Rows, Table
from models.events import LedgerItem


def _ledger(market: Market, request: PageRequest) -> Rows:
    facts, _ = facts_of(market, request)
    frame = pd.DataFrame(
        [asdict(item) for item in facts.ledger], columns=list(LedgerItem.__dataclass_fields__), dtype=object
    )
    return Rows.of(frame, facts.as_of, simulated=facts.view.simulated)


TABLES = (Table("events-ledger", _ledger),)
