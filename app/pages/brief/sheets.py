"""The names of the Brief as a file: every one, not only those shown."""

from __future__ import annotations

import pandas as pd

from app.data import Market
from app.export.tables import Rows, Table
from app.ids import part
from app.pages.brief.asked import asked
from app.pages.brief.state import BriefState
from app.request import PageRequest

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
