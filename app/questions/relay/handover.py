"""Which layer hands on to which across the clock: sessions beside the next legs of the other side."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, records
from app.kinds.column import CORRELATION, COUNT, DAY, TEXT, Column, columns, keys
from app.market import words
from app.market.market import View
from app.questions.relay.legs import PLACES, side_symbols
from models.analytics import layer_links as linking
from models.analytics.layer_links import LINKS, LayerLegs
from models.analytics.relay import basket_legs
from models.errors import OneSidedError
from models.types import Bools

COLUMNS = (
    *columns(TEXT, "link", "source", "target"),
    Column("n", COUNT),
    *columns(CORRELATION, "correlation", "low", "high", "p", "p_adjusted"),
    *columns(DAY, "first", "last"),
)
SURE = 0.05
WORDS = dict(
    zip(
        LINKS,
        (
            "New York session → next Asia gap",
            "New York session → next Asia session",
            "Asia session → New York gap",
        ),
        strict=True,
    )
)


def links_frame(view: View) -> pd.DataFrame:
    """Every pair of layers and link, with ids of layers; see ``models.analytics.layer_links``.

    Raises
    ------
    OneSidedError
        If no layer has a name with prices on one of the sides.
    """

    def make() -> pd.DataFrame:
        asia, us = (_legs(view, side) for side in ("asia", "us"))
        return linking.layer_links(view.panel.sessions, asia, us)

    return view.remember("layer links", make)


def layers_of(view: View, side: str) -> tuple[str, ...]:
    """The layers with a priced name on a side, in the order of the stack."""
    return tuple(
        layer.id for layer in view.universe.layers if layer.basket and _columns(view, side, layer.id)
    )


def drawn(view: View) -> Bools:
    """Rows of ``links_frame`` that are surely not chance: p below 5% after Holm's rule."""
    return np.asarray(links_frame(view)["p_adjusted"].to_numpy() < SURE)


def strongest(view: View, link: str = LINKS[2]) -> pd.Series | None:
    """The strongest sure pair of a link; None when there is none."""
    table = links_frame(view)
    sure = table[drawn(view) & (table["link"] == link)]
    return None if sure.empty else sure.loc[sure["correlation"].idxmax()]


def sentence(view: View) -> str:
    """Who carries the baton from Asia to New York, with its figure."""
    found = strongest(view)
    if found is None:
        return "No Asian layer’s session led a New York gap beyond chance"
    source, target = (short_name(view, found[name]) for name in ("source", "target"))
    figure = words.correlation(found["correlation"])
    return f"{source} carries the baton: its Asian session leads New York’s {target.lower()} gap at {figure}"


def short_name(view: View, layer: str) -> str:
    """The first word or two of a layer's name, as it fits a drawing: ``Memory`` of Memory and storage."""
    return re.split(r" and |,", view.universe.basket(layer).name)[0]


def layer_links(view: View, as_of: date | datetime | None = None) -> Answer:
    """Every pair of layers and link as rows, the strongest first within a link."""
    table = links_frame(view)
    ordered = table.assign(order=pd.Categorical(table["link"], LINKS))
    ordered = ordered.sort_values(["order", "correlation"], ascending=[True, False], kind="stable")
    rows = records(ordered, keys(COLUMNS))
    notes = [
        Note(f"{row.source} {words.ARROW} {row.target}", ("correlation",), row.reason)
        for row in ordered.itertuples()
        if row.reason
    ]
    params: dict[str, Any] = {"days": linking.NEWS_DAYS, "as_of": as_of}
    sheet = answer_of(view, as_of, params, COLUMNS, rows, notes)
    return replace(sheet, sentence=f"{sentence(view)}.")


def _legs(view: View, side: str) -> LayerLegs:
    """Gap and session of every layer of a side."""
    layers = layers_of(view, side)
    if not layers:
        raise OneSidedError("A hand-over", "AI", PLACES[side])
    panel, moves = view.panel, view.returns()
    gap, session = view.legs()
    pairs = []
    for layer in layers:
        own = _columns(view, side, layer)
        pairs.append(
            basket_legs(
                panel.sessions,
                gap[:, own],
                session[:, own],
                view.open_exchange[:, own],
                view.active[:, own],
                returns=moves[:, own],
                exchanges=[view.universe[panel.symbols[column]].exchange.calendar for column in own],
            )
        )
    return LayerLegs(layers, *(np.column_stack(each) for each in zip(*pairs, strict=True)))


def _columns(view: View, side: str, layer: str) -> list[int]:
    columns = view.columns(side_symbols(view, side, layer))
    return [column for column in columns if view.panel.present[:, column].any()]
