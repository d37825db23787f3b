"""A folder of files with daily prices, as people have them; each is known by its headings.

A file that names no symbol itself is of the name it is called by: ``NVDA.csv``, ``005930.csv``, ``_KS11.csv``
for ^KS11, ``JPY_X.csv`` for JPY=X. A blank field is a value that is not known.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from ingest.sources.base import Answer, FetchFailure, no_stamps
from ingest.sources.filejudge import judge
from ingest.sources.lines import FileFault
from ingest.sources.pricefile import Head, Sheaf, head_of, read_prices
from models.errors import SourceError
from models.tickers import find_symbol, near_symbols
from models.types import Action, Bars, Bools, Instant, Sessions, session64, utc
from models.types import Session as TradingDay
from models.universe import Universe

TEXTS = frozenset((".csv", ".txt", ".tsv", ".tab", ".prn"))
"""Endings of the files that are read."""
OTHERS = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods", ".numbers"), "it is a workbook; save it as CSV"),
    **dict.fromkeys((".json", ".parquet", ".feather", ".pkl", ".db", ".zip", ".gz"), "it is no CSV file"),
}
"""Endings of files that hold data in another form, and what to do."""
_DRESS = re.compile(
    r"[\s_-]*(historical[\s_-]*(data|prices|quotes)|stock[\s_-]*price[\s_-]*history|price[\s_-]*history|history"
    r"|prices?|daily|quotes?|ohlcv?|1d|d|us[\s_-]d|\(\d+\))$",
    re.I,
)
Stored = Callable[[str], tuple[Bars | None, Sequence[Action]]]
"""Gives the bars and the actions that are stored of a symbol."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was not read, and why, in a few words."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


