"""A small market that is ingested through the stand-in, and what a reader of its pages is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from app.market.market import Market
from app.settings import Settings
from app.web.application import create_app
from ingest.fetching import Rules
from ingest.reconcile import run_once
from ingest.report import RunReport
from ingest.sources.yahoo import YahooSource
from models.sessions import Calendars
from models.store import Store
from models.universe import Universe, load_universe
from tests.app.folder import small_market
from tests.app.situations import cells, text
from tests.standin import StandIn
from tests.standin.prices import Folder

BEFORE = datetime(2026, 6, 26, 22, tzinfo=UTC)
"""A Friday evening: every session of that day is stored."""
NOW = BEFORE + timedelta(days=3)
LAST = date(2026, 6, 26)


def at_once(_seconds: float) -> None:
    """Pauses between attempts take no time here."""


@dataclass
class Desk:
    """One store with a stand-in of its own. ``yahoo.clock`` is the time that all believe in."""

    folder: Path
    universe_file: Path
    universe: Universe
    calendars: Calendars
    yahoo: StandIn
    _open: dict[datetime, tuple[Market, FlaskClient]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder,
            universe=self.universe_file,
            yahoo_url=self.yahoo.url,
            now=self.yahoo.clock.now(),
        )

    @property
    def environment(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {
            "AFTERSHOCK_DATA_DIR": str(self.folder),
            "AFTERSHOCK_UNIVERSE": str(self.universe_file),
            "AFTERSHOCK_YAHOO_URL": self.yahoo.url,
            "AFTERSHOCK_NOW": self.yahoo.clock.now().isoformat(),
        }

    @contextmanager
    def store(self) -> Iterator[Store]:
        with Store.open(self.settings.store_url) as opened:
            yield opened

    def source(self) -> YahooSource:
        return YahooSource(self.yahoo.url, timeout=5)

    def bring(self, *faults: Mapping[str, Any], **options: Any) -> RunReport:
        """Run the reconciler once, with these faults in force meanwhile."""
        self.yahoo.set_faults(faults)
        options = {"clock": self.yahoo.clock.now, "wait": at_once, "rules": Rules(workers=1)} | options
        with self.store() as store:
            found = run_once(store, self.source(), self.universe, self.calendars, **options)
        self.yahoo.set_faults(())
        return found

    @property
    def market(self) -> Market:
        """What the pages stand on at the present instant; it reads the store at every question."""
        return self._opened()[0]

    @property
    def client(self) -> FlaskClient:
        """A reader's browser, without its scripts."""
        return self._opened()[1]

    def _opened(self) -> tuple[Market, FlaskClient]:
        now = self.yahoo.clock.now()
        if now not in self._open:
            market = Market(self.settings, poll=0.0)
            market.calendars = self.calendars
            self._open[now] = market, create_app(market.settings, market=market).server.test_client()
        return self._open[now]

    def close(self) -> None:
        for market, _ in self._open.values():
            market.close()

    def written(self, address: str) -> str:
        """The document at an address, as the server writes it."""
        return self.client.get(address).get_data(as_text=True)

    def read(self, address: str = "/data") -> str:
        """What a reader sees at an address."""
        return text(self.written(address).replace("\n", " "))

    def rows(self, section: str, search: str = "") -> list[list[str]]:
        """The rows of a table of the Data page, cell by cell."""
        written = self.written(f"/data{search}")
        return cells(written.split(f'id="{section}"', 1)[1].split("</table>", 1)[0])

    def row(self, section: str, name: str, search: str = "") -> str:
        """The one row of a table that begins with a name."""
        (found,) = [row for row in self.rows(section, search) if row[0].startswith(name)]
        return " | ".join(found)

    def told(self) -> list[str]:
        """What every page says of what keeps new prices from coming, as an open page hears of it."""
        return list(self.client.get("/pulse").json["told"])


@contextmanager
def desks(root: Path, cache: Path) -> Iterator[Callable[[Path], Desk]]:
    """What makes a desk in a folder, its store filled up to ``BEFORE``; its clock stands a day later."""
    universe_file, prices = small_market(root)
    universe, calendars = load_universe(universe_file), Calendars(cache_dir=cache)
    with StandIn(Folder(prices), now=BEFORE) as yahoo:
        first = Desk(root, universe_file, universe, calendars, yahoo)
        assert first.bring(rules=Rules(workers=3)).status == "done"
        first.close()

        def made(folder: Path) -> Desk:
            shutil.copy(root / "aftershock.db", folder / "aftershock.db")
            (folder / "cache").symlink_to(cache)
            yahoo.clock.set(NOW)
            yahoo.set_faults(())
            return Desk(folder, universe_file, universe, calendars, yahoo)

        yield made
