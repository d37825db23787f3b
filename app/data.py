"""Cached reads: the stored prices as they stood at an instant, ready for every question.

Pages, commands and exports all ask a :class:`View`; it is built once for each version of the
data and each set of closed sessions, and remembers what it worked out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeVar
from zlib import crc32

import numpy as np

from app.kept import Shelf, identities, weight
from app.noted import EventBook
from app.reading import Reading
from app.settings import Settings
from app.troubles import Troubles
from models.analytics.baskets import BasketPath, basket_path
from models.analytics.returns import price_path, return_path, to_usd, usd_rate
from models.errors import AftershockError, NoPricesError
from models.events import Event
from models.pegs import pegged_rate
from models.sessions import Calendar, Calendars
from models.store import Panel, RunProgress, Store
from models.store.panel import MATRICES, known_until
from models.types import Bools, Floats, Instant, Session, instant64, session64
from models.universe import Basket, Universe, load_universe

Currency = Literal["local", "usd"]
City = tuple[Calendar, tuple[str, ...]]
T = TypeVar("T")
REMEMBERED = 600
VIEWS = 12


@dataclass(frozen=True, eq=False)
class View:
    """Stored prices as they stood at one instant.

    ``panel`` holds only bars whose session had closed by then, and the running session's
    provisional ones. ``key`` names the content: equal keys, equal numbers. ``moment`` is an
    instant it is of: no exchange opened or closed between that and any other it serves.
    """

    panel: Panel
    universe: Universe
    calendars: Calendars
    simulated: bool
    key: str
    moment: Instant
    _whole: Panel | None = field(default=None, repr=False)
    _shelf: Shelf[Any, View] | None = field(default=None, repr=False)
    _memo: OrderedDict[Any, Any] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _asked: threading.Event = field(default_factory=threading.Event, repr=False)

    def remember(self, key: Any, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, worked out once for this view while it is asked for.

        The least used answer goes when there are too many, or too heavy ones: addresses are typed by anyone.
        """
        self._asked.set()
        with self._lock:
            if key in self._memo:
                self._memo.move_to_end(key)
                return self._memo[key]
        found = make()
        with self._lock:
            self._memo[key] = found
            while len(self._memo) > REMEMBERED:
                self._memo.popitem(last=False)
        if self._shelf is not None:
            self._shelf.grew(weight(found, self._counted(), apart=_APART))
        return found

    def weigh(self) -> int | None:
        """Bytes that this view holds beside the prices it shares; None when it is as it was weighed last."""
        if not self._asked.is_set():
            return None
        self._asked.clear()
        with self._lock:
            parts = {**self.__dict__, "_memo": dict(self._memo)}
        return weight(parts, self._counted(), apart=_APART)

    def shrink(self, most: int) -> None:
        """Forget the answers asked for longest ago, until those left weigh ``most`` bytes at most."""
        with self._lock:
            newest_first = list(reversed(self._memo.items()))
        seen, used, going = self._counted(), 0, []
        for key, value in newest_first:
            used += weight(value, seen, apart=_APART)
            going += [key] if used > most else []
        with self._lock:
            for key in going:
                self._memo.pop(key, None)
        self._asked.set()

    def _counted(self) -> set[int]:
        """What weighs nothing here: this view itself, and the prices that all views share."""
        whole = self._whole
        shared = (whole, *(getattr(whole, name) for name in MATRICES), whole.sessions) if whole else ()
        return identities((self, *shared))

    @property
    def empty(self) -> bool:
        """Whether no price is stored at all."""
        return not self.panel.present.any()

    @cached_property
    def last_session(self) -> Session | None:
        """The latest session any name has a bar of."""
        rows = np.flatnonzero(self.panel.present.any(axis=1))
        return self.panel.sessions[rows[-1]].item() if rows.size else None

    @cached_property
    def baskets(self) -> dict[str, Basket]:
        """Every basket by its ID, of the names that have a price: what a label counts."""
        columns = np.flatnonzero(self.panel.present.any(axis=0))
        priced = {self.panel.symbols[column] for column in columns.tolist()}
        return {
            name: replace(whole, symbols=tuple(symbol for symbol in whole.symbols if symbol in priced))
            for name, whole in self.universe.baskets.items()
        }

    def priced(self, basket_id: str, currency: Currency = "local") -> Basket:
        """A basket of the names that have a price in a currency: what a label beside its figures counts."""
        whole = self.baskets[basket_id]
        if currency == "local":
            return whole
        known: Bools = np.asarray(np.isfinite(self.prices(currency)).any(axis=0))
        return replace(
            whole, symbols=tuple(name for name in whole.symbols if known[self.columns((name,))[0]])
        )

    def columns(self, symbols: tuple[str, ...]) -> list[int]:
        """Panel columns of the symbols that have prices, in the order given."""
        known = {symbol: column for column, symbol in enumerate(self.panel.symbols)}
        return [known[symbol] for symbol in symbols if symbol in known]

    def prices(self, currency: Currency = "local") -> Floats:
        """Price paths of every name, shape (T, N): closes, in local currency or dollars."""
        return self.remember(("prices", currency), lambda: self._converted(currency))

    def returns(self, currency: Currency = "local") -> Floats:
        """Returns of every name on its own sessions, shape (T, N), fractions."""
        return self.remember(("returns", currency), lambda: self._returns(currency))

    def basket(self, basket_id: str = "all", currency: Currency = "local") -> BasketPath:
        """The equal-weight path of a basket, by the rule for closed exchanges and missing bars."""
        return self.remember(("basket", basket_id, currency), lambda: self._basket(basket_id, currency))

    @cached_property
    def open_exchange(self) -> Bools:
        """Whether each name's exchange held a session, shape (T, N).

        A day the calendar expects and on which no name of the exchange ever got a bar, with
        later sessions stored, counts as closed: typhoons are not in the calendar.
        """
        opened = np.zeros(self.panel.present.shape, dtype=np.bool_)
        for calendar_id, columns in self._by_calendar.items():
            traded = self.panel.present[:, columns].any(axis=1)
            reached = np.flatnonzero(traded).max(initial=-1)
            expected = self.calendars[calendar_id].among(self.panel.sessions)
            expected &= traded | (np.arange(traded.size) > reached)
            opened[:, columns] = expected[:, None]
        return opened & (self.panel.sessions[:, None] <= self._cut[None, :])

    @cached_property
    def active(self) -> Bools:
        """Whether each symbol stood for its security, shape (T, N)."""
        days = self.panel.sessions
        flags = np.ones(self.panel.present.shape, dtype=np.bool_)
        for column, symbol in enumerate(self.panel.symbols):
            item = self.universe[symbol]
            if item.start is not None:
                flags[:, column] &= days >= session64(item.start)
            if item.end is not None:
                flags[:, column] &= days <= session64(item.end)
        return flags

    @cached_property
    def _by_calendar(self) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = {}
        for column, symbol in enumerate(self.panel.symbols):
            groups.setdefault(self.universe[symbol].exchange.calendar, []).append(column)
        return groups

    @cached_property
    def _cut(self) -> np.ndarray:
        """The last session each name may have a bar of, shape (N,)."""
        last = np.full(len(self.panel.symbols), np.datetime64("1970-01-01", "D"))
        for columns in self._by_calendar.values():
            rows = np.flatnonzero(self.panel.present[:, columns].any(axis=1))
            if len(rows):
                last[columns] = self.panel.sessions[rows[-1]]
        return last

    def _converted(self, currency: Currency) -> Floats:
        local: Floats = price_path(self.panel.close, self.panel.adj_close)
        return local if currency == "local" else self._in_dollars(local)

    def _returns(self, currency: Currency) -> Floats:
        local: Floats = return_path(self.panel.close, self.panel.adj_close)
        if currency == "local":
            return local
        wealth: Floats = np.nancumprod(1 + local, axis=0).astype(np.float64)
        wealth[~self.panel.present] = np.nan
        dollars = self._in_dollars(wealth)
        return return_path(dollars, np.full_like(dollars, np.nan))

    def _in_dollars(self, local: Floats) -> Floats:
        dollars = local.copy()
        for column, symbol in enumerate(self.panel.symbols):
            item = self.universe[symbol]
            if item.kind in ("fx", "rate") or item.currency == "USD":
                continue
            dollars[:, column] = to_usd(local[:, column], self._fx(item.currency))
        return dollars

    def pegged_since(self, currency: str) -> Session | None:
        """The first session, of a last stretch, on which a peg stands in for a rate; None with a rate."""
        known = np.flatnonzero(np.isfinite(self._quoted(currency)))
        held = np.flatnonzero(np.isfinite(self._fx(currency)))
        if not held.size or (known.size and known[-1] >= held[-1]):
            return None
        return self.panel.sessions[known[-1] + 1 if known.size else held[0]].item()

    def _fx(self, currency: str) -> Floats:
        return self.remember(("fx", currency), lambda: pegged_rate(currency, self._quoted(currency)))

    def _quoted(self, currency: str) -> Floats:
        def rate() -> Floats:
            pair = self.universe.currency_pair(currency)
            columns = self.columns((pair,)) if pair else []
            if not columns:
                return np.full(len(self.panel.sessions), np.nan)
            return usd_rate(self.panel.sessions, self.panel.sessions, self.panel.close[:, columns[0]])

        return self.remember(("quoted", currency), rate)

    def _basket(self, basket_id: str, currency: Currency) -> BasketPath:
        columns = self.columns(self.universe.basket(basket_id).symbols)
        if not self.panel.present[:, columns].any():
            raise NoPricesError(
                f"No name of the basket {basket_id!r} has a price by then; run `aftershock ingest once`."
            )
        return basket_path(
            self.panel.sessions,
            self.returns(currency)[:, columns],
            self.open_exchange[:, columns],
            self.active[:, columns],
            exchanges=[self.universe[self.panel.symbols[column]].exchange.calendar for column in columns],
        )


