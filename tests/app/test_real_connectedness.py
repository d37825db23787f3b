"""Correlation and connectedness on real prices: known days; page, command and answer agree."""

from __future__ import annotations

import numpy as np
import pytest

from app.kinds.request import PageRequest
from app.market.market import Market
from app.pages.contagion import connectedness as network_page
from app.pages.contagion import correlation as correlation_page
from app.questions.correlation.lagged import correlation
from app.questions.correlation.pairs import pair_of
from app.render.html.markup import markup
from tests.app.conftest import Answering
from tests.app.situations import text

DAYS = ("2024-08-05", "2025-11-21", "2026-06-23", "2026-06-26", "2026-07-28")


@pytest.mark.parametrize("day", DAYS)
def test_connectedness_of_a_day_is_one_number_everywhere(real: Market, told: Answering, day: str) -> None:
    found, _ = network_page.facts(real, PageRequest(network_page.PATH, f"?asof={day}"))
    answer = told("connectedness", "--as-of", day)
    assert answer["tci"] == pytest.approx(found.found.result.total, rel=1e-12)
    assert answer["sentence"] == network_page.story.headline(found)
    assert answer["last"] <= day
    page = text(markup(network_page.layout(real, PageRequest(network_page.PATH, f"?asof={day}"))))
    assert f"TCI {100 * answer['tci']:.1f}, cTCI {100 * answer['ctci']:.1f}" in page
    assert sum(row["net"] for row in answer["rows"]) == pytest.approx(0, abs=1e-12)
    every = told("connectedness", "--as-of", day, "--show", "rolling")
    assert every["rows"][-1]["tci"] == pytest.approx(answer["tci"], abs=1e-8)


@pytest.mark.parametrize("day", DAYS)
def test_new_york_says_more_of_the_next_asian_day_than_of_the_same(
    real: Market, told: Answering, day: str
) -> None:
    """The weak and the strong link of one calendar join: the lag is what makes the difference."""
    answer = told("correlation", "--as-of", day, "--rows", "500")
    page, _ = correlation_page.facts(real, PageRequest(correlation_page.PATH, f"?asof={day}&rows=500"))
    assert answer["sentence"].rstrip(".") == correlation_page.sentences.headline(page)
    view = page.view
    after, before = pair_of(view, "us", "asia"), pair_of(view, "asia", "us")
    strong, weak = (np.corrcoef(pair.x[-500:], pair.y[-500:])[0, 1] for pair in (after, before))
    assert strong > weak + 0.1
    assert after.lag == "next Asian day" and before.lag == "same news day"


def test_nothing_after_the_instant_is_known(real: Market) -> None:
    found, _ = correlation_page.facts(real, PageRequest(correlation_page.PATH, "?asof=2026-06-23"))
    pair = found.pair
    assert not isinstance(pair, Exception)
    assert pair.dates[-1] <= np.datetime64("2026-06-23")
    assert correlation(found.view).facts["pair"]["rows"] == len(pair.dates)