class CsvFolder:
    """Daily bars from a folder.

    Parameters
    ----------
    path
        The folder; what lies in folders below it is not entered.
    universe
        Whose names the files may be of, however they write them; without it each file is of the symbol
        it is called by.
    stored
        What is stored of a symbol: a file that would damage it is refused.
    accept
        A person vouches for the files: their closes may be others than those stored.

    Attributes
    ----------
    unread
        Files that hold no prices, or of nobody.
    strangers
        Names in price files that the universe does not hold, with what they may mean.
    below
        Folders that were not entered.
    notes
        What was passed over in the files that were fetched, in sentences.

    Raises
    ------
    SourceError
        If the folder is not there or holds no such file. A file that cannot be read is
        that symbol's failure alone.
    """

    name = "csv"
    simulated = False

    def __init__(
        self,
        path: Path | str,
        universe: Universe | None = None,
        stored: Stored | None = None,
        *,
        accept: bool = False,
    ) -> None:
        self.path = Path(path)
        self._universe, self._stored, self._accept = universe, stored, accept
        try:
            found = sorted(self.path.iterdir()) if self.path.is_dir() else None
        except OSError as error:
            raise SourceError(
                f"Cannot read the folder {self.path}: {error.strerror}; check the path."
            ) from error
        if found is None:
            raise SourceError(
                f"There is no folder {self.path}; name one that holds a CSV file for each symbol."
            )
        shown = [file for file in found if not file.name.startswith(".")]
        files = [file for file in shown if file.suffix.lower() in TEXTS]
        self.below = tuple(file.name for file in shown if file not in files and file.is_dir())
        self.unread: list[Unread] = [
            Unread(file.name, OTHERS[file.suffix.lower()]) for file in shown if file.suffix.lower() in OTHERS
        ]
        if not files and self.unread:
            raise SourceError(f"The folder {self.path} holds no CSV file: {self.unread[0]}.")
        if not files:
            below = f"; the folders in it ({', '.join(self.below[:3])}) are not entered" if self.below else ""
            raise SourceError(
                f"The folder {self.path} holds no CSV file{below}; name one that holds SYMBOL.csv."
            )
        self.strangers: dict[str, tuple[str, ...]] = {}
        self.notes: list[str] = []
        self._files: dict[str, list[Path]] = {}
        self._faults: dict[str, FileFault] = {}
        for file in files:
            self._place(file)

    def bound(self, universe: Universe, stored: Stored, *, accept: bool = False) -> CsvFolder:
        """The same folder for the names of a universe, judged by what is stored of them."""
        return CsvFolder(self.path, universe, stored, accept=accept)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols the folder has rows for, in the order of their files."""
        return tuple(self._files)

    def fetch(
        self, symbol: str, start: TradingDay | None = None, end: TradingDay | None = None, *, now: Instant
    ) -> Answer:
        """Return the rows of a symbol's file.

        Raises
        ------
        FetchFailure
            ``not_found`` without a file; ``malformed`` with the line that cannot be
            read; ``transient`` if the file cannot be opened; ``not_daily``, ``wrong_currency``,
            ``wrong_symbol``, ``disagrees`` or ``adjusted_only`` when its rows would damage what is stored.
        """
        files = self._files.get(symbol)
        if files is None:
            raise FetchFailure("not_found", f"{self.path} has no file for {symbol}.", symbol=symbol)
        try:
            sheaf = self._sheaf(symbol, files)
        except FileFault as error:
            raise FetchFailure(error.kind, error.detail, symbol=symbol) from None
        self.notes += [note for note in sheaf.notes if note not in self.notes]
        asked = _asked_for(sheaf.bars.sessions, start, end)
        if self._stored is not None:
            self._tell_of(symbol, files, asked, start)
        bars = sheaf.bars.take(asked)
        actions = tuple(
            action
            for action in sheaf.actions
            if (start is None or action.session >= start) and (end is None or action.session <= end)
        )
        return Answer(
            symbol=symbol,
            bars=bars,
            currency=None,
            timezone=None,
            received_symbol=symbol,
            fetched_at=utc(now),
            source=self.name,
            stamps=no_stamps(len(bars)),
            actions=actions,
            start=start,
            end=end,
        )

    def _tell_of(self, symbol: str, files: Sequence[Path], asked: Bools, start: date | None) -> None:
        """Note the rows outside the span; a file to be imported that has no other is refused."""
        named, count = ", ".join(file.name for file in files), len(asked)
        if not count:
            detail = f"{named} holds headings and no row; export it again."
            raise FetchFailure("malformed", detail, symbol=symbol)
        if not asked.any():
            detail = f"{named}: none of its {count:,} rows is of {start} or later; import later ones."
            raise FetchFailure("malformed", detail, symbol=symbol)
        if not asked.all():
            self.notes.append(
                f"{named}: {int((~asked).sum()):,} of {count:,} rows are before {start}, left out."
            )

    def _sheaf(self, symbol: str, files: Sequence[Path]) -> Sheaf:
        """The one sheaf of a symbol, judged."""
        if symbol in self._faults:
            raise self._faults[symbol]
        if len(files) > 1:
            named = ", ".join(file.name for file in files)
            raise FileFault(f"{self.path} has {len(files)} files for {symbol}: {named}; keep one.")
        (file,) = files
        sheaves = read_prices(file, self._universe, lambda name: self._zone_of(name or symbol))
        mine = [sheaf for sheaf in sheaves if self._own(sheaf, file) == symbol]
        if not mine:
            raise FileFault(f"{file} holds no row of {symbol} any more; import it again.")
        if len(mine) > 1:
            raise FileFault(f"{file} writes {symbol} in {len(mine)} ways; write it in one.")
        item = self._universe[symbol] if self._universe and symbol in self._universe else None
        bars, actions = self._stored(symbol) if self._stored else (None, ())
        sheaf = replace(mine[0], bars=replace(mine[0].bars, symbol=symbol))
        try:
            return judge(sheaf, str(file), item, bars, actions, accepted=self._accept)
        except FileFault as error:
            if error.kind == "disagrees":
                what = f"aftershock import {shlex.quote(str(self.path))} --symbol {symbol} --accept"
                raise FileFault(f"{error.detail} If it is right, take it over: {what}.", error.kind) from None
            raise

    def _place(self, file: Path) -> None:
        """Find out whose prices a file holds, by its first lines, or by all of them where it names rows."""
        called = self._called(file)
        try:
            head = head_of(file, self._universe)
            if head.layout is None:
                self._place_stranger(file, called, head)
                return
            names = self._names(file, head)
        except FileFault as error:
            if called is None:
                self.unread.append(Unread(file.name, error.detail))
            else:
                self._add(called, file, error)
            return
        if head.layout.left:
            self._leave(head.layout.left)
        if names is None:
            if called is None:
                self._leave((symbol_of(file.stem),))
            else:
                self._add(called, file)
            return
        for name in names:
            symbol = self._resolved(name)
            if symbol is None:
                self._leave((name,))
            elif len(names) == 1 and called is not None and called != symbol and self._universe is not None:
                self._add(called, file, _another(file, called, symbol))
            else:
                self._add(symbol, file)
        if not any(self._resolved(name) for name in names) and len(names) == 1 and called is not None:
            self.strangers.pop(names[0], None)
            self._add(called, file, _another(file, called, names[0]))

    def _names(self, file: Path, head: Head) -> tuple[str, ...] | None:
        """The names that a file says its rows are of; None where it says nothing."""
        layout = head.layout
        assert layout is not None
        if layout.beside:
            return layout.beside
        if layout.at("symbol") is not None:
            found = {sheaf.symbol for sheaf in read_prices(file, self._universe, self._zone_of)}
            named = tuple(sorted(symbol for symbol in found if symbol))
            return named or None
        if layout.symbol and (
            self._universe is None or _is_ticker(layout.symbol) or self._resolved(layout.symbol)
        ):
            return (layout.symbol,)
        return None

    def _place_stranger(self, file: Path, called: str | None, head: Head) -> None:
        """A file without prices: the failure of the name it is called by, or nobody's."""
        if called is not None and not head.what:
            self._add(called, file)
        else:
            self.unread.append(Unread(file.name, head.what or "its first lines name no date and no close"))

    def _called(self, file: Path) -> str | None:
        """The symbol that a file is called by; None when that is none of the universe."""
        plain = symbol_of(file.stem)
        if self._universe is None or plain in self._universe:
            return plain
        stem = file.stem
        while stem:
            if (
                found := find_symbol(stem, self._universe) or find_symbol(symbol_of(stem), self._universe)
            ) is not None:
                return found
            bare = _DRESS.sub("", stem)
            if bare == stem:
                return None
            stem = bare
        return None

    def _resolved(self, name: str) -> str | None:
        return name if self._universe is None else find_symbol(name, self._universe)

    def _own(self, sheaf: Sheaf, file: Path) -> str | None:
        found = self._resolved(sheaf.symbol) if sheaf.symbol else None
        return found or self._called(file)

    def _zone_of(self, name: str | None) -> str | None:
        symbol = self._resolved(name) if name else None
        if self._universe is None or symbol is None or symbol not in self._universe:
            return None
        return self._universe[symbol].exchange.timezone

    def _add(self, symbol: str, file: Path, fault: FileFault | None = None) -> None:
        held = self._files.setdefault(symbol, [])
        if file not in held:
            held.append(file)
        if fault is not None:
            self._faults[symbol] = fault

    def _leave(self, names: Sequence[str]) -> None:
        for name in names:
            self.strangers[name] = near_symbols(name, self._universe) if self._universe is not None else ()


