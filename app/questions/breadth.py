"""How wide a fall was: sector-wide or single-stock, by layer and country, and who held up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from app.kinds.answer import Answer, Note, answer_of, number, records
from app.kinds.column import COUNT, DAY, MOVE, SCORE, SHARE, SIZE, SYMBOL, TEXT, Column, columns, keys
from app.kinds.parameters import Asked, session
from app.kinds.question import Question
from app.market import words
from app.market.asof import priced_columns
from app.market.holes import hole_reason
from app.market.left_out import basket_left_out
from app.market.market import View
from app.market.words import as_date
from app.questions.relay.legs import SIDES, side_symbols, since_of, so_far
from models.analytics.breadth import breadth_by_group, held_up, largest_losers
from models.analytics.exceedance import exceedances
from models.analytics.sector import SectorPath, factor_share, verdict_shares
from models.analytics.sector import sector_path as path_of
from models.errors import NoPricesError
from models.types import Bools, Floats, session64

FIGURES = ("breadth", "coexceedance", "largest_share", "largest_symbol", "factor_share", "dispersion", "z")
BREADTH_COLUMNS = (
    *columns(TEXT, "basket", "side"),
    Column("day", DAY),
    Column("verdict", TEXT),
    *columns(SHARE, "breadth", "coexceedance", "largest_share"),
    Column("largest_symbol", SYMBOL),
    Column("factor_share", SHARE),
    Column("dispersion", SIZE),
    Column("z", SCORE),
    *columns(COUNT, "names", "judged"),
)
GROUP_COLUMNS = (
    Column("group", TEXT),
    *columns(COUNT, "names", "down"),
    Column("share", SHARE),
    Column("mean", MOVE),
    Column("coexceedance", SHARE),
    Column("missing", COUNT),
)
LISTED = 5
_COUNTRIES = {
    "JPY": "Japan",
    "KRW": "Korea",
    "TWD": "Taiwan",
    "HKD": "Hong Kong",
    "USD": "United States",
}


def breadth(
    view: View, basket: str = "all", on: date | None = None, as_of: date | datetime | None = None
) -> Answer:
    """How wide one news day was: the basket's verdict with its figures, and that of each of its sides.

    Raises
    ------
    NoPricesError
        If no name of the basket traded by then.
    """
    priced_columns(view, basket)
    row = _row_of(view, basket, on)
    day = view.panel.sessions[row].item()
    sides = [side for side in SIDES if side_symbols(view, side, basket)]
    parts: list[str | None] = [None, *(sides if len(sides) == len(SIDES) else [])]
    rows, notes = [], []
    for side in parts:
        line, found = _line(view, basket, side, row)
        rows.append(line)
        notes += found
    if on is not None and day != on:
        notes.append(Note(None, ("day",), f"{on} is no news day with prices; this is {day}"))
    lacking = basket_left_out(view, basket, day=day)
    if lacking.reasons:
        notes.append(Note(basket, ("names",), f"of {day}: {lacking}"))
    facts = {name: rows[0][name] for name in keys(BREADTH_COLUMNS) if name not in ("basket", "side")}
    facts |= {
        "by_layer": records(layers(view, basket, day), keys(GROUP_COLUMNS)),
        "by_country": records(countries(view, basket, day), keys(GROUP_COLUMNS)),
        "held_up": records(best(view, basket, day), ("symbol", "change")),
        "losers": records(worst(view, basket, day), ("symbol", "change", "loss_share")),
    }
    params = {"basket": basket, "on": on, "as_of": as_of}
    sheet = answer_of(view, as_of, params, BREADTH_COLUMNS, rows, notes)
    return replace(sheet, facts=facts, sentence=sentence(view, basket, day))


def sentence(view: View, basket: str, day: date, side: str | None = None) -> str:
    """The verdict of one day with the figures it stands on."""
    path, row = sector_path(view, basket, side), _at(view, day)
    traded, down = int(path.traded[row]), int(path.down[row])
    verdict, reason = str(path.verdict[row]), str(path.reason[row])
    running = " so far" if so_far(view, basket, day) else ""
    if not verdict:
        told = f"No verdict{running}, {reason}"
        return f"{told}: {down} of {traded} fell." if traded else f"{told}."
    told = f"{verdict.capitalize()}{running}: {down} of {traded} fell"
    judged = int(path.judged[row])
    of = "of them" if judged == traded else f"of the {judged} with enough history"
    many = int(path.exceeding[row])
    if many:
        told += f", {many} {of} in {'its' if many == 1 else 'their'} own worst 5%"
    elif down:
        told += ", none in its own worst 5%"
    if path.largest[row] < 0:
        return f"{told}."
    loser = view.universe[sector_symbols(view, basket, side)[path.largest[row]]].name
    return f"{told}; {loser} was {words.whole_percent(float(path.largest_share[row]))}% of the loss."


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
        exceeded, judged = tail(view)
        found = path_of(
            view.panel.sessions,
            view.returns()[:, columns],
            view.open_exchange[:, columns],
            view.active[:, columns],
            (exceeded[:, columns], judged[:, columns]),
            exchanges=[view.universe[view.panel.symbols[n]].exchange.calendar for n in columns],
        )
        return replace(found, reason=_with_holes(view, columns, found))

    return view.remember(("sector", basket, side), make)


def _with_holes(view: View, columns: Sequence[int], path: SectorPath) -> np.ndarray:
    """The reasons of a path, those that stand on a hole of an exchange by its name and day."""
    told = path.reason.astype(object)
    touched = (view.holes | view.over_hole)[:, columns].any(axis=1)
    for row in np.flatnonzero(touched & np.isnan(path.returns)).tolist():
        told[row] = hole_reason(view, columns, row) or told[row]
    return told.astype(np.str_)


def tail(view: View) -> tuple[Bools, Bools]:
    """Which returns of the baskets' names lie in their own worst twentieth, and which were judged."""

    def make() -> tuple[Bools, Bools]:
        members = view.columns(view.universe.basket("all").symbols)
        exceeded, judged = (np.zeros(view.panel.present.shape, dtype=np.bool_) for _ in range(2))
        exceeded[:, members], judged[:, members] = exceedances(_own(view, members))
        return exceeded, judged

    return view.remember("tail", make)


