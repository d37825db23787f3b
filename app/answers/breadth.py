"""How wide a fall was: sector-wide or single-stock, by layer and country, and who held up."""

from __future__ import annotations

import numpy as np

from app.answers.relaying import side_symbols
from app.data import View
from models.analytics.exceedance import exceedances
from models.analytics.sector import SectorPath
from models.analytics.sector import sector_path as path_of
from models.types import Bools


def sector_symbols(view: View, basket: str = "all", side: str | None = None) -> tuple[str, ...]:
    """The names of a basket, or of one of its sides, that have a column of prices, in its order."""
    asked = view.universe.basket(basket).symbols if side is None else side_symbols(view, side, basket)
    return tuple(view.panel.symbols[column] for column in view.columns(asked))


def sector_path(view: View, basket: str = "all", side: str | None = None) -> SectorPath:
    """Breadth, co-exceedance, largest loser and verdict of every session of the panel.

    ``largest`` is a position in :func:`sector_symbols` of the same basket and side.
    """

    def make() -> SectorPath:
        columns = view.columns(sector_symbols(view, basket, side))
        exceeded, judged = _tail(view)
        return path_of(
            view.panel.sessions,
            view.returns()[:, columns],
            view.open_exchange[:, columns],
            view.active[:, columns],
            (exceeded[:, columns], judged[:, columns]),
            exchanges=[view.universe[view.panel.symbols[n]].exchange.calendar for n in columns],
        )

    return view.remember(("sector", basket, side), make)


def _tail(view: View) -> tuple[Bools, Bools]:
    """Which returns of the basket's names lie in their own worst twentieth, and which were judged."""

    def make() -> tuple[Bools, Bools]:
        members = view.columns(view.universe.basket("all").symbols)
        own = np.where(view.active & view.open_exchange, view.returns(), np.nan)[:, members]
        exceeded, judged = (np.zeros(view.panel.present.shape, dtype=np.bool_) for _ in range(2))
        exceeded[:, members], judged[:, members] = exceedances(own)
        return exceeded, judged

    return view.remember("tail", make)
