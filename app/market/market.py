"""Cached reads: the stored prices as they stood at an instant, ready for every question.

Pages, commands and exports all ask a :class:`View`; it is built once for each version of the
data and each set of closed sessions, and remembers what it worked out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, TypeVar
from zlib import crc32

import numpy as np

from app.market.byte_cache import Shelf, identities, weight
from app.market.event_book import EventBook, EventClock
from app.market.reader import Reading
from app.market.standstill import priced
from app.market.troubles import Troubles
from app.settings import Settings
from models.analytics.baskets import BasketPath
from models.analytics.holes import across_holes, bridged_path
from models.analytics.returns import price_path, return_path, session_legs, to_usd, usd_rate
from models.errors import AftershockError, NoPricesError
from models.events import Event
from models.pegs import pegged_rate
from models.sessions import GRACE, Calendar, Calendars
from models.store import Panel, RunProgress, Store
from models.store.panel import MATRICES, known_until
from models.types import Bools, Floats, Instant, Session, Sessions, instant64, session64
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
    provisional ones, and none of an exchange that stood still. ``key`` names the content: equal
    keys, equal numbers. ``moment`` is an instant it is of: no exchange opened or closed, and no
    session fell due, between that and any other it serves. ``still`` has the sessions on which an
    exchange stood still, ``closures`` those on which it was closed though its calendar expected it, by
    the bars of its names and its index; both by calendar, those alone that have any.
    """

    panel: Panel
    universe: Universe
    calendars: Calendars
    simulated: bool
    key: str
    moment: Instant
    still: Mapping[str, Sessions] = field(default_factory=dict)
    closures: Mapping[str, Sessions] = field(default_factory=dict)
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
        """Returns of every name on its own sessions, shape (T, N), fractions; NaN over a hole.

        A move over an expected session of which the name has no bar is of two sessions or more: it is
        no day's move and stands in no figure of days. :meth:`bar_returns` has it.
        """

        def make() -> Floats:
            moves, across = self.bar_returns(currency), self.over_hole
            if currency != "local":
                across = self._across(np.isfinite(self._wealth_in(currency)))
            return np.where(across, np.nan, moves) if across.any() else moves

        return self.remember(("returns", currency), make)

    def bar_returns(self, currency: Currency = "local") -> Floats:
        """Returns of every name from one bar to the next, however far apart, shape (T, N), fractions."""
        return self.remember(("bar returns", currency), lambda: self._returns(currency))

    def legs(self) -> tuple[Floats, Floats]:
        """Gap and session of every name, shape (T, N), fractions; NaN over a hole as the returns are."""

        def make() -> tuple[Floats, Floats]:
            panel, across = self.panel, self.over_hole
            gap, session = session_legs(panel.open, panel.close, panel.adj_close)
            return np.where(across, np.nan, gap), np.where(across, np.nan, session)

        return self.remember("panel legs", make)

    def basket(self, basket_id: str = "all", currency: Currency = "local") -> BasketPath:
        """The equal-weight path of a basket, by the rule for closed exchanges and missing bars."""
        return self.remember(("basket", basket_id, currency), lambda: self._basket(basket_id, currency))

    @cached_property
    def open_exchange(self) -> Bools:
        """Whether each name's exchange held a session as far as is known, shape (T, N).

        Only the calendar or one of ``closures`` says that an exchange was closed. An expected session
        without a bar of any name is one of :attr:`holes` and counts as open, its names as missing.
        """
        return self.traded_exchange | self.holes

    @cached_property
    def traded_exchange(self) -> Bools:
        """Whether each name's exchange has a bar of an expected session, shape (T, N)."""
        opened = np.zeros(self.panel.present.shape, dtype=np.bool_)
        for calendar_id, columns in self._by_calendar.items():
            expected = np.isin(self.panel.sessions, self.expected(calendar_id))
            opened[:, columns] = (expected & self.panel.present[:, columns].any(axis=1))[:, None]
        return opened

    @cached_property
    def holes(self) -> Bools:
        """Whether a session of each name's exchange is due and no name has a bar of it, shape (T, N)."""
        found = np.zeros(self.panel.present.shape, dtype=np.bool_)
        days = self.panel.sessions
        for calendar_id, columns in self._by_calendar.items():
            calendar, traded = self.calendars[calendar_id], self.panel.present[:, columns].any(axis=1)
            if traded.any():
                rows, bars = np.arange(len(days)), np.flatnonzero(traded)
                due = calendar.closed_by(days, self.moment, GRACE) | (rows < bars[-1])
                lacking = np.isin(days, self.expected(calendar_id)) & ~traded & (rows > bars[0])
                found[:, columns] = (lacking & due)[:, None]
        return found

    def expected(self, calendar_id: str) -> Sessions:
        """The sessions a calendar expects, without those on which its exchange is known to have closed."""
        days = self.calendars[calendar_id].sessions
        shut = self.closures.get(calendar_id)
        return days if shut is None else days[~np.isin(days, shut)]

    def expects(self, calendar_id: str, day: Session) -> bool:
        """Whether a calendar expects a session on a day, and its exchange is not known to have closed."""
        shut = self.closures.get(calendar_id)
        closed = shut is not None and bool((shut == session64(day)).any())
        return self.calendars[calendar_id].is_session(day) and not closed

    @cached_property
    def over_hole(self) -> Bools:
        """Whether an expected session without a bar lies between a bar and the one before, shape (T, N)."""
        return self._across(self.panel.present)

    def _across(self, priced: Bools) -> Bools:
        found = np.zeros(priced.shape, dtype=np.bool_)
        for calendar_id, columns in self._by_calendar.items():
            expected = self.expected(calendar_id)
            found[:, columns] = across_holes(self.panel.sessions, priced[:, columns], expected)
        return found

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

    def _converted(self, currency: Currency) -> Floats:
        local: Floats = price_path(self.panel.close, self.panel.adj_close)
        return local if currency == "local" else self._in_dollars(local)

    def _returns(self, currency: Currency) -> Floats:
        local: Floats = return_path(self.panel.close, self.panel.adj_close)
        if currency == "local":
            return local
        dollars = self._wealth_in(currency)
        return return_path(dollars, np.full_like(dollars, np.nan))

    def _wealth_in(self, currency: Currency) -> Floats:
        """What a unit of each name grew to, in another currency; NaN without a bar or a rate."""

        def make() -> Floats:
            local: Floats = return_path(self.panel.close, self.panel.adj_close)
            wealth: Floats = np.nancumprod(1 + local, axis=0).astype(np.float64)
            wealth[~self.panel.present] = np.nan
            return self._in_dollars(wealth)

        return self.remember(("wealth", currency), make)

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
        moves = self.bar_returns(currency)[:, columns]
        return bridged_path(
            self.panel.sessions,
            moves,
            np.isfinite(moves) & np.isnan(self.returns(currency)[:, columns]),
            self.open_exchange[:, columns],
            self.holes[:, columns],
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
    session had begun; none counts of a session on which its exchange stood still. The view shares
    the panel's arrays; ``shelf`` is told what it comes to hold.
    """
    panel = _listed(panel, universe)
    closed = np.zeros(len(panel.symbols), dtype="datetime64[D]")
    begun, due = closed.copy(), closed.copy()
    for column, symbol in enumerate(panel.symbols):
        calendar = calendars[universe[symbol].exchange.calendar]
        for edges, shift, last in (
            (calendar.closes, timedelta(0), closed),
            (calendar.opens, timedelta(0), begun),
            (calendar.closes, GRACE, due),
        ):
            rows = np.searchsorted(edges, instant64(as_of - shift), side="right")
            last[column] = calendar.sessions[rows - 1] if rows else calendar.sessions[0] - 1
    ends = _known_rows(panel, universe, closed, begun)
    clean, still, shut = priced(panel, universe, ends)
    found = known_until(clean, closed, begun)
    _waited_for(found, universe, closed, due)
    reached = closed.tobytes() + begun.tobytes() + due.tobytes()
    key = f"{'s' if simulated else 'r'}{panel.version}-{crc32(reached):x}"
    return View(found, universe, calendars, simulated, key, as_of, still, shut, clean, shelf)


def _known_rows(panel: Panel, universe: Universe, closed: np.ndarray, begun: np.ndarray) -> dict[str, int]:
    """By calendar, how many rows hold sessions that had closed, and the running one where it has bars."""
    found: dict[str, int] = {}
    for column, symbol in enumerate(panel.symbols):
        calendar_id = universe[symbol].exchange.calendar
        end = int(np.searchsorted(panel.sessions, closed[column], side="right"))
        running = int(np.searchsorted(panel.sessions, begun[column], side="right"))
        if (panel.present[end:running, column] & ~panel.final[end:running, column]).any():
            end = running
        found[calendar_id] = max(found.get(calendar_id, 0), end)
    return found


def _waited_for(panel: Panel, universe: Universe, closed: np.ndarray, due: np.ndarray) -> None:
    """Where a session has closed, whether it is due matters only while its exchange has no bar of it."""
    never = np.datetime64("1970-01-01", "D")
    last: dict[str, np.datetime64] = {}
    ids = [universe[symbol].exchange.calendar for symbol in panel.symbols]
    here = panel.present
    days = np.append(panel.sessions, never)
    newest: np.ndarray = (
        np.where(here.any(axis=0), len(here) - 1 - here[::-1].argmax(axis=0), -1) if len(here) else days[:0]
    )
    for column, row in enumerate(newest):
        last[ids[column]] = max(last.get(ids[column], never), days[row])
    for column, calendar_id in enumerate(ids):
        stands = last.get(calendar_id, never)
        if stands >= closed[column] or stands == never:
            due[column] = closed[column]


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
        self._clock = EventClock(self.universe, self.calendars)

    def for_readers(self) -> None:
        """Say of the stores' failures only what readers on the network may hear."""
        self._reading.for_readers()

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
        """The events noted beside the prices of a view, or beside the newest; simulated ones too.

        With the clock set back to replay a day, none of those that came later, nor a claim that did:
        whoever asks as of now need not think of it.
        """
        newest = self._simulated()
        simulated = view.simulated if view else newest
        return self._clock.book(simulated, self._reading.book(simulated), self.now())

    def stamp(self, view: View) -> str:
        """What names the content of a page: its prices and the events noted beside them."""
        return f"{view.key}-{self.events(view).key}"

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
        """Which sessions had begun, closed and fallen due: all that the instant changes in a view."""
        at = instant64(moment)
        used = sorted({exchange.calendar for exchange in self.universe.exchanges})
        due = instant64(moment - GRACE)
        found: list[int] = []
        for name in used:
            opens, closes = self.calendars[name].opens, self.calendars[name].closes
            found += [int(np.searchsorted(edge, at, side="right")) for edge in (opens, closes)]
            found.append(int(np.searchsorted(closes, due, side="right")))
        return tuple(found)

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