def symbol_of(stem: str) -> str:
    """Return the symbol of a file name: a first ``_`` stands for ^ and any other for =."""
    caret, rest = ("^", stem[1:]) if stem.startswith("_") else ("", stem)
    return caret + rest.replace("_", "=")


def read_bars(symbol: str, file: Path) -> Bars:
    """Return the bars of a file of one name, every row in its order.

    Raises
    ------
    FetchFailure
        One sentence that names the file, the line and what is wrong with it.
    """
    try:
        sheaves = read_prices(file)
    except FileFault as error:
        raise FetchFailure(error.kind, error.detail, symbol=symbol) from None
    if len(sheaves) > 1:
        raise FetchFailure("malformed", f"{file} holds several names; import its folder.", symbol=symbol)
    return replace(sheaves[0].bars, symbol=symbol)


def _another(file: Path, called: str, named: str) -> FileFault:
    return FileFault(
        f"{file} is called {called} and says its rows are of {named}; call it so.", "wrong_symbol"
    )


def _is_ticker(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9^][A-Za-z0-9.^=-]{0,14}", text) is not None


def _asked_for(sessions: Sessions, start: date | None, end: date | None) -> Bools:
    kept = np.ones(len(sessions), dtype=np.bool_)
    if start is not None:
        kept &= sessions >= session64(start)
    if end is not None:
        kept &= sessions <= session64(end)
    return kept
