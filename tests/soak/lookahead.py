"""Twelve instants of the real prices: every answer as of each, and that of a store that ends there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from models.sessions import Calendars
from models.universe import load_universe
from tests.conftest import REAL_PRICES
from tests.lookahead import COMMANDS, cut, filled, leaks
from tests.soak.harness import Case, Reached, Size

NOW = datetime(2026, 7, 31, 23, tzinfo=UTC)
FIRST = datetime(2022, 9, 14, 23, tzinfo=UTC)
HOURS = (0, 10, 19)
"""Hours after an evening: New York has closed, so has Asia the next day, and New York trades."""


def truncated(size: Size) -> Reached:
    """Ask each store, the whole one and the one that ends, at instants spread over the years."""
    if not REAL_PRICES:
        return Reached(False, "no real prices; name their folder in AFTERSHOCK_REAL_PRICES")
    prices, universe, faults = Path(REAL_PRICES), load_universe(), list[str]()
    count = size.of(12)
    step = (NOW - timedelta(days=20) - FIRST) / max(count - 1, 1)
    with TemporaryDirectory(prefix="lookahead-") as name:
        root = Path(name)
        (root / "cache").mkdir()
        calendars = Calendars(cache_dir=root / "cache")
        whole = filled(root / "whole", prices, None, root / "cache", NOW)
        for number in range(count):
            day = (FIRST + number * step).replace(hour=23, minute=0, second=0, microsecond=0)
            then = day + timedelta(hours=HOURS[number % len(HOURS)])
            cut(prices, root / f"prices-{number}", universe, calendars, then)
            ended = filled(root / f"ended-{number}", root / f"prices-{number}", None, root / "cache", then)
            faults += [f"{then:%Y-%m-%d %H:%M} {fault}" for fault in leaks(whole, ended, then)]
    asked = f"{count} instants, {len(COMMANDS) + 1} questions each, {len(faults)} know more"
    return Reached(not faults, asked + (f"; first: {'; '.join(faults[:3])}" if faults else ""))


CASES = (Case("nothing later is known", "the answers of a store that ends there", truncated),)