def verdicts(view: View, basket: str, start: date, end: date) -> pd.DataFrame:
    """How often each verdict fell between two days, beside the years before as-of."""
    since = session64(since_of(view))
    return verdict_shares(sector_path(view, basket), session64(start), session64(end), since)


def layers(view: View, basket: str, day: date) -> pd.DataFrame:
    """Breadth by layer of the stack on one day, deepest first."""
    return _grouped(
        view, basket, day, [view.universe[name].layer.name for name in sector_symbols(view, basket)]
    )


def countries(view: View, basket: str, day: date) -> pd.DataFrame:
    """Breadth by the country of the listing on one day, deepest first."""
    return _grouped(view, basket, day, _countries_of(view, sector_symbols(view, basket)))


def best(view: View, basket: str, day: date, top: int = LISTED) -> pd.DataFrame:
    """The names that held up best on one day."""
    return held_up(_moves(view, basket, day), sector_symbols(view, basket), top)


def worst(view: View, basket: str, day: date, top: int = LISTED) -> pd.DataFrame:
    """The largest losers of one day, with their share of all losses."""
    return largest_losers(_moves(view, basket, day), sector_symbols(view, basket), top)


def names(view: View, basket: str, day: date) -> pd.DataFrame:
    """Every name of a basket on one day, deepest first: its move, and whether that is in its worst 5%."""
    symbols = sector_symbols(view, basket)
    columns, row = view.columns(symbols), _at(view, day)
    exceeded, judged = (flags[row, columns] for flags in tail(view))
    items = [view.universe[symbol] for symbol in symbols]
    table = pd.DataFrame(
        {
            "day": day,
            "symbol": symbols,
            "name": [item.name for item in items],
            "layer": [item.layer.name for item in items],
            "country": _countries_of(view, symbols),
            "change": _moves(view, basket, day),
            "in_worst_5_percent": [
                bool(low) if known else None for low, known in zip(exceeded, judged, strict=True)
            ],
        }
    )
    return table[np.isfinite(table["change"])].sort_values("change", kind="stable", ignore_index=True)


def factor_of(view: View, basket: str, side: str | None, row: int) -> tuple[float | None, int]:
    """The first-factor share of one row of the panel, and the names it had to leave out."""

    def make() -> tuple[float | None, int]:
        found = factor_share(_own(view, view.columns(sector_symbols(view, basket, side))), [row])
        return number(found.share[0]), int(found.left_out[0])

    return view.remember(("factor", basket, side, row), make)


