"""Correlation that states its lag: the matrix, one pair through time, and how tightly all names move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import numpy as np

from app.kinds.answer import Answer, Note, answer_of, number, plain, records
from app.kinds.column import CORRELATION, COUNT, TEXT, Column, columns, keys
from app.market import words
from app.market.asof import priced_columns
from app.market.market import View
from app.questions.correlation.pairs import Node, Pair, layer_nodes, node, pair_of
from app.questions.relay.legs import side_symbols
from models.analytics import correlation as lagged
from models.analytics.correlation import LaggedMatrix, lagged_matrix, lagged_rows
from models.analytics.dcc import Dcc
from models.analytics.rolling import DECAY, WINDOW, mean_across, mean_pairwise
from models.errors import AftershockError, TooFewNamesError
from models.types import Floats, Sessions

Show = Literal["layers", "names"]
ROWS = 250
MOST = 20
# What a basket of one name is set beside, where the universe has such a layer on the other side.
_BESIDE = {"us": "accelerators", "asia": "memory"}
COLUMNS = (
    *columns(TEXT, "leader", "follower", "lag"),
    Column("n", COUNT),
    *columns(CORRELATION, "correlation", "correlation_low", "correlation_high"),
    Column("reason", TEXT),
)
# The names of the matrix when none are asked for: by layer, both sides, longest history first.
USUAL = (
    *("9984.T", "000660.KS", "005930.KS", "285A.T", "2330.TW", "8035.T", "6857.T", "042700.KS", "2317.TW"),
    *("5803.T", "NVDA", "AMD", "AVGO", "MU", "WDC", "AMAT", "LRCX", "DELL", "CRWV", "VRT"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Tightness:
    """Mean correlation of all pairs of a block, day by day; ``names`` are those counted last."""

    label: str
    dates: Sessions
    mean: Floats
    names: int


def nodes_of(view: View, basket: str, show: Show, names: Sequence[str] = ()) -> list[Node]:
    """What the matrix is of, Asia first.

    Raises
    ------
    AftershockError
        If fewer than two of it have prices.
    """
    if show == "layers":
        found = [*layer_nodes(view, "asia", basket), *layer_nodes(view, "us", basket)]
    else:
        symbols = tuple(names) or _chosen(view, basket)
        priced = {view.panel.symbols[column] for column in priced_columns(view, "all")}
        context = [
            name for name in symbols if name in priced or name not in view.universe.basket("all").symbols
        ]
        found = sorted((node(view, name, basket) for name in context), key=lambda item: not item.asia)
    if len(found) < 2:
        raise TooFewNamesError("A correlation matrix", tuple(item.label for item in found), ())
    return found


def _chosen(view: View, basket: str) -> tuple[str, ...]:
    """The names of a basket that a matrix can hold; of a larger one the usual ones."""
    own = [view.panel.symbols[column] for column in priced_columns(view, basket)]
    if len(own) <= MOST:
        return tuple(own)
    usual = [symbol for symbol in USUAL if symbol in own]
    return tuple(usual + [symbol for symbol in own if symbol not in usual])[:MOST]


def matrix_of(
    view: View, basket: str = "all", show: Show = "layers", names: tuple[str, ...] = (), rows: int = ROWS
) -> tuple[list[Node], LaggedMatrix]:
    """The lagged matrix over the last rows of each of its blocks; 0 rows are all of them."""

    def make() -> tuple[list[Node], LaggedMatrix]:
        nodes = nodes_of(view, basket, show, names)
        found = lagged_matrix(
            view.panel.sessions,
            np.column_stack([item.returns for item in nodes]),
            np.array([item.asia for item in nodes]),
            np.column_stack([item.opened for item in nodes]),
            [item.id for item in nodes],
            rows=rows or None,
        )
        return nodes, found

    return view.remember(("lagged matrix", basket, show, names, rows), make)


def links_between(view: View, basket: str = "all", rows: int = ROWS) -> LaggedMatrix | None:
    """The two sides of a basket as one pair, each way; None when it has names on one side alone."""

    def make() -> LaggedMatrix | None:
        if not all(side_symbols(view, side, basket) for side in ("asia", "us")):
            return None
        try:
            sides = [node(view, side, basket) for side in ("asia", "us")]
        except AftershockError:
            return None
        return lagged_matrix(
            view.panel.sessions,
            np.column_stack([item.returns for item in sides]),
            np.array([True, False]),
            np.column_stack([item.opened for item in sides]),
            ("asia", "us"),
            rows=rows or None,
        )

    return view.remember(("sides", basket, rows), make)


def default_pair(view: View, basket: str = "all") -> tuple[str, str]:
    """New York's names and then Asia's; in a basket of one side its first two names; a name alone
    stands beside a layer of the other side."""
    if links_between(view, basket) is not None:
        return "us", "asia"
    names = _chosen(view, basket)
    if len(names) > 1:
        return names[0], names[1]
    if view.universe[names[0]].region == "asia":
        return _beside(view, "us"), names[0]
    return names[0], _beside(view, "asia")


def _beside(view: View, side: str) -> str:
    """The layer of a side that a name alone is set beside; without the usual one that of most names."""
    names = {
        layer.id: len(side_symbols(view, side, layer.id)) for layer in view.universe.layers if layer.basket
    }
    usual = _BESIDE[side]
    return f"{side}:{usual if names.get(usual) else max(names, key=lambda layer: names[layer])}"


def tightness(view: View, basket: str = "all", window: int = WINDOW) -> list[Tightness]:
    """How tightly the names of a basket move: within each side, and across the sides each way."""

    def make() -> list[Tightness]:
        columns = priced_columns(view, basket)
        names = [view.panel.symbols[column] for column in columns]
        asia = np.array([view.universe[name].region == "asia" for name in names])
        own = np.where(view.active[:, columns], view.bar_returns()[:, columns], np.nan)
        opened = view.open_exchange[:, columns]
        days = view.panel.sessions
        found = []
        for label, side in (("Within Asia", asia), ("Within New York", ~asia)):
            if side.sum() > 1:
                lead: Literal["asia", "us"] = "asia" if side is asia else "us"
                rows, dates, _ = lagged_rows(days, own[:, side], asia[side], opened[:, side], lead)
                found.append(_tight(label, dates, *mean_pairwise(rows, window)))
        if asia.any() and not asia.all():
            for label, lead in (("New York → next Asian day", "us"), ("Asia → New York, same day", "asia")):
                rows, dates, _ = lagged_rows(days, own, asia, opened, lead)
                found.append(_tight(label, dates, *mean_across(rows, asia, window)))
        if not found:
            raise TooFewNamesError("A mean correlation", tuple(names), ())
        return found

    return view.remember(("tightness", basket, window), make)


def _tight(label: str, dates: Sessions, mean: Floats, names: np.ndarray) -> Tightness:
    return Tightness(label, dates, mean, int(names[-1]) if len(names) else 0)


def correlation(
    view: View,
    basket: str = "all",
    *,
    leader: str | None = None,
    follower: str | None = None,
    window: int = WINDOW,
    show: Show = "layers",
    names: tuple[str, ...] = (),
    rows: int = ROWS,
    as_of: date | datetime | None = None,
) -> Answer:
    """Every pair of the matrix at its lag, and beside them one pair through time.

    Raises
    ------
    AftershockError
        If the basket has fewer than two names with prices, or the pair cannot be had.
    """
    nodes, found = matrix_of(view, basket, show, names, rows)
    table = found.pairs().rename(columns={"low": "correlation_low", "high": "correlation_high"})
    table = table.sort_values("correlation", ascending=False, kind="stable", na_position="last")
    table["reason"] = table["reason"].where(table["reason"] != "", None)
    first, second = default_pair(view, basket)
    pair = pair_of(view, leader or first, follower or second, basket)
    facts = {
        "pair": pair_facts(pair, window),
        "sides": _sides(view, basket, rows),
        "labels": {item.id: item.label for item in nodes},
        "spans": {name: _span(span) for name, span in found.spans.items()},
    }
    notes = [
        Note(f"{row.leader} {words.ARROW} {row.follower}", ("correlation",), row.reason)
        for row in found.left_out().itertuples()
    ]
    if isinstance(pair.dynamic, AftershockError):
        notes.append(Note(None, ("pair.dcc",), str(pair.dynamic)))
    params: dict[str, Any] = {
        **{"basket": basket, "leader": pair.leader.id, "follower": pair.follower.id, "window": window},
        **{"show": show, "names": list(names), "rows": rows, "decay": DECAY, "minimum": lagged.MINIMUM},
        "as_of": as_of,
    }
    sheet = answer_of(view, as_of, params, COLUMNS, records(table, keys(COLUMNS)), notes)
    return replace(sheet, facts=facts, sentence=f"{sentence(view, basket, rows)}.")


def pair_facts(pair: Pair, window: int) -> dict[str, Any]:
    """A pair's last figures and its fitted model, in plain values."""
    dynamic = pair.dynamic
    last = {
        "rolling": _last(pair.rolling(window)),
        "fading": _last(pair.fading),
        "dcc": None if isinstance(dynamic, AftershockError) else _last(dynamic.correlation[:, 0, 1]),
    }
    return {
        "leader": pair.leader.id,
        "follower": pair.follower.id,
        "lag": pair.lag,
        "rows": len(pair.dates),
        "dropped": pair.dropped,
        "first": plain(pair.dates[0]) if len(pair.dates) else None,
        "last": plain(pair.dates[-1]) if len(pair.dates) else None,
        **last,
        "dcc_fit": None if isinstance(dynamic, AftershockError) else _fit(dynamic),
    }


