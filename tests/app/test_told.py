"""Every chart of every page, for who cannot see it: a sentence, and its data as a table in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.market.market import Market
from app.settings import Settings
from app.web.application import PAGES, create_app
from models.store import store_intraday
from tests.app.minutes import run
from tests.app.situations import NOW, cells, text

CHARTS = [(page.PATH, chart) for page in PAGES for chart in getattr(page, "CHARTS", ())]
EVERY_CHART = pytest.mark.parametrize(("path", "chart"), CHARTS, ids=[chart.id for _, chart in CHARTS])


@pytest.fixture(scope="module")
def client(filled: Path) -> Iterator[FlaskClient]:
    market = Market(Settings(data_dir=filled, now=NOW), poll=0.0)
    yield create_app(market.settings, market=market).server.test_client()
    market.close()


@pytest.fixture(scope="module")
def whole(real: Market) -> FlaskClient:
    """A dashboard with the real prices, where every chart has something to say."""
    store_intraday(real.store(), "MU", run("2026-07-31T13:30", 50.0, 49.0, 48.5), NOW)
    return create_app(real.settings, market=real).server.test_client()


def said(answer: Any) -> str:
    """What an answer says, or the sentence with which it declines."""
    body = answer.get_json()
    return str(body["error"] if answer.status_code == 409 else body.get("summary", body.get("html")))


def sound(found: str) -> None:
    """Nothing that a program would say and a person would not."""
    assert found.strip()
    assert not re.search(r"\b(nan|NaT|None|inf|undefined)\b", found, re.I), found[:300]
    assert "<NA>" not in found and "−−" not in found


@EVERY_CHART
def test_a_chart_has_a_summary(client: FlaskClient, path: str, chart: Any) -> None:
    sound(said(client.get(f"/figure/{chart.id}")))


@EVERY_CHART
def test_a_chart_of_real_prices_has_a_summary_with_figures(whole: FlaskClient, path: str, chart: Any) -> None:
    answer = whole.get(f"/figure/{chart.id}")
    assert answer.status_code == 200
    found = said(answer)
    sound(found)
    assert re.search("[0-9]", found), found
    # The page that comes first says the same.
    assert found in text(whole.get(path).get_data(as_text=True)).replace("  ", " ") or path.startswith(
        "/events"
    )


@EVERY_CHART
def test_a_chart_has_its_data_as_a_table(client: FlaskClient, path: str, chart: Any) -> None:
    sound(text(said(client.get(f"/chart/{chart.id}/table"))))


@EVERY_CHART
def test_the_table_of_real_prices_is_in_words(whole: FlaskClient, path: str, chart: Any) -> None:
    answer = whole.get(f"/chart/{chart.id}/table")
    assert answer.status_code == 200
    written = said(answer)
    sound(text(written))
    heads, rows = re.findall('<th scope="col">', written), cells(written)
    assert rows and all(len(row) == len(heads) for row in rows)
    assert written.count('<th scope="row">') == len(rows) <= 250
    assert "rows" in written
    # No date as numerals, no fraction with all its digits, no percent beyond reason.
    assert not re.search(r"\d{4}-\d\d-\d\d|\.\d{4}|\d{5}\.\d|(?<!\S)-\d", text(written))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.PATH)
def test_a_page_reads_in_order(whole: FlaskClient, page: Any) -> None:
    """One headline, no level left out on the way down, and a landmark for everything."""
    written = whole.get(page.PATH).get_data(as_text=True)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", written)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert written.count("<main") == written.count("<header") == 1 and written.count("<nav") >= 1
    assert 'href="#page"' in written and 'id="page"' in written