def view_of(
    panel: Panel,
    universe: Universe,
    calendars: Calendars,
    as_of: Instant,
    *,
    simulated: bool = False,
    shelf: Shelf[Any, View] | None = None,
) -> View:
    """Return the view of a panel at an instant: bars of later sessions are left out.

    A bar counts when its session had closed by then, or when it is provisional and its
    session had begun. The view shares the panel's arrays; ``shelf`` is told what it comes to hold.
    """
    panel = _listed(panel, universe)
    closed = np.zeros(len(panel.symbols), dtype="datetime64[D]")
    begun = closed.copy()
    for column, symbol in enumerate(panel.symbols):
        calendar = calendars[universe[symbol].exchange.calendar]
        rows = np.searchsorted(calendar.closes, instant64(as_of), side="right")
        closed[column] = calendar.sessions[rows - 1] if rows else calendar.sessions[0] - 1
        rows = np.searchsorted(calendar.opens, instant64(as_of), side="right")
        begun[column] = calendar.sessions[rows - 1] if rows else calendar.sessions[0] - 1
    key = f"{'s' if simulated else 'r'}{panel.version}-{crc32(closed.tobytes() + begun.tobytes()):x}"
    return View(known_until(panel, closed, begun), universe, calendars, simulated, key, as_of, panel, shelf)