def _fit(found: Dcc) -> dict[str, Any]:
    volatility = [
        {"name": name, "alpha": model.alpha, "beta": model.beta, "omega": model.omega, "mu": model.mu}
        for name, model in zip(found.symbols, found.garch, strict=True)
    ]
    return {
        "a": found.a,
        "b": found.b,
        "a_plus_b": found.persistence,
        "log_likelihood": found.log_likelihood,
        "constant_log_likelihood": found.constant_log_likelihood,
        "converged": found.converged,
        "rows": int(found.used.sum()),
        "garch": volatility,
    }


def _sides(view: View, basket: str, rows: int) -> dict[str, Any] | None:
    found = links_between(view, basket, rows)
    if found is None:
        return None
    return {
        "us_to_next_asia": number(found.correlation[1, 0]),
        "asia_to_us": number(found.correlation[0, 1]),
        "n": [int(found.n[1, 0]), int(found.n[0, 1])],
    }


def _span(span: lagged.Span) -> dict[str, Any]:
    return {
        "rows": span.rows,
        "first": plain(span.first),
        "last": plain(span.last),
        "compounded": span.compounded,
    }


def _last(values: Floats) -> float | None:
    return number(values[-1]) if len(values) else None


def sentence(view: View, basket: str = "all", rows: int = ROWS) -> str:
    """What each side's close says of the other's next one; of a one-sided basket its mean correlation."""
    found = links_between(view, basket, rows)
    if found is not None and np.isfinite(found.correlation).all():
        out, back = (words.correlation(found.correlation[cell]) for cell in ((1, 0), (0, 1)))
        return (
            f"New York’s close leads the next Asian day at {out}; Asia’s leads New York’s same day at {back}"
        )
    name = view.universe.basket(basket).name
    try:
        last = _last(tightness(view, basket)[0].mean)
    except TooFewNamesError:
        pair = pair_of(view, *default_pair(view, basket), basket)
        figure = words.correlation(_last(pair.rolling()))
        return f"{pair.leader.label} leads {pair.follower.label}, {pair.lag}, at {figure} over {WINDOW} rows"
    if last is None:
        return f"{name} has too few common days for a correlation"
    return f"{name}: all pairs move together at {words.correlation(last)} on average"
