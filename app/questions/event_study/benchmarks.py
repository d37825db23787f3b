"""A benchmark for each name of an event study that does not hold the name, or says that it does."""

from __future__ import annotations

import numpy as np

from app.market.market import View
from models.analytics.event_benchmarks import MIN_OTHERS, rest_of, session_before
from models.errors import MeasureSettingError, NoPricesError
from models.tickers import read_symbol
from models.types import Floats

AUTO, REST, HOME = "auto", "rest", "home"
WORDS = (AUTO, REST, HOME)
FACTOR, NEW_YORK = "^SOX", "^GSPC"
HOMES = {"XTKS": "^N225", "XKRX": "^KS11", "XTAI": "^TWII", "XHKG": "^HSI", "XNYS": "^GSPC"}
"""The index of each exchange's own market."""
LARGE = {
    "000660.KS": "with Samsung it is half of the KOSPI",
    "005930.KS": "with SK Hynix it is half of the KOSPI",
    "2330.TW": "it is more than a third of the TAIEX",
}
"""Names that make a large part of their home index."""
REASONS = {
    AUTO: "A home index would hide the fall of the names it is made of (SK Hynix and Samsung are half of the "
    "KOSPI): names in Asia are measured against what New York's semiconductors had done by then.",
    REST: "Against the other names of its side a fall of all of them shows nowhere: this tells a name from "
    "its peers.",
    HOME: "The home index holds the names themselves: what they take it down by counts as expected.",
}
"""Why a benchmark is what it is, as an answer prints it."""
OTHERS = "the mean of the other"
_SIDES = {"asia": "Asian", "us": "US"}
_PLACES = {"asia": "Asia", "us": "New York"}


def benchmarks_of(view: View, columns: list[int], benchmark: str) -> tuple[Floats, list[str]]:
    """Each name's benchmark, (T, N), and what it is in words.

    Raises
    ------
    NoPricesError
        If a benchmark has no price, or too few other names have.
    MeasureSettingError
        If a name would be its own benchmark.
    UnknownSymbolError
        If the benchmark is neither a word nor a symbol of the universe.
    """
    if benchmark not in WORDS:
        benchmark = read_symbol(benchmark, view.universe)
    values, labels = np.empty((len(view.panel.sessions), len(columns))), []
    made: dict[tuple[str, str], Floats] = {}
    for place, column in enumerate(columns):
        item = view.universe[view.panel.symbols[column]]
        chosen = _usual(view, item.region) if benchmark == AUTO else benchmark
        if chosen == REST:
            values[:, place] = _rest(view, item.region)[:, column]
            labels.append(f"{OTHERS} {_SIDES[item.region]} AI names, the name left out")
            continue
        source = HOMES.get(item.exchange.calendar, item.exchange.calendar) if chosen == HOME else chosen
        if source == item.symbol:
            raise MeasureSettingError("the benchmark", source, "one that is not among the names studied")
        key = (source, item.exchange.calendar)
        if key not in made:
            made[key] = _factor(view, source, column)
        values[:, place] = made[key]
        city = item.exchange.city if benchmark == HOME else _PLACES[item.region]
        labels.append(_label(view, source, item.region, city))
    return values, labels


def _usual(view: View, side: str) -> str:
    """What names of a side are measured against unless asked.

    A universe of one's own may hold no such index: then it is the other names of the side.
    """
    index = FACTOR if side == "asia" else NEW_YORK
    return index if index in view.universe else REST


def _priced(view: View, symbol: str) -> bool:
    at = view.columns((symbol,))
    return bool(at) and bool(view.panel.present[:, at[0]].any())


def _rest(view: View, side: str) -> Floats:
    """The mean of the other names of a side, for every column of the panel."""

    def make() -> Floats:
        columns = view.columns(view.universe.basket(side).symbols)
        if len(columns) <= MIN_OTHERS:
            raise NoPricesError(f"Too few names of {_SIDES[side]} tech have prices for a mean of the others.")
        found = np.full(view.panel.present.shape, np.nan)
        own = np.where(view.active[:, columns], view.returns()[:, columns], np.nan)
        found[:, columns] = rest_of(own)
        return found

    return view.remember(("rest of", side), make)


def _factor(view: View, source: str, column: int) -> Floats:
    """The benchmark's return of the same session, or as an Asian exchange could know it of the one before."""
    if source not in view.universe:
        raise NoPricesError(
            f"The benchmark {source} is not in the universe; add it to the file, or choose rest."
        )
    if not _priced(view, source):
        raise NoPricesError(f"The benchmark {source} has no price by then; run `aftershock ingest once`.")
    at = view.columns((source,))
    returns: Floats = view.returns()[:, at[0]]
    if _before(view, source, view.universe[view.panel.symbols[column]].region):
        return session_before(returns, view.open_exchange[:, at[0]], view.open_exchange[:, column])
    return returns


def _before(view: View, source: str, region: str) -> bool:
    """Whether a benchmark's session of a date ends only after the name's of that date."""
    return region == "asia" and view.universe[source].region != "asia"


def _label(view: View, source: str, region: str, place: str) -> str:
    when = ", New York’s session before" if _before(view, source, region) else ""
    return f"{view.universe[source].name}{when}, for names in {place}"
