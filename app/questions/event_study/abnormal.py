"""One event studied: each exchange's day 0, a benchmark for each name, and what is left beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from app.market.asof import priced_columns
from app.market.market import View
from app.questions.event_study.benchmarks import AUTO, benchmarks_of
from models.analytics.event_clock import Reaction, day_zeros, day_zeros_of_dates
from models.analytics.event_inference import Clustering, WindowTests, car_scores, clustering, several_tests
from models.analytics.event_study import MINIMUM, Model, Study, Window, event_study
from models.errors import NoPricesError
from models.types import Floats, instant64, session64

Moment = date | datetime
BAND = 1.96


@dataclass(frozen=True, slots=True)
class DayZero:
    """Day 0 on one exchange; ``session`` is None while none has followed the event."""

    city: str
    calendar: str
    session: date | None
    reaction: Reaction
    names: int


@dataclass(frozen=True, slots=True, eq=False)
class NamePath:
    """One name that counts: fractions, ``abnormal`` and ``car`` of shape (W,), NaN for what has not come.

    ``gap`` is the move of day 0's open from the close before, not adjusted; ``scores`` are the t of ``car``
    by the name's own errors; ``beta`` is None without a benchmark.
    """

    symbol: str
    name: str
    layer: str
    day0: date
    reaction: Reaction
    gap: float
    abnormal: Floats
    car: Floats
    scores: Floats
    beta: float | None
    used: int
    benchmark: str


@dataclass(frozen=True, slots=True, eq=False)
class GroupPath:
    """The mean path of names, with what chance alone would leave of it: ``low`` and ``high``, (W,).

    ``tests`` hold the windows of :func:`spans`, those that every name has reached.
    """

    id: str
    name: str
    symbols: tuple[str, ...]
    car: Floats
    low: Floats
    high: Floats
    tests: tuple[WindowTests, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """An event study of one basket around one moment.

    ``reached`` is the last session from day 0 that every name has; None when no name counts. ``layers``
    are those of the AI stack that have a name in it, deepest first by then; ``whole`` is all names.
    """

    at: Moment
    basket: str
    model: Model
    benchmark: str
    window: Window
    day0: tuple[DayZero, ...]
    names: tuple[NamePath, ...]
    layers: tuple[GroupPath, ...]
    whole: GroupPath
    left_out: tuple[tuple[str, str], ...]
    benchmarks: tuple[str, ...]
    shared: Clustering
    reached: int | None

    @property
    def offsets(self) -> np.ndarray:
        """Sessions from day 0, shape (W,)."""
        return self.window.offsets

    def place(self, offset: int) -> int:
        """Where a session from day 0 stands in the paths."""
        return offset + self.window.before


def studied(
    view: View,
    at: Moment,
    basket: str = "all",
    model: Model = "market",
    benchmark: str = AUTO,
    window: Window | None = None,
) -> Studied:
    """The study of a basket's names around a moment, worked out once for a view.

    Parameters
    ----------
    at
        An instant in UTC, or a date when the time is not known.
    benchmark
        ``auto``: New York's semiconductor index of the session before for a name in Asia, the S&P 500
        for one in New York, or ``rest`` where the universe has no such index; ``rest``: the mean of the
        other names of its side; ``home``: the index of its exchange; or a symbol of the universe.

    Raises
    ------
    NoPricesError
        If no session of the basket's exchanges has followed the moment, or the benchmark has no price.
    UnknownSymbolError
        If the benchmark is neither of the words nor a symbol.
    """
    window = window or Window()
    key = ("event study", at, basket, model, benchmark, window)
    return view.remember(key, lambda: _studied(view, at, basket, model, benchmark, window))


def window_of(
    before: int | None = None, after: int | None = None, estimation: int | None = None, gap: int | None = None
) -> Window:
    """A window with some lengths given; a shorter estimation lowers the least that a fit may have."""
    usual = Window()
    length = usual.estimation if estimation is None else estimation
    return Window(
        usual.before if before is None else before,
        usual.after if after is None else after,
        length,
        usual.gap if gap is None else gap,
        max(min(MINIMUM, length), 3),
    )


def day_zeros_of(view: View, at: Moment, columns: Sequence[int]) -> dict[str, tuple[int, Reaction]]:
    """For each calendar of the columns the panel's row of day 0, -1 for none, and the reaction."""
    found: dict[str, tuple[int, Reaction]] = {}
    for column in columns:
        calendar = view.calendars[view.universe[view.panel.symbols[column]].exchange.calendar]
        if calendar.id in found:
            continue
        rows = np.flatnonzero(view.open_exchange[:, column])
        days = view.panel.sessions[rows]
        reaction: Reaction = "date"
        if isinstance(at, datetime):
            held = np.searchsorted(calendar.sessions, days)
            moment = np.array([instant64(at)])
            zero = day_zeros(moment, calendar.opens[held], calendar.closes[held])
            row, reaction = int(zero.rows[0]), "open" if zero.from_open[0] else "close"
        else:
            row = int(day_zeros_of_dates(np.array([session64(at)]), days)[0])
        found[calendar.id] = (int(rows[row]) if row >= 0 else -1, reaction)
    return found