def _line(view: View, basket: str, side: str | None, row: int) -> tuple[dict[str, Any], list[Note]]:
    """One line of the answer, and why anything in it is missing."""
    path, symbols = sector_path(view, basket, side), sector_symbols(view, basket, side)
    largest = int(path.largest[row])
    share, left_out = factor_of(view, basket, side, row)
    line: dict[str, Any] = {
        "basket": basket,
        "side": side or "both" if _two_sided(view, basket) else _only_side(view, basket),
        "day": view.panel.sessions[row].item(),
        "verdict": str(path.verdict[row]) or None,
        **{name: number(getattr(path, name)[row]) for name in ("breadth", "coexceedance", "largest_share")},
        "largest_symbol": symbols[largest] if largest >= 0 else None,
        "factor_share": share,
        "dispersion": number(path.dispersion[row]),
        "z": number(path.z[row]),
        "names": int(path.traded[row]),
        "judged": int(path.judged[row]),
    }
    about = f"{basket} {side}" if side else basket
    notes = []
    if line["verdict"] is None:
        notes.append(Note(about, ("verdict",), str(path.reason[row])))
    if share is not None and left_out:
        lack = "lacks" if left_out == 1 else "lack"
        told = f"stands without {words.count(left_out, 'name')} that {lack} the history"
        notes.append(Note(about, ("factor_share",), told))
    return line, notes + _missing(about, line, int(path.traded[row]))


def _missing(about: str, line: dict[str, Any], traded: int) -> list[Note]:
    """Why figures are missing, one note a reason."""
    absent = [name for name in FIGURES if line[name] is None]
    if not traded:
        return [Note(about, tuple(absent), "nothing traded")]
    reasons = {
        "no name fell": ("largest_share", "largest_symbol"),
        "it takes two names": ("dispersion",),
        "the names have too short a history": ("coexceedance", "factor_share", "z"),
    }
    found = {reason: tuple(name for name in names if name in absent) for reason, names in reasons.items()}
    return [Note(about, names, reason) for reason, names in found.items() if names]


def _two_sided(view: View, basket: str) -> bool:
    return all(side_symbols(view, side, basket) for side in SIDES)


def _only_side(view: View, basket: str) -> str:
    return next(side for side in SIDES if side_symbols(view, side, basket))


def _countries_of(view: View, symbols: Sequence[str]) -> list[str]:
    """The country of each name's listing; its city where none is known."""
    exchanges = [view.universe[symbol].exchange for symbol in symbols]
    return [_COUNTRIES.get(item.currency, item.city) for item in exchanges]


def _row_of(view: View, basket: str, on: date | None) -> int:
    """The last row, by a date, on which an exchange of the basket held a session."""
    held = view.traded_exchange if on is None else view.open_exchange
    news = np.flatnonzero(held[:, view.columns(sector_symbols(view, basket))].any(axis=1))
    if on is not None:
        news = news[view.panel.sessions[news] <= session64(on)]
    if not len(news):
        raise NoPricesError(
            f"No session of the basket {basket!r} is stored up to {on}; ask for a later day, "
            f"or run `aftershock backfill --since {on}`."
        )
    return int(news[-1])


def _at(view: View, day: date) -> int:
    return int(np.searchsorted(view.panel.sessions, session64(day)))


def _own(view: View, columns: Sequence[int] | np.ndarray) -> Floats:
    """Returns of the names on the days they belong to the basket and their exchange was open."""
    counted = view.active[:, columns] & view.open_exchange[:, columns]
    return np.where(counted, view.returns()[:, columns], np.nan)


def _moves(view: View, basket: str, day: date) -> Floats:
    columns = view.columns(sector_symbols(view, basket))
    row = _at(view, day)
    counted = view.active[row, columns] & view.open_exchange[row, columns]
    return np.where(counted, view.returns()[row, columns], np.nan)


def _grouped(view: View, basket: str, day: date, groups: Sequence[str]) -> pd.DataFrame:
    """By group, of the names that have had a move by then: a later listing is not missing."""
    columns, row = np.asarray(view.columns(sector_symbols(view, basket))), _at(view, day)
    listed = np.isfinite(_own(view, columns)[: row + 1]).any(axis=0)
    exceeded, judged = (flags[row, columns][listed] for flags in tail(view))
    named = [groups[int(place)] for place in np.flatnonzero(listed)]
    return breadth_by_group(_moves(view, basket, day)[listed], named, (exceeded, judged))


@dataclass(frozen=True, slots=True)
class BreadthParams(Asked):
    """What may be asked of a day's breadth."""

    on: str = session(help="The news day; the last one unless given.", key="day", option="on")


BREADTH = Question(
    "breadth",
    BreadthParams,
    ask=lambda ground, params: breadth(ground.view, params.basket, as_date(params.on), ground.as_of),
)
