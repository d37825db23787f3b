"""The Events page with 2,000 events: its time on the server."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from tests.bench.harness import Case

EVENTS = 2_000
NOW = datetime(2026, 6, 30, 21, 30, tzinfo=UTC)


@contextlib.contextmanager
def asked() -> Iterator[Callable[[str], object]]:
    """The page in this process, on made prices, opened once."""
    from app.kinds.request import PageRequest
    from app.market.market import Market
    from app.pages.events import listing
    from app.settings import Settings
    from ingest.reconcile import import_folder
    from ingest.sources.csvfolder import CsvFolder
    from models.events import Claim, Event
    from models.store import Store
    from models.store.events import load_catalogue
    from tests.bench.web_prices import write_prices

    with tempfile.TemporaryDirectory() as ground:
        folder = write_prices(Path(ground) / "files")
        market = Market(Settings(data_dir=Path(ground) / "data", now=NOW))
        claim = Claim(
            "Nvidia", "NVDA", "return", -1.0, "-1.0", "percent", "close", None, "Bench", None, "high", ""
        )
        made = [
            Event(
                f"made-{number:04d}",
                date(2026, 1, 5),
                None,
                f"Event {number}",
                "",
                "selloff",
                1,
                claims=(claim,),
            )
            for number in range(EVENTS)
        ]
        with Store.open(market.settings.store_url, migrate=True) as store:
            import_folder(store, CsvFolder(folder), market.universe, market.calendars, now=NOW)
            load_catalogue(store, made, (), 1_000, NOW)

        def ask(search: str) -> object:
            return listing.update(market, PageRequest(listing.PATH, search))

        ask("")
        try:
            yield ask
        finally:
            market.close()


CASES = [
    Case("Events page, 2,000 events, warm", lambda ask: ask("?sort=title"), "≤ 150 ms", "ms", context=asked),
]