def _studied(view: View, at: Moment, basket: str, model: Model, benchmark: str, window: Window) -> Studied:
    if isinstance(at, datetime):
        at = at.astimezone(UTC)
    columns = priced_columns(view, basket)
    _check(view, at)
    symbols = [view.panel.symbols[column] for column in columns]
    calendar = [view.universe[symbol].exchange.calendar for symbol in symbols]
    zeros = day_zeros_of(view, at, columns)
    if all(row < 0 for row, _ in zeros.values()):
        raise NoPricesError(
            f"No session after {_written(at)} is stored yet; bring newer prices or ask for an earlier one."
        )
    own = np.where(view.active[:, columns], view.returns()[:, columns], np.nan)
    factor, labels = (
        (None, [""] * len(symbols)) if model == "mean" else benchmarks_of(view, columns, benchmark)
    )
    day0 = np.array([[zeros[name][0] for name in calendar]])
    study = event_study(
        own, factor, day0, view.panel.sessions, window=window, opened=view.open_exchange[:, columns]
    )
    gaps = view.legs()[0][:, columns]
    counted, scores = study.counted[0], car_scores(study)[0]
    names = tuple(
        _name_path(view, study, place, symbol, (zeros[calendar[place]], gaps, scores, labels[place]))
        for place, symbol in enumerate(symbols)
        if counted[place]
    )
    reached = _reached(study, counted)
    whole = _group(study, "all", view.universe.basket(basket).name, symbols, counted, reached)
    out = tuple((name, str(why)) for name, why in zip(symbols, study.why[0], strict=True) if why)
    return Studied(
        at,
        basket,
        model,
        benchmark,
        window,
        _days(view, zeros, calendar),
        names,
        _layers(view, study, symbols, counted, reached),
        whole,
        out,
        tuple(dict.fromkeys(label for label in labels if label)),
        clustering(study),
        reached,
    )


def _check(view: View, at: Moment) -> None:
    first = view.panel.sessions[0].item()
    if (at.date() if isinstance(at, datetime) else at) < first:
        raise NoPricesError(
            f"{_written(at)} lies before the first stored session, {first}; bring older prices by "
            "`aftershock backfill --since`."
        )


def _written(at: Moment) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else at.isoformat()


def _days(view: View, zeros: dict[str, tuple[int, Reaction]], calendar: list[str]) -> tuple[DayZero, ...]:
    cities = {exchange.calendar: exchange.city for exchange in reversed(view.universe.exchanges)}
    found = [
        DayZero(
            cities[name],
            name,
            view.panel.sessions[row].item() if row >= 0 else None,
            reaction,
            calendar.count(name),
        )
        for name, (row, reaction) in zeros.items()
    ]
    order = list(cities)[::-1]
    return tuple(sorted(found, key=lambda item: order.index(item.calendar)))


def _name_path(
    view: View, study: Study, place: int, symbol: str, given: tuple[tuple[int, Reaction], Floats, Floats, str]
) -> NamePath:
    (row, reaction), gaps, scores, label = given
    item = view.universe[symbol]
    return NamePath(
        symbol,
        item.name,
        item.layer.id,
        view.panel.sessions[row].item(),
        reaction,
        float(gaps[row, place]),
        study.abnormal[0, place],
        study.car[0, place],
        scores[place],
        None if study.model == "mean" else float(study.beta[0, place]),
        int(study.used[0, place]),
        label,
    )


def _reached(study: Study, counted: np.ndarray) -> int | None:
    """The last session from day 0 that every name that counts has."""
    if not counted.any():
        return None
    whole = np.isfinite(study.abnormal[0, counted]).all(axis=0)
    return int(study.window.offsets[whole][-1])


def spans(window: Window, reached: int) -> list[tuple[int, int]]:
    """The windows that tests are made of: before day 0, day 0, and from it to +1, +5 and the last."""
    wanted = [(-window.before, -1)] if window.before else []
    wanted += [(0, last) for last in sorted({0, 1, 5, window.after}) if last <= min(reached, window.after)]
    if reached < window.after and (0, reached) not in wanted:
        wanted.append((0, reached))
    return wanted


def _group(
    study: Study, group: str, label: str, symbols: Sequence[str], chosen: np.ndarray, reached: int | None
) -> GroupPath:
    members = tuple(symbol for symbol, used in zip(symbols, chosen, strict=True) if used)
    if reached is None or not members:
        nothing = np.full(len(study.window.offsets), np.nan)
        return GroupPath(group, label, members, nothing, nothing, nothing, ())
    car = study.car[0, chosen].mean(axis=0)
    tests = tuple(several_tests(study, spans(study.window, reached), chosen))
    daily = next(test.deviation for test in tests if (test.first, test.last) == (0, 0))
    offsets = study.window.offsets
    width = BAND * daily * np.sqrt(np.where(offsets < 0, -1 - offsets, offsets + 1))
    return GroupPath(group, label, members, car, -width, width, tests)


def _layers(
    view: View, study: Study, symbols: Sequence[str], counted: np.ndarray, reached: int | None
) -> tuple[GroupPath, ...]:
    """The layers that have a name in the study, deepest first at the last session all have reached."""
    found = []
    for layer in view.universe.layers:
        chosen = counted & np.array(
            [view.universe[symbol].layer == layer for symbol in symbols], dtype=np.bool_
        )
        if chosen.any():
            found.append(_group(study, layer.id, layer.name, symbols, chosen, reached))
    if reached is None:
        return tuple(found)
    return tuple(sorted(found, key=lambda item: item.car[reached + study.window.before]))
