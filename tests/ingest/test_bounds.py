"""Daily price limits: what binds, where it binds, and what is free of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from ingest.checks import Checked
from models.halts import daily_limits
from models.types import Action, Bars
from models.universe import Exchange, Instrument
from tests.ingest.series import SEOUL, changed, instrument, judged, reasons, walk, with_values

nan = float("nan")
TAIPEI = Exchange("XTAI", "Taipei", "asia", "TWD", "Asia/Taipei", "XTAI", ".TW")
TOKYO = Exchange("XTKS", "Tokyo", "asia", "JPY", "Asia/Tokyo", "XTKS", ".T")
LIMITS = [(SEOUL, 0.30), (TAIPEI, 0.10)]


def moved(bars: Bars, row: int, size: float, *, rest: bool = True) -> Bars:
    """A row that closes so far from the close before, with a bar of its own; the rest follow or not."""
    factor = bars.close[row - 1] / bars.close[row] * (1 + size)
    price = bars.close[row] * factor
    leapt = changed(bars, slice(row, None) if rest else slice(row, row + 1), prices=factor)
    return with_values(leapt, row, open=price, high=price, low=price)


def of_tokyo(price: float, count: int = 80) -> tuple[Instrument, Bars]:
    """Prices on Tokyo's ticks that move by a percent, in whole lots."""
    item = instrument(exchange=TOKYO, symbol="1234.T")
    close = np.round(price * (1 + 0.01 * np.sin(np.arange(count))))
    days = walk(count, item=item).sessions
    volume = 1e6 + 100 * np.arange(count)
    bars = Bars.of(
        "1234.T", days, open=close, high=close, low=close, close=close, adj_close=close, volume=volume
    )
    return item, bars


def going_on(bars: Bars, item: Instrument, new: int = 1, **facts: Any) -> Checked:
    """The last rows as an answer of instants beside the others, with ten shared ones."""
    count = len(bars)
    tail = bars.take(slice(count - 10 - new, count))
    stamps = {"stamps": tail.sessions.astype("datetime64[s]"), "timezone": item.exchange.timezone}
    said = stamps | {"currency": item.currency} | facts
    return judged(tail, item, previous=bars.take(slice(0, count - new)), facts=said)


@pytest.mark.parametrize(("exchange", "limit"), LIMITS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_row_beyond_its_limit_is_held_and_one_at_it_is_kept(
    exchange: Exchange, limit: float, sign: int
) -> None:
    item = instrument(exchange=exchange, symbol=f"1{exchange.suffix}")
    bars = walk(80, item=item)
    assert reasons(going_on(moved(bars, 79, sign * (limit + 0.06)), item)) == {"beyond_limit": 1}
    assert not going_on(moved(bars, 79, sign * (limit - 0.0002)), item).held


def test_a_level_that_no_session_can_reach_is_held_until_the_price_is_back() -> None:
    item = instrument(exchange=SEOUL, symbol="1.KS")
    leapt = changed(moved(walk(80, item=item), 76, 0.41), slice(78, 80), prices=1 / 1.41)
    checked = going_on(leapt, item, new=4)
    assert [row.session for row in checked.held] == leapt.sessions[76:78].tolist()
    assert set(reasons(checked)) == {"beyond_limit"}


@pytest.mark.parametrize("why", ["ex day", "untraded before", "gap before", "new listing", "fund", "told"])
def test_where_no_limit_binds_none_is_applied(why: str) -> None:
    item = instrument(exchange=TAIPEI, symbol="1.TW")
    bars = moved(walk(80, item=item), 79, -0.17)
    facts = {}
    if why == "ex day":
        factor = bars.adj_close[78] * 0.95 / bars.adj_close[79]
        bars = with_values(bars, 79, adj_close=bars.adj_close[79] * factor)
    elif why == "untraded before":
        bars = with_values(bars, 75, volume=0.0)
    elif why == "gap before":
        bars = bars.take(np.r_[0:78, 79])
    elif why == "new listing":
        bars = bars.take(slice(75, 80))
    elif why == "fund":
        item = replace(item, kind="etf")
    else:
        facts = {"actions": (Action(bars.sessions[79].item(), "dividend", 9.0),)}
    new = 1 if why != "new listing" else 2
    assert not reasons(going_on(bars, item, new, **facts)).get("beyond_limit")


def test_a_first_history_may_hold_an_untold_stock_dividend() -> None:
    item = instrument(exchange=TAIPEI, symbol="1.TW")
    bars = walk(80, item=item)
    assert not judged(moved(bars, 60, -0.17), item).held
    assert reasons(judged(moved(bars, 60, 0.17), item)) == {"beyond_limit": 1}


@pytest.mark.parametrize(
    ("base", "yen"), [(90, 30), (150, 50), (480, 80), (1200, 300), (2400, 500), (4100, 700), (5500, 1000)]
)
def test_tokyos_limits_are_yen_by_price(base: float, yen: float) -> None:
    item, bars = of_tokyo(base)
    before = float(bars.close[78])
    assert not going_on(moved(bars, 79, (yen - 1e-9) / before), item).held
    beyond = (yen + 0.02 * before) / before
    assert reasons(going_on(moved(bars, 79, -beyond), item)) == {"beyond_limit": 1}


def test_prices_that_a_split_divided_have_no_band_of_their_own() -> None:
    """Three for one since: 5,500 was 16,500, whose limit is 4,000 and not 1,000."""
    item, bars = of_tokyo(5500)
    divided = changed(bars, slice(None), prices=1 / 3, volume=3.0)
    real = moved(divided, 79, -0.235)
    assert not going_on(real, item).held
    assert reasons(going_on(moved(divided, 79, -0.42), item)) == {"beyond_limit": 1}


def test_two_days_at_the_limit_widen_it() -> None:
    item, bars = of_tokyo(2400)
    locked = moved(moved(bars, 77, -500 / float(bars.close[76])), 78, 0.0)
    first = float(locked.close[77])
    locked = moved(locked, 78, -400 / first)  # 1,900 and less: a band of 400
    second = float(locked.close[78])
    assert not going_on(moved(locked, 79, -610 / second), item).held
    assert reasons(going_on(moved(bars, 79, -700 / 2400), item)) == {"beyond_limit": 1}


def test_limits_begin_with_their_rule() -> None:
    days = np.array(["2015-06-12", "2015-06-15"], dtype="datetime64[D]")
    np.testing.assert_array_equal(daily_limits("XKRX", np.array([100.0, 100.0]), days), [nan, 0.30])
    assert np.isnan(daily_limits("XNYS", np.array([100.0, 100.0]), days)).all()
    wide = daily_limits("XTKS", np.array([5500.0, 150.0]), days, rescaled=True)
    np.testing.assert_allclose(wide, [0.30, 0.40])


def test_a_row_beyond_its_limit_can_be_released() -> None:
    item = instrument(exchange=SEOUL, symbol="1.KS")
    bars = moved(walk(80, item=item, end=date(2026, 6, 30)), 79, 0.45)
    first = going_on(bars, item)
    tail = bars.take(slice(69, 80))
    said = {"stamps": tail.sessions.astype("datetime64[s]"), "timezone": "Asia/Seoul", "currency": "KRW"}
    again = judged(tail, item, previous=bars.take(slice(0, 79)), facts=said, released=first.held)
    assert len(first.held) == 1 and not again.held
