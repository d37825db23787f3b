"""What can go wrong, by name: faults of the transport and faults of the rows."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.standin.chart import Reply, rebased
from tests.standin.prices import StandInError
from tests.standin.venues import parse_instant

TRANSPORT = {
    "429": "the chart answers 429",
    "429-after-k": "the chart answers 429 once `k` requests have passed",
    "crumb-429": "the crumb answers 429",
    "401": "the chart answers 401, invalid crumb",
    "500": "the chart answers 500 with a page",
    "502-json": "the chart answers 502 with JSON of another shape",
    "html": "the chart answers 200 with a consent page",
    "truncated": "the chart stops half-way through its JSON",
    "slow": "the chart waits `seconds`, 30 if not said",
    "reset": "the connection is reset",
    "empty": "the chart answers 200 without a result",
    "notfound": "the chart answers 404, no data found",
    "not-json-shape": "the chart answers 200 with columns of unequal length",
    "endless": "the chart answers 200 with a body of `megabytes`, without an end if not said",
    "redirect": "the chart answers 302 and leads to `location`, another host if not said",
}
OTHER_COMPANY = "othercompany"
"""The rows of `like`, or of the next symbol of the exchange, under the label of the one asked for."""


@dataclass(frozen=True)
class Fault:
    """One entry of a scenario: what happens to whom, when, and how often.

    ``symbol`` is a symbol or ``*``; ``start`` and ``end`` are instants of the virtual
    clock; ``p`` is the share of requests, drawn from ``seed``; ``options`` belong to
    the mode.
    """

    mode: str
    symbol: str = "*"
    start: datetime | None = None
    end: datetime | None = None
    p: float = 1.0
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mode not in TRANSPORT and self.mode not in ROWS:
            known = ", ".join(sorted({*TRANSPORT, *ROWS}))
            raise StandInError(f"There is no fault mode {self.mode!r}; choose one of {known}.")

    def covers(self, symbol: str, now: datetime) -> bool:
        return (
            self.symbol in ("*", symbol)
            and (self.start is None or now >= self.start)
            and (self.end is None or now < self.end)
        )

    def strikes(self, symbol: str, count: int) -> bool:
        """Whether the n-th request for a symbol is hit; the same answer each time."""
        return self.p >= 1.0 or random.Random(f"{self.seed}:{self.mode}:{symbol}:{count}").random() < self.p

    @property
    def session(self) -> date | None:
        value = self.options.get("session")
        return date.fromisoformat(value) if isinstance(value, str) else value


def parse_faults(entries: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Read scenario entries: symbol, from, to, mode, p, seed, and what the mode needs."""
    faults = []
    for entry in entries:
        rest = dict(entry)
        mode = str(rest.pop("mode", ""))
        bounds = [_bound(rest.pop(name, None)) for name in ("from", "to")]
        faults.append(
            Fault(
                mode=mode,
                symbol=str(rest.pop("symbol", "*")),
                start=bounds[0],
                end=bounds[1],
                p=float(rest.pop("p", 1.0)),
                seed=int(rest.pop("seed", 0)),
                options=rest,
            )
        )
    return faults


def _bound(value: Any) -> datetime | None:
    return value if value is None or isinstance(value, datetime) else parse_instant(str(value))


def read_faults(path: Path) -> list[Fault]:
    """Read a scenario file: TOML with one [[fault]] table an entry."""
    try:
        return parse_faults(tomllib.loads(path.read_text(encoding="utf-8")).get("fault", []))
    except OSError as error:
        reason = f"Cannot read the faults file {path}: {error.strerror}"
        raise StandInError(f"{reason}; check the path.") from error
    except (tomllib.TOMLDecodeError, ValueError, TypeError) as error:
        raise StandInError(f"Cannot use the faults file {path}: {error}.") from error


def _target(reply: Reply, fault: Fault) -> int:
    """The row a fault works on: the named session's, else the last."""
    if fault.session is None:
        return len(reply.stamps) - 1
    for index, stamp in enumerate(reply.stamps):
        if reply.venue.day(int(stamp)) == fault.session:
            return index
    return -1


def _scale(reply: Reply, fault: Fault, factor: float, names: Iterable[str]) -> Reply:
    index = _target(reply, fault)
    if 0 <= index < len(reply.stamps):
        for name in names:
            reply.columns[name][index] *= factor
    return reply


