"""A stranger at every address, written in many ways, before both kinds of doors."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app.auth.users import ROLES, Users
from app.market.market import Market
from app.settings import Settings
from app.web.application import PAGES, create_app
from app.web.logs import configure
from tests import knocks
from tests.browser.prices import FIRST, write_prices
from tests.browser.running import Dashboard
from tests.soak.harness import Case, Reached, Size

KNOCKS = 20_000
NOW = datetime(2026, 7, 31, 22, tzinfo=UTC)
DOORS = ({"auth": "password"}, {"auth": "proxy", "proxies": "10.1.0.0/16"})


def strangers(size: Size) -> Reached:
    """Half of the requests at each of the doors; whatever is more than a sentence is written down."""
    names, wrong, sent = knocks.telling(), [], 0
    configure("error", ())  # a line for each request tells nothing here
    with TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        found = Dashboard(folder / "data", settings={})
        found.command("import", str(write_prices(folder / "files", folder / "data" / "cache", FIRST)))
        for doors in DOORS:
            settings = Settings(data_dir=folder / "data", now=NOW, host="0.0.0.0", **doors)
            for role in ROLES:
                Users(settings.users_path).put(role, role, "correct horse battery")
            market = Market(settings)
            server = create_app(settings, market=market).server
            paths = ["/", *(page.PATH for page in PAGES)]
            for knock in knocks.knocks(server, paths, size.of(KNOCKS // 2), seed=sent):
                told = knocks.leaks(server, knock, "203.0.113.9", names)
                sent += 1
                wrong += [told] if told else []
            market.close()
        shutil.rmtree(folder / "data", ignore_errors=True)
    return Reached(
        not wrong, f"{sent:,} requests, {len(wrong)} told something{': ' + wrong[0] if wrong else ''}"
    )


CASES = (Case("strangers at every address", "no figure, no name, 0 × 5xx", strangers),)
