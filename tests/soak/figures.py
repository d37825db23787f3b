"""Forty days of every basket: each figure that two of page, command and file share, and the legs' sum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.market.market import Market
from app.settings import Settings
from ingest.reconcile import import_folder
from ingest.sources.csvfolder import CsvFolder
from models.store import Store
from tests.app.shared_figures import ledger_of, split_errors
from tests.browser.prices import write_prices
from tests.conftest import REAL_PRICES
from tests.soak.harness import Case, Reached, Size

DAYS = 40
STRESSED = 4
"""Every so many days the Stress view is asked too: it takes longer than all others together."""


@contextmanager
def filled() -> Iterator[Market]:
    """A market of the real prices where they are, else of simulated ones."""
    with TemporaryDirectory(prefix="figures-") as name:
        folder = Path(name)
        prices = (
            Path(REAL_PRICES) if REAL_PRICES else write_prices(folder / "files", folder / "data" / "cache")
        )
        (folder / "data").mkdir(exist_ok=True)
        last = max(path.read_text().rstrip().rsplit("\n", 1)[-1][:10] for path in prices.glob("*.csv"))
        now = datetime.fromisoformat(last).replace(hour=23, tzinfo=UTC)
        found = Market(Settings(data_dir=folder / "data", now=now))
        with Store.open(found.settings.store_url, migrate=True) as store:
            import_folder(store, CsvFolder(prices), found.universe, found.calendars, now=now)
        yield found
        found.close()


def shared(size: Size) -> Reached:
    """Every basket on days spread over the last years, and on the last ones."""
    faults: list[str] = []
    compared = pairs = 0
    with filled() as market:
        view = market.view()
        worst = max(float(split_errors(view, basket).max(initial=0.0)) for basket in view.universe.baskets)
        for number, day in enumerate(_days(market, size.of(DAYS))):
            for basket in view.universe.baskets:
                if not _traded(market, basket, day):
                    continue
                found = ledger_of(market, day, basket, stressed=number % STRESSED == 0)
                faults += [f"{day} {basket}: {fault}" for fault in found.faults()]
                compared, pairs = compared + found.shared, pairs + 1
    told = (
        f"{compared:,} figures of {pairs} days and baskets, {len(faults)} apart; legs' sum within {worst:.0e}"
    )
    first = f"; first: {faults[0][:300]}" if faults else ""
    return Reached(not faults and worst < 1e-12 and pairs > 0, told + first)


def _days(market: Market, count: int) -> list[date]:
    """Half of them the last days, the other half spread over the five years before."""
    days = market.view().panel.sessions
    recent = days[-(count + 1) // 2 :]
    before = days[-1250 : -len(recent)]
    spread = (
        before[np.linspace(0, len(before) - 1, count - len(recent)).astype(int)] if len(before) else before
    )
    found: list[date] = [day.item() for day in (*spread, *recent)]
    return found


def _traded(market: Market, basket: str, day: date) -> bool:
    view = market.view()
    columns = view.columns(view.universe.basket(basket).symbols)
    row = int(np.searchsorted(view.panel.sessions, np.datetime64(day)))
    return bool((np.isfinite(view.returns()[row, columns]) & view.open_exchange[row, columns]).any())


CASES = [Case("shared figures, 40 days, every basket", "0 apart", shared)]