PRICES = ("open", "high", "low", "close", "adj_close")


def _null(reply: Reply, fault: Fault) -> Reply:
    index = _target(reply, fault)
    if index >= 0:
        for column in reply.columns.values():
            column[index] = np.nan
    return reply


def _null_middle(reply: Reply, fault: Fault) -> Reply:
    n, count = len(reply.stamps), int(fault.options.get("count", 3))
    for column in reply.columns.values():
        column[n // 2 : n // 2 + count] = np.nan
    return reply


def _duplicate(reply: Reply, fault: Fault) -> Reply:
    """A second, live row for the last day, stamped with the time of the last trade."""
    if len(reply.stamps):
        values = reply.row(-1)
        moved = values["close"] * float(fault.options.get("move", 1.01))
        values |= {"close": moved, "adj_close": moved, "high": max(values["high"], moved)}
        reply.insert(int(reply.stamps[-1]) + 4 * 3600, values)
    return reply


def _high_low(reply: Reply, fault: Fault) -> Reply:
    index = _target(reply, fault)
    if index >= 0:
        high, low = reply.columns["high"], reply.columns["low"]
        high[index], low[index] = reply.columns["close"][index] * 0.97, reply.columns["close"][index] * 1.03
    return reply


def _future(reply: Reply, fault: Fault) -> Reply:
    if len(reply.stamps):
        reply.insert(int(reply.stamps[-1]) + int(fault.options.get("days", 7)) * 86_400, reply.row(-1))
    return reply


def _weekend(reply: Reply, fault: Fault) -> Reply:
    if len(reply.stamps):
        ahead = (5 - reply.venue.day(int(reply.stamps[-1])).weekday()) % 7 or 7
        reply.insert(int(reply.stamps[-1]) + ahead * 86_400, reply.row(-1))
    return reply


def _stale(reply: Reply, fault: Fault) -> Reply:
    index = _target(reply, fault)
    if index > 0:
        for name in ("close", "adj_close"):
            reply.columns[name][index] = reply.columns[name][index - 1]
    return reply


def _meta(**changes: Any) -> Callable[[Reply, Fault], Reply]:
    def apply(reply: Reply, fault: Fault) -> Reply:
        for key, value in changes.items():
            reply.meta[key] = fault.options.get("value", value)
        return reply

    return apply


def _no_currency(reply: Reply, fault: Fault) -> Reply:
    reply.meta.pop("currency", None)
    return reply


def _missing_half(reply: Reply, fault: Fault) -> Reply:
    n = len(reply.stamps)
    reply.keep(np.arange(n) >= n // 2)
    return reply


def _missing(reply: Reply, fault: Fault) -> Reply:
    index = _target(reply, fault)
    reply.keep(np.arange(len(reply.stamps)) != index)
    return reply


def _day_early(reply: Reply, fault: Fault) -> Reply:
    """Bars stamped with the UTC midnight of their date, as a naive conversion leaves them."""
    reply.stamps = reply.stamps - reply.stamps % 86_400 - 86_400
    return reply


def _ex(reply: Reply, fault: Fault) -> tuple[float, int | None]:
    """Ratio of a split and the opening of its first day on the new basis, None before it."""
    ratio = float(fault.options.get("ratio", 10.0))
    day = fault.session or (fault.start.date() if fault.start else reply.table.days[-1])
    stamp = reply.venue.instant(day, reply.venue.opens)
    return ratio, stamp if stamp <= reply.now else None


def _split(reply: Reply, fault: Fault) -> Reply:
    """The whole history on the new basis; before the day itself nothing has changed."""
    ratio, ex = _ex(reply, fault)
    if ex is None:
        return reply
    changed = rebased(reply, ratio, slice(None))
    if fault.mode != "split-no-event":
        changed.splits[ex] = ratio
    return changed


def _event_only(reply: Reply, fault: Fault) -> Reply:
    """The event and the new prices, with the old history left as it was."""
    ratio, ex = _ex(reply, fault)
    if ex is None:
        return reply
    changed = rebased(reply, ratio, slice(int(np.searchsorted(reply.stamps, ex)), None))
    changed.splits[ex] = ratio
    return changed


def _dividend(reply: Reply, fault: Fault) -> Reply:
    """A dividend: every adjusted close before it moves down by its yield."""
    amount = float(fault.options.get("amount", 1.0))
    _, ex = _ex(reply, fault)
    if ex is None:
        return reply
    at = int(np.searchsorted(reply.stamps, ex))
    if at > 0:
        factor = 1 - amount / float(reply.columns["close"][at - 1])
        reply.columns["adj_close"][:at] *= factor
    reply.dividends[ex] = amount
    return reply


def _revise(reply: Reply, fault: Fault) -> Reply:
    return _scale(reply, fault, float(fault.options.get("factor", 1.01)), PRICES)


def _times(reply: Reply, factor: Any) -> Reply:
    """Every price times a factor a row."""
    for name in PRICES:
        with np.errstate(over="ignore"):
            reply.columns[name] = reply.columns[name] * factor
    return reply


def _drift(reply: Reply, fault: Fault) -> Reply:
    """Prices times a factor that grows from row to row."""
    first, step = float(fault.options.get("factor", 0.7)), float(fault.options.get("step", 0.01))
    return _times(reply, first + step * np.arange(len(reply.stamps)))


def _other_currency(reply: Reply, fault: Fault) -> Reply:
    """Prices in another currency, at each day's own rate, with the label unchanged."""
    rate = float(fault.options.get("rate", 1380.0))
    daily = [random.Random(f"rate:{int(stamp)}").gauss(0.0, 0.004) for stamp in reply.stamps]
    return _times(reply, np.exp(daily) / rate)


def _null_adjusted(reply: Reply, fault: Fault) -> Reply:
    """A row that keeps nothing but its adjusted close: the named session's, else the last but one."""
    index = _target(reply, fault) if fault.session else len(reply.stamps) - 2
    if index >= 0:
        for name in ("open", "high", "low", "close", "volume"):
            reply.columns[name][index] = np.nan
    return reply


def _spaced(reply: Reply, fault: Fault) -> Reply:
    """Rows of weeks or months: the first day's stamp, the last day's close; `silent` leaves the label."""
    days = [reply.venue.day(int(stamp)) for stamp in reply.stamps]
    weekly = fault.mode == "weekly"
    keys = [tuple(day.isocalendar()[:2]) if weekly else (day.year, day.month) for day in days]
    starts = np.flatnonzero([at == 0 or keys[at] != keys[at - 1] for at in range(len(keys))])
    if len(starts):
        ends = np.append(starts[1:], len(keys)) - 1
        with np.errstate(invalid="ignore"):
            merged = {
                "open": reply.columns["open"][starts],
                "high": np.fmax.reduceat(reply.columns["high"], starts),
                "low": np.fmin.reduceat(reply.columns["low"], starts),
                "close": reply.columns["close"][ends],
                "adj_close": reply.columns["adj_close"][ends],
                "volume": np.add.reduceat(reply.columns["volume"], starts),
            }
        reply.stamps, reply.columns = reply.stamps[starts], merged
    return _labelled(reply, fault, "1wk" if weekly else "1mo")


def _hourly(reply: Reply, fault: Fault) -> Reply:
    """Four rows a day on the way from the open to the close."""
    hours = np.arange(4)
    share = (hours + 1) / 4
    opened = np.where(np.isnan(reply.columns["open"]), reply.columns["close"], reply.columns["open"])
    path = opened[:, None] + (reply.columns["close"] - opened)[:, None] * share
    ratio = (reply.columns["adj_close"] / reply.columns["close"])[:, None]
    reply.stamps = (reply.stamps[:, None] + hours * 3_600).ravel()
    columns = {name: path.ravel().copy() for name in ("open", "high", "low", "close")}
    columns |= {"adj_close": (path * ratio).ravel()}
    reply.columns = columns | {"volume": np.repeat(reply.columns["volume"] / 4, 4)}
    return _labelled(reply, fault, "1h")


def _labelled(reply: Reply, fault: Fault, granularity: str) -> Reply:
    if not fault.options.get("silent"):
        reply.meta["dataGranularity"] = granularity
    return reply


def _odd_split(reply: Reply, fault: Fault) -> Reply:
    """A split of an odd ratio told for the last day, whose row alone is on the new basis."""
    if len(reply.stamps) < 2:
        return reply
    ratio = float(fault.options.get("ratio", 2.5))
    changed = rebased(reply, ratio, slice(len(reply.stamps) - 1, None))
    changed.splits[int(reply.stamps[-1])] = ratio
    return changed


def _over_zero(reply: Reply, fault: Fault) -> Reply:
    """One split event that is none: `numerator` over `denominator`, 1:0 if not said."""
    if len(reply.stamps):
        at = int(reply.stamps[-1])
        parts = fault.options.get("numerator", 1), fault.options.get("denominator", 0)
        reply.odd_splits[at] = {"date": at, "numerator": parts[0], "denominator": parts[1]}
        reply.odd_splits[at]["splitRatio"] = f"{parts[0]}:{parts[1]}"
    return reply


def _standing(reply: Reply, fault: Fault) -> Reply:
    """An exchange that stands still: the last `count` rows repeat the close before them, without volume."""
    count = min(int(fault.options.get("count", 8)), len(reply.stamps) - 1)
    if count > 0:
        for name in PRICES:
            source = "adj_close" if name == "adj_close" else "close"
            reply.columns[name][-count:] = reply.columns[source][-count - 1]
        reply.columns["volume"][-count:] = 0.0
    return reply


ROWS: dict[str, Callable[[Reply, Fault], Reply]] = {
    "lastnan": _null,
    "nullmiddle": _null_middle,
    "dup": _duplicate,
    "neg": lambda reply, fault: _scale(reply, fault, -1.0, PRICES),
    "zero": lambda reply, fault: _scale(reply, fault, 0.0, PRICES),
    "x100": lambda reply, fault: _scale(reply, fault, float(fault.options.get("factor", 100.0)), PRICES),
    "negvolume": lambda reply, fault: _scale(reply, fault, -1.0, ("volume",)),
    "highlow": _high_low,
    "future": _future,
    "weekend": _weekend,
    "stale": _stale,
    "othersym": _meta(symbol="OTHER"),
    "ccy": _meta(currency="GBp"),
    "nocurrency": _no_currency,
    "tz": _meta(exchangeTimezoneName="Europe/Paris"),
    "split": _split,
    "split-no-event": _split,
    "event-no-rebase": _event_only,
    "dividend": _dividend,
    "revise": _revise,
    "missing-half": _missing_half,
    "missing": _missing,
    "dayearly": _day_early,
    OTHER_COMPANY: lambda reply, fault: reply,
    "othercurrency": _other_currency,
    "drift": _drift,
    "huge": lambda reply, fault: _times(reply, float(fault.options.get("factor", 1e305))),
    "nulladj": _null_adjusted,
    "weekly": _spaced,
    "monthly": _spaced,
    "hourly": _hourly,
    "odd-split": _odd_split,
    "split-over-zero": _over_zero,
    "standing": _standing,
}


class Scenario:
    """The faults in force, with the count of requests each symbol has made."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = list(faults)
        self._counts: dict[str, int] = {}

    def next_count(self, symbol: str) -> int:
        """Number the request of a symbol, from 1; the symbol ``*`` counts them all."""
        self._counts["*"] = self._counts.get("*", 0) + 1
        self._counts[symbol] = self._counts.get(symbol, 0) + 1
        return self._counts[symbol]

    def striking(self, symbol: str, now: datetime, count: int) -> list[Fault]:
        return [
            fault for fault in self.faults if fault.covers(symbol, now) and self._hits(fault, symbol, count)
        ]

    def _hits(self, fault: Fault, symbol: str, count: int) -> bool:
        if fault.mode == "429-after-k":
            return self._counts.get("*", 0) > int(fault.options.get("k", 10))
        times = fault.options.get("times")
        if times is not None and count > int(times):
            return False
        return fault.strikes(symbol, count)


def change_rows(faults: Iterable[Fault]) -> Callable[[Reply], Reply] | None:
    """Return what the row faults together do to a reply, None when there are none."""
    rows = [fault for fault in faults if fault.mode in ROWS]
    if not rows:
        return None

    def change(reply: Reply) -> Reply:
        for fault in rows:
            reply = ROWS[fault.mode](reply, fault)
        return reply

    return change


def seconds(value: Any, default: float) -> float:
    """A number of seconds from a number or a timedelta."""
    if value is None:
        return default
    return value.total_seconds() if isinstance(value, timedelta) else float(value)
