from __future__ import annotations

from datetime import date

import pytest

from app.market.standings import basket_standing, names_standing
from models.errors import NoPricesError
from models.sessions import Calendars
from models.universe import Universe
from tests.app.situations import rising, then, view_with

NAN = float("nan")


def test_a_name_in_a_fall(calendars: Calendars, universe: Universe) -> None:
    found = names_standing(view_with(calendars, universe, {"MU": then(rising(), -0.2, -0.3, 0.04)}), "local")[
        "MU"
    ]
    assert (found.name, found.under) == ("Micron", True)
    assert found.drawdown == pytest.approx(0.8 * 0.7 * 1.04 - 1)
    assert found.trough_drawdown == found.max_drawdown == pytest.approx(-0.44)
    assert (found.peak, found.first_down, found.trough) == (
        date(2026, 6, 18),
        date(2026, 6, 22),
        date(2026, 6, 23),
    )
    assert (found.max_peak, found.max_trough) == (found.peak, found.trough)
    assert (found.sessions, found.day, found.low) == (3, pytest.approx(0.04), None)
    assert found.percentile == pytest.approx(62 / 63, abs=0.03)


def test_a_name_at_its_record_has_no_open_fall(calendars: Calendars, universe: Universe) -> None:
    found = names_standing(view_with(calendars, universe, {"MU": then(rising(), -0.2, 0.5)}), "local")["MU"]
    assert (found.drawdown, found.under, found.sessions) == (0, False, 0)
    assert (found.first_down, found.trough, found.trough_drawdown) == (None, None, None)
    assert found.max_drawdown == pytest.approx(-0.2)
    assert found.peak == date(2026, 6, 24)


def test_a_name_that_never_fell_has_no_worst(calendars: Calendars, universe: Universe) -> None:
    found = names_standing(view_with(calendars, universe, {"MU": rising()}), "local")["MU"]
    assert (found.max_drawdown, found.max_peak, found.max_trough) == (0, None, None)


def test_a_single_bar_stands_without_a_day(calendars: Calendars, universe: Universe) -> None:
    found = names_standing(view_with(calendars, universe, {"MU": [100.0], "NVDA": rising()}), "local")["MU"]
    assert (found.day, found.low, found.price, found.drawdown) == (None, None, 100, 0)


def test_names_without_a_price_have_no_standing(calendars: Calendars, universe: Universe) -> None:
    assert set(names_standing(view_with(calendars, universe, {"MU": rising()}), "local")) == {"MU"}


def test_the_last_value_counts_even_when_others_traded_since(
    calendars: Calendars, universe: Universe
) -> None:
    view = view_with(calendars, universe, {"MU": [*then(rising(), -0.2), NAN, NAN], "NVDA": rising(63)})
    assert names_standing(view, "local")["MU"].drawdown == pytest.approx(-0.2)


def test_a_basket_by_its_level(calendars: Calendars, universe: Universe) -> None:
    view = view_with(
        calendars, universe, {"MU": then(rising(), -0.2, -0.3), "NVDA": then(rising(), -0.1, -0.1)}
    )
    found = basket_standing(view, "us", "US", "local")
    assert (found.symbol, found.name, found.low) == ("us", "US", None)
    assert found.drawdown == pytest.approx(0.85 * 0.80 - 1)
    assert found.day == pytest.approx(-0.2)
    assert basket_standing(view, "us", "US", "local") is found


def test_a_basket_that_has_no_level_is_refused(calendars: Calendars, universe: Universe) -> None:
    view = view_with(calendars, universe, {"MU": [100.0]})
    with pytest.raises(NoPricesError, match="The basket 'us' has no level by then; it needs two sessions"):
        basket_standing(view, "us", "US", "local")
    with pytest.raises(NoPricesError, match="No name of the basket 'asia' has a price by then"):
        basket_standing(view, "asia", "Asia", "local")
