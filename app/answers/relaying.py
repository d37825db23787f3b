"""The relay between the sides of a basket: its legs and how they were walked."""

from __future__ import annotations

import pandas as pd

from app.data import View
from models.analytics.relay import LEGS, Leg, basket_legs, relay_legs
from models.analytics.returns import session_legs
from models.types import Floats

SIDES = ("asia", "us")


def side_symbols(view: View, side: str, basket: str = "all") -> tuple[str, ...]:
    """The names of a basket that trade on one side."""
    members = set(view.universe.basket(basket).symbols)
    return tuple(symbol for symbol in view.universe.basket(side).symbols if symbol in members)


def side_legs(view: View, basket: str = "all") -> dict[Leg, Floats]:
    """The four legs of a basket's sides, fractions, shape (T,); NaN where a side was closed or is empty."""

    def make() -> dict[Leg, Floats]:
        panel = view.panel
        gap, session = session_legs(panel.open, panel.close, panel.adj_close)
        legs: dict[str, Floats] = {}
        for side in SIDES:
            own = view.columns(side_symbols(view, side, basket))
            parts = basket_legs(
                panel.sessions, gap[:, own], session[:, own], view.open_exchange[:, own], view.active[:, own]
            )
            legs |= {f"{side}_gap": parts[0], f"{side}_session": parts[1]}
        return {leg: legs[leg] for leg in LEGS}

    return view.remember(("legs", basket), make)


def walk(view: View, basket: str = "all") -> pd.DataFrame:
    """Every leg of the relay between the sides, in clock order, with its z."""
    return view.remember(("walk", basket), lambda: relay_legs(view.panel.sessions, side_legs(view, basket)))
