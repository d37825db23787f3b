"""The names of the Brief as a file: every one, not only those shown."""

from __future__ import annotations

import pandas as pd

from app.kinds.ids import part
from app.kinds.request import PageRequest
from app.market.market import Market
from app.questions.brief.facts import asked
from app.questions.brief.state import BriefState
from app.render.table_csv import Rows, Table

NAMES = part("brief", "names")
COLUMNS = ("symbol", "name", "layer", "side", "city", "country", "day", "move", "drawdown")


def address(state: BriefState) -> str:
    """Where the file of every name is."""
    return f"/table/{NAMES}.csv{state.query()}"


def names(market: Market, request: PageRequest) -> Rows:
    """Every name's last move, deepest first; fractions."""
    found, _, _ = asked(market, request)
    rows = [{name: getattr(item, name) for name in COLUMNS} for item in found.names]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Rows.of(frame, found.as_of, simulated=found.view.simulated)


TABLES = (Table(NAMES, names),)