def _listed(panel: Panel, universe: Universe) -> Panel:
    """The panel without symbols that the universe file no longer holds, and sessions that only they had."""
    columns = [column for column, symbol in enumerate(panel.symbols) if symbol in universe]
    if len(columns) == len(panel.symbols):
        return panel
    symbols = tuple(panel.symbols[column] for column in columns)
    rows = panel.present[:, columns].any(axis=1)
    matrices = {name: getattr(panel, name)[rows][:, columns] for name in MATRICES}
    return replace(panel, symbols=symbols, sessions=panel.sessions[rows], **matrices)


def cities_of(universe: Universe, calendars: Calendars) -> dict[str, City]:
    """Each exchange city with its calendar and the names and indices that trade there, in order."""
    found: dict[str, City] = {}
    for item in universe.instruments:
        if item.kind in ("equity", "index") and item.region != "world":
            calendar, symbols = found.get(item.exchange.city, (calendars[item.exchange.calendar], ()))
            found[item.exchange.city] = (calendar, (*symbols, item.symbol))
    order = [exchange.city for exchange in universe.exchanges]
    return dict(sorted(found.items(), key=lambda entry: order.index(entry[0])))


class Market:
    """What a running dashboard knows of the market: universe, calendars and the newest prices.

    Has the data version read at most every ``poll`` seconds, and the prices only when it moved.
    While the real store is empty the simulated one stands in, never mixed with it.
    """

    def __init__(self, settings: Settings, *, poll: float = 2.0) -> None:
        self.settings = settings
        self.universe = load_universe(settings.universe)
        self.calendars = Calendars(overrides=settings.calendar_overrides, cache_dir=settings.cache_dir)
        self._views: Shelf[tuple[Any, ...], View] = Shelf(VIEWS)
        self._listed: dict[bool, tuple[Panel, Panel]] = {}
        self._reading = Reading(settings, poll)

    @property
    def problem(self) -> str | None:
        """Why the newest prices cannot be read, and since when; None when all is well."""
        return self._reading.problem

    @property
    def troubles(self) -> Troubles:
        """What keeps new prices from coming, as it was read last."""
        return self._reading.troubles

    @property
    def run(self) -> RunProgress | None:
        """The last run that was read."""
        return self._reading.run

    @cached_property
    def cities(self) -> dict[str, City]:
        """Each exchange city with its calendar and the names and indices that trade there."""
        return cities_of(self.universe, self.calendars)

    def warm(self) -> None:
        """Build the calendars beside whatever else the process does: the first time takes seconds."""
        wanted = {exchange.calendar for exchange in self.universe.exchanges}
        build = threading.Thread(target=lambda: [self.calendars[name] for name in wanted], daemon=True)
        build.start()

    @property
    def calendars_ready(self) -> bool:
        """Whether the calendars are built, so that no page has to wait for them."""
        return self.calendars.ready({exchange.calendar for exchange in self.universe.exchanges})

    def loaded(self) -> bool:
        """Whether the stored prices were read, were it that there are none yet."""
        with suppress(AftershockError):
            self.view()
        return bool(self._reading.panels)

    def now(self) -> Instant:
        """The present instant, or the fixed one of the settings."""
        return self.settings.clock()

    def view(self, as_of: Instant | None = None) -> View:
        """The market as it stood at an instant; now when none is given.

        Raises
        ------
        NoPricesError
            If neither the real nor the simulated store holds a price.
        """
        moment = as_of or self.now()
        simulated, panel = self._current()
        key = (simulated, panel.version, self._minute_key(moment))
        return self._views.get(
            key,
            lambda: view_of(
                panel, self.universe, self.calendars, moment, simulated=simulated, shelf=self._views
            ),
        )

    def newest(self) -> tuple[bool, Panel]:
        """The newest prices whole, and whether they are simulated."""
        return self._current()

    def events(self, view: View | None = None) -> EventBook:
        """The events noted beside the prices of a view, or beside the newest; simulated ones too."""
        now = self._simulated()
        return self._reading.book(view.simulated if view else now)

    def stamp(self, view: View) -> str:
        """What names the content of a page: its prices and the events noted beside them."""
        return f"{view.key}-{self.events(view).version}"

    def noted(self) -> None:
        """An event was changed here: the next page reads it, the poll not awaited."""
        self._reading.forget()

    def store(self, *, simulated: bool = False) -> Store:
        """The store behind the pages, opened when first asked for.

        Raises
        ------
        StoreError
            If it cannot be opened; a server's older schema is for `aftershock migrate` alone.
        """
        return self._reading.store(simulated)

    def ask(self, question: Callable[[Store], T], *, simulated: bool = False) -> T:
        """What the store answers to a question; nobody's page waits for it longer than a few seconds.

        Raises
        ------
        StoreError
            If it cannot be opened, or does not answer in time.
        """
        return self._reading.ask(question, simulated)

    def close(self) -> None:
        """Give the database connections back."""
        self._reading.close()

    def _minute_key(self, moment: datetime) -> tuple[Any, ...]:
        """Which sessions had begun and closed: all that the instant changes in a view."""
        at = instant64(moment)
        used = sorted({exchange.calendar for exchange in self.universe.exchanges})
        edges = [edge for name in used for edge in (self.calendars[name].opens, self.calendars[name].closes)]
        return tuple(int(np.searchsorted(edge, at, side="right")) for edge in edges)

    def _simulated(self) -> bool:
        try:
            return self._current()[0]
        except AftershockError:
            return False

    def _current(self) -> tuple[bool, Panel]:
        self._reading.look()
        for simulated in (False, True):
            panel = self._reading.panels.get(simulated)
            if panel is not None and panel.present.any():
                return simulated, self._whole(simulated, panel)
        raise NoPricesError("No prices yet. Run `aftershock ingest once`.")

    def _whole(self, simulated: bool, panel: Panel) -> Panel:
        """The listed names of a panel, once for all views, which share it."""
        read, listed = self._listed.get(simulated, (None, panel))
        if read is not panel:
            listed = _listed(panel, self.universe)
            # Older prices leave with their views; a presentation that stands on them makes its own.
            self._views.drop(lambda key: key[:2] == (simulated, panel.version))
            self._listed[simulated] = panel, listed
        return listed


# Of every view, or of none: what a view only points to is not its weight.
_APART = (Market, Universe, Calendars, Calendar, Settings, Store, EventBook, Event, Shelf)
