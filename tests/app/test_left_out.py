"""Who of a basket is left out, as of a day on which some were not listed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.market.left_out import left_out
from models.sessions import Calendars
from models.universe import Universe
from tests.app.situations import rising, view_with


@pytest.mark.parametrize(
    ("last", "names", "reasons"),
    [
        (date(2026, 6, 11), 2, (("no price is stored", ("Micron",)),)),
        (date(2026, 6, 24), 3, (("no price is stored", ("Micron", "SpaceX")),)),
    ],
    ids=["the day before it lists", "after"],
)
def test_a_name_that_was_not_listed_yet_is_none_of_the_names(
    calendars: Calendars, universe: Universe, last: date, names: int, reasons: tuple[object, ...]
) -> None:
    now = datetime(last.year, last.month, last.day, 22, tzinfo=UTC)
    view = view_with(calendars, universe, {"NVDA": rising()}, last=last, now=now)
    for day in (None, last):
        found = left_out(view, ("NVDA", "MU", "SPCX"), day=day)
        assert (found.counted, found.of, found.reasons) == (1, names, reasons)
