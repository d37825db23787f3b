"""Connectedness as rows and sentences: what the command prints and the page says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, plain
from app.kinds.column import COUNT, DAY, FLAG, SHARE, TEXT, Column, Columns, columns
from app.market import words
from app.market.market import View
from app.questions.connectedness.nodes import ADJECTIVE, LAYERS, Node
from app.questions.connectedness.system import Connected, Terms, connected
from models.analytics.network import MAX_NODES
from models.analytics.rolling_connectedness import REASONS, Status
from models.errors import AftershockError

T = TypeVar("T")
Show = Literal["nodes", "pairs", "rolling"]
RISK = {"returns": "risk", "volatility": "volatility"}
COLUMNS: dict[Show, Columns] = {
    "nodes": (
        *columns(TEXT, "name", "side"),
        Column("names", COUNT),
        *columns(SHARE, "own", "from", "to", "net"),
    ),
    "pairs": (
        *columns(TEXT, "source", "target"),
        *columns(SHARE, "share", "net"),
    ),
    "rolling": (
        Column("date", DAY),
        *columns(SHARE, "tci", "ctci"),
        *columns(COUNT, "members", "observations"),
        Column("explosive", FLAG),
        Column("reason", TEXT),
    ),
}


def sheet(view: View, terms: Terms, as_of: date | datetime | None = None, show: Show = "nodes") -> Answer:
    """Who gives and who takes, every pair, or every window, as rows; the indices beside them.

    Raises
    ------
    AftershockError
        If the system cannot be estimated; its sentence says what would help.
    """
    found = connected(view, terms)
    rows = _ROWS[show](found)
    params = {
        "basket": terms.who.basket,
        "nodes": found.kind,
        "names": list(terms.who.names),
        "measure": terms.who.measure,
        "lead": terms.who.lead,
        "sample": terms.sample,
        "window": terms.window,
        "lags": terms.lags,
        "horizon": terms.horizon,
        "shocks": terms.method,
        "shrink": terms.shrink,
        "start": terms.start,
        "show": show,
        "as_of": as_of,
    }
    notes = [Note(name, (), reason) for name, reason in found.left_out]
    notes += [Note(None, (), text) for text in remarks(found)]
    return replace(
        answer_of(view, as_of, params, COLUMNS[show], rows, notes),
        facts=_facts(found),
        sentence=sentence(found),
    )


def _node_rows(found: Connected) -> list[dict[str, Any]]:
    result = found.result
    rows = [
        {
            "name": node.label,
            "side": node.side,
            "names": len(node.symbols),
            "own": float(result.own[place]),
            "from": float(result.from_others[place]),
            "to": float(result.to_others[place]),
            "net": float(result.net[place]),
        }
        for place, node in enumerate(found.nodes)
    ]
    return sorted(rows, key=lambda row: -float(row["net"]))


def _pair_rows(found: Connected) -> list[dict[str, Any]]:
    result = found.result
    names = result.names
    rows = [
        {
            "source": source,
            "target": target,
            "share": float(result.table[into, out]),
            "net": float(result.net_pairwise[out, into]),
        }
        for into, target in enumerate(names)
        for out, source in enumerate(names)
        if into != out
    ]
    return sorted(rows, key=lambda row: -float(row["share"]))


def _rolling_rows(found: Connected) -> list[dict[str, Any]]:
    return [
        {name: plain(value) for name, value in row.items()} for row in rolling_frame(found).to_dict("records")
    ]


def rolling_frame(found: Connected) -> pd.DataFrame:
    """Every window of the period, fractions; the columns of the rolling answer."""
    at, rolled = found.shown, found.rolling
    return pd.DataFrame(
        {
            "date": found.days.astype("datetime64[s]"),
            "tci": rolled.total[at],
            "ctci": rolled.corrected[at],
            "members": rolled.members[at].sum(axis=1),
            "observations": rolled.observations[at],
            "explosive": rolled.explosive[at],
            "reason": [REASONS.get(Status(code)) for code in rolled.status[at].tolist()],
        }
    )


def _facts(found: Connected) -> dict[str, Any]:
    result, across = found.result, found.across
    links = found.network if len(result.names) <= MAX_NODES else None
    return {
        "tci": result.total,
        "ctci": result.corrected,
        "period_tci": attempt(lambda: found.period.total),
        "observations": result.observations,
        "rows_left_out": result.rows_left_out,
        "first": words.as_date(found.rows[0]),
        "last": words.as_date(found.rows[-1]),
        "radius": result.radius,
        "explosive": result.explosive,
        "thin": result.thin,
        "shrinkage": result.shrinkage,
        "names": list(result.names),
        "table": [[float(share) for share in row] for row in result.table],
        "links": [] if links is None else links.edges.to_dict("records"),
        "link_threshold": None if links is None else links.threshold,
        "across": across
        and {kind: {"us_in_asia": pair[0], "asia_in_us": pair[1]} for kind, pair in across.items()},
        "left_out": [{"name": name, "reason": reason} for name, reason in found.left_out],
    }


_ROWS: dict[Show, Callable[[Connected], list[dict[str, Any]]]] = {
    "nodes": _node_rows,
    "pairs": _pair_rows,
    "rolling": _rolling_rows,
}


def attempt(make: Callable[[], T]) -> T | None:
    """What ``make`` gives, None where it cannot be had."""
    try:
        return make()
    except AftershockError:
        return None


def sentence(found: Connected) -> str:
    """What crossed from side to side, all of it by the clock.

    Of one side alone, all by the shocks asked for: how much came from elsewhere, and who gave and took the
    most. Shares by different shocks do not add up, so that none stands beside another in one sentence.
    """
    risk = RISK[found.terms.who.measure]
    if found.across is None:
        return f"{words.share(found.result.total)} of {risk} came from elsewhere: {extremes(found)}"
    west, east = (words.whole_percent(share) for share in found.across["clock"])
    return f"By the clock, New York made {west}% of Asia’s {risk} and Asia {east}% of New York’s"


def extremes(found: Connected) -> str:
    """Who gave the most and who took the most."""
    net = found.result.net
    give, take = int(np.argmax(net)), int(np.argmin(net))
    return (
        f"{said(found.nodes[give])} gave the most (NET {points(net[give])}), {said(found.nodes[take])} took "
        f"the most ({points(net[take])})"
    )


def said(node: Node) -> str:
    """A member inside a sentence: ``Asia’s memory``, ``US chip design``, ``SK Hynix``."""
    if not node.layer:
        return node.name
    if node.name not in LAYERS:
        return node.name
    lower = node.name[0].lower() + node.name[1:]
    return f"Asia’s {lower}" if node.side == "asia" else f"US {lower}"


def points(fraction: float) -> str:
    """A NET figure in points of percent, signed."""
    return words.percent(fraction)


def remarks(found: Connected) -> list[str]:
    """What to know of the estimate, a sentence each."""
    result, told = found.result, []
    if result.rows_left_out:
        rows = words.count(result.rows_left_out, "row")
        told.append(f"{rows} left out, in which a value or its lag is missing")
    if result.thin:
        each = len(result.names) * result.lags + 1
        told.append(
            f"Thin: {result.observations} observations for {each} coefficients an equation; take fewer names "
            "or lags, or shrink"
        )
    if result.explosive:
        told.append(
            f"Explosive: the largest root is {result.radius:.3f}; shares change with the horizon without end"
        )
    wild = int(found.rolling.explosive[found.shown].sum()) if attempt(lambda: found.rolling) else 0
    if wild:
        told.append(f"{words.count(wild, 'window')} of the period {'is' if wild == 1 else 'are'} explosive")
    return told


def settings_text(found: Connected) -> str:
    """Every parameter of the estimate, for charts: never a figure without them."""
    terms, result = found.terms, found.result
    return (
        f"{model_text(found)}; {result.observations:,} of {len(found.rows):,} rows, "
        f"{words.day(found.rows[0])} to {words.day(found.rows[-1])}"
        + (f", shrunk {words.correlation(result.shrinkage)}" if terms.shrink != 0 else "")
    )


def model_text(found: Connected) -> str:
    """The model without its sample."""
    terms = found.terms
    return f"VAR({terms.lags}), H {terms.horizon}, {shocks_text(found)}"


def shocks_text(found: Connected) -> str:
    """What kind of shocks, and in which order."""
    first = ADJECTIVE[found.terms.who.lead]
    both = len({node.side for node in found.inputs.nodes}) > 1
    if found.terms.method == "generalised":
        return "generalised shocks"
    if found.terms.method == "clock":
        return f"shocks by the clock, {first} first" if both else "generalised shocks"
    return f"Cholesky shocks, {first} first, then as listed" if both else "Cholesky shocks, as listed"


def measure_text(found: Connected) -> str:
    """What is measured, and how a row is made."""
    who = found.terms.who
    what = "Returns" if who.measure == "returns" else "Log range variances"
    if len({node.side for node in found.inputs.nodes}) == 1:
        return f"{what} by session"
    rows = "New York then next Asia" if who.lead == "us" else "Asia then next New York"
    return f"{what}, {rows}"
